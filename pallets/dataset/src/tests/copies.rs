//! Proposals of a delta that another account has announced.

use super::{
	announce, ayes, closes, costs, delta, ending, pass, pass_all, proposal, propose, propose_announced,
	stake, vote, DEPOSIT,
};
use crate::{
	mock::{
		account, build_and_execute, free, Dataset, Paid, Payment, Test, ANNOUNCEMENT_DEPOSIT,
		ANNOUNCEMENT_LIFETIME, ENDOWMENT, LOG_FEE,
	},
	Error,
};
use descent_protocol::{view::ProposalEnding, MAX_PROPOSALS};
use frame_support::{assert_noop, assert_ok};

#[test]
fn a_front_runner_who_has_announced_nothing_proposes_nothing() {
	build_and_execute(|| {
		assert_ok!(announce(1, delta(1)));
		pass(1);
		assert_noop!(propose_announced(2, delta(1)), Error::<Test>::NotAnnounced);
		assert_ok!(announce(2, delta(1)));
		assert_noop!(propose_announced(2, delta(1)), Error::<Test>::AnnouncementTooRecent);
		assert_ok!(propose_announced(1, delta(1)));
	});
}

#[test]
fn a_front_runner_who_is_faster_loses_place_votes_and_reward() {
	build_and_execute(|| {
		stake(4, 100);
		assert_ok!(announce(1, delta(1)));
		pass(1);
		// The proposal is seen on its way and held up for a block.
		let copy = propose(2, delta(1));
		vote(4, copy);
		assert_ok!(propose_announced(1, delta(1)));
		let original = copy + 1;
		assert_eq!(proposal(original).proposer, account(1));
		assert_eq!((ending(copy), costs(copy)), (Some(ProposalEnding::Copied), (0, 0)));
		// It may have had the file from the same source.
		assert_eq!((free(1), free(2)), (ENDOWMENT - DEPOSIT, ENDOWMENT));
		assert_eq!((ayes(original), Dataset::vote_of(0, &account(4))), (0, None));
		vote(4, original);
		pass_all(&[original]);
		closes();
		assert_eq!(ending(original), Some(ProposalEnding::Applied { version: 2 }));
		assert_eq!(Paid::get().last(), Some(&Payment::Applied(0, 1)));
		assert_eq!((free(1), free(2)), (ENDOWMENT - LOG_FEE, ENDOWMENT));
	});
}

#[test]
fn a_front_runner_who_is_slower_pays_for_its_announcement() {
	build_and_execute(|| {
		let original = propose(1, delta(1));
		assert_ok!(announce(2, delta(1)));
		pass(1);
		assert_noop!(propose_announced(2, delta(1)), Error::<Test>::AlreadyProposed);
		pass(ANNOUNCEMENT_LIFETIME);
		assert_ok!(announce(2, delta(9)));
		assert_eq!(free(2), ENDOWMENT - 2 * ANNOUNCEMENT_DEPOSIT);
		assert_eq!(ending(original), None);
	});
}

#[test]
fn who_announces_in_the_same_block_takes_nothing() {
	build_and_execute(|| {
		assert_ok!(announce(1, delta(1)));
		assert_ok!(announce(2, delta(1)));
		pass(1);
		assert_ok!(propose_announced(2, delta(1)));
		assert_noop!(propose_announced(1, delta(1)), Error::<Test>::AlreadyProposed);
	});
}

#[test]
fn a_full_group_does_not_protect_a_copy() {
	build_and_execute(|| {
		assert_ok!(announce(1, delta(1)));
		pass(1);
		let copy = propose(2, delta(1));
		for number in 1..MAX_PROPOSALS {
			let number = u8::try_from(number).unwrap() + 10;
			stake(number, 10);
			propose(number, delta(number.into()));
		}
		assert_ok!(propose_announced(1, delta(1)));
		assert_eq!(ending(copy), Some(ProposalEnding::Copied));
		assert_eq!(proposal(MAX_PROPOSALS).place, 0);
	});
}
