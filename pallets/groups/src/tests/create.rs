use crate::{
	mock::{build_and_execute, Balances, Groups as Pallet, RuntimeOrigin, System, Test},
	Error, Event, GroupRules, Groups, HoldReason, NewGroup, NextGroup,
};
use descent_protocol::{dataset_root, Clock, Codec, ContentRef, EvaluationPolicy, Metric, LEAF_SIZE};
use frame_support::{assert_noop, assert_ok, traits::fungible::InspectHold};
use sp_core::H256;
use sp_runtime::{traits::BadOrigin, TokenError};

fn new() -> NewGroup<u64> {
	NewGroup {
		name: b"digits".to_vec().try_into().unwrap(),
		model: ContentRef::raw(b"model").unwrap(),
		dataset: ContentRef::raw(b"data").unwrap(),
		providers: vec![b"http://127.0.0.1:8080".to_vec().try_into().unwrap()]
			.try_into()
			.unwrap(),
		metric: Metric::Loss,
		policy: EvaluationPolicy::Training { records: 100 },
		tolerance: 10,
		minimum_improvement: 1_000,
		clock: Clock {
			start: 30,
			length: 12,
			reveal: 3,
			attest: 5,
			open: 2,
		},
		deposit: 5,
	}
}

/// That a group with this change is refused, whatever else is right with it.
fn refuses(error: Error<Test>, change: impl FnOnce(&mut NewGroup<u64>)) {
	build_and_execute(|| {
		let mut group = new();
		change(&mut group);
		assert_noop!(Pallet::create(RuntimeOrigin::signed(1), group), error);
	});
}

#[test]
fn a_group_is_kept_with_its_rules() {
	build_and_execute(|| {
		assert_ok!(Pallet::create(RuntimeOrigin::signed(1), new()));
		System::assert_last_event(Event::Created { group: 0, owner: 1 }.into());
		let group = Groups::<Test>::get(0).unwrap();
		assert_eq!(
			group.dataset_root,
			dataset_root(H256::zero(), new().dataset.digest)
		);
		assert_eq!(group.rules.deltas.to_vec(), [new().dataset]);
		assert_eq!(group.rules.clock, new().clock);
		assert_eq!(Pallet::rules(0), Some(group.rules));
		assert_eq!(Pallet::rules(1), None);
	});
}

#[test]
fn numbers_follow_each_other_and_deposits_add_up() {
	build_and_execute(|| {
		for _ in 0..2 {
			assert_ok!(Pallet::create(RuntimeOrigin::signed(1), new()));
		}
		assert_ok!(Pallet::create(RuntimeOrigin::signed(2), new()));
		assert_eq!(NextGroup::<Test>::get(), 3);
		assert_eq!(Groups::<Test>::get(2).unwrap().owner, 2);
		assert_eq!(Balances::balance_on_hold(&HoldReason::Group.into(), &1), 200);
	});
}

#[test]
fn a_start_that_is_over_becomes_the_next_block() {
	build_and_execute(|| {
		for (wanted, given) in [(0, 8), (7, 8), (8, 8), (9, 9)] {
			let mut group = new();
			group.clock.start = wanted;
			assert_ok!(Pallet::create(RuntimeOrigin::signed(1), group));
			let id = NextGroup::<Test>::get() - 1;
			assert_eq!(Pallet::rules(id).unwrap().clock.start, given);
		}
	});
}

#[test]
fn who_cannot_pay_the_deposit_gets_no_group() {
	build_and_execute(|| {
		assert_noop!(
			Pallet::create(RuntimeOrigin::signed(3), new()),
			TokenError::FundsUnavailable
		);
		assert_noop!(Pallet::create(RuntimeOrigin::root(), new()), BadOrigin);
	});
}

#[test]
fn names_and_providers_must_be_readable() {
	refuses(Error::InvalidName, |group| group.name = Default::default());
	refuses(Error::InvalidName, |group| {
		group.name = vec![0xff].try_into().unwrap()
	});
	refuses(Error::InvalidProvider, |group| {
		group.providers[0] = Default::default()
	});
	refuses(Error::InvalidName, |group| {
		group.name = b"digits\x1b[2J".to_vec().try_into().unwrap()
	});
	refuses(Error::InvalidProvider, |group| {
		group.providers[0] = vec![0xff].try_into().unwrap()
	});
	for provider in ["http://127.0.0.1/\n", "http://a b", "\u{9b}2J"] {
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
	refuses(Error::InvalidRecords, |group| {
		group.policy = EvaluationPolicy::Training { records: 0 }
	});
	refuses(Error::InvalidRecords, |group| {
		group.policy = EvaluationPolicy::Training { records: 1_001 }
	});
}

#[test]
fn one_author_cannot_keep_others_out_of_a_window() {
	refuses(Error::WindowTooShort, |group| group.clock.reveal = 1);
	refuses(Error::WindowTooShort, |group| group.clock.attest = 1);
	refuses(Error::WindowTooShort, |group| group.clock.open = 1);
}

#[test]
fn a_claim_cannot_outrank_gains_larger_than_its_own() {
	refuses(Error::ImprovementTooSmall, |group| group.minimum_improvement = 9);
	refuses(Error::ImprovementTooSmall, |group| {
		(group.tolerance, group.minimum_improvement) = (0, 0)
	});
}

#[test]
fn impossible_clocks_are_refused() {
	refuses(Error::InvalidClock, |group| group.clock.attest = 0);
	refuses(Error::InvalidClock, |group| group.clock.length = 10);
	refuses(Error::InvalidClock, |group| group.clock.start = u32::MAX - 10);
	refuses(Error::RevealTooLong, |group| {
		group.clock.reveal = 21;
		group.clock.length = 40;
	});
}

#[test]
fn commitments_must_put_something_at_stake() {
	refuses(Error::DepositTooSmall, |group| group.deposit = 4);
}

#[test]
fn numbers_run_out_without_overflow() {
	build_and_execute(|| {
		NextGroup::<Test>::put(u32::MAX);
		assert_noop!(
			Pallet::create(RuntimeOrigin::signed(1), new()),
			Error::<Test>::TooManyGroups
		);
		NextGroup::<Test>::put(0);
	});
}
