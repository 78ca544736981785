//! Stake that comes too late for a close.

use crate::{
	mock::{
		account, run_to, signed, with_group, Groups, Notification, Notified, Test, FOUNDING_STAKE, OWNER,
		PERIOD,
	},
	tests::builder::*,
	PendingAyes, PendingStakes, PendingTotal, Stakeholders, Stakes,
};
use descent_protocol::{
	view::{AmendmentEnding, Page},
	BlockNumber, MAX_AMENDMENTS,
};
use frame_support::assert_ok;

/// The first close, and the last block in which stake comes in time for it.
const CLOSE: BlockNumber = 1 + PERIOD;
const LATEST: BlockNumber = CLOSE - PERIOD / 2;

fn is_adopted(amendment: u32) -> bool {
	matches!(ending(amendment), Some(AmendmentEnding::Adopted { .. }))
}

fn pending_of(number: u8) -> u128 {
	<Groups as Stakeholders<_, _>>::stake(0, &account(number)).pending
}

/// The `total` of the last close.
fn closed_with() -> Option<u128> {
	let told = Notified::get().into_iter().rev();
	let mut closes = told.filter_map(|told| match told {
		Notification::Closed(_, total, _) => Some(total),
		_ => None,
	});
	closes.next()
}

/// The attack: another model is proposed with the smallest stake and in time; one block before the close
/// twice the total is staked.
#[test]
fn a_majority_that_is_bought_in_the_last_block_decides_nothing() {
	with_group(|| {
		stake(1, 10);
		let amendment = propose(1, &[model("mine")]);
		run_to(CLOSE - 1);
		stake(1, 2 * total());
		assert_eq!(pending_of(1), 2 * (FOUNDING_STAKE + 10));
		run_to(CLOSE);
		assert_eq!(ending(amendment), None);
		assert_eq!(closed_with(), Some(FOUNDING_STAKE + 10));
		// The others have had half a period's notice, and done nothing.
		run_to(CLOSE + PERIOD);
		assert!(is_adopted(amendment));
		assert_eq!(closed_with(), Some(3 * (FOUNDING_STAKE + 10)));
	});
}

#[test]
fn what_is_staked_half_a_period_before_the_close_counts() {
	with_group(|| {
		stake(1, 10);
		let amendment = propose(1, &[improvement(20)]);
		run_to(LATEST);
		stake(1, 2 * FOUNDING_STAKE);
		assert_eq!(pending_of(1), 0);
		run_to(CLOSE);
		assert!(is_adopted(amendment));
	});
}

#[test]
fn a_block_later_it_does_not() {
	with_group(|| {
		stake(1, 10);
		let amendment = propose(1, &[improvement(20)]);
		run_to(LATEST + 1);
		stake(1, 2 * FOUNDING_STAKE);
		assert_eq!(Groups::amendments(0, Page::ALL)[0].ayes, 10);
		run_to(CLOSE);
		assert_eq!(ending(amendment), None);
	});
}

#[test]
fn late_stake_hinders_no_majority_that_there_is() {
	with_group(|| {
		let amendment = propose(OWNER, &[improvement(20)]);
		run_to(CLOSE - 1);
		stake(1, 50 * FOUNDING_STAKE);
		run_to(CLOSE);
		assert!(is_adopted(amendment));
	});
}

#[test]
fn late_stake_evicts_no_amendment() {
	with_group(|| {
		stake(OWNER, 20_000);
		let adopted = propose(OWNER, &[improvement(20)]);
		let others = 1..u8::try_from(MAX_AMENDMENTS).unwrap();
		for other in others {
			stake(other, 10 + u128::from(other));
			propose(other, &[improvement(30)]);
		}
		run_to(CLOSE - 1);
		stake(90, 100_000);
		assert!(try_propose(90, &[model("mine")]).is_err());
		run_to(CLOSE);
		assert!(is_adopted(adopted));
	});
}

#[test]
fn what_is_taken_out_counts_no_more_at_once_late_stake_first() {
	with_group(|| {
		let amendment = propose(OWNER, &[improvement(20)]);
		stake(1, FOUNDING_STAKE - 10);
		run_to(CLOSE - 2);
		stake(OWNER, 300);
		unstake(OWNER, 300);
		assert_eq!((pending_of(OWNER), ayes(amendment)), (0, FOUNDING_STAKE));
		unstake(OWNER, 20);
		stake(OWNER, 20);
		// What was taken out and comes back is late.
		assert_eq!(pending_of(OWNER), 20);
		run_to(CLOSE);
		assert_eq!(ending(amendment), None);
		assert_eq!(closed_with(), Some(2 * FOUNDING_STAKE - 30));
	});
}

#[test]
fn a_late_vote_counts_with_the_stake_that_is_not_late() {
	with_group(|| {
		stake(1, 150);
		stake(2, 10);
		let amendment = propose(2, &[improvement(20)]);
		run_to(CLOSE - 1);
		stake(1, 500);
		approve(1, amendment);
		assert_eq!(Groups::amendments(0, Page::ALL)[0].ayes, 160);
		assert_ok!(Groups::vote_amendment(signed(1), 0, amendment, false));
		assert_eq!(PendingAyes::<Test>::get(0, amendment), None);
		approve(1, amendment);
		run_to(CLOSE);
		assert!(is_adopted(amendment));
		let view = Groups::amendments(0, Page::ALL).into_iter().find(|view| view.id == amendment).unwrap();
		assert_eq!(view.ayes, 160);
	});
}

/// A close that nobody makes for most of a period, so that the next is near.
#[test]
fn a_late_close_leaves_half_a_period_until_the_next() {
	with_group(|| {
		stake(1, 10);
		let amendment = propose(1, &[improvement(20)]);
		// The alarm rings in nobody's block.
		frame_system::Pallet::<Test>::set_block_number(CLOSE + PERIOD - 2);
		stake(1, 10 * FOUNDING_STAKE);
		assert_ok!(Groups::close_period(signed(77), 0));
		assert_eq!(ending(amendment), None);
		assert_eq!(Groups::closes(0), Some(CLOSE + 2 * PERIOD - 2));
		assert_eq!(pending_of(1), 0);
	});
}

#[test]
fn nothing_pending_is_kept_for_longer_than_it_has_to() {
	with_group(|| {
		let amendment = propose(OWNER, &[improvement(20)]);
		run_to(CLOSE - 1);
		stake(1, 500);
		stake(2, 500);
		approve(1, amendment);
		assert!(PendingTotal::<Test>::contains_key(0));
		run_to(CLOSE);
		assert!(!PendingTotal::<Test>::contains_key(0));
		assert_eq!(PendingAyes::<Test>::iter().count(), 0);
		// Those of accounts are dropped with their next change.
		unstake(1, 10);
		unstake(2, 500);
		assert_eq!(PendingStakes::<Test>::iter().count(), 0);
		run_to(CLOSE + PERIOD);
		assert_ok!(Groups::withdraw(signed(2), 0));
		assert!(!Stakes::<Test>::contains_key(0, account(2)));
	});
}

#[test]
fn a_change_of_what_clients_pay_for_is_told_once_a_close() {
	with_group(|| {
		let told = || Notified::take().contains(&Notification::Terms(0));
		propose(OWNER, &[quorum(30)]);
		run_to(CLOSE);
		assert!(!told());
		propose(OWNER, &[improvement(20), target(5)]);
		run_to(CLOSE + PERIOD);
		assert!(told());
	});
}
