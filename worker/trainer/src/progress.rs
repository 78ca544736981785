//! The state of the training, for machines and for people.

use crate::control::Status;
use descent_protocol::{BlockNumber, Score};
use serde::Serialize;
use std::fmt;

/// The state of the training.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TrainingProgress {
	/// The best block.
	pub block: BlockNumber,
	/// The built-in loop; absent where another program trains, or nothing does yet.
	#[serde(flatten, skip_serializing_if = "Option::is_none")]
	pub steps: Option<Steps>,
	/// Checkpoints taken from another program; absent where the built-in loop trains.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub taken: Option<u64>,
	/// The best score on the holdout since the last commitment.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub holdout: Option<Score>,
	/// The head's score on the holdout.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub head: Option<Score>,
	/// Segments of the round's recorded training; absent where nothing is recorded.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub segments: Option<u16>,
	/// Reason that the training waits; absent while it trains.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub awaited: Option<String>,
}

/// The state of the built-in training loop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Steps {
	/// Steps taken since the start, one batch each.
	pub step: u64,
	/// Steps in the last second.
	pub rate: f64,
	/// The training loss, smoothed.
	pub loss: f64,
	/// The learning rate.
	pub learning_rate: f64,
}

impl TrainingProgress {
	pub(crate) fn new(block: BlockNumber, status: &Status) -> Self {
		let steps = Steps {
			step: status.steps,
			rate: status.rate,
			loss: status.loss,
			learning_rate: status.learning_rate,
		};
		Self {
			block,
			steps: status.taken.is_none().then_some(steps),
			taken: status.taken,
			holdout: status.best,
			head: status.evaluated_head().map(|(_, score)| score),
			segments: status.recorded.and_then(|recorded| recorded.segments()),
			awaited: status.recorded.and_then(|recorded| recorded.idle()),
		}
	}

	pub(crate) fn waiting(block: BlockNumber, awaited: String) -> Self {
		Self { block, awaited: Some(awaited), ..Self::default() }
	}
}

impl fmt::Display for TrainingProgress {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		write!(f, "Block {}", self.block)?;
		if let Some(Steps { step, rate, loss, learning_rate }) = &self.steps {
			write!(f, ": step {step} ({rate:.0}/s), loss {loss:.4}, learning rate {learning_rate}")?;
		}
		if let Some(taken) = self.taken {
			write!(f, ": {taken} checkpoints taken")?;
		}
		if let Some(segments) = self.segments {
			write!(f, ", {segments} segments recorded")?;
		}
		for (name, score) in [("holdout", self.holdout), ("head", self.head)] {
			if let Some(score) = score {
				write!(f, ", {name} {score}")?;
			}
		}
		match &self.awaited {
			Some(awaited) if self.steps.is_some() => write!(f, "; {awaited}"),
			Some(awaited) => write!(f, ": {awaited}"),
			None => Ok(()),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		events::Event,
		recorded::{Closed, RecordedStatus},
	};

	#[test]
	fn progress_is_said_in_words_and_in_json() {
		let status = Status { steps: 120, rate: 12.4, loss: 0.25, learning_rate: 0.001, ..Status::default() };
		let mut progress = TrainingProgress::new(7, &status);
		progress.holdout = Some(Score(70_100));
		let event = Event::Progress(progress);
		assert_eq!(
			event.sentence(),
			"Block 7: step 120 (12/s), loss 0.2500, learning rate 0.001, holdout 0.070100"
		);
		let json = serde_json::to_value(&event).unwrap();
		let expected = serde_json::json!({
			"event": "progress", "block": 7, "step": 120, "rate": 12.4, "loss": 0.25,
			"learning_rate": 0.001, "holdout": 70_100
		});
		assert_eq!(json, expected);
		let closed = RecordedStatus::Closed { round: 3, segments: 12, reason: Closed::Offered };
		let closed = TrainingProgress::new(7, &Status { recorded: Some(closed), ..status });
		let json = serde_json::to_value(&closed).unwrap();
		assert_eq!(json["segments"], 12);
		assert!(json["awaited"].as_str().unwrap().ends_with("nothing can be trained ahead"), "{json}");
		assert!(closed.to_string().contains(", 12 segments recorded; the recording of round 3"), "{closed}");
		let own = TrainingProgress::new(7, &Status { taken: Some(2), ..Status::default() });
		assert_eq!(own.to_string(), "Block 7: 2 checkpoints taken");
		assert!(serde_json::to_value(&own).unwrap().get("step").is_none());
	}
}
