//! Events of a trainer, as JSON and as sentences.

use crate::{
	progress::TrainingProgress,
	timings::{Timings, Windows},
};
use descent_protocol::{BlockNumber, ContentRef, Outcome, RoundIndex, Score};
use serde::Serialize;
use std::time::Duration;

/// A step of the trainer. Serialized, it has its name in the field `event`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
	/// The gateway listens and the chain is followed.
	Ready {
		/// The gateway's address.
		address: String,
		/// The trainer's account, in SS58.
		account: String,
	},
	/// Times were measured before the first deposit, and for another model again.
	Preflight {
		/// Size of a checkpoint, in bytes; absent if nothing could be measured, as are the times.
		#[serde(skip_serializing_if = "Option::is_none")]
		bytes: Option<u64>,
		/// Time to measure a claim, in milliseconds.
		#[serde(skip_serializing_if = "Option::is_none")]
		claim_ms: Option<u64>,
		/// Time to publish a checkpoint, in milliseconds.
		#[serde(skip_serializing_if = "Option::is_none")]
		publish_ms: Option<u64>,
		/// Time to fetch a checkpoint once through the public address, in milliseconds.
		#[serde(skip_serializing_if = "Option::is_none")]
		fetch_ms: Option<u64>,
		/// Time that the group gives to measure, publish and reveal, in milliseconds.
		reveal_window_ms: u64,
		/// Time that the group gives its validators to fetch, in milliseconds.
		fetch_window_ms: u64,
		/// The reason to commit to nothing; absent if the times fit.
		#[serde(skip_serializing_if = "Option::is_none")]
		refused: Option<String>,
	},
	/// The state of the training, every ten seconds.
	Progress(TrainingProgress),
	/// A round takes commitments.
	RoundStarted {
		/// The round.
		round: RoundIndex,
		/// The block before which a commitment must be in.
		commit_before: BlockNumber,
	},
	/// Training goes on with another version of the data set.
	Dataset {
		/// The version.
		version: u32,
		/// Its records.
		records: u64,
		/// Records added since the version before.
		added: u64,
		/// Records removed since the version before.
		removed: u64,
		/// The first round that is trained for with it.
		round: RoundIndex,
	},
	/// Training begins anew with another model.
	Model {
		/// Number of models that the group had before.
		version: u32,
		/// The model's name in its description.
		name: String,
		/// The first round that is trained for with it.
		round: RoundIndex,
	},
	/// The group has reached its target, and has no further round.
	TargetReached {
		/// The target.
		target: Score,
		/// The head's score.
		score: Score,
	},
	/// A checkpoint of another program was measured on the holdout.
	Offered {
		/// Name of its file in the inbox.
		file: String,
		/// Its score.
		score: Score,
		/// The head's score on the same records, or the one at which it was accepted; absent if there is no
		/// head.
		#[serde(skip_serializing_if = "Option::is_none")]
		head: Option<Score>,
		/// Micro-units by which the head has to be beaten.
		minimum_improvement: u64,
		/// Its prospect.
		prospect: Prospect,
	},
	/// A checkpoint of another program is none of this model's, or has no score.
	Refused {
		/// Name of its file in the inbox.
		file: String,
		/// The reason.
		reason: String,
	},
	/// The commitment is on chain.
	Committed {
		/// The round.
		round: RoundIndex,
		/// The checkpoint, which nobody else can see yet.
		checkpoint: ContentRef,
		/// Segments of the recorded training that comes with it; absent where none does.
		#[serde(skip_serializing_if = "Option::is_none")]
		segments: Option<u16>,
	},
	/// Nothing is committed in a round.
	Skipped {
		/// The round.
		round: RoundIndex,
		/// The reason.
		reason: String,
	},
	/// The reveal is on chain.
	Revealed {
		/// The round.
		round: RoundIndex,
		/// The claimed score.
		claim: Score,
	},
	/// A round in which this trainer took part is over for it.
	Ended {
		/// The round.
		round: RoundIndex,
		/// The outcome; absent if the chain holds no commitment of this account.
		outcome: Option<Outcome>,
		/// The explanation of the outcome.
		sentence: String,
	},
}

/// Prospect of a checkpoint that was measured on the holdout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Prospect {
	/// It is committed in the next round, unless a better one comes.
	Commit,
	/// Another checkpoint, which is committed, is no worse.
	Behind {
		/// Name of the other one's file.
		file: String,
		/// The other one's score.
		score: Score,
	},
	/// It does not beat the head by as much as the group asks for.
	TooLittle,
}

