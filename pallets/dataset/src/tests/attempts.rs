//! Proposals whose checks need several attempts.

use super::{
	attest_call, check_of, checks_in, closes, costs, delta, ending, found, pass, pass_all, proposal, propose,
	refuses, stake, valid, vote, MALFORMED,
};
use crate::{
	mock::{build_and_execute, free, signed, Dataset, Groups, System, Test, ENDOWMENT},
	Error,
};
use descent_protocol::{view::ProposalEnding, DeltaVerdict, MAX_ATTEMPTS};
use frame_support::{assert_noop, assert_ok, pallet_prelude::InvalidTransaction};

const SPLIT: [Option<DeltaVerdict>; 4] =
	[Some(DeltaVerdict::Unavailable), Some(DeltaVerdict::Unavailable), Some(MALFORMED), Some(MALFORMED)];

/// Has the voting period close at another block.
fn close_at(block: u32) {
	pallet_groups::Groups::<Test>::mutate(0, |group| {
		group.as_mut().unwrap().voting.closing = Some(block);
	});
}

/// The committee makes all its attempts, and comes to no decision.
fn is_never_decided(id: u32) {
	close_at(1_000_000);
	let first = check_of(id).first_attempt;
	for attempt in first..first + MAX_ATTEMPTS {
		checks_in(id, attempt, &SPLIT);
		assert_eq!(proposal(id).valid, None);
	}
	let last = first + MAX_ATTEMPTS - 1;
	for attempt in [last, last + 1] {
		refuses(attest_call(id, attempt, 0, &valid(5)), InvalidTransaction::Call);
	}
}

/// The period closes in this block.
fn closes_now() {
	close_at(System::block_number());
	assert_ok!(Groups::close_period(signed(9), 0));
}

#[test]
fn a_delta_served_to_some_only_stays_undecided_and_cannot_win() {
	build_and_execute(|| {
		stake(3, 1_000);
		let id = propose(1, delta(1));
		vote(3, id);
		is_never_decided(id);
		closes_now();
		assert_eq!((ending(id), Dataset::version(0)), (None, 1));
		assert_eq!(proposal(id).lost, 1);
	});
}

#[test]
fn attempts_that_were_used_up_begin_again_at_a_close_under_new_numbers() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		let old = attest_call(id, 0, 0, &MALFORMED);
		is_never_decided(id);
		closes_now();
		let check = check_of(id);
		assert_eq!((check.first_attempt, check.since), (MAX_ATTEMPTS, System::block_number()));
		pass(1);
		refuses(old, InvalidTransaction::Stale);
		is_never_decided(id);
		closes_now();
		assert_eq!((check_of(id).first_attempt, proposal(id).lost), (2 * MAX_ATTEMPTS, 2));
		// It is not the first attempt on this version.
		checks_in(id, 2 * MAX_ATTEMPTS, &[Some(DeltaVerdict::Unavailable); 4]);
		assert_eq!(ending(id), Some(ProposalEnding::Unavailable));
		assert_eq!(costs(id), (0, super::DEPOSIT));
	});
}

#[test]
fn an_undecided_delta_may_be_found_valid_and_win_in_a_later_period() {
	build_and_execute(|| {
		stake(3, 1_000);
		let id = propose(1, delta(1));
		vote(3, id);
		is_never_decided(id);
		closes_now();
		checks_in(id, MAX_ATTEMPTS, &[Some(valid(5)); 4]);
		assert_eq!(proposal(id).valid, found(1, 5));
		closes();
		assert_eq!(ending(id), Some(ProposalEnding::Applied { version: 2 }));
	});
}

#[test]
fn junk_cannot_leave_before_its_slash() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		let withdraw = || Dataset::withdraw_proposal(signed(1), 0, id);
		assert_noop!(withdraw(), Error::<Test>::BeingChecked);
		for _ in 0..5 {
			closes();
			assert_eq!(proposal(id).lost, 0);
			assert_noop!(withdraw(), Error::<Test>::BeingChecked);
		}
		checks_in(id, 3, &[Some(MALFORMED); 4]);
		assert!(matches!(ending(id), Some(ProposalEnding::Invalid { .. })));
		assert_eq!(free(1), ENDOWMENT - super::DEPOSIT);
	});
}

#[test]
fn a_proposal_is_being_checked_until_its_last_attempt_is_decided() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		close_at(1_000_000);
		let last = check_of(id).windows(MAX_ATTEMPTS - 1).unwrap().open.end;
		crate::mock::run_to(last - 1);
		assert!(check_of(id).is_running());
		closes_now();
		assert_eq!((proposal(id).lost, check_of(id).first_attempt), (0, 0));
		close_at(1_000_000);
		pass(1);
		assert!(!check_of(id).is_running());
		let withdraw = || Dataset::withdraw_proposal(signed(1), 0, id);
		assert_noop!(withdraw(), Error::<Test>::TooEarly);
		closes_now();
		assert_eq!((proposal(id).lost, check_of(id).first_attempt), (1, MAX_ATTEMPTS));
		assert_noop!(withdraw(), Error::<Test>::BeingChecked);
	});
}

#[test]
fn nobody_pays_for_a_close_that_comes_with_its_proposal() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		closes_now();
		assert_eq!((proposal(id).lost, check_of(id).first_attempt), (0, 0));
	});
}

#[test]
fn what_was_valid_once_is_never_slashed() {
	build_and_execute(|| {
		stake(3, 1_000);
		let winner = propose(1, delta(1));
		vote(3, winner);
		let [absent, junk] = [2, 4].map(|number| propose(number, delta(number.into())));
		pass_all(&[winner, absent, junk]);
		closes();
		assert_eq!(Dataset::version(0), 2);
		checks_in(junk, 0, &[Some(MALFORMED); 4]);
		let DeltaVerdict::Invalid(fault) = MALFORMED else { unreachable!() };
		assert_eq!(ending(junk), Some(ProposalEnding::Conflict { fault }));
		assert_eq!((costs(junk), free(4)), ((0, 0), ENDOWMENT));
		checks_in(absent, 1, &[Some(DeltaVerdict::Unavailable); 4]);
		assert_eq!(ending(absent), Some(ProposalEnding::Unavailable));
		assert_eq!((costs(absent), free(2)), ((0, 0), ENDOWMENT));
	});
}
