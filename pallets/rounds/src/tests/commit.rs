use super::Round;
use crate::{
	mock::{
		account, build_and_execute, create_group, free, new_test_ext, run_to, Balances, Rounds as Pallet,
		RuntimeCall, RuntimeOrigin, Scheduler, System, Test, CLOCK, DEPOSIT, ENDOWMENT,
	},
	Error, Event, HoldReason, Rounds, Unsettled,
};
use descent_protocol::{Outcome, MAX_CANDIDATES};
use frame_support::{
	assert_noop, assert_ok,
	traits::fungible::{InspectHold, MutateHold},
};
use pallet_groups::set_alarm;
use pallet_scheduler::Agenda;
use sp_core::H256;
use sp_runtime::{traits::BadOrigin, TokenError};

fn held(number: u8) -> u128 {
	Balances::balance_on_hold(&HoldReason::Commitment.into(), &account(number))
}

/// Leaves the scheduler no room in a block.
pub(super) fn fill_agenda(block: u32) {
	let call = Box::new(RuntimeCall::System(frame_system::Call::remark { remark: vec![] }));
	while Scheduler::schedule(RuntimeOrigin::root(), block, None, 0, call.clone()).is_ok() {}
}

#[test]
fn a_commitment_holds_its_deposit() {
	build_and_execute(|| {
		let round = Round::new().deposits(&[(1, 250)]);
		assert_eq!((held(1), free(1)), (250, ENDOWMENT - 250));
		System::assert_has_event(Event::Committed { group: 0, round: 0, account: account(1) }.into());
		let stored = round.stored();
		assert_eq!(stored.commitments[0].hash, round.commitment(1));
		assert_eq!((stored.seed, stored.settled), (None, None));
		assert_eq!(Pallet::unsettled(0), [0]);
	});
}

#[test]
fn commitments_are_taken_in_their_window_only() {
	build_and_execute(|| {
		run_to(7);
		assert_noop!(Round::new().commit(1, DEPOSIT), Error::<Test>::WrongPhase);
		run_to(8);
		assert_noop!(Round::number(1).commit(1, DEPOSIT), Error::<Test>::WrongPhase);
		assert_noop!(Round::number(u32::MAX).commit(1, DEPOSIT), Error::<Test>::WrongPhase);
		assert_ok!(Round::new().commit(1, DEPOSIT));
		run_to(19);
		assert_ok!(Round::new().commit(2, DEPOSIT));
		for block in [20, 21] {
			run_to(block);
			assert_noop!(Round::new().commit(3, DEPOSIT), Error::<Test>::WrongPhase);
			assert_noop!(Round::number(1).commit(3, DEPOSIT), Error::<Test>::WrongPhase);
		}
		run_to(22);
		assert_noop!(Round::new().commit(3, DEPOSIT), Error::<Test>::WrongPhase);
		assert_ok!(Round::number(1).commit(3, DEPOSIT));
	});
}

#[test]
fn an_account_has_one_commitment_a_round() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]);
		assert_noop!(round.commit(1, 2 * DEPOSIT), Error::<Test>::AlreadyCommitted);
		run_to(22);
		assert_ok!(Round::number(1).commit(1, DEPOSIT));
		assert_eq!(held(1), 2 * DEPOSIT);
		assert_eq!(Pallet::unsettled(0), [0, 1]);
	});
}

#[test]
fn a_commitment_needs_a_group_and_a_deposit() {
	build_and_execute(|| {
		run_to(10);
		assert_noop!(Round::of(1).commit(1, DEPOSIT), Error::<Test>::UnknownGroup);
		assert_noop!(Round::new().commit(1, DEPOSIT - 1), Error::<Test>::DepositTooSmall);
		assert_noop!(Round::new().commit(1, ENDOWMENT + 1), TokenError::FundsUnavailable);
		assert_noop!(Round::new().commit(250, DEPOSIT), TokenError::FundsUnavailable);
		assert_noop!(Pallet::commit(RuntimeOrigin::root(), 0, 0, H256::zero(), DEPOSIT), BadOrigin);
	});
}

/// A full round: account 1 commits 300, accounts 2 and 64 the smallest deposit, the others 200.
fn full_round() -> Round {
	let deposits: Vec<(u8, u128)> = (1..=64)
		.map(|number| match number {
			1 => (number, 300),
			2 | 64 => (number, DEPOSIT),
			_ => (number, 200),
		})
		.collect();
	let round = Round::new().deposits(&deposits);
	assert_eq!(u32::try_from(round.stored().commitments.len()), Ok(MAX_CANDIDATES));
	round
}

#[test]
fn a_larger_deposit_displaces_the_latest_of_the_smallest() {
	build_and_execute(|| {
		let round = full_round();
		assert_ok!(round.commit(65, DEPOSIT + 1));
		assert_eq!((held(64), free(64)), (0, ENDOWMENT - DEPOSIT / 2));
		System::assert_last_event(Event::Displaced { group: 0, round: 0, account: account(64) }.into());
		let commitments = round.stored().commitments;
		assert_eq!(commitments.last().unwrap().account, account(65));
		assert_eq!(commitments[1].account, account(2));
		assert_ok!(round.commit(64, DEPOSIT + 2));
		assert_eq!((held(2), held(65)), (0, DEPOSIT + 1));
	});
}

#[test]
fn places_have_a_price_that_rises_with_how_many_are_taken() {
	build_and_execute(|| {
		full_round();
		let paid = |number: u8| ENDOWMENT - free(number) - held(number);
		assert!((1..=16).all(|number| paid(number) == 0));
		assert!((16..63).all(|number| paid(number) <= paid(number + 1)));
		assert_eq!(paid(64), DEPOSIT / 2);
	});
}

