#![allow(clippy::arithmetic_side_effects, clippy::as_conversions)]

use super::*;
use alloc::vec::Vec;
use proptest::{collection::vec, prelude::*};

/// The bonds of both, the largest first; of equal ones, the attacker's first. Each says whether it is the
/// attacker's.
fn candidates(honest: &[u128], attacker: &[u128], seats: usize) -> Vec<(u128, bool)> {
	let honest = honest.iter().map(|bond| (*bond, false));
	let mut candidates: Vec<_> = honest.chain(attacker.iter().map(|bond| (*bond, true))).collect();
	candidates.sort_by(|one, other| other.cmp(one));
	candidates.truncate(seats);
	candidates
}

/// The set that is chosen among both.
fn chosen(honest: &[u128], attacker: &[u128], seats: usize) -> Vec<(u128, bool)> {
	let mut candidates = candidates(honest, attacker, seats);
	let bonds: Vec<_> = candidates.iter().map(|(bond, _)| *bond).collect();
	candidates.truncate(set_size(&bonds, 0));
	candidates
}

/// The number of seats and the bonds that the attacker has in a set.
fn attackers(set: &[(u128, bool)]) -> (usize, u128) {
	let bonds = set.iter().filter(|(_, is_attacker)| *is_attacker).map(|(bond, _)| *bond);
	(bonds.clone().count(), bonds.sum())
}

/// The most that three or more honest candidates have in common.
fn in_common(honest: &[u128], seats: usize) -> u128 {
	let sorted = candidates(honest, &[], seats);
	(3..=sorted.len()).map(|members| members as u128 * sorted[members - 1].0).max().unwrap_or(0)
}

#[test]
fn cheap_seats_beside_large_bonds_are_not_in_the_set() {
	for cheap in [8, 9, 96] {
		let set = chosen(&[100_000; 4], &vec![1_000; cheap], 100);
		assert_eq!(set, [(100_000, false); 4]);
	}
	// Three are as good as four: the fourth seat is one that a set tolerates.
	assert_eq!(attackers(&chosen(&[100_000; 3], &[1_000; 97], 100)), (1, 1_000));
}

#[test]
fn a_few_larger_bonds_do_not_displace_many() {
	assert_eq!(chosen(&[1_000; 96], &[2_100; 4], 100).len(), 100);
	assert_eq!(chosen(&[1_000; 96], &[1_000_000_000; 2], 100).len(), 98);
	assert_eq!(chosen(&[1_000; 96], &[23_000; 4], 100).len(), 100);
	// As soon as they have more than all others.
	assert_eq!(chosen(&[1_000; 96], &[25_001; 4], 100).len(), 4);
}

#[test]
fn equal_bonds_are_all_in_the_set() {
	for candidates in 0..=100 {
		assert_eq!(set_size(&vec![1_000; candidates], 0), candidates);
		assert_eq!(set_size(&vec![u128::MAX; candidates], 0), candidates);
		assert_eq!(set_size(&vec![0; candidates], 0), candidates);
	}
}

#[test]
fn a_set_has_four_members_while_there_are_so_many() {
	assert_eq!(set_size(&[1_000_000, 1_000, 10, 1, 1, 1], 0), 4);
	assert_eq!(set_size(&[1_000_000, 1_000_000, 1], 0), 3);
	assert_eq!(set_size(&[1_000_000, 1], 0), 2);
}

#[test]
fn the_price_of_a_third_is_no_estimate() {
	// Sixty honest validators with three each have 180 in common. Thirty with two each are a third of ninety.
	let set = chosen(&[3; 60], &[2; 30], 100);
	assert_eq!((set.len(), attackers(&set)), (90, (30, in_common(&[3; 60], 100) / 3)));
	// With one unit less they are in no set.
	let mut less = [2; 30];
	less[29] = 1;
	assert_eq!(attackers(&chosen(&[3; 60], &less, 100)), (0, 0));
	// Two thirds: thirty honest ones with three each have 90 in common, sixty with one each are two thirds.
	let set = chosen(&[3; 30], &[1; 60], 100);
	assert_eq!((set.len(), attackers(&set)), (90, (60, in_common(&[3; 30], 100) * 2 / 3)));
}

#[test]
fn a_raised_minimum_leaves_out_a_third_at_most() {
	assert_eq!(set_size(&[20, 10, 10, 10, 10, 10, 10, 10, 10], 20), 6);
	assert_eq!(set_size(&[20, 20, 20, 20, 20, 20, 20, 10, 10], 20), 7);
	assert_eq!(set_size(&[10; 5], 20), 4);
	assert_eq!(set_size(&[10; 3], 20), 3);
}

fn bonds() -> impl Strategy<Value = Vec<u128>> {
	let bond = prop_oneof![Just(1_000u128), 1..10u128, 1_000..3_000u128, 1..1_000_000_000_000u128];
	vec(bond, 0..60)
}

proptest! {
	#[test]
	fn a_third_of_the_seats_costs_a_third_of_what_the_honest_have_in_common(
		honest in bonds(), attacker in bonds(), seats in 4..100usize,
	) {
		let set = chosen(&honest, &attacker, seats);
		let (held, paid) = attackers(&set);
		let in_common = in_common(&honest, seats);
		if held * 3 >= set.len() {
			prop_assert!(paid * 3 >= in_common, "{held} of {} for {paid}, not {in_common} / 3", set.len());
		}
		if held * 3 >= set.len() * 2 {
			prop_assert!(paid * 3 >= in_common * 2);
		}
	}

	#[test]
	fn no_bond_is_smaller_than_half_of_the_median(bonds in bonds(), seats in 4..100usize) {
		let set = chosen(&bonds, &[], seats);
		prop_assert!(set.len() >= bonds.len().min(seats).min(4));
		if set.len() > 4 {
			let (median, smallest) = (set[set.len().div_ceil(2) - 1].0, set[set.len() - 1].0);
			prop_assert!(smallest * 2 >= median);
		}
	}

	#[test]
	fn equal_bonds_are_displaced_by_more_than_all_of_them_only(
		bond in 1..3_000u128, honest in 1..60usize, attacker in bonds(),
	) {
		let set = chosen(&vec![bond; honest], &attacker, usize::MAX);
		let (held, _) = attackers(&set);
		let all: u128 = attacker.iter().sum();
		prop_assert!(set.len() - held == honest || all > bond * honest as u128);
	}

	#[test]
	fn any_order_and_any_number_has_a_size(bonds in vec(any::<u128>(), 0..200), minimum: u128) {
		prop_assert!(set_size(&bonds, minimum) <= bonds.len());
		prop_assert!(set_size(&bonds, minimum) >= bonds.len().min(4));
	}
}
