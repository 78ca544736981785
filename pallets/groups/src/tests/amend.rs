//! The rights to propose and to approve amendments, and attempts without them.

use crate::{
	mock::{
		account, run_to, signed, with_group, Balances, Groups, System, Test, ADOPTION_FEE, AMENDMENT_DEPOSIT,
		ENDOWMENT, FOUNDING_STAKE, LIFETIME, MAXIMUM_ROUND_LENGTH, OWNER, PERIOD, TREASURY,
	},
	tests::builder::*,
	Amendments, Changes, Error, Event, GroupRules, HoldReason, Open, Stakes,
};
use descent_protocol::{view::AmendmentEnding, Change, Score, Share};
use frame_support::{
	assert_noop, assert_ok,
	traits::{fungible::MutateHold, tokens::Precision},
};
use sp_runtime::TokenError;

#[test]
fn a_stakeholder_proposes_and_approves() {
	with_group(|| {
		stake(1, 300);
		let amendment = propose(1, &[improvement(20)]);
		assert_eq!(ayes(amendment), 300);
		assert_eq!(held(1, HoldReason::Amendment), AMENDMENT_DEPOSIT);
		let proposed = Event::AmendmentProposed { group: 0, amendment, account: account(1) };
		let voted = Event::AmendmentVoted { group: 0, amendment, account: account(1), aye: true, stake: 300 };
		assert!(events().ends_with(&[proposed, voted]));
		assert_eq!(Amendments::<Test>::get(0, amendment).unwrap().summary, summary());
	});
}

#[test]
fn approvals_can_be_taken_back_until_the_period_closes() {
	with_group(|| {
		stake(1, 300);
		stake(2, 200);
		let amendment = propose(1, &[improvement(20)]);
		approve(2, amendment);
		assert_eq!(ayes(amendment), 500);
		let vote = |number, aye| Groups::vote_amendment(signed(number), 0, amendment, aye);
		assert_noop!(vote(2, true), Error::<Test>::VoteUnchanged);
		assert_ok!(vote(1, false));
		assert_eq!(ayes(amendment), 200);
		assert_noop!(vote(1, false), Error::<Test>::VoteUnchanged);
		run_to(1 + PERIOD);
		assert_eq!(ending(amendment), None);
		assert_eq!(Groups::rules(0, 1).unwrap().minimum_improvement, 1_000);
	});
}

#[test]
fn who_has_no_stake_has_no_say() {
	with_group(|| {
		assert_noop!(try_propose(1, &[improvement(20)]), Error::<Test>::NoStake);
		let amendment = propose(OWNER, &[improvement(20)]);
		let vote = |number| Groups::vote_amendment(signed(number), 0, amendment, true);
		assert_noop!(vote(1), Error::<Test>::NoStake);
		stake(1, 100);
		unstake(1, 100);
		assert_noop!(vote(1), Error::<Test>::NoStake);
		assert_noop!(try_propose(1, &[improvement(20)]), Error::<Test>::NoStake);
		assert_eq!(ayes(amendment), FOUNDING_STAKE);
	});
}

#[test]
fn stake_taken_out_after_the_vote_counts_no_more() {
	with_group(|| {
		stake(1, 300);
		let amendment = propose(1, &[improvement(20)]);
		unstake(1, 250);
		assert_eq!(ayes(amendment), 50);
		run_to(1 + PERIOD);
		assert_eq!(ending(amendment), None);
		stake(1, 250);
		assert_eq!(ayes(amendment), 300);
		unstake(1, 300);
		assert_eq!(ayes(amendment), 0);
		// What is staked again after everything was taken out approves nothing by itself.
		stake(1, 300);
		assert_eq!(ayes(amendment), 0);
		run_to(1 + 2 * PERIOD);
		assert_eq!(ending(amendment), None);
		assert_eq!(Groups::rules(0, 5).unwrap().minimum_improvement, 1_000);
	});
}

#[test]
fn the_same_tokens_do_not_vote_twice_in_a_period() {
	with_group(|| {
		stake(OWNER, 300);
		let everything = free(1) - AMENDMENT_DEPOSIT - 1;
		stake(1, everything);
		let amendment = propose(1, &[improvement(20)]);
		// In its first block or in its last: what is taken out in a period comes free after its close.
		for block in [1, PERIOD] {
			run_to(block);
			unstake(1, 1_000);
			let transfer = crate::mock::Balances::transfer_allow_death(signed(1), account(2), 1_000);
			assert_eq!(transfer, Err(TokenError::FundsUnavailable.into()));
			assert_noop!(Groups::withdraw(signed(1), 0), Error::<Test>::NothingToWithdraw);
			let left = stake_of(1);
			assert_eq!(ayes(amendment), left);
		}
		run_to(1 + PERIOD);
		assert!(ending(amendment).is_some());
		assert_ok!(Groups::withdraw(signed(1), 0));
		assert_eq!(free(1), 1_000 + AMENDMENT_DEPOSIT - ADOPTION_FEE + 1);
	});
}

