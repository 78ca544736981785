#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::float_arithmetic)]

use super::*;
use proptest::{collection::vec, prelude::*};

fn seed(number: u64) -> H256 {
	H256::from_low_u64_be(number)
}

#[test]
fn where_all_sit_bonds_are_weights() {
	assert_eq!(committee_weights(seed(1), &[5, 3, 0, 2], 4), [5, 3, 0, 2]);
	let neuron = 1_000_000_000_000u128;
	let weights = committee_weights(seed(1), &[100_000 * neuron, 50_000 * neuron], 31);
	assert_eq!(weights[0], weights[1] * 2);
	let weights = committee_weights(seed(1), &[u128::MAX / 2, u128::MAX / 2, 1], 31);
	assert_eq!(weights[0], weights[1]);
	assert!(weights[0] >= 1 << 61 && weights[2] == 1);
}

#[test]
fn without_bonds_all_are_equal() {
	assert_eq!(committee_weights(seed(1), &[0; 3], 2), [1; 3]);
	assert!(committee_weights(seed(1), &[], 31).is_empty());
}

#[test]
fn the_draw_is_frozen() {
	let drawn = committee_weights(seed(7), &[1_000; 40], 22);
	let members: Vec<_> =
		(0..40).filter(|place| drawn[*place] > 0).map(|place| (place, drawn[place])).collect();
	assert_eq!(members, FROZEN);
}

#[rustfmt::skip]
const FROZEN: &[(usize, u64)] = &[
	(0, 1), (3, 1), (4, 1), (6, 1), (7, 1), (10, 1), (12, 3), (13, 1), (14, 1), (16, 1), (18, 2), (25, 1),
	(27, 1), (34, 1), (36, 1), (37, 2), (38, 2),
];

#[test]
fn seats_are_in_proportion_to_bonds() {
	// One validator has half of all bonds, ten have a quarter, thirty the rest.
	let mut bonds = vec![600u128];
	bonds.extend([30; 10]);
	bonds.extend([10; 30]);
	let draws = 2_000u64;
	let mut seats = vec![0u64; bonds.len()];
	for number in 0..draws {
		for (sum, weight) in seats.iter_mut().zip(committee_weights(seed(number), &bonds, 31)) {
			*sum += weight;
		}
	}
	for (bond, seats) in bonds.iter().zip(seats) {
		let share = *bond as f64 / 1_200.0;
		let expected = draws as f64 * 31.0 * share;
		let deviation = (expected * (1.0 - share)).sqrt();
		// Five standard deviations of a binomial distribution.
		assert!((seats as f64 - expected).abs() < 5.0 * deviation, "{bond}: {seats}, not {expected}");
	}
}

proptest! {
	#[test]
	fn every_seat_is_taken_by_somebody_with_a_bond(
		number: u64, bonds in vec(prop_oneof![Just(0u128), 1..u128::MAX / 128], 1..120), seats in 1..64u32,
	) {
		let weights = committee_weights(seed(number), &bonds, seats);
		prop_assert_eq!(weights.len(), bonds.len());
		let has_bonds = bonds.iter().any(|bond| *bond > 0);
		for (bond, weight) in bonds.iter().zip(&weights) {
			prop_assert!(!has_bonds || *bond > 0 || *weight == 0);
		}
		if has_bonds && bonds.len() > seats as usize {
			prop_assert_eq!(weights.iter().sum::<u64>(), u64::from(seats));
		} else {
			prop_assert!(weights.iter().zip(&bonds).all(|(weight, bond)| *bond == 0 || *weight > 0));
		}
	}

	#[test]
	fn larger_bonds_weigh_no_less_where_all_sit(bonds in vec(1..u128::MAX / 128, 2..20)) {
		let weights = committee_weights(seed(0), &bonds, 31);
		for (one, other) in bonds.iter().zip(&weights).zip(bonds.iter().zip(&weights).skip(1)) {
			prop_assert!((one.0 <= other.0) == (one.1 <= other.1) || one.1 == other.1);
		}
	}
}
