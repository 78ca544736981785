//! Many amendments at a time: places go by stake.

use crate::{
	mock::{run_to, signed, with_group, Groups, System, Test, OWNER, PERIOD},
	tests::builder::*,
	Ended, EndedCount, Error, HoldReason, Open, ENDED_KEPT,
};
use descent_protocol::{
	view::{AmendmentEnding, Page},
	MAX_AMENDMENTS,
};
use frame_support::{assert_noop, assert_ok};

/// As many amendments as can be open, by the accounts from 1 on, each with so much stake.
fn fill(each: u128) {
	for number in proposers() {
		stake(number, each);
		propose(number, &[improvement(20)]);
	}
	assert!(Open::<Test>::get(0).is_full());
}

fn proposers() -> impl DoubleEndedIterator<Item = u8> {
	1..=u8::try_from(MAX_AMENDMENTS).unwrap()
}

#[test]
fn junk_makes_room_for_who_has_more_stake() {
	with_group(|| {
		fill(10);
		let latest = MAX_AMENDMENTS - 1;
		let newcomer = propose(OWNER, &[improvement(30)]);
		assert_eq!(ending(latest), Some(AmendmentEnding::Evicted));
		assert_eq!(ending(newcomer), None);
		let evicted = proposers().next_back().unwrap();
		assert_eq!(held(evicted, HoldReason::Amendment), 0);
		assert!(Open::<Test>::get(0).is_full());
	});
}

#[test]
fn who_has_no_more_stake_than_the_junk_pushes_nobody_out() {
	with_group(|| {
		fill(10);
		stake(50, 10);
		let full = Error::<Test>::TooManyAmendments;
		assert_noop!(try_propose(50, &[improvement(30)]), full);
		stake(50, 1);
		assert_ok!(try_propose(50, &[improvement(30)]));
	});
}

#[test]
fn what_the_majority_backs_is_not_pushed_out() {
	with_group(|| {
		stake(30, 10);
		let backed = propose(30, &[improvement(30)]);
		for number in proposers().skip(1) {
			stake(number, 400);
			propose(number, &[improvement(20)]);
		}
		stake(31, 7_000);
		approve(31, backed);
		// A thousand attempts to push it out, by somebody with many accounts but without the majority.
		for attempt in 0..1_000u32 {
			let number = 32 + u8::try_from(attempt % 10).unwrap();
			if stake_of(number) == 0 {
				stake(number, 41);
			}
			let _ = try_propose(number, &[improvement(20)]);
		}
		assert_eq!(ending(backed), None);
		assert_eq!(ayes(backed), 7_010);
		// Without its majority it has no more than its proposer's stake.
		assert_ok!(Groups::vote_amendment(signed(31), 0, backed, false));
		assert_ok!(try_propose(32, &[improvement(20)]));
		assert_eq!(ending(backed), Some(AmendmentEnding::Evicted));
	});
}

#[test]
fn one_stake_that_approves_everything_guards_no_place() {
	with_group(|| {
		fill(10);
		stake(30, 200);
		for amendment in 0..MAX_AMENDMENTS {
			approve(30, amendment);
		}
		assert!(ayes(0) * 2 < total());
		assert_ok!(try_propose(OWNER, &[improvement(30)]));
		assert_eq!(ending(MAX_AMENDMENTS - 1), Some(AmendmentEnding::Evicted));
	});
}

#[test]
fn a_proposers_own_stake_keeps_its_place_even_where_it_does_not_approve() {
	with_group(|| {
		fill(20);
		let first = proposers().next().unwrap();
		assert_ok!(Groups::vote_amendment(signed(first), 0, 0, false));
		stake(50, 15);
		assert_noop!(try_propose(50, &[improvement(30)]), Error::<Test>::TooManyAmendments);
		// Once its stake is gone, so is its claim to the place.
		unstake(first, 20);
		assert_ok!(try_propose(50, &[improvement(30)]));
		assert_eq!(ending(0), Some(AmendmentEnding::Evicted));
	});
}

#[test]
fn approvals_of_what_has_ended_make_room() {
	with_group(|| {
		stake(30, 2_000);
		for round in 0..3 {
			fill_again(round);
			for amendment in Open::<Test>::get(0) {
				approve(30, amendment.id);
			}
			run_to(System::block_number() + PERIOD);
		}
		assert!(!Open::<Test>::contains_key(0));
	});
}

fn fill_again(round: u32) {
	for number in proposers() {
		stake(number, 10);
		propose(number, &[improvement(20 + u64::from(round))]);
	}
}

#[test]
fn the_last_that_have_ended_are_kept() {
	with_group(|| {
		let count = ENDED_KEPT + 5;
		stake(1, 10);
		for _ in 0..count {
			let amendment = propose(1, &[improvement(20)]);
			run_to(System::block_number() + PERIOD);
			assert_ok!(Groups::withdraw_amendment(signed(1), 0, amendment));
		}
		assert_eq!(EndedCount::<Test>::get(0), count);
		let kept: u32 = Ended::<Test>::iter_prefix(0).count().try_into().unwrap();
		assert_eq!(kept, ENDED_KEPT);
		let ids: Vec<_> = Groups::amendments(0, Page::ALL).into_iter().map(|view| view.id).collect();
		assert_eq!(ids, (5..count).rev().collect::<Vec<_>>());
	});
}

#[test]
fn a_full_list_is_decided_in_one_close() {
	with_group(|| {
		fill(10);
		for amendment in 0..MAX_AMENDMENTS {
			approve(OWNER, amendment);
		}
		stake(50, 500);
		for amendment in 0..MAX_AMENDMENTS {
			approve(50, amendment);
		}
		run_to(1 + PERIOD);
		assert!(
			(0..MAX_AMENDMENTS).all(|id| matches!(ending(id), Some(AmendmentEnding::Adopted { from: 1 })))
		);
		assert!(!Open::<Test>::contains_key(0));
	});
}
