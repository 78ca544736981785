//! `segments.jsonl`: a line of JSON for each segment.

use descent_protocol::{trace::Segment, Score};
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// Bytes of a line beside its losses, at most.
const FRAME: u64 = 256;
/// Bytes of a loss in a line, at most: 20 digits and a comma.
const LOSS: u64 = 21;

/// A segment as the file has it. Losses are in micro-units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
	pub number: u16,
	pub from: Option<u16>,
	pub rate: u32,
	pub state: H256,
	/// The mean loss of its steps.
	pub loss: u64,
	/// The loss of each step.
	pub losses: Vec<u64>,
}

impl Line {
	pub(super) fn new(number: u16, segment: Segment, losses: &[f64]) -> Self {
		let Segment { from, rate, state } = segment;
		let losses: Vec<u64> = losses.iter().copied().map(micro_units).collect();
		Self { number, from, rate, state, loss: mean(&losses), losses }
	}

	pub(super) fn segment(&self) -> Segment {
		Segment { from: self.from, rate: self.rate, state: self.state }
	}

	/// Checks a line that was read.
	///
	/// # Errors
	/// The reason for which it is not that of a segment with this number and as many steps.
	pub(super) fn check(&self, number: u16, steps: u16) -> Result<(), String> {
		if self.number != number {
			return Err(format!("it has the number {}", self.number));
		}
		if self.from.is_some_and(|from| from >= number) {
			return Err("it begins with a segment that is no earlier one".into());
		}
		if self.rate == 0 {
			return Err("its learning rate is 0".into());
		}
		if self.losses.len() != usize::from(steps) {
			return Err(format!("it has {} losses, but {steps} steps", self.losses.len()));
		}
		if self.loss != mean(&self.losses) {
			return Err("its loss is not the mean of its losses".into());
		}
		Ok(())
	}
}

/// Returns the length of the longest line of a segment with this many steps, in bytes.
pub(super) fn longest(steps: u16) -> u64 {
	FRAME.saturating_add(LOSS.saturating_mul(steps.into()))
}

/// Returns a loss in micro-units, rounded to the nearest one. A loss beyond all scores is the largest one.
pub(crate) fn micro_units(loss: f64) -> u64 {
	Score::from_f64(loss.max(0.0)).map_or(u64::MAX, |score| score.0)
}

/// Returns the mean of losses, rounded down.
fn mean(losses: &[u64]) -> u64 {
	let sum: u128 = losses.iter().copied().map(u128::from).sum();
	let count = u128::try_from(losses.len()).unwrap_or(u128::MAX).max(1);
	u64::try_from(sum / count).unwrap_or(u64::MAX)
}
