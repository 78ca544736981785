use crate::{
	mock::{
		account, build_and_execute, new_group, signed, Groups as Pallet, Notification, Notified,
		RuntimeOrigin, System, Test, ENDOWMENT, FOUNDING_STAKE, GROUP_DEPOSIT, MAXIMUM_ROUND_LENGTH,
	},
	tests::builder::{free, held, total},
	Error, Event, GroupRules, Groups, HoldReason, NewGroup, NextGroup, Stakes,
};
use descent_protocol::{Clock, Codec, EvaluationPolicy, Share, Shares, LEAF_SIZE};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{traits::BadOrigin, TokenError};

/// Asserts that a group with this change is refused.
fn refuses(error: Error<Test>, change: impl FnOnce(&mut NewGroup<u128>)) {
	build_and_execute(|| {
		let mut group = new_group();
		change(&mut group);
		assert_noop!(Pallet::create(signed(1), group), error);
	});
}

#[test]
fn a_group_is_kept_with_its_rules() {
	build_and_execute(|| {
		let mut new = new_group();
		new.clock.first = 9;
		assert_ok!(Pallet::create(signed(1), new));
		let owner = account(1);
		System::assert_has_event(Event::Created { group: 0, owner }.into());
		let rules = Pallet::rules(0, 0).unwrap();
		assert_eq!(rules.clock, new_group().clock);
		assert_eq!((rules.model, rules.model_version), (new_group().model, 0));
		assert_eq!(rules.shares, Shares::default());
		assert_eq!(Pallet::rules(0, 7), Some(rules));
		assert_eq!(Pallet::rules(1, 0), None);
		let group = Groups::<Test>::get(0).unwrap();
		assert_eq!((group.voting.since, group.voting.closing), (7, None));
	});
}

#[test]
fn its_owner_has_the_first_stake_in_it() {
	build_and_execute(|| {
		assert_ok!(Pallet::create(signed(1), new_group()));
		assert_eq!(Stakes::<Test>::get(0, account(1)).active, FOUNDING_STAKE);
		assert_eq!(total(), FOUNDING_STAKE);
		assert_eq!(free(1), ENDOWMENT - GROUP_DEPOSIT - FOUNDING_STAKE);
		let told =
			[Notification::Created(0, 1, new_group().dataset), Notification::Stake(0, 1, 0, FOUNDING_STAKE)];
		assert_eq!(Notified::get(), told);
	});
}

#[test]
fn numbers_follow_each_other_and_deposits_add_up() {
	build_and_execute(|| {
		for owner in [1, 1, 2] {
			assert_ok!(Pallet::create(signed(owner), new_group()));
		}
		assert_eq!(NextGroup::<Test>::get(), 3);
		assert_eq!(Groups::<Test>::get(2).unwrap().owner, account(2));
		assert_eq!(held(1, HoldReason::Group), 2 * GROUP_DEPOSIT);
		assert_eq!(held(1, HoldReason::Stake), 2 * FOUNDING_STAKE);
	});
}

#[test]
fn a_start_that_is_over_becomes_the_next_block() {
	build_and_execute(|| {
		for (wanted, given) in [(0, 8), (7, 8), (8, 8), (9, 9)] {
			let mut group = new_group();
			group.clock.start = wanted;
			assert_ok!(Pallet::create(signed(1), group));
			let id = NextGroup::<Test>::get() - 1;
			assert_eq!(Pallet::rules(id, 0).unwrap().clock.start, given);
		}
	});
}

#[test]
fn who_cannot_pay_the_deposit_and_the_stake_gets_no_group() {
	build_and_execute(|| {
		assert_noop!(Pallet::create(signed(101), new_group()), TokenError::FundsUnavailable);
		let mut group = new_group();
		group.stake = ENDOWMENT - GROUP_DEPOSIT;
		assert_noop!(Pallet::create(signed(1), group), TokenError::FundsUnavailable);
		assert_noop!(Pallet::create(RuntimeOrigin::root(), new_group()), BadOrigin);
	});
}

