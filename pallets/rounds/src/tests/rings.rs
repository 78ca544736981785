//! The rings of seeds and of settled rounds, over upgrades that change how much is kept.

use super::Round;
use crate::{
	mock::{account, build_and_execute, new_test_ext, MaxReveal, Retention, Rounds as Pallet, Test, DEPOSIT},
	Commitment, Kept, Rounds, KEPT_RING,
};
use descent_protocol::RoundIndex;
use frame_support::assert_ok;
use sp_core::H256;

#[test]
fn another_longest_reveal_window_forgets_no_seed() {
	for longest in [3, 8] {
		build_and_execute(|| {
			let round = Round::new().commits(&[1, 2]).reveals(&[(1, 70)]).settles();
			let next = Round::number(1).commits(&[1]).at(|windows| windows.reveal.start);
			let seed = Pallet::seed_of(0, 1).unwrap();
			MaxReveal::set(longest);
			assert_eq!(Pallet::seed_of(0, 1), Some(seed));
			assert_ok!(next.reveal(1, 70));
			assert_eq!(next.stored().seed, Some(seed));
			assert!(round.stored().settled.is_some());
			MaxReveal::set(5);
		});
	}
}

/// Settles a round as far as the ring is concerned.
fn settle(index: RoundIndex) {
	let commitment = Commitment { account: account(1), hash: H256::zero(), deposit: DEPOSIT, ending: None };
	let mut round = crate::Round::new(0, 0);
	round.commitments.try_push(commitment).unwrap();
	Rounds::<Test>::insert(0, index, round);
	Pallet::keep_settled(0, index);
}

/// The rounds that are stored, all of which have to be in the ring.
fn stored() -> Vec<RoundIndex> {
	let sorted = |mut rounds: Vec<_>| {
		rounds.sort_unstable();
		rounds
	};
	let stored = sorted(Rounds::<Test>::iter_key_prefix(0).collect());
	assert_eq!(sorted(Kept::<Test>::iter_prefix_values(0).collect()), stored, "a round is orphaned");
	stored
}

#[test]
fn another_retention_orphans_no_round() {
	new_test_ext().execute_with(|| {
		let last = |round: RoundIndex, count: u32| (round + 1 - count..=round).collect::<Vec<_>>();
		Retention::set(4);
		(0..10).for_each(settle);
		assert_eq!(stored(), last(9, 4));
		Retention::set(6);
		settle(10);
		assert_eq!(stored(), last(10, 5));
		(11..20).for_each(settle);
		assert_eq!(stored(), last(19, 6));
		Retention::set(2);
		(20..9 + KEPT_RING).for_each(settle);
		assert!(stored().len() > 2, "what was kept before waits for its place to be taken");
		(9 + KEPT_RING..20 + 2 * KEPT_RING).for_each(settle);
		assert_eq!(stored(), last(19 + 2 * KEPT_RING, 2));
		Retention::set(KEPT_RING);
		(20 + 2 * KEPT_RING..4 * KEPT_RING).for_each(settle);
		assert_eq!(stored(), last(4 * KEPT_RING - 1, KEPT_RING));
		Retention::set(4);
	});
}
