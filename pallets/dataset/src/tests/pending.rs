//! Stake that comes too late for a close.

use super::{ayes, closes, delta, ending, pass_all, passes, propose, stake, unstake, vote};
use crate::{
	mock::{account, build_and_execute, run_to, signed, Dataset, Groups, Test, FOUNDING_STAKE, PERIOD},
	PendingAyes,
};
use descent_protocol::view::{Page, ProposalEnding};
use frame_support::assert_ok;
use pallet_groups::Stakeholders;

/// The first close, and the last block in which stake comes in time for it.
const CLOSE: u32 = 1 + PERIOD;
const LATEST: u32 = CLOSE - PERIOD / 2;

/// The attack: a delta is proposed with the smallest stake; one block before the close twice the total is
/// staked.
#[test]
fn a_delta_is_not_applied_with_stake_that_is_bought_in_the_last_block() {
	build_and_execute(|| {
		stake(3, 1_000);
		stake(1, 10);
		let id = propose(1, delta(1));
		passes(id);
		run_to(CLOSE - 1);
		stake(1, 2 * Groups::total(0));
		assert_eq!(Dataset::proposals(0, Page::ALL)[0].ayes, 10);
		closes();
		assert_eq!((ending(id), Dataset::version(0)), (None, 1));
		// It counts in the next, of which the others have notice.
		closes();
		assert_eq!(ending(id), Some(ProposalEnding::Applied { version: 2 }));
	});
}

#[test]
fn what_is_staked_in_time_counts() {
	build_and_execute(|| {
		stake(3, 1_000);
		stake(1, 10);
		let id = propose(1, delta(1));
		passes(id);
		run_to(LATEST);
		stake(1, 2_000);
		closes();
		assert_eq!(ending(id), Some(ProposalEnding::Applied { version: 2 }));
	});
}

#[test]
fn late_stake_keeps_no_delta_from_its_quorum() {
	build_and_execute(|| {
		stake(1, 100);
		let id = propose(1, delta(1));
		passes(id);
		run_to(CLOSE - 1);
		stake(2, 100_000);
		closes();
		assert_eq!(ending(id), Some(ProposalEnding::Applied { version: 2 }));
	});
}

#[test]
fn late_stake_wins_against_no_rival() {
	build_and_execute(|| {
		stake(1, 100);
		stake(2, 90);
		let (first, second) = (propose(1, delta(1)), propose(2, delta(2)));
		pass_all(&[first, second]);
		run_to(CLOSE - 1);
		stake(2, 50);
		assert_eq!(ayes(second), 140);
		closes();
		assert_eq!(ending(first), Some(ProposalEnding::Applied { version: 2 }));
	});
}

#[test]
fn a_vote_that_moves_takes_its_late_part_along() {
	build_and_execute(|| {
		stake(1, 40);
		let (first, second) = (propose(2, delta(1)), propose(3, delta(2)));
		run_to(CLOSE - 1);
		stake(1, 60);
		let pending = |id| PendingAyes::<Test>::get(0, id).map(|pending| pending.amount);
		vote(1, first);
		assert_eq!((pending(first), pending(second)), (Some(60), None));
		vote(1, second);
		assert_eq!((pending(first), pending(second)), (None, Some(60)));
		// Taken out, late stake goes first.
		unstake(1, 50);
		assert_eq!((pending(second), ayes(second)), (Some(10), 50));
		assert_ok!(Dataset::withdraw_vote(signed(1), 0));
		assert_eq!((pending(second), ayes(second)), (None, 0));
		vote(1, second);
		closes();
		assert_eq!(PendingAyes::<Test>::iter().count(), 0);
		assert_eq!(<Groups as Stakeholders<_, _>>::stake(0, &account(1)).counted(), 50);
		assert_eq!(Groups::total(0), FOUNDING_STAKE + 50);
	});
}
