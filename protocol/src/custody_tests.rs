#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::float_arithmetic)]

use super::*;
use crate::Codec;
use proptest::prelude::*;

const LEAF: u64 = LEAF_SIZE;

fn content(number: u64, size: u64) -> ContentRef {
	let codec = if size > LEAF { Codec::UnixFs } else { Codec::Raw };
	ContentRef { digest: H256::from_low_u64_be(number), codec, size }
}

fn hash(number: u64) -> H256 {
	H256::from_low_u64_be(number)
}

/// A member of weight 1 with these answers on one keeper each.
fn member(answers: &[Option<u64>]) -> Weighted<CustodyBallot> {
	let ballot = answers.iter().map(|answer| answer.map(hash)).collect::<Vec<_>>();
	Weighted { weight: 1, answer: Some(ballot.try_into().unwrap()) }
}

fn silent() -> Weighted<CustodyBallot> {
	Weighted { weight: 1, answer: None }
}

#[test]
fn a_leaf_is_a_mebibyte_and_content_has_one_at_least() {
	let numbers = [0, 1, LEAF, LEAF + 1, 2 * LEAF, 10 * LEAF + 5].map(|size| leaves(&content(1, size)));
	assert_eq!(numbers, [1, 1, 1, 2, 2, 11]);
}

#[test]
fn every_leaf_is_drawn_about_as_often_as_any_other() {
	let kept = [content(1, 10), content(2, 5 * LEAF), content(3, 2 * LEAF + 1)];
	let mut drawn = [[0u32; 5]; 3];
	for seed in 0..9_000 {
		let leaf = drawn_leaf(hash(seed), &7u32, &kept).unwrap();
		drawn[leaf.content][leaf.index as usize] += 1;
	}
	let all: Vec<_> = drawn.iter().flatten().filter(|number| **number > 0).collect();
	assert_eq!(all.len(), 9);
	// 1,000 of 9,000 each, with a standard deviation of 30.
	assert!(all.iter().all(|number| (850..1_150).contains(*number)), "{drawn:?}");
	assert_eq!(drawn_leaf(hash(1), &7u32, &[]), None);
}

#[test]
fn keepers_have_draws_of_their_own() {
	let kept = [content(1, 1 << 40)];
	let drawn = |keeper: u32| drawn_leaf(hash(1), &keeper, &kept).unwrap();
	assert_eq!(drawn(1), drawn(1));
	assert_ne!(drawn(1), drawn(2));
}

/// The promise of the protocol: a tenth that is missing is found by one of 22 checks with 90%.
#[test]
fn what_is_missing_is_found_as_often_as_theory_says() {
	let kept = [content(1, 100 * LEAF)];
	let found_within = |keeper: u32| {
		let found = |check: &u64| {
			let seed = crate::hash::domain_hash(b"check", (keeper, check));
			drawn_leaf(seed, &keeper, &kept).is_some_and(|leaf| leaf.index % 10 == 0)
		};
		(1..).find(found).unwrap()
	};
	let runs: Vec<u64> = (0..2_000).map(found_within).collect();
	for (checks, expected) in [(1, 0.1), (7, 0.522), (22, 0.902), (44, 0.990)] {
		let found = runs.iter().filter(|found| **found <= checks).count() as f64 / 2_000.0;
		// Three standard deviations.
		let deviation = 3.0 * (expected * (1.0 - expected) / 2_000.0_f64).sqrt();
		assert!((found - expected).abs() <= deviation, "{checks} checks: {found} in place of {expected}");
	}
}