impl Prospect {
	fn sentence(&self, file: &str, score: Score, head: Option<Score>, minimum_improvement: u64) -> String {
		match (self, head) {
			(Self::Commit, None) => {
				format!("{file} scores {score}, and there is no head: it will be committed.")
			}
			(Self::Commit, Some(head)) => format!(
				"{file} scores {score}, better than the head's {head} by {}: it will be committed.",
				Score(head.0.saturating_sub(score.0))
			),
			(Self::Behind { file: other, score: best }, _) => {
				format!(
					"{file} scores {score}, no better than the {best} of {other}: it will not be committed."
				)
			}
			(Self::TooLittle, None) => format!("{file} scores {score}: it will not be committed."),
			(Self::TooLittle, Some(head)) => format!(
				"{file} scores {score} where the head has {head}, and the group asks for an improvement of \
				 {}: it will not be committed.",
				Score(minimum_improvement)
			),
		}
	}
}

impl Event {
	/// The event of a preflight that is done.
	pub(crate) fn preflight(timings: Option<Timings>, windows: &Windows, refused: Option<String>) -> Self {
		let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
		Self::Preflight {
			bytes: timings.map(|timings| timings.bytes),
			claim_ms: timings.map(|timings| milliseconds(timings.claim)),
			publish_ms: timings.map(|timings| milliseconds(timings.publish)),
			fetch_ms: timings.map(|timings| milliseconds(timings.fetch)),
			reveal_window_ms: milliseconds(windows.reveal),
			fetch_window_ms: milliseconds(windows.fetch),
			refused,
		}
	}

	/// Returns the event as a sentence.
	pub fn sentence(&self) -> String {
		match self {
			Self::Ready { address, account } => {
				format!("Training as {account}; checkpoints are served at {address}.")
			}
			Self::Preflight { refused: Some(reason), .. } => format!("Preflight: {reason}."),
			Self::Preflight { bytes, claim_ms, publish_ms, fetch_ms, .. } => {
				let seconds = |time: &Option<u64>| time.unwrap_or_default() as f64 / 1000.0;
				format!(
					"Preflight: a checkpoint of {} bytes; a claim takes {:.1} s and publishing {:.1} s of \
					 the reveal window, a fetch {:.1} s of half the attest window.",
					grouped(bytes.unwrap_or_default()),
					seconds(claim_ms),
					seconds(publish_ms),
					seconds(fetch_ms)
				)
			}
			Self::Progress(progress) => progress.to_string(),
			Self::RoundStarted { round, commit_before } => {
				format!("Round {round} takes commitments until block {commit_before}.")
			}
			Self::Dataset { version, added, removed, round, .. } => {
				let removed = match removed {
					0 => String::new(),
					removed => format!(", -{}", grouped(*removed)),
				};
				format!(
					"Data set version {version} (+{}{removed} records) from round {round} on.",
					grouped(*added)
				)
			}
			Self::Model { version, name, round } => format!(
				"Model version {version} ({name}) from round {round} on: training begins anew with fresh \
				 weights."
			),
			Self::TargetReached { target, score } => format!(
				"The group's target of {target} is reached, its head scores {score}: no further round is \
				 played unless its stakeholders change that."
			),
			Self::Offered { file, score, head, minimum_improvement, prospect } => {
				prospect.sentence(file, *score, *head, *minimum_improvement)
			}
			Self::Refused { file, reason } => format!("{file} is refused: {reason}."),
			Self::Committed { round, segments: None, .. } => format!("Round {round}: committed."),
			Self::Committed { round, segments: Some(segments), .. } => {
				format!("Round {round}: committed, with a recorded training of {segments} segments.")
			}
			Self::Skipped { round, reason } => format!("Round {round}: nothing committed, {reason}."),
			Self::Revealed { round, claim } => format!("Round {round}: revealed with a claim of {claim}."),
			Self::Ended { round, sentence, .. } => format!("Round {round}: {sentence}"),
		}
	}
}

/// Returns a number with its digits in groups of three.
fn grouped(number: u64) -> String {
	let digits = number.to_string();
	let mut text = String::new();
	for (position, digit) in digits.chars().enumerate() {
		if position > 0 && (digits.len() - position).is_multiple_of(3) {
			text.push(',');
		}
		text.push(digit);
	}
	text
}

/// Receives the trainer's events.
pub trait Report {
	/// Receives an event.
	fn event(&self, event: Event);

	/// Receives a line about the current round and training, which replaces the line before. Called twice a
	/// second.
	fn progress(&self, _line: &str) {}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_changed_is_said_in_words_and_in_json() {
		let event =
			Event::Dataset { version: 2, records: 1_055_000, added: 1_005_000, removed: 999, round: 7 };
		assert_eq!(event.sentence(), "Data set version 2 (+1,005,000, -999 records) from round 7 on.");
		let json = serde_json::to_value(&event).unwrap();
		assert_eq!(json["event"], "dataset");
		assert_eq!((&json["version"], &json["round"]), (&2.into(), &7.into()));
		assert_eq!(grouped(0) + &grouped(999) + &grouped(1_000), "09991,000");
	}
}
