//! The distance between recorded and replayed weights.

use crate::recording::micro_units;
use descent_model::Checkpoint;
use descent_protocol::{
	trace::{Precision, DEPARTURE_UNIT},
	Score,
};
use std::ops::Range;

/// The way of running statistics counts as this share of their size at least. Once they have settled they
/// hardly move, and what bfloat16 rounds off the values of a batch would be much of their way.
const STATISTICS: f64 = 0.5;

/// A segment that was replayed in f64.
#[derive(Clone, Debug)]
pub struct Replayed {
	/// The weights that it began with.
	start: Checkpoint,
	/// The weights at its end, tensor by tensor.
	end: Vec<Vec<f64>>,
	/// The same, rounded to f32.
	rounded: Checkpoint,
	losses: Vec<f64>,
	/// The precision of the training that was recorded.
	precision: Precision,
}

impl Replayed {
	/// Returns a replay of a training in this precision. `end` is in f64, and rounded to f32.
	pub(crate) fn new(
		start: Checkpoint,
		end: (Vec<Vec<f64>>, Checkpoint),
		losses: Vec<f64>,
		precision: Precision,
	) -> Self {
		let (end, rounded) = end;
		Self { start, end, rounded, losses, precision }
	}

	/// The mean loss of each step's batch before the step.
	pub fn losses(&self) -> &[f64] {
		&self.losses
	}

	/// The same in micro-units, as [`replay_root`](descent_protocol::trace::replay_root) takes them and
	/// recordings have them.
	pub fn scores(&self) -> Vec<Score> {
		self.losses.iter().copied().map(micro_units).map(Score).collect()
	}

	/// Returns the replay as one of a training in this precision. Only [`Self::departure`] depends on it.
	pub fn with_precision(self, precision: Precision) -> Self {
		Self { precision, ..self }
	}

	/// The weights at its end, rounded to f32.
	pub fn checkpoint(&self) -> &Checkpoint {
		&self.rounded
	}

	/// Returns the departure of recorded weights in billionths, see
	/// [`departure_limit`](descent_protocol::trace::departure_limit).
	///
	/// It is the larger of two: that of the parameters, and that of the running statistics of batch
	/// normalisations. The loss does not depend on the statistics, and they may be much larger than weights
	/// or much smaller, so in one sum one would hide the other. The departure of statistics is relative to
	/// the way that they go, or to half of their size where that is more.
	///
	/// A difference that the rounding of weights to f32 explains does not count, and of a larger one only
	/// what exceeds it. A recorded training in f64 was rounded once, at its end, and one in f32 or bf16 in
	/// each step: where steps are smaller than what a weight can hold, all of them are lost.
	///
	/// Where the replay does not move, the departure is 0 of weights that did not move either, and `u64::MAX`
	/// of others. It is `u64::MAX` of weights of another shape, and where a value is not finite.
	pub fn departure(&self, recorded: &Checkpoint) -> u64 {
		let lengths = |tensors: &[Vec<f32>]| tensors.iter().map(Vec::len).collect::<Vec<_>>();
		if lengths(recorded.tensors()) != lengths(self.start.tensors()) {
			return u64::MAX;
		}
		let parameters = self.start.description().plan().parameters.len();
		let statistics = self.departure_of(parameters..self.end.len(), recorded, STATISTICS);
		self.departure_of(0..parameters, recorded, 0.0).max(statistics)
	}

