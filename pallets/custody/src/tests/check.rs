//! Checks, from their opening to what they cost and pay.

use super::*;
use crate::mock::{build_and_execute, held, Balances, Paid, Pot, ENDOWMENT};
use frame_support::traits::fungible::Inspect;

/// The payments of so much to each of the four members, the validators 200 to 203.
fn members(each: u128) -> Vec<(u8, u128)> {
	(200..204).map(|member| (member, each)).collect()
}

#[test]
fn a_check_pays_those_that_served_and_the_committee() {
	build_and_execute(|| {
		assert_ok!(keep(1, 100));
		assert_ok!(keep(2, 100));
		Pot::set(10_000);
		checked(&[Some(1), Some(2)]);
		assert_eq!(Paid::get(), [vec![(1, 4_500), (2, 4_500)], members(250)].concat());
		assert_eq!(Pot::get(), 0);
		let expected = [
			joined(1, 100),
			joined(2, 100),
			Event::CheckOpened { group: 0, check: 1 },
			Event::Checked { group: 0, check: 1, served: 2, each: 4_500 },
		];
		assert_eq!(events(), expected);
	});
}

#[test]
fn a_keeper_that_does_not_serve_is_not_paid_and_nobody_gains_by_it() {
	build_and_execute(|| {
		assert_ok!(keep(1, 100));
		assert_ok!(keep(2, 100));
		Pot::set(10_000);
		checked(&[Some(1), None]);
		assert_eq!(Paid::get(), [vec![(1, 4_500)], members(250)].concat());
		assert_eq!(Pot::get(), 4_500);
		let missed = Event::CheckMissed { group: 0, check: 1, account: account(2), missed: 1 };
		assert!(events().contains(&missed));
	});
}

#[test]
fn three_misses_in_a_row_cost_deposit_and_seat() {
	build_and_execute(|| {
		assert_ok!(keep(1, 100));
		assert_ok!(keep(2, 150));
		let issuance = Balances::total_issuance();
		for round in 1..=2 {
			Pot::set(10_000);
			checked(&[Some(1), None]);
			assert_eq!(Keepers::<Test>::get(0)[1].missed, round);
		}
		// One check in between that it serves, and it begins anew.
		Pot::set(10_000);
		checked(&[Some(1), Some(2)]);
		assert_eq!(Keepers::<Test>::get(0)[1].missed, 0);
		for _ in 0..3 {
			assert_eq!(held(2), 150);
			Pot::set(10_000);
			checked(&[Some(1), None]);
		}
		assert_eq!((keepers(), held(2)), (vec![1], 0));
		assert_eq!(Balances::balance(&account(2)), ENDOWMENT - 150);
		assert_eq!(Balances::total_issuance(), issuance - 150);
		assert!(events().contains(&Event::KeeperSlashed { group: 0, account: account(2), slashed: 150 }));
		// It may come back, and begins anew.
		assert_ok!(keep(2, 100));
		checked(&[Some(1), Some(2)]);
	});
}

#[test]
fn who_leaves_in_the_check_that_takes_its_deposit_gets_nothing_back() {
	build_and_execute(|| {
		assert_ok!(keep(1, 100));
		for _ in 0..2 {
			checked(&[None]);
		}
		let task = open();
		assert_ok!(Custody::leave(signed(1), 0));
		answer(task, [Some(&[None]); 4]);
		assert_eq!((keepers(), held(1)), (vec![], 0));
		assert_eq!(Balances::balance(&account(1)), ENDOWMENT - 100);
	});
}

#[test]
fn a_check_without_answers_costs_nobody_anything() {
	build_and_execute(|| {
		assert_ok!(keep(1, 100));
		let pot = Pot::get();
		answer(open(), [None; 4]);
		assert_eq!((Pot::get(), Paid::get().len(), Keepers::<Test>::get(0)[0].missed), (pot, 0, 0));
		// Nor does one that was answered by a third.
		answer(open(), [Some(&[None]), None, None, None]);
		assert_eq!((Pot::get(), Keepers::<Test>::get(0)[0].missed), (pot, 0));
	});
}

#[test]
fn one_liar_of_four_decides_nothing() {
	build_and_execute(|| {
		assert_ok!(keep(1, 100));
		assert_ok!(keep(2, 100));
		Pot::set(10_000);
		let honest: &[Option<u64>] = &[Some(1), None];
		answer(open(), [Some(honest), Some(&[None, Some(9)]), Some(honest), Some(honest)]);
		assert_eq!(Keepers::<Test>::get(0).iter().map(|keeper| keeper.missed).collect::<Vec<_>>(), [0, 1]);
		let paid: Vec<_> = Paid::get().into_iter().map(|(account, _)| account).collect();
		assert_eq!(paid.len(), 4, "keeper 1 and three members: {paid:?}");
		assert!(paid.contains(&1) && !paid.contains(&2));
	});
}

#[test]
fn a_check_waits_until_it_is_worth_a_committees_while() {
	build_and_execute(|| {
		assert_ok!(keep(1, 100));
		let least = Custody::least_for_check(0).unwrap();
		assert!(least > 0);
		Pot::set(least - 1);
		assert_noop!(Custody::check(signed(40), 0), Error::<Test>::PotTooSmall);
		Pot::set(least);
		checked(&[Some(1)]);
		let fees = least / 10;
		assert_eq!(Paid::get(), [vec![(1, least - fees)], members(fees / 4)].concat());
		assert_noop!(Custody::check(signed(40), 0), Error::<Test>::PotTooSmall);
	});
}

#[test]
fn a_group_has_one_check_at_a_time() {
	build_and_execute(|| {
		assert_ok!(keep(1, 100));
		assert_ok!(Custody::keep(signed(1), 1, providers(1), 100));
		let task = open();
		assert_noop!(Custody::check(signed(40), 0), Error::<Test>::CheckOpen);
		assert_ok!(Custody::check(signed(40), 1));
		answer(task, [Some(&[Some(1)]); 4]);
		Pot::set(1_000_000);
		assert_ok!(Custody::check(signed(40), 0));
	});
}

#[test]
fn nothing_stays_in_the_state_of_a_check_that_is_decided() {
	build_and_execute(|| {
		assert_ok!(keep(1, 100));
		checked(&[Some(1)]);
		assert_eq!(crate::OpenChecks::<Test>::iter().count(), 0);
		assert_eq!(pallet_evaluators::Committees::<Test>::iter().count(), 0);
		assert_eq!(pallet_evaluators::Attestations::<Test>::iter().count(), 0);
	});
}
