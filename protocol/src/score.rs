use crate::hash::domain_hash;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// A mean loss or an error rate in micro-units: the value times 10^6, as an integer. Lower is better.
///
/// Honest members measure in f64 and in one arithmetic, and a [`Rounding`] makes the same integer of what
/// they measure.
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Score(pub u64);

impl Score {
	/// Micro-units in one whole unit.
	pub const UNIT: u64 = 1_000_000;

	/// The score nearest to a value that nobody has to agree on, such as a target that a person types: `None`
	/// for NaN, infinite, negative or overflowing values.
	#[cfg(feature = "std")]
	pub fn from_f64(value: f64) -> Option<Self> {
		Rounding::HalfEven.score(value)
	}

	/// The measured value, for display.
	#[cfg(feature = "std")]
	#[allow(clippy::as_conversions, clippy::float_arithmetic)]
	pub fn to_f64(self) -> f64 {
		self.0 as f64 / Self::UNIT as f64
	}

	/// Returns true if two scores differ by no more than `tolerance` micro-units, which rounds that began
	/// before dithered scores allow.
	pub fn within(self, other: Self, tolerance: u64) -> bool {
		self.0.abs_diff(other.0) <= tolerance
	}

	/// Returns true if this score beats `baseline` by at least `minimum_improvement` micro-units. An equal
	/// score never does.
	pub fn beats(self, baseline: Self, minimum_improvement: u64) -> bool {
		baseline.0.checked_sub(self.0).is_some_and(|gain| gain > 0 && gain >= minimum_improvement)
	}
}

/// Rule by which a measured value becomes a [`Score`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
	/// Rounds half to even: the rule of rounds whose seed was drawn before scores were dithered.
	HalfEven,
	/// `floor(value * 10^6 + dither)`. A trainer is bound to its checkpoint before it knows the dither, so it
	/// cannot place a value on the border between two scores, where rounding errors of 1e-15 would make
	/// honest members hold different ones.
	Dithered(Dither),
}

impl Rounding {
	/// The rule of a round with this seed.
	pub fn dithered(seed: H256) -> Self {
		Self::Dithered(Dither::from_seed(seed))
	}

	/// The score of a measured value: `None` for NaN, infinite, negative or overflowing values, which are
	/// invalid.
	#[cfg(feature = "std")]
	#[allow(clippy::as_conversions, clippy::float_arithmetic)]
	pub fn score(self, value: f64) -> Option<Score> {
		// Above 2^53 micro-units an f64 no longer holds every integer, so a score there would be arbitrary.
		const LARGEST: f64 = 9_007_199_254_740_992.0;
		let micro = value * Score::UNIT as f64;
		let rounded = match self {
			Self::HalfEven => micro.round_ties_even(),
			Self::Dithered(dither) => (micro + dither.to_f64()).floor(),
		};
		(value >= 0.0 && rounded <= LARGEST).then_some(Score(rounded as u64))
	}
}

/// The share of a micro-unit, in `[0, 1)`, that is added to every value of a round before it is rounded down,
/// in units of 2^-32 (subtractive dither without the subtraction: Schuchman, "Dither signals and their effect
/// on quantization noise", 1964).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dither(u32);

impl Dither {
	/// The dither of a round: the first 32 bits of `blake2_256("descent/dither/v1", seed)`, little endian.
	pub fn from_seed(seed: H256) -> Self {
		let H256([a, b, c, d, ..]) = domain_hash(b"descent/dither/v1", seed);
		Self(u32::from_le_bytes([a, b, c, d]))
	}

	#[cfg(feature = "std")]
	#[allow(clippy::float_arithmetic)]
	fn to_f64(self) -> f64 {
		f64::from(self.0) / 4_294_967_296.0
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

	#[test]
	fn the_dither_is_frozen() {
		assert_eq!(Dither::from_seed(H256::zero()), Dither(4_105_431_788));
	}

	proptest! {
		#[test]
		fn is_monotonic(a in 0.0..1e6f64, b in 0.0..1e6f64, seed: [u8; 32]) {
			let (a, b) = if a <= b { (a, b) } else { (b, a) };
			prop_assert!(Score::from_f64(a) <= Score::from_f64(b));
			let dithered = Rounding::dithered(H256(seed));
			prop_assert!(dithered.score(a) <= dithered.score(b));
		}

		#[test]
		fn dither_moves_a_value_by_less_than_a_micro_unit(value in 0.0..1e3f64, seed: [u8; 32]) {
			let score = Rounding::dithered(H256(seed)).score(value).unwrap();
			prop_assert!((score.to_f64() - value).abs() < 1.000_001e-6, "{value} {score}");
		}

		#[test]
		fn no_value_is_on_the_border_for_many_seeds(value in 0.0..10.0f64, seeds in proptest::collection::vec(any::<[u8; 32]>(), 100)) {
			let differ = |seed: &[u8; 32]| {
				let rounding = Rounding::dithered(H256(*seed));
				rounding.score(value) != rounding.score(value + 1e-12)
			};
			prop_assert!(seeds.iter().filter(|seed| differ(seed)).count() <= 2);
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
