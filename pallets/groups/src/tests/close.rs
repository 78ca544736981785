//! The closes of voting periods, with and without the alarm.

use crate::{
	mock::{
		account, run_to, signed, with_group, DeltasStay, Groups, ModelAtClose, Notification, Notified,
		RuntimeOrigin, Scheduler, System, Test, FOUNDING_STAKE, OWNER, PERIOD, USED_BY_DELTAS,
	},
	set_alarm,
	tests::builder::*,
	Error, Event, Open, Stakeholders, Stakes, WeightInfo,
};
use descent_protocol::{view::AmendmentEnding, BlockNumber, Share};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::Pays,
	traits::schedule::{v3::Anon, DispatchTime},
};
use sp_runtime::traits::BadOrigin;

fn closing() -> Option<BlockNumber> {
	crate::Groups::<Test>::get(0).unwrap().voting.closing
}

fn expect_close() -> Option<BlockNumber> {
	<Groups as Stakeholders<_, _>>::expect_close(0)
}

/// Leaves the scheduler no room at these blocks.
fn crowd(blocks: impl Iterator<Item = BlockNumber>) {
	for block in blocks {
		for _ in 0..2 {
			let call = frame_system::Call::remark { remark: vec![] };
			let call = frame_support::traits::Bounded::Inline(
				codec::Encode::encode(&crate::mock::RuntimeCall::from(call)).try_into().unwrap(),
			);
			let root = frame_system::RawOrigin::Root.into();
			assert_ok!(<Scheduler as Anon<_, _, _>>::schedule(DispatchTime::At(block), None, 0, root, call));
		}
	}
}

fn is_adopted(amendment: u32) -> bool {
	matches!(ending(amendment), Some(AmendmentEnding::Adopted { .. }))
}

#[test]
fn a_group_where_nothing_is_open_has_no_alarm() {
	with_group(|| {
		stake(1, 100);
		assert_eq!((closing(), Groups::closes(0)), (None, Some(1 + PERIOD)));
		run_to(1 + 3 * PERIOD);
		assert_eq!(closing(), None);
		assert!(!Notified::get().iter().any(|told| matches!(told, Notification::Closed(..))));
		assert_eq!(Groups::closes(0), Some(1 + 4 * PERIOD));
		assert_noop!(Groups::close_period(signed(1), 0), Error::<Test>::NothingToClose);
		assert_noop!(Groups::close_period(signed(1), 1), Error::<Test>::UnknownGroup);
		assert_noop!(Groups::close_period(RuntimeOrigin::none(), 0), BadOrigin);
	});
}

#[test]
fn what_opens_in_a_quiet_group_is_not_closed_at_once() {
	with_group(|| {
		// In the block in which the period would have closed, there is a whole one ahead.
		run_to(1 + 3 * PERIOD);
		let amendment = propose(OWNER, &[improvement(20)]);
		assert_eq!(closing(), Some(1 + 4 * PERIOD));
		assert_noop!(Groups::close_period(signed(1), 0), Error::<Test>::NotDue);
		run_to(4 * PERIOD);
		assert_eq!(ending(amendment), None);
		run_to(1 + 4 * PERIOD);
		assert!(is_adopted(amendment));
	});
}

#[test]
fn an_alarm_follows_only_while_something_is_open() {
	with_group(|| {
		assert_eq!(expect_close(), Some(1 + PERIOD));
		assert_eq!(expect_close(), Some(1 + PERIOD));
		DeltasStay::set(true);
		run_to(1 + PERIOD);
		let told = Notification::Closed(0, FOUNDING_STAKE, Share::percent(20));
		assert_eq!(Notified::take().last(), Some(&told));
		assert_eq!(closing(), Some(1 + 2 * PERIOD));
		DeltasStay::set(false);
		run_to(1 + 2 * PERIOD);
		assert_eq!(Notified::take(), [told]);
		assert_eq!(closing(), None);
		run_to(1 + 3 * PERIOD);
		assert_eq!(Notified::take(), []);
		assert_eq!(<Groups as Stakeholders<_, _>>::expect_close(1), None);
	});
}

#[test]
fn where_the_scheduler_is_full_the_alarm_comes_a_little_later() {
	with_group(|| {
		let close = 1 + PERIOD;
		crowd(close..close + 3);
		let amendment = propose(OWNER, &[improvement(20)]);
		run_to(close + 2);
		assert_eq!(ending(amendment), None);
		run_to(close + 3);
		assert!(is_adopted(amendment));
		assert!(!events().iter().any(|event| matches!(event, Event::AlarmMissing { .. })));
	});
}

