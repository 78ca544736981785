//! The size of a validator set. Blocks and finality give every validator one seat whatever its bond, so the
//! bonds inside a set must not differ too much.

use crate::SMALLEST_TOLERANT;

/// Number of candidates that form a set, the first of those with these bonds, which are in descending order
/// and no more than there are seats.
///
/// Bonds below the minimum are left out, but a third of all at most, and [`SMALLEST_TOLERANT`] stay:
/// otherwise the first candidate that has as much as a raised minimum would be the whole set.
///
/// A set of `n` has in common `n` times its smallest bond: all that is larger gives nobody another seat. Of
/// the rest, the set that has most in common is chosen; of several, the largest. It has four members at least
/// ([`SMALLEST_TOLERANT`]), as long as there are so many.
///
/// - Let `H` be the most that any three or more honest candidates have in common. Other accounts hold a third
///   of the seats only with bonds of at least `H / 3` together, which is a quarter of `H` and theirs; and two
///   thirds of the seats only with `2 H / 3`, which is two fifths. While a raised minimum leaves out as many
///   as it can, `H` is that of the candidates that stay.
/// - No bond in a set of five or more is smaller than half of their median.
/// - Equal bonds are displaced by larger ones only where there are not enough seats, or where the larger ones
///   are together more than all of them.
pub fn set_size(bonds: &[u128], minimum: u128) -> usize {
	let sufficient = bonds.partition_point(|bond| *bond >= minimum);
	let two_thirds = bonds.len().saturating_mul(2).div_ceil(3);
	let rest = sufficient.max(two_thirds).max(SMALLEST_TOLERANT).min(bonds.len());
	// Three of four tolerate the fourth, whatever its bond.
	let least = SMALLEST_TOLERANT.saturating_sub(1);
	let in_common = |members: &usize| {
		let smallest = members.checked_sub(1).and_then(|last| bonds.get(last)).copied().unwrap_or_default();
		smallest.saturating_mul(u128::try_from(*members).unwrap_or(u128::MAX))
	};
	// Of equal ones this is the last.
	let most = (least..=rest).max_by_key(in_common).unwrap_or_default();
	most.max(SMALLEST_TOLERANT).min(rest)
}

#[cfg(test)]
#[path = "validator_set_tests.rs"]
mod tests;
