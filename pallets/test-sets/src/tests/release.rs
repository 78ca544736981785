use crate::{mock::*, Call, Error, Event, Series};
use descent_protocol::{test_set_key, view::TestSetRelease};
use frame_support::{assert_noop, assert_ok};
use pallet_groups::TestSets as _;
use sp_core::H256;
use sp_runtime::transaction_validity::InvalidTransaction;

fn release(series: H256, value: usize) -> Call<Test> {
	Call::release { series, value: values(5)[value] }
}

fn state(series: H256, round: u32) -> TestSetRelease {
	TestSets::release_of(series, 0, round)
}

#[test]
fn the_next_value_releases_the_key_of_the_round_that_waits() {
	with_series(|series| {
		assert_eq!(state(series, 0), TestSetRelease::Awaited { index: 0 });
		run_to(30);
		assert_eq!(apply(release(series, 1)), Ok(Ok(())));
		System::assert_last_event(
			Event::KeyReleased { series, group: 0, round: 0, index: 0, value: values(5)[1] }.into(),
		);
		let key = test_set_key(values(5)[1]);
		assert_eq!(state(series, 0), TestSetRelease::Released { index: 0, key });
		assert_eq!(state(series, 1), TestSetRelease::Awaited { index: 1 });
		let source = TestSets::source(series, 0, 0).unwrap();
		assert_eq!((source.index, source.key, source.manifest), (0, key, manifest()));
		assert_eq!(TestSets::source(series, 0, 1), None);
		assert_eq!(TestSets::next(series, 0).unwrap().index, 1);
		assert_eq!(Balances::free_balance(account(REQUESTER)), ENDOWMENT - BOND, "it is free");
	});
}

#[test]
fn only_the_next_value_is_a_transaction() {
	with_series(|series| {
		run_to(30);
		let refused = |call| assert_eq!(validate(call), Err(InvalidTransaction::Call.into()));
		refused(release(series, 0));
		refused(release(series, 2));
		refused(release(H256::zero(), 1));
		refused(Call::release { series, value: H256::repeat_byte(3) });
		assert!(validate(release(series, 1)).unwrap().propagate);
		assert_eq!(apply(release(series, 1)), Ok(Ok(())));
		refused(release(series, 1));
		assert_noop!(TestSets::do_release(series, values(5)[1]), Error::<Test>::InvalidValue);
		let signed = RuntimeOrigin::signed(account(REQUESTER));
		assert!(TestSets::release(signed, series, values(5)[2]).is_err(), "nobody signs it");
	});
}

#[test]
fn a_key_counts_from_the_seed_s_block_to_the_middle_of_the_reveal_window() {
	// In blocks 19 to 29 trainers may have committed, and hold the set that is given up.
	let (used, given_up) = (None, Some(TestSetRelease::Otherwise));
	let next = Some(TestSetRelease::Awaited { index: 1 });
	let blocks = [
		(11, next),
		(18, next),
		(19, given_up),
		(29, given_up),
		(30, used),
		(32, used),
		(33, next),
		(43, next),
	];
	for (block, expected) in blocks {
		with_series(|series| {
			run_to(block);
			assert_ok!(TestSets::do_release(series, values(5)[1]));
			let Some(expected) = expected else {
				assert!(
					matches!(state(series, 0), TestSetRelease::Released { index: 0, .. }),
					"block {block}"
				);
				return;
			};
			System::assert_last_event(Event::SetSkipped { series, index: 0, value: values(5)[1] }.into());
			assert_eq!(state(series, 0), expected, "block {block}");
		});
	}
}

/// A requester gives up the set that trainers hold, and releases the key of one that it shows to a friend
/// alone.
#[test]
fn no_set_takes_the_place_of_the_one_that_trainers_hold() {
	with_series(|series| {
		run_to(29);
		assert_ok!(TestSets::do_release(series, values(5)[1]));
		run_to(30);
		assert_ok!(TestSets::do_release(series, values(5)[2]));
		System::assert_last_event(Event::SetSkipped { series, index: 1, value: values(5)[2] }.into());
		TestSets::fix(series, 0, 0);
		System::assert_last_event(Event::RoundMissed { series, group: 0, paid: 25, misses: 1 }.into());
	});
}

