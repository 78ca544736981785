//! The work of validators, counted over the draws of all groups.

use descent_protocol::{committee_weights, evaluation_seed, set_size, DEFAULT_COMMITTEE_SEATS, UNIT};
use sp_core::H256;

/// Number of validators.
pub(crate) const VALIDATORS: u32 = 100;
/// Numbers of groups.
pub(crate) const GROUPS: [u32; 6] = [1, 10, 100, 1_000, 10_000, 100_000];
/// Blocks of a round: ten minutes, the default of `descent group create`.
pub(crate) const ROUND: u32 = 200;
/// Blocks from the attest window's beginning to the open window's.
const ATTEST: usize = 60;

/// The work of all groups' rounds. Every group has one round in [`ROUND`] blocks; rounds begin evenly spread,
/// and members answer at once.
pub(crate) struct Load {
	/// Number of groups.
	pub groups: u32,
	/// Seats in all committees of the validator with the smallest bond.
	pub seats_of_smallest: u64,
	/// Seats in all committees of the validator with the largest bond.
	pub seats_of_largest: u64,
	/// Seats of all validators.
	pub seats: u64,
	/// Memberships of all validators. A member with several seats measures once.
	pub memberships: u64,
	/// Most reports in a block: number of validators with something to attest or to open.
	pub most_reports: u64,
	/// Attestations and openings of all blocks.
	pub answers: u64,
}

/// Bonds from 1,990 NRN down to 1,000 NRN, as far apart as they can be in a set of so many.
pub(crate) fn bonds() -> Vec<u128> {
	let bonds: Vec<_> = (1..=VALIDATORS).map(|rank| u128::from(2_000 - 10 * rank) * UNIT).collect();
	assert_eq!(set_size(&bonds, 0), bonds.len(), "all of them are in one set");
	bonds
}

/// The seats of each validator in a round of a group.
fn committee(group: u32, bonds: &[u128]) -> Vec<u64> {
	let seed = evaluation_seed(H256::zero(), group, 0, &[0; 32]);
	committee_weights(seed, bonds, DEFAULT_COMMITTEE_SEATS)
}

/// The work of so many groups as each number of [`GROUPS`], up to a largest number.
pub(crate) fn loads(largest: u32) -> Vec<Load> {
	let bonds = bonds();
	let blocks = usize::try_from(ROUND).expect("a round is short");
	let mut seats = vec![0u64; bonds.len()];
	// By block of the round, then by validator: number of committees whose attest window begins.
	let mut begun = vec![vec![0u64; bonds.len()]; blocks];
	let mut loads = Vec::new();
	for group in 0..largest {
		let block = &mut begun[usize::try_from(group % ROUND).expect("a round is short")];
		for ((sum, begun), drawn) in seats.iter_mut().zip(block).zip(committee(group, &bonds)) {
			*sum += drawn;
			*begun += u64::from(drawn > 0);
		}
		if GROUPS.contains(&(group + 1)) {
			loads.push(load(group + 1, &seats, &begun));
		}
	}
	loads
}

fn load(groups: u32, seats: &[u64], begun: &[Vec<u64>]) -> Load {
	let memberships = begun.iter().flatten().sum();
	let reports = |block: usize| {
		let opens = &begun[(block + begun.len() - ATTEST) % begun.len()];
		begun[block].iter().zip(opens).filter(|(attests, opens)| **attests + **opens > 0).count()
	};
	let most_reports = (0..begun.len()).map(reports).max().unwrap_or_default();
	Load {
		groups,
		seats_of_smallest: seats.last().copied().unwrap_or_default(),
		seats_of_largest: seats.first().copied().unwrap_or_default(),
		seats: seats.iter().sum(),
		memberships,
		most_reports: u64::try_from(most_reports).expect("there are few validators"),
		answers: 2 * memberships,
	}
}