#[test]
fn two_thirds_that_fetched_say_served_and_a_third_that_did_not_say_missed() {
	let verdicts = |committee: &[Weighted<CustodyBallot>]| custody_verdicts(committee, 1)[0];
	let (got, none, lie) = (member(&[Some(1)]), member(&[None]), member(&[Some(2)]));
	let of = |members: &[&Weighted<CustodyBallot>]| members.iter().copied().cloned().collect::<Vec<_>>();
	assert_eq!(verdicts(&of(&[&got, &got, &got, &none])), CustodyVerdict::Served);
	assert_eq!(verdicts(&of(&[&got, &got, &none, &none])), CustodyVerdict::Missed);
	assert_eq!(verdicts(&of(&[&got, &got, &lie, &none])), CustodyVerdict::Undecided);
	assert_eq!(verdicts(&of(&[&got, &got, &got, &lie])), CustodyVerdict::Served);
	assert_eq!(verdicts(&of(&[&got, &got, &silent(), &none])), CustodyVerdict::Undecided);
	assert_eq!(verdicts(&of(&[&none, &none, &none])), CustodyVerdict::Undecided, "one could be the liar");
	assert_eq!(verdicts(&[]), CustodyVerdict::Undecided);
	// An answer that is too short says nothing of the keepers behind it.
	assert_eq!(
		custody_verdicts(&[member(&[]), member(&[]), got.clone(), got], 2),
		[CustodyVerdict::Undecided; 2]
	);
}

#[test]
fn a_false_hash_is_an_offence_and_a_missing_one_is_not_paid() {
	let heavy = Weighted { weight: 9, ..member(&[Some(1), Some(2)]) };
	let (lie, half) = (member(&[Some(1), Some(3)]), member(&[Some(1), None]));
	let performance = custody_performance(&[heavy.clone(), lie.clone(), half.clone(), silent()], 2);
	let expected = [Performance::Sound, Performance::False, Performance::Idle, Performance::Idle];
	assert_eq!(performance, expected);
	let few = [heavy, lie, half];
	assert_eq!(custody_performance(&few, 2)[1], Performance::Idle, "they are too few to say who lies");
}

#[test]
fn nothing_is_held_against_members_where_two_thirds_do_not_agree() {
	let (one, other) = (member(&[Some(1), Some(2)]), member(&[Some(1), Some(3)]));
	let committee = [one.clone(), one, other.clone(), other];
	assert_eq!(custody_performance(&committee, 2), [Performance::Sound; 4], "they agree on the first keeper");
	let nothing = [member(&[None]), member(&[None]), member(&[None]), member(&[None])];
	assert_eq!(custody_performance(&nothing, 1), [Performance::Idle; 4], "nothing was fetched");
}

#[test]
fn a_check_pays_its_committee_a_tenth_and_keepers_the_rest() {
	assert_eq!(divide_custody(1_000, 3), (100, 300));
	assert_eq!(divide_custody(1_009, 2), (100, 454));
	assert_eq!(divide_custody(1_000, 0), (100, 0));
	let (members, _) = divide_custody(least_for_custody(62), 1);
	assert_eq!(members, 62);
}

proptest! {
	#[test]
	fn a_hash_is_for_one_check_one_keeper_and_one_leaf(
		group in 0..3u32, check in 0..3u32, keeper in 0..3u32, leaf in 0..3u8,
		group_2 in 0..3u32, check_2 in 0..3u32, keeper_2 in 0..3u32, leaf_2 in 0..3u8,
	) {
		let one = kept_hash(H256::zero(), group, check, &keeper, &[leaf]);
		let other = kept_hash(H256::zero(), group_2, check_2, &keeper_2, &[leaf_2]);
		let is_same = (group, check, keeper, leaf) == (group_2, check_2, keeper_2, leaf_2);
		prop_assert_eq!(one == other, is_same);
	}

	/// Less than a third of the weight can neither have an honest keeper miss nor have a dead one served.
	#[test]
	fn less_than_a_third_of_liars_change_nothing(
		members in 4..20usize,
		said in proptest::collection::vec(proptest::option::of(5..8u64), 20),
		serves: bool,
	) {
		let liars = (members - 1) / 3;
		let honest = if serves { Some(1) } else { None };
		let committee: Vec<_> = (0..members)
			.map(|place| member(&[if place < liars { said[place] } else { honest }]))
			.collect();
		let expected = if serves { CustodyVerdict::Served } else { CustodyVerdict::Missed };
		prop_assert_eq!(custody_verdicts(&committee, 1), [expected]);
		let performance = custody_performance(&committee, 1);
		let expected = if serves { Performance::Sound } else { Performance::Idle };
		prop_assert_eq!(&performance[liars..], vec![expected; members - liars]);
	}
}
