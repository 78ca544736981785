//! The replay of one segment.

use super::{report::Finding, Progress};
use anyhow::{bail, Result};
use descent_dataset::Set;
use descent_model::Checkpoint;
use descent_protocol::{
	trace::{BatchOrder, Precision, Recipe},
	Score,
};
use descent_replay::{replay, ReplayError, SegmentTask};
use std::cell::Cell;

/// All that the segments of a recording have in common.
pub(super) struct Replayer<'a> {
	pub recipe: &'a Recipe,
	pub order: &'a BatchOrder,
	pub records: &'a Set,
	/// The largest departure that is allowed, in billionths.
	pub limit: u64,
	pub progress: &'a Progress,
	/// The recording in words.
	pub what: &'a str,
}

/// A recorded segment.
pub(super) struct Recorded<'a> {
	pub number: u16,
	/// Its learning rate, in billionths.
	pub rate: u32,
	pub start: &'a Checkpoint,
	pub end: &'a Checkpoint,
	/// The recorded loss of each step in micro-units, if they are known.
	pub losses: Option<&'a [u64]>,
}

impl Replayer<'_> {
	/// Replays a segment, and compares its weights with the recorded ones.
	///
	/// # Errors
	/// If it cannot be replayed here, or is stopped.
	pub(super) fn replay(&self, recorded: &Recorded) -> Result<Finding> {
		let Recorded { number, rate, start, end, losses } = *recorded;
		let task = SegmentTask { recipe: self.recipe, order: self.order, number, rate, start };
		let step = Cell::new(0u32);
		let stop = || {
			let made = step.replace(step.get().saturating_add(1));
			let (what, steps) = (self.what, self.recipe.steps);
			self.progress
				.bar
				.set_message(format!("{what}: replaying segment {number}, step {made} of {steps}"));
			self.progress.is_stopped()
		};
		let replayed = match replay(&task, self.records, stop) {
			Ok(replayed) => replayed,
			Err(ReplayError::Stopped) => bail!("stopped; nothing was found out"),
			Err(ReplayError::Diverged { step }) => {
				let reason = format!("its replay is not finite any more at step {step}");
				return Ok(Finding::departs(number, self.limit, reason));
			}
			Err(error) => return Err(error.into()),
		};
		let departure = replayed.departure(end);
		let mut finding = Finding::new(number, departure, self.limit);
		if finding.departs {
			let other = losses.map(|losses| first_other(self.recipe.precision, losses, replayed.losses()));
			finding.step = other.flatten();
			finding.reason = match other {
				None => None,
				Some(Some(step)) => {
					Some(format!("step {step} is the first whose loss is another one than recorded"))
				}
				Some(None) => {
					Some("the losses of its steps are those recorded, its last weights are not".into())
				}
			};
		}
		Ok(finding)
	}
}

/// Returns the first step whose loss differs from the recorded one by more than the precision explains.
fn first_other(precision: Precision, recorded: &[u64], replayed: &[f64]) -> Option<u16> {
	let (absolute, relative) = match precision {
		Precision::F64 => (2e-6, 1e-9),
		Precision::F32 => (2e-3, 0.01),
		Precision::Bf16 => (0.02, 0.05),
	};
	let differs = |(recorded, replayed): (&u64, &f64)| {
		let recorded = Score(*recorded).to_f64();
		(recorded - replayed).abs() > absolute + relative * replayed.abs()
	};
	let mut steps = (0..=u16::MAX).zip(recorded.iter().zip(replayed));
	steps.find(|(_, losses)| differs(*losses)).map(|(step, _)| step)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_first_step_is_named_whose_loss_is_another() {
		let recorded = [1_000_000, 900_000, 800_000, 700_000];
		for (precision, replayed, expected) in [
			(Precision::F64, [1.000_000_4, 0.9, 0.8, 0.7], None),
			(Precision::F64, [1.0, 0.9, 0.800_01, 0.7], Some(2)),
			(Precision::F32, [1.0, 0.9, 0.800_01, 0.7], None),
			(Precision::F32, [1.0, 0.95, 0.85, 0.7], Some(1)),
			(Precision::Bf16, [1.0, 0.95, 0.85, 0.9], Some(3)),
			(Precision::Bf16, [1.0, f64::MAX, 0.8, 0.7], Some(1)),
		] {
			assert_eq!(first_other(precision, &recorded, &replayed), expected, "{precision} {replayed:?}");
		}
	}
}
