use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A mean loss or an error rate in micro-units: the value times 10^6, rounded half to even. Lower is better.
///
/// Honest members measure in f64, where evaluations agree to about 1e-15 between machines, so that after
/// rounding they hold the same number, not close ones.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(transparent)]
pub struct Score(pub u64);

impl Score {
	/// Micro-units in one whole unit.
	pub const UNIT: u64 = 1_000_000;

	/// The score of a measured value: `None` for NaN, infinite, negative or overflowing values, which are
	/// invalid.
	#[cfg(feature = "std")]
	#[allow(clippy::as_conversions, clippy::float_arithmetic)]
	pub fn from_f64(value: f64) -> Option<Self> {
		// Above 2^53 micro-units an f64 no longer holds every integer, so a score there would be arbitrary.
		const LARGEST: f64 = 9_007_199_254_740_992.0;
		let micro = (value * Self::UNIT as f64).round_ties_even();
		(value >= 0.0 && micro <= LARGEST).then_some(Self(micro as u64))
	}

	/// The measured value, for display.
	#[cfg(feature = "std")]
	#[allow(clippy::as_conversions, clippy::float_arithmetic)]
	pub fn to_f64(self) -> f64 {
		self.0 as f64 / Self::UNIT as f64
	}

	/// Returns true if two scores differ by no more than `tolerance` micro-units.
	pub fn within(self, other: Self, tolerance: u64) -> bool {
		self.0.abs_diff(other.0) <= tolerance
	}

	/// Returns true if this score beats `baseline` by at least `minimum_improvement` micro-units. An equal
	/// score never does.
	pub fn beats(self, baseline: Self, minimum_improvement: u64) -> bool {
		baseline.0.checked_sub(self.0).is_some_and(|gain| gain > 0 && gain >= minimum_improvement)
	}
}

/// In units with six decimals: `0.071234`.
impl fmt::Display for Score {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let (whole, micro) = (self.0.checked_div(Self::UNIT), self.0.checked_rem(Self::UNIT));
		write!(f, "{}.{:06}", whole.unwrap_or_default(), micro.unwrap_or_default())
	}
}

#[cfg(test)]
#[allow(clippy::float_arithmetic, clippy::as_conversions, clippy::arithmetic_side_effects)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn rounds_half_to_even() {
		assert_eq!(Score::from_f64(0.0000005), Some(Score(0)));
		assert_eq!(Score::from_f64(0.0000015), Some(Score(2)));
		assert_eq!(Score::from_f64(2.5615915794), Some(Score(2_561_592)));
	}

	#[test]
	fn refuses_what_has_no_score() {
		for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -1e-9, 1e300, f64::MAX] {
			assert_eq!(Score::from_f64(value), None, "{value}");
		}
		assert_eq!(Score::from_f64(-0.0), Some(Score(0)));
	}

	#[test]
	fn displays_in_units() {
		assert_eq!(alloc::format!("{}", Score(71_234)), "0.071234");
		assert_eq!(alloc::format!("{}", Score(12_000_001)), "12.000001");
	}

	#[test]
	fn an_equal_score_beats_nothing() {
		assert!(!Score(10).beats(Score(10), 0));
		assert!(Score(9).beats(Score(10), 0));
		assert!(!Score(9).beats(Score(10), 2));
		assert!(Score(8).beats(Score(10), 2));
		assert!(!Score(11).beats(Score(10), 0));
	}

	proptest! {
		#[test]
		fn is_monotonic(a in 0.0..1e6f64, b in 0.0..1e6f64) {
			let (a, b) = if a <= b { (a, b) } else { (b, a) };
			prop_assert!(Score::from_f64(a) <= Score::from_f64(b));
		}

		#[test]
		fn survives_the_way_to_f64_and_back(score in 0u64..1 << 50) {
			prop_assert_eq!(Score::from_f64(Score(score).to_f64()), Some(Score(score)));
		}

		#[test]
		fn within_is_symmetric(a: u64, b: u64, tolerance: u64) {
			prop_assert_eq!(Score(a).within(Score(b), tolerance), Score(b).within(Score(a), tolerance));
		}
	}
}