#[test]
fn one_stake_approves_many_amendments_and_counts_in_each() {
	with_group(|| {
		stake(1, 60);
		stake(2, 50);
		let first = propose(1, &[improvement(20)]);
		let second = propose(2, &[quorum(30)]);
		approve(1, second);
		stake(1, 40);
		assert_eq!((ayes(first), ayes(second)), (100, 150));
		unstake(1, 90);
		assert_eq!((ayes(first), ayes(second)), (10, 60));
		assert_eq!(Stakes::<Test>::get(0, account(1)).approvals.to_vec(), [first, second]);
	});
}

#[test]
fn an_account_has_one_amendment_open() {
	with_group(|| {
		let amendment = propose(OWNER, &[improvement(20)]);
		assert_noop!(try_propose(OWNER, &[improvement(30)]), Error::<Test>::AlreadyProposed);
		assert_ok!(Groups::vote_amendment(signed(OWNER), 0, amendment, false));
		run_to(1 + PERIOD);
		assert_ok!(Groups::withdraw_amendment(signed(OWNER), 0, amendment));
		assert_eq!(propose(OWNER, &[improvement(30)]), amendment + 1);
		assert_eq!(held(OWNER, HoldReason::Amendment), AMENDMENT_DEPOSIT);
	});
}

#[test]
fn rules_that_stay_for_ever_cost_their_proposer_a_part_of_the_deposit() {
	with_group(|| {
		stake(1, 50);
		let outvoted = propose(1, &[improvement(30)]);
		let before = free(OWNER);
		let adopted = propose(OWNER, &[improvement(20)]);
		// As it would be for an amendment in another group.
		let (reason, other) = (HoldReason::Amendment.into(), 500);
		assert_ok!(Balances::hold(&reason, &account(OWNER), other));
		run_to(1 + PERIOD);
		assert!(matches!(ending(adopted), Some(AmendmentEnding::Adopted { .. })));
		assert_eq!(held(OWNER, HoldReason::Amendment), other);
		assert_ok!(Balances::release(&reason, &account(OWNER), other, Precision::Exact));
		assert_eq!(free(OWNER), before - ADOPTION_FEE);
		assert_eq!((free(TREASURY), held(OWNER, HoldReason::Amendment)), (ADOPTION_FEE, 0));
		assert_eq!(ending(outvoted), None);
		assert_ok!(Groups::withdraw_amendment(signed(1), 0, outvoted));
		assert_eq!((free(TREASURY), free(1)), (ADOPTION_FEE, ENDOWMENT - 50));
	});
}

#[test]
fn its_proposer_takes_an_amendment_back() {
	with_group(|| {
		stake(1, 50);
		let amendment = propose(1, &[improvement(20)]);
		let withdraw = |number| Groups::withdraw_amendment(signed(number), 0, amendment);
		assert_noop!(withdraw(OWNER), Error::<Test>::NotProposer);
		run_to(PERIOD);
		assert_noop!(withdraw(1), Error::<Test>::TooEarly);
		run_to(1 + PERIOD);
		assert_ok!(withdraw(1));
		assert_eq!(ending(amendment), Some(AmendmentEnding::Withdrawn));
		assert_eq!(held(1, HoldReason::Amendment), 0);
		assert!(!Open::<Test>::contains_key(0));
		assert_noop!(withdraw(1), Error::<Test>::UnknownAmendment);
		let vote = Groups::vote_amendment(signed(OWNER), 0, amendment, true);
		assert_eq!(vote, Err(Error::<Test>::UnknownAmendment.into()));
		// Its alarm finds nothing to decide and sets no other.
		run_to(1 + 2 * PERIOD);
		let closed = Event::PeriodClosed { group: 0, next: 1 + 3 * PERIOD };
		System::assert_has_event(closed.into());
		assert_eq!(crate::Groups::<Test>::get(0).unwrap().voting.closing, None);
	});
}

#[test]
fn what_the_majority_approves_is_not_its_proposers_any_more() {
	with_group(|| {
		stake(1, 50);
		let amendment = propose(1, &[improvement(20)]);
		run_to(1 + PERIOD);
		approve(OWNER, amendment);
		run_to(2 * PERIOD);
		assert_noop!(Groups::withdraw_amendment(signed(1), 0, amendment), Error::<Test>::HasMajority);
		run_to(1 + 2 * PERIOD);
		assert!(matches!(ending(amendment), Some(AmendmentEnding::Adopted { .. })));
	});
}

#[test]
fn who_cannot_pay_the_deposit_proposes_nothing() {
	with_group(|| {
		stake(1, free(1) - AMENDMENT_DEPOSIT);
		assert_noop!(try_propose(1, &[improvement(20)]), TokenError::FundsUnavailable);
		assert!(Amendments::<Test>::iter().next().is_none());
	});
}

