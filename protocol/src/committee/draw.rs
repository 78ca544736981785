use crate::hash::domain_hash;
use alloc::{vec, vec::Vec};
use sp_core::H256;

/// The fewest seats that a group may ask for. With them, 33 % of all bonds hold two thirds of the seats with
/// a probability of 8e-4, and 25 % with 3e-5. `scripts/simulate committee` computes more of these.
pub const MIN_COMMITTEE_SEATS: u32 = 22;
/// Number of seats of a committee, unless the group asks for another.
pub const DEFAULT_COMMITTEE_SEATS: u32 = 31;

/// The weights of evaluators in the committee that a seed draws, in their order; zero for those that are no
/// members.
///
/// While there are no more evaluators than seats, every one is a member, and its bond is its weight, scaled
/// so that all weights together fit. Otherwise each seat is drawn in proportion to the bonds, and a member's
/// weight is the number of its seats. So bonds count once in either case. Without any bond all are members of
/// weight one.
pub fn committee_weights(seed: H256, bonds: &[u128], seats: u32) -> Vec<u64> {
	let total = bonds.iter().fold(0u128, |sum, bond| sum.saturating_add(*bond));
	if total == 0 {
		return vec![1; bonds.len()];
	}
	if bonds.len() <= usize::try_from(seats).unwrap_or(usize::MAX) {
		return scaled(bonds, total);
	}
	let mut weights = vec![0u64; bonds.len()];
	for seat in 0..seats {
		let drawn = uniform(seed, seat, total);
		if let Some(weight) = holder(bonds, drawn).and_then(|place| weights.get_mut(place)) {
			*weight = weight.saturating_add(1);
		}
	}
	weights
}

/// Scales bonds down by the smallest power of two with which their sum is below 2^63. No bond is scaled to
/// nothing.
fn scaled(bonds: &[u128], total: u128) -> Vec<u64> {
	let bits = u128::BITS.saturating_sub(total.leading_zeros());
	let shift = bits.saturating_sub(63);
	let scale = |bond: &u128| match bond {
		0 => 0,
		_ => u64::try_from(bond.checked_shr(shift).unwrap_or_default()).unwrap_or(u64::MAX).max(1),
	};
	bonds.iter().map(scale).collect()
}

/// The evaluator that holds a unit of all bonds, the units being numbered in the order of evaluators.
fn holder(bonds: &[u128], unit: u128) -> Option<usize> {
	let mut end = 0u128;
	bonds.iter().position(|bond| {
		end = end.saturating_add(*bond);
		unit < end
	})
}

/// A number below `total` for a seat, each with the same probability: hashes that would make the first ones
/// more likely are passed over.
fn uniform(seed: H256, seat: u32, total: u128) -> u128 {
	let excess = (u128::MAX.checked_rem(total).unwrap_or_default().saturating_add(1))
		.checked_rem(total)
		.unwrap_or_default();
	let largest = u128::MAX.saturating_sub(excess);
	// More than half of all hashes are taken, so that the last of so many is not reached in practice.
	for attempt in 0u8..=u8::MAX {
		let hash = domain_hash(b"descent/committee/v1", (seed, seat, attempt));
		let bytes = hash.0.first_chunk().copied().unwrap_or_default();
		let number = u128::from_le_bytes(bytes);
		if number <= largest {
			return number.checked_rem(total).unwrap_or_default();
		}
	}
	0
}

#[cfg(test)]
#[path = "draw_tests.rs"]
mod tests;