#[test]
fn names_and_providers_must_be_readable() {
	refuses(Error::InvalidName, |group| group.name = Default::default());
	refuses(Error::InvalidName, |group| group.name = vec![0xff].try_into().unwrap());
	refuses(Error::InvalidProvider, |group| group.providers[0] = Default::default());
	refuses(Error::InvalidName, |group| group.name = b"digits\x1b[2J".to_vec().try_into().unwrap());
	refuses(Error::InvalidProvider, |group| group.providers[0] = vec![0xff].try_into().unwrap());
	for provider in
		["http://127.0.0.1/\n", "http://a b", "\u{9b}2J", "ftp://a", "http:///x", "http://user:secret@a"]
	{
		refuses(Error::InvalidProvider, |group| {
			group.providers[0] = provider.as_bytes().to_vec().try_into().unwrap()
		});
	}
}

#[test]
fn content_must_be_canonical_and_not_empty() {
	refuses(Error::InvalidContent, |group| group.model.size = 0);
	refuses(Error::InvalidContent, |group| group.dataset.codec = Codec::UnixFs);
	refuses(Error::InvalidContent, |group| group.dataset.size = LEAF_SIZE + 1);
	refuses(Error::InvalidContent, |group| {
		let mut set = group.dataset;
		set.size = 0;
		group.policy = EvaluationPolicy::Validation { set, records: 1 };
	});
}

#[test]
fn evaluations_have_a_bounded_number_of_records() {
	refuses(Error::InvalidRecords, |group| group.policy = EvaluationPolicy::Training { records: 0 });
	refuses(Error::InvalidRecords, |group| group.policy = EvaluationPolicy::Training { records: 1_001 });
}

#[test]
fn one_author_cannot_keep_others_out_of_a_window() {
	refuses(Error::WindowTooShort, |group| group.clock.reveal = 1);
	refuses(Error::WindowTooShort, |group| group.clock.attest = 1);
	refuses(Error::WindowTooShort, |group| group.clock.open = 1);
}

#[test]
fn a_score_that_is_no_better_is_no_improvement() {
	refuses(Error::ImprovementTooSmall, |group| group.minimum_improvement = 0);
}

#[test]
fn impossible_clocks_are_refused() {
	refuses(Error::InvalidClock, |group| group.clock.attest = 0);
	refuses(Error::InvalidClock, |group| group.clock.length = 10);
	refuses(Error::InvalidClock, |group| group.clock.start = u32::MAX - 10);
	refuses(Error::RevealTooLong, |group| group.clock = Clock { reveal: 21, length: 40, ..group.clock });
}

#[test]
fn rounds_do_not_last_for_ever() {
	refuses(Error::RoundTooLong, |group| group.clock.length = MAXIMUM_ROUND_LENGTH + 1);
	build_and_execute(|| {
		let mut group = new_group();
		group.clock.length = MAXIMUM_ROUND_LENGTH;
		assert_ok!(Pallet::create(signed(1), group));
	});
}

#[test]
fn commitments_must_put_something_at_stake() {
	refuses(Error::DepositTooSmall, |group| group.deposit = 4);
}

#[test]
fn voting_must_be_possible_and_worth_something() {
	refuses(Error::InvalidVotingPeriod, |group| group.voting_period = 4);
	refuses(Error::InvalidVotingPeriod, |group| group.voting_period = 101);
	refuses(Error::InvalidQuorum, |group| group.quorum = Share(0));
	refuses(Error::InvalidQuorum, |group| group.quorum = Share(Share::ALL.0 + 1));
	refuses(Error::StakeTooSmall, |group| group.stake = 9);
	refuses(Error::ZeroAmount, |group| group.stake = 0);
}

#[test]
fn a_fifth_at_least_is_left_for_winners_and_something_for_validators() {
	let refuses_shares = |validators, keepers| {
		refuses(Error::InvalidShares, |group| {
			group.shares = Shares { validators: Share::percent(validators), keepers: Share::percent(keepers) }
		});
	};
	refuses_shares(4, 0);
	refuses_shares(41, 0);
	refuses_shares(5, 41);
}

#[test]
fn numbers_run_out_without_overflow() {
	build_and_execute(|| {
		NextGroup::<Test>::put(u32::MAX);
		assert_noop!(Pallet::create(signed(1), new_group()), Error::<Test>::TooManyGroups);
		NextGroup::<Test>::put(0);
	});
}