	/// Returns the departure of a part of the tensors, whose way is at least a share of their size.
	fn departure_of(&self, part: Range<usize>, recorded: &Checkpoint, least: f64) -> u64 {
		let roundings = match self.precision {
			Precision::F64 => 1,
			Precision::F32 | Precision::Bf16 => self.losses.len(),
		};
		let (mut apart, mut way, mut size) = (0.0, 0.0, 0.0);
		for tensor in part {
			let starts = self.start.tensors().get(tensor).into_iter().flatten();
			let ends = self.end.get(tensor).into_iter().flatten();
			let values = ends.zip(starts).zip(recorded.tensors().get(tensor).into_iter().flatten());
			for ((end, start), recorded) in values {
				apart += beyond_rounding(*end, *recorded, roundings as f64).powi(2);
				way += (end - f64::from(*start)).powi(2);
				size += end.powi(2);
			}
		}
		share(apart.sqrt(), f64::max(way.sqrt(), least * size.sqrt()))
	}
}

/// Returns the distance of a number from those that so many roundings to f32 make `recorded`.
fn beyond_rounding(exact: f64, recorded: f32, roundings: f64) -> f64 {
	if exact as f32 == recorded {
		return 0.0;
	}
	let next = if exact > f64::from(recorded) { recorded.next_up() } else { recorded.next_down() };
	let half = (f64::from(next) - f64::from(recorded)).abs() / 2.0;
	let beyond = (exact - f64::from(recorded)).abs() - half * roundings;
	// A value that is not finite stays one.
	if beyond < 0.0 {
		0.0
	} else {
		beyond
	}
}

/// Returns a distance in billionths of a way, rounded up; `u64::MAX` if it is longer than that, or one of
/// them is not finite.
fn share(apart: f64, way: f64) -> u64 {
	if !apart.is_finite() || !way.is_finite() {
		return u64::MAX;
	}
	if apart == 0.0 {
		return 0;
	}
	// Without a way the quotient is infinite, and the conversion ends at the largest number.
	(apart / way * DEPARTURE_UNIT as f64).ceil() as u64
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_rounding_explains_is_no_distance() {
		let ulp = f64::from(1f32.next_up()) - 1.0;
		for exact in [1.0, 1.0 + ulp * 0.4, 1.0 - ulp * 0.2, 1.0 + ulp / 2.0] {
			assert_eq!(beyond_rounding(exact, 1.0, 1.0), 0.0, "{exact}");
		}
		let beyond = beyond_rounding(1.0 + ulp * 0.6, 1.0, 1.0) / ulp;
		assert!((beyond - 0.1).abs() < 1e-6, "{beyond}");
		// The numbers below a power of two are twice as dense.
		let below = beyond_rounding(1.0 - ulp * 0.4, 1.0, 1.0) / ulp;
		assert!((below - 0.15).abs() < 1e-6, "{below}");
		assert_eq!(beyond_rounding(-3.0, -1.0, 1.0), 2.0 - f64::from(f32::EPSILON) / 2.0);
		assert!(beyond_rounding(f64::NAN, 1.0, 1.0).is_nan());
		assert!(!beyond_rounding(1.0, f32::INFINITY, 1.0).is_finite());
		assert!(beyond_rounding(1.0, f32::NAN, 1.0).is_nan());
		// Twenty steps of less than half a unit each are lost.
		assert_eq!(beyond_rounding(1.0 + ulp * 9.5, 1.0, 20.0), 0.0);
		let beyond = beyond_rounding(1.0 + ulp * 11.0, 1.0, 20.0) / ulp;
		assert!((beyond - 1.0).abs() < 1e-6, "{beyond}");
	}

	#[test]
	fn shares_are_rounded_up_and_saturate() {
		assert_eq!(share(0.0, 0.0), 0);
		assert_eq!(share(0.0, 5.0), 0);
		assert_eq!(share(1e-30, 5.0), 1);
		assert_eq!(share(1.0, 4.0), 250_000_000);
		assert_eq!(share(1.0, 0.0), u64::MAX);
		assert_eq!(share(1e300, 1e-300), u64::MAX);
		for (apart, way) in [(f64::NAN, 1.0), (1.0, f64::NAN), (0.0, f64::INFINITY), (f64::INFINITY, 1.0)] {
			assert_eq!(share(apart, way), u64::MAX);
		}
	}
}