#[test]
fn where_there_is_no_alarm_anybody_closes_the_period_for_free() {
	with_group(|| {
		let close = 1 + PERIOD;
		crowd(close..close + 5);
		let amendment = propose(OWNER, &[improvement(20)]);
		System::assert_has_event(Event::AlarmMissing { group: 0, close }.into());
		assert_eq!(closing(), Some(close));
		run_to(close - 1);
		assert_noop!(Groups::close_period(signed(77), 0), Error::<Test>::NotDue);
		run_to(close + 30);
		assert_eq!(ending(amendment), None);
		let paid = Groups::close_period(signed(77), 0).unwrap().pays_fee;
		assert_eq!(paid, Pays::No);
		assert!(is_adopted(amendment));
		assert_noop!(Groups::close_period(signed(77), 0), Error::<Test>::NothingToClose);
	});
}

#[test]
fn the_close_after_a_late_one_is_counted_from_then() {
	with_group(|| {
		let close = 1 + PERIOD;
		crowd(close..close + 5);
		stake(1, 50);
		propose(1, &[improvement(20)]);
		// Two periods and a half later, which count as one.
		run_to(close + 2 * PERIOD + PERIOD / 2);
		assert_ok!(Groups::close_period(signed(77), 0));
		let next = close + 3 * PERIOD;
		System::assert_last_event(Event::PeriodClosed { group: 0, next }.into());
		assert_eq!(closing(), Some(next));
		assert_eq!(Open::<Test>::get(0)[0].lost, 1);
		run_to(next);
		assert_eq!(Open::<Test>::get(0)[0].lost, 2);
	});
}

#[test]
fn an_alarm_that_somebody_was_faster_with_closes_nothing_and_hinders_nothing() {
	with_group(|| {
		let close = 1 + PERIOD;
		crowd(close..close + 4);
		stake(1, 50);
		propose(1, &[improvement(20)]);
		run_to(close);
		assert_ok!(Groups::close_period(signed(77), 0));
		assert_eq!(closing(), Some(close + PERIOD));
		run_to(close + 10);
		assert_eq!(Open::<Test>::get(0)[0].lost, 1);
		run_to(close + PERIOD);
		assert_eq!(Open::<Test>::get(0)[0].lost, 2);
		assert!(!events().iter().any(|event| matches!(event, Event::AlarmMissing { .. })));
	});
}

#[test]
fn a_majority_shortens_the_period_and_the_next_close_obeys() {
	with_group(|| {
		stake(1, 150);
		let amendment = propose(1, &[period(6)]);
		run_to(3);
		stake(2, 40);
		let slow = propose(2, &[improvement(20)]);
		run_to(1 + PERIOD);
		assert!(is_adopted(amendment));
		assert_eq!(closing(), Some(1 + PERIOD + 6));
		run_to(1 + PERIOD + 6);
		assert_eq!(Open::<Test>::get(0)[0].lost, 2);
		run_to(1 + PERIOD + 12);
		assert_eq!(Open::<Test>::get(0)[0].lost, 3);
		assert_eq!(ending(slow), None);
	});
}

#[test]
fn a_minority_and_exactly_one_half_do_not() {
	with_group(|| {
		stake(1, FOUNDING_STAKE);
		let amendment = propose(1, &[period(6)]);
		run_to(1 + PERIOD);
		assert_eq!(ending(amendment), None);
		assert_eq!(closing(), Some(1 + 2 * PERIOD));
		stake(1, 1);
		run_to(1 + 2 * PERIOD);
		assert!(is_adopted(amendment));
	});
}

#[test]
fn stake_that_was_taken_out_before_a_shorter_period_waits_as_long_as_it_had_to() {
	with_group(|| {
		stake(1, 150);
		propose(1, &[period(6)]);
		stake(2, 40);
		run_to(PERIOD);
		unstake(2, 40);
		run_to(PERIOD + 19);
		assert_noop!(Groups::withdraw(signed(2), 0), Error::<Test>::NothingToWithdraw);
		run_to(2 * PERIOD);
		assert_ok!(Groups::withdraw(signed(2), 0));
	});
}

/// Takes stake out and says for how many blocks it stays held.
fn leave(number: u8, amount: u128) -> u32 {
	unstake(number, amount);
	let ledger = Stakes::<Test>::get(0, account(number));
	ledger.unstaking.last().unwrap().1 - System::block_number()
}

#[test]
fn a_shorter_period_frees_no_stake_before_a_period_as_it_was() {
	with_group(|| {
		stake(2, 90);
		propose(OWNER, &[period(6)]);
		run_to(1 + PERIOD);
		assert_eq!(leave(2, 10), PERIOD);
		run_to(2 * PERIOD);
		assert_eq!(leave(2, 10), PERIOD);
		run_to(1 + 2 * PERIOD);
		assert_eq!(leave(2, 10), 6);
	});
}