#[test]
fn a_place_costs_a_part_of_the_deposit_that_is_made_for_it() {
	build_and_execute(|| {
		let accounts: Vec<_> = (1..=64).map(|number| (number, 10 * DEPOSIT)).collect();
		let round = Round::new().deposits(&accounts);
		let paid = |number: u8| ENDOWMENT - free(number) - held(number);
		let issuance = Balances::total_issuance();
		assert_eq!(paid(64), 5 * DEPOSIT);
		assert_ok!(round.commit(65, 20 * DEPOSIT));
		// The fee goes to the taker of fees, and not to the displaced account.
		assert_eq!((paid(65), paid(64)), (10 * DEPOSIT, 5 * DEPOSIT));
		assert_eq!(Balances::total_issuance(), issuance - 10 * DEPOSIT);
		let most = (ENDOWMENT - 1) / 3 * 2;
		assert_noop!(round.commit(66, most + 2), TokenError::FundsUnavailable);
		assert_ok!(round.commit(66, most));
	});
}

#[test]
fn an_equal_deposit_displaces_nobody() {
	build_and_execute(|| {
		let round = full_round();
		assert_noop!(round.commit(65, DEPOSIT), Error::<Test>::RoundFull);
		assert_noop!(round.commit(3, 10 * DEPOSIT), Error::<Test>::AlreadyCommitted);
		assert_noop!(round.commit(65, ENDOWMENT), TokenError::FundsUnavailable);
		assert_eq!(held(64), DEPOSIT);
	});
}

#[test]
fn squatting_costs_more_than_the_places_are_worth() {
	build_and_execute(|| {
		let round = full_round();
		for newcomer in 65..=99 {
			assert_ok!(round.commit(newcomer, 301));
		}
		let accounts: Vec<_> = Rounds::<Test>::get(0, 0)
			.unwrap()
			.commitments
			.into_iter()
			.map(|commitment| commitment.account)
			.collect();
		assert!(accounts.contains(&account(1)) && accounts.contains(&account(99)));
		assert_eq!((2..=64).filter(|number| held(*number) > 0).count(), 64 - 35 - 1);
	});
}

#[test]
fn the_first_commitment_sets_one_alarm() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1, 2]);
		assert_eq!(Agenda::<Test>::get(33).len(), 1);
		run_to(32);
		assert!(round.stored().settled.is_none());
		run_to(33);
		assert!(round.stored().settled.is_some());
		assert!(Pallet::unsettled(0).is_empty());
	});
}

#[test]
fn settlements_come_before_closes_of_voting_periods() {
	build_and_execute(|| {
		let call = frame_system::Call::remark { remark: vec![] }.into();
		// As groups have theirs.
		assert!(set_alarm::<Test, Scheduler>(64, [1; 32], call, 33));
		Round::new().commits(&[1]);
		run_to(33);
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
fn a_hold_that_no_commitment_explains_is_seen() {
	new_test_ext().execute_with(|| {
		Round::new().commits(&[1]);
		assert_ok!(Pallet::do_try_state());
		assert_ok!(Balances::hold(&HoldReason::Commitment.into(), &account(2), 5));
		assert!(Pallet::do_try_state().is_err());
	});
}

#[test]
fn an_alarm_gives_way_to_a_full_agenda() {
	build_and_execute(|| {
		fill_agenda(33);
		fill_agenda(34);
		let round = Round::new().commits(&[1]);
		run_to(34);
		assert!(round.stored().settled.is_none());
		run_to(35);
		assert_eq!(round.outcomes(), [Outcome::Unrevealed]);
	});
}

#[test]
fn without_an_alarm_anybody_can_settle() {
	build_and_execute(|| {
		(33..38).for_each(fill_agenda);
		let round = Round::new().commits(&[1]);
		System::assert_last_event(Event::AlarmMissing { group: 0, round: 0 }.into());
		run_to(50);
		assert!(round.stored().settled.is_none());
		assert_ok!(round.nudge(9));
		assert_eq!(round.outcomes(), [Outcome::Unrevealed]);
	});
}

#[test]
fn no_third_round_begins_before_the_first_is_settled() {
	build_and_execute(|| {
		(33..38).for_each(fill_agenda);
		let overdue = Round::new().commits(&[1]);
		Round::number(1).commits(&[1]);
		run_to(36);
		assert_noop!(Round::number(2).commit(1, DEPOSIT), Error::<Test>::SettlementOverdue);
		assert_ok!(overdue.nudge(1));
		assert_ok!(Round::number(2).commit(1, DEPOSIT));
		assert_eq!(Unsettled::<Test>::get(0).to_vec(), [1, 2]);
	});
}

#[test]
fn nothing_is_revealed_while_an_earlier_round_may_change_the_head() {
	build_and_execute(|| {
		(33..38).for_each(fill_agenda);
		let overdue = Round::new().commits(&[1]);
		let next = Round::number(1).commits(&[2]);
		run_to(37);
		assert_noop!(next.reveal(2, 70), Error::<Test>::SettlementOverdue);
		assert_ok!(overdue.nudge(1));
		assert_ok!(next.reveal(2, 70));
	});
}

#[test]
fn groups_do_not_share_rounds() {
	build_and_execute(|| {
		create_group(CLOCK);
		Round::new().commits(&[1]);
		Round::of(1).commits(&[1, 2]);
		assert_eq!(held(1), 2 * DEPOSIT);
		assert_eq!(Round::new().stored().commitments.len(), 1);
		assert_eq!(Round::of(1).stored().commitments.len(), 2);
	});
}
