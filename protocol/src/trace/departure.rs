use crate::{hash::domain_hash, trace::Precision};
use sp_core::H256;

/// Departures are counted in billionths of the way that a replayed segment goes.
pub const DEPARTURE_UNIT: u64 = 1_000_000_000;

/// The smallest limit that a seed can draw for trainings in a precision, in billionths. The book has the
/// measurements behind it: with it no honest training is refused that any of them has met.
pub const fn smallest_departure_limit(precision: Precision) -> u64 {
	match precision {
		Precision::F64 => 100,
		Precision::F32 => 120_000_000,
		Precision::Bf16 => 300_000_000,
	}
}

/// The largest departure of a segment, in billionths, see [`DEPARTURE_UNIT`].
///
/// The departure is `|W' - W| / |W' - W0|`: the distance between the weights `W` that a trainer recorded at
/// the end of a segment and those `W'` of a replay in f64, over the way from its first weights `W0`.
///
/// A training in f64 differs from its replay by what it rounds to f32, so its limit proves that nothing but
/// the recipe made the weights. One in f32 or bf16 is held to a limit that it keeps on any device. That
/// proves work, and leaves a patient trainer room to steer its weights by a tenth of each segment's way. What
/// exceeds it depends on the data: where records are alike, half of a batch leads to nearly the same weights.
///
/// The limit is uniform over one to one and a half times its smallest value. A trainer does not know it when
/// it commits, so it can't sit on the border.
///
/// ```
/// use descent_protocol::trace::{departure_limit, Precision, DEPARTURE_UNIT};
/// use sp_core::H256;
///
/// let limit = departure_limit(H256::zero(), Precision::F32);
/// assert!((DEPARTURE_UNIT * 12 / 100..DEPARTURE_UNIT * 18 / 100).contains(&limit));
/// ```
pub fn departure_limit(seed: H256, precision: Precision) -> u64 {
	let smallest = smallest_departure_limit(precision);
	let H256([a, b, c, d, ..]) = domain_hash(b"descent/departure/v1", seed);
	let drawn = u64::from(u32::from_le_bytes([a, b, c, d]));
	// 0 to half of the smallest value: a product of 27 and 32 bits.
	smallest.saturating_add(smallest.saturating_mul(drawn) >> 33)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	proptest! {
		#[test]
		fn limits_stay_in_their_ranges(seed: [u8; 32]) {
			let limit = |precision| departure_limit(H256(seed), precision);
			prop_assert!((100..150).contains(&limit(Precision::F64)));
			prop_assert!((120_000_000..180_000_000).contains(&limit(Precision::F32)));
			prop_assert!((300_000_000..450_000_000).contains(&limit(Precision::Bf16)));
		}
	}

	#[test]
	fn limits_are_spread() {
		let limits = (0..1_000u64).map(|n| departure_limit(H256::from_low_u64_be(n), Precision::F32));
		let low = limits.filter(|limit| *limit < 150_000_000).count();
		assert!((400..600).contains(&low), "{low}");
	}
}