#[test]
fn rounds_of_another_model_wait_for_nothing() {
	with_series(|series| {
		change_model(1);
		assert_eq!(state(series, 0), TestSetRelease::Awaited { index: 0 });
		assert_eq!(state(series, 1), TestSetRelease::Otherwise);
		run_to(50);
		assert_ok!(TestSets::do_release(series, values(5)[1]));
		System::assert_last_event(Event::SetSkipped { series, index: 0, value: values(5)[1] }.into());
		TestSets::fix(series, 0, 1);
		assert_eq!(added(), 0, "the requester is not to blame");
	});
}

#[test]
fn a_round_has_one_set() {
	with_series(|series| {
		run_to(30);
		assert_ok!(TestSets::do_release(series, values(5)[1]));
		assert_ok!(TestSets::do_release(series, values(5)[2]));
		System::assert_last_event(Event::SetSkipped { series, index: 1, value: values(5)[2] }.into());
		assert!(matches!(state(series, 0), TestSetRelease::Released { index: 0, .. }));
	});
}

#[test]
fn a_set_whose_key_came_too_late_is_used_up() {
	with_series(|series| {
		run_to(33);
		TestSets::fix(series, 0, 0);
		assert_ok!(TestSets::do_release(series, values(5)[1]));
		assert_eq!(state(series, 0), TestSetRelease::Otherwise);
		run_to(50);
		assert_ok!(TestSets::do_release(series, values(5)[2]));
		System::assert_last_event(
			Event::KeyReleased { series, group: 0, round: 1, index: 1, value: values(5)[2] }.into(),
		);
	});
}

#[test]
fn a_round_of_another_policy_waits_for_nothing() {
	with_series(|series| {
		name(1, None);
		run_to(50);
		assert_ok!(TestSets::do_release(series, values(5)[1]));
		System::assert_last_event(Event::SetSkipped { series, index: 0, value: values(5)[1] }.into());
	});
}

#[test]
fn what_a_round_began_to_be_measured_on_stays() {
	with_series(|series| {
		// A suspended series is not awaited, so that checkpoints are revealed at once.
		Series::<Test>::mutate(series, |series| series.as_mut().unwrap().misses = 3);
		run_to(31);
		TestSets::fix(series, 0, 0);
		assert_ok!(TestSets::do_release(series, values(5)[1]));
		assert_ok!(TestSets::do_release(series, values(5)[2]));
		assert_eq!(state(series, 0), TestSetRelease::Otherwise);
	});
}

#[test]
fn a_release_ends_the_suspension_and_costs_one_set() {
	with_series(|series| {
		(0..3).for_each(|round| TestSets::fix(series, 0, round));
		assert_eq!(state(series, 3), TestSetRelease::Otherwise);
		run_to(90);
		assert_ok!(TestSets::do_release(series, values(5)[1]));
		System::assert_last_event(Event::SetSkipped { series, index: 0, value: values(5)[1] }.into());
		assert_eq!(state(series, 4), TestSetRelease::Awaited { index: 1 });
	});
}

#[test]
fn a_series_that_is_used_up_is_not_awaited() {
	with_series(|series| {
		for value in 1..=5 {
			assert_ok!(TestSets::do_release(series, values(5)[value]));
		}
		assert_eq!(state(series, 0), TestSetRelease::Otherwise);
		assert_noop!(TestSets::do_release(series, values(5)[5]), Error::<Test>::InvalidValue);
		assert_eq!(TestSets::next(series, 0), None);
	});
}

#[test]
fn clients_see_what_the_next_block_does() {
	with_series(|series| {
		let state = |block| {
			run_to(block);
			TestSets::round_test_set(0, 0).unwrap().state
		};
		assert_eq!(state(20), TestSetRelease::Awaited { index: 0 });
		let view = TestSets::round_test_set(0, 0).unwrap();
		assert_eq!((view.series, view.release, view.manifest), (series, 30..33, manifest()));
		assert_eq!(state(31), TestSetRelease::Awaited { index: 0 });
		assert_eq!(state(32), TestSetRelease::Otherwise, "a key that is sent now comes too late");
		let view = TestSets::series_view(series).unwrap();
		assert_eq!((view.sets, view.left, view.bond, view.suspended), (5, 5, BOND, false));
	});
}