#[test]
fn an_amendment_says_what_it_is_and_changes_something_once() {
	with_group(|| {
		assert_noop!(try_propose(OWNER, &[]), Error::<Test>::NoChange);
		let twice = [improvement(20), quorum(30), improvement(30)];
		assert_noop!(try_propose(OWNER, &twice), Error::<Test>::RepeatedChange);
		for text in [&b""[..], b"\xff", b"a\x1b[2Jb"] {
			let text = text.to_vec().try_into().unwrap();
			assert_noop!(
				Groups::propose_amendment(signed(OWNER), 0, changes(&[improvement(20)]), text),
				Error::<Test>::InvalidSummary
			);
		}
		let none: Changes = Default::default();
		assert_noop!(Groups::propose_amendment(signed(OWNER), 1, none, summary()), Error::<Test>::NoChange);
		assert_noop!(
			Groups::propose_amendment(signed(OWNER), 1, changes(&[improvement(20)]), summary()),
			Error::<Test>::UnknownGroup
		);
	});
}

#[test]
fn rules_that_no_round_could_be_played_by_are_not_proposed() {
	with_group(|| {
		let refuses = |change: Change, error: Error<Test>| {
			assert_noop!(try_propose(OWNER, &[change]), error);
		};
		refuses(improvement(0), Error::ImprovementTooSmall);
		refuses(lengths(12, 1, 5, 2), Error::WindowTooShort);
		refuses(lengths(12, 3, 5, 0), Error::InvalidClock);
		refuses(lengths(10, 3, 5, 2), Error::InvalidClock);
		refuses(lengths(40, 21, 5, 2), Error::RevealTooLong);
		refuses(lengths(MAXIMUM_ROUND_LENGTH + 1, 3, 5, 2), Error::RoundTooLong);
		refuses(lengths(u32::MAX, 3, 5, 2), Error::InvalidClock);
		refuses(period(4), Error::InvalidVotingPeriod);
		refuses(period(101), Error::InvalidVotingPeriod);
		refuses(quorum(0), Error::InvalidQuorum);
		let share = descent_protocol::Share(1_000_001);
		refuses(Change::Quorum { share }, Error::InvalidQuorum);
		let mut empty = crate::mock::new_group().model;
		empty.size = 0;
		refuses(Change::Model { model: empty }, Error::InvalidContent);
		let policy = descent_protocol::EvaluationPolicy::Validation { set: empty, records: 1 };
		refuses(Change::Policy { policy }, Error::InvalidContent);
		let policy = descent_protocol::EvaluationPolicy::Training { records: 1_001 };
		refuses(Change::Policy { policy }, Error::InvalidRecords);
		let nameless = vec![Default::default()].try_into().unwrap();
		refuses(Change::Providers { providers: nameless }, Error::InvalidProvider);
	});
}

#[test]
fn what_loses_too_often_ends_with_its_deposit_returned() {
	with_group(|| {
		stake(1, 50);
		let amendment = propose(1, &[improvement(20)]);
		for lost in 1..LIFETIME {
			run_to(1 + lost * PERIOD);
			assert_eq!(Open::<Test>::get(0)[0].lost, lost);
			assert_eq!(held(1, HoldReason::Amendment), AMENDMENT_DEPOSIT);
		}
		run_to(1 + LIFETIME * PERIOD);
		assert_eq!(ending(amendment), Some(AmendmentEnding::Outvoted));
		assert_eq!(held(1, HoldReason::Amendment), 0);
	});
}

#[test]
fn everything_can_be_amended() {
	with_group(|| {
		let new = crate::mock::new_group();
		let providers = vec![b"http://other".to_vec().try_into().unwrap()].try_into().unwrap();
		let policy = descent_protocol::EvaluationPolicy::Validation { set: new.dataset, records: 7 };
		let all = [
			lengths(20, 4, 6, 3),
			shares(30, 10),
			improvement(30),
			Change::Policy { policy },
			Change::Target { score: Some(Score(5)) },
			Change::Providers { providers },
			model("another"),
			quorum(35),
		];
		propose(OWNER, &all);
		run_to(1 + PERIOD);
		let from = Groups::boundary(0).unwrap();
		let rules = Groups::rules(0, from).unwrap();
		assert_eq!((rules.shares.winner(), rules.minimum_improvement), (Share::percent(60), 30));
		assert_eq!((rules.policy, rules.target), (policy, Some(Score(5))));
		assert_eq!(rules.providers[0].to_vec(), b"http://other");
		assert_eq!((rules.clock.length, rules.clock.reveal), (20, 4));
		assert_eq!((rules.clock.attest, rules.clock.open), (6, 3));
		assert_eq!((rules.model == new.model, rules.model_version), (false, 1));
		let voting = crate::Groups::<Test>::get(0).unwrap().voting;
		assert_eq!((voting.quorum.0, voting.since), (350_000, 1));
	});
}