#[test]
fn a_longer_period_keeps_nobody_in_who_leaves_at_once() {
	with_group(|| {
		stake(2, 90);
		propose(OWNER, &[period(100)]);
		run_to(2 * PERIOD);
		assert_eq!(leave(2, 10), PERIOD);
		run_to(1 + 2 * PERIOD);
		assert_eq!(leave(2, 10), 100);
	});
}

#[test]
fn a_notice_that_runs_is_not_replaced_by_another() {
	with_group(|| {
		stake(2, 90);
		propose(OWNER, &[period(6)]);
		run_to(1 + PERIOD);
		propose(OWNER, &[period(100)]);
		run_to(1 + PERIOD + 6);
		assert_eq!(Groups::period(0), Some(100));
		assert_eq!(leave(2, 10), PERIOD);
		run_to(1 + 2 * PERIOD);
		assert_eq!(leave(2, 10), 100);
		// The next change after it has a notice of its own.
		propose(OWNER, &[period(6)]);
		run_to(Groups::closes(0).unwrap());
		assert_eq!(Groups::period(0), Some(6));
		assert_eq!(leave(2, 10), 100);
	});
}

#[test]
fn a_close_decides_what_has_been_open_for_half_a_period() {
	// Of five blocks, the half are three.
	for (length, open, is_due) in [(20, 10, true), (20, 9, false), (5, 3, true), (5, 2, false)] {
		with_group(|| {
			if length != PERIOD {
				propose(OWNER, &[period(length)]);
				run_to(1 + PERIOD);
			}
			let close = Groups::closes(0).unwrap();
			run_to(close - open);
			stake(1, 1_000);
			stake(2, 50);
			let amendment = propose(1, &[improvement(20)]);
			let minor = propose(2, &[quorum(40)]);
			run_to(close);
			let lost = || Open::<Test>::get(0).last().unwrap().lost;
			assert_eq!((is_adopted(amendment), lost()), (is_due, u32::from(is_due)));
			// What came too late is decided by the next.
			run_to(close + length);
			assert!(is_adopted(amendment));
			assert_eq!((ending(minor), lost()), (None, 1 + u32::from(is_due)));
		});
	}
}

#[test]
fn deltas_are_decided_for_the_model_as_it_will_be() {
	with_group(|| {
		propose(OWNER, &[model("another")]);
		run_to(1 + PERIOD);
		assert_eq!(ModelAtClose::get(), Some(1));
	});
}

#[test]
fn a_close_weighs_what_it_did() {
	with_group(|| {
		let close = 1 + PERIOD;
		crowd(close..close + 5);
		stake(1, 50);
		propose(1, &[improvement(20)]);
		run_to(close);
		let actual = Groups::close_period(signed(77), 0).unwrap().actual_weight;
		let expected = <() as WeightInfo>::close_period(1).saturating_add(USED_BY_DELTAS);
		assert_eq!(actual, Some(expected));
	});
}

#[test]
fn closes_come_after_settlements() {
	with_group(|| {
		propose(OWNER, &[improvement(20)]);
		// As rounds have theirs.
		let call = frame_system::Call::remark { remark: vec![] }.into();
		assert!(set_alarm::<Test, Scheduler>(63, [1; 32], call, 1 + PERIOD));
		run_to(1 + PERIOD);
		let order: Vec<_> = System::read_events_for_pallet::<pallet_scheduler::Event<Test>>()
			.into_iter()
			.filter_map(|event| match event {
				pallet_scheduler::Event::Dispatched { task, .. } => Some(task.1),
				_ => None,
			})
			.collect();
		assert_eq!(order, [1, 0]);
	});
}

#[test]
fn a_quorum_counts_from_the_next_close_on() {
	with_group(|| {
		DeltasStay::set(true);
		propose(OWNER, &[quorum(50)]);
		run_to(1 + 2 * PERIOD);
		let quorums: Vec<_> = Notified::take()
			.into_iter()
			.filter_map(|told| match told {
				Notification::Closed(_, _, quorum) => Some(quorum),
				_ => None,
			})
			.collect();
		assert_eq!(quorums, [Share::percent(20), Share::percent(50)]);
	});
}

#[test]
fn close_numbers_run_out_without_overflow() {
	with_group(|| {
		System::set_block_number(u32::MAX - 3);
		assert_eq!(expect_close(), None);
		assert!(try_propose(OWNER, &[quorum(30)]).is_err());
		assert!(Groups::unstake(signed(OWNER), 0, 50).is_err());
	});
}
