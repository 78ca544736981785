use crate::hash::domain_hash;
use sp_core::H256;

/// The smallest limit that a seed can draw.
const SMALLEST: u64 = 1_000;

/// The condition above which a checkpoint of a round has no score.
///
/// An evaluation is repeated with every weight and every input multiplied by `1 + 1e-10 r`, with `r` in
/// (-1, 1) drawn by [`perturbation_seed`]. The condition is the largest change of a batch's value, divided by
/// `1e-10` and by the value where that is above 1. Rounding errors are some 1e-16 of each value that a model
/// computes, so a checkpoint below the limit has the same score however its sums are rounded. Trained models
/// are below 1; checkpoints that are made to amplify rounding errors are above 1e6.
///
/// The limit is uniform over 1,000 to 1,999. A trainer does not know it when it commits, so it can't sit on
/// the border.
pub fn condition_limit(seed: H256) -> u64 {
	let drawn = u64::from(word(b"descent/condition/v1", seed));
	SMALLEST.saturating_add(drawn.saturating_mul(SMALLEST) >> 32)
}

/// The seed that draws the perturbation of a round's checkpoints.
pub fn perturbation_seed(seed: H256) -> u64 {
	let H256([a, b, c, d, e, f, g, h, ..]) = domain_hash(b"descent/perturbation/v1", seed);
	u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// The first 32 bits of a hash of the seed.
fn word(what: &[u8], seed: H256) -> u32 {
	let H256([a, b, c, d, ..]) = domain_hash(what, seed);
	u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	proptest! {
		#[test]
		fn the_limit_stays_in_its_range(seed: [u8; 32]) {
			prop_assert!((1_000..2_000).contains(&condition_limit(H256(seed))));
		}

		#[test]
		fn seeds_draw_different_streams(a: [u8; 32], b: [u8; 32]) {
			prop_assume!(a != b);
			prop_assert_ne!(perturbation_seed(H256(a)), perturbation_seed(H256(b)));
		}
	}
}
