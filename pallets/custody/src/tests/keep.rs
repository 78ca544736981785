//! Seats and deposits.

use super::*;
use crate::mock::{build_and_execute, held, Balances, Pot, DEPOSIT, ENDOWMENT};
use frame_support::traits::fungible::Inspect;

#[test]
fn a_keeper_has_a_seat_for_its_deposit() {
	build_and_execute(|| {
		assert_ok!(keep(1, DEPOSIT));
		assert_eq!((held(1), Balances::balance(&account(1))), (DEPOSIT, ENDOWMENT - DEPOSIT));
		assert_eq!(events(), [joined(1, DEPOSIT)]);
		assert_ok!(Custody::leave(signed(1), 0));
		assert_eq!((held(1), keepers()), (0, vec![]));
		assert_eq!(events(), [left(1, DEPOSIT)]);
	});
}

#[test]
fn what_cannot_be_kept_is_refused() {
	build_and_execute(|| {
		let bad = vec![b"ftp://10.0.0.1".to_vec().try_into().unwrap()].try_into().unwrap();
		assert_noop!(Custody::keep(signed(1), 9, providers(1), DEPOSIT), Error::<Test>::UnknownGroup);
		assert_noop!(Custody::keep(signed(1), 0, Default::default(), DEPOSIT), Error::<Test>::NoProvider);
		assert_noop!(Custody::keep(signed(1), 0, bad, DEPOSIT), Error::<Test>::InvalidProvider);
		assert_noop!(keep(1, DEPOSIT - 1), Error::<Test>::DepositTooSmall);
		assert!(keep(1, ENDOWMENT + 1).is_err());
		assert_eq!((held(1), keepers()), (0, vec![]));
	});
}

#[test]
fn a_keeper_changes_its_addresses_and_raises_its_deposit() {
	build_and_execute(|| {
		assert_ok!(keep(1, 300));
		assert_noop!(keep(1, 299), Error::<Test>::DepositTooSmall);
		assert_ok!(Custody::keep(signed(1), 0, providers(9), 500));
		assert_eq!(held(1), 500);
		let keeper = Keepers::<Test>::get(0).into_iter().next().unwrap();
		assert_eq!((keeper.providers, keeper.deposit), (providers(9), 500));
		assert_eq!(events(), [joined(1, 300), joined(1, 500)]);
	});
}

#[test]
fn deposits_of_several_groups_are_held_together() {
	build_and_execute(|| {
		assert_ok!(keep(1, 300));
		assert_ok!(Custody::keep(signed(1), 1, providers(1), 200));
		assert_eq!(held(1), 500);
		assert_ok!(Custody::leave(signed(1), 0));
		assert_eq!(held(1), 200);
	});
}

#[test]
fn in_a_full_group_a_larger_deposit_takes_the_smallest_seat() {
	build_and_execute(|| {
		for number in 1..=16 {
			assert_ok!(keep(number, 200 + u128::from(number % 3)));
		}
		// The smallest are 200, of numbers 3, 6, 9, 12 and 15; the last of them goes first.
		assert_noop!(keep(20, 200), Error::<Test>::TooManyKeepers);
		events();
		assert_ok!(keep(20, 201));
		assert_eq!((held(15), held(20)), (0, 201));
		assert_eq!(events(), [Event::KeeperDisplaced { group: 0, account: account(15) }, joined(20, 201)]);
		assert_eq!(keepers().len(), 16);
		// Somebody with a seat needs no other's.
		assert_ok!(keep(20, 202));
		assert_eq!(keepers().len(), 16);
	});
}

#[test]
fn nobody_takes_a_seat_or_gives_one_up_in_the_middle_of_a_check() {
	build_and_execute(|| {
		for number in 1..=16 {
			assert_ok!(keep(number, 200));
		}
		let task = open();
		assert_noop!(keep(20, 300), Error::<Test>::CheckOpen);
		assert_ok!(Custody::leave(signed(3), 0));
		assert_eq!(held(3), 200);
		assert_noop!(keep(20, 300), Error::<Test>::CheckOpen);
		answer(task, [Some(&[Some(1); 16]); 4]);
		assert_eq!((held(3), keepers().len()), (0, 15));
		assert_ok!(keep(20, 200));
	});
}

#[test]
fn a_keeper_that_comes_during_a_check_is_asked_by_the_next() {
	build_and_execute(|| {
		assert_ok!(keep(1, 200));
		let task = open();
		assert_ok!(keep(2, 200));
		// It leaves at once, as no check asks it.
		assert_ok!(keep(3, 200));
		assert_ok!(Custody::leave(signed(3), 0));
		assert_eq!(held(3), 0);
		answer(task, [Some(&[Some(1)]); 4]);
		assert_eq!(keepers(), [1, 2]);
		Pot::set(1_000_000);
		checked(&[Some(1), Some(2)]);
	});
}

#[test]
fn a_keeper_that_is_about_to_leave_may_stay() {
	build_and_execute(|| {
		assert_ok!(keep(1, 200));
		let task = open();
		assert_ok!(Custody::leave(signed(1), 0));
		assert_ok!(keep(1, 200));
		answer(task, [Some(&[Some(1)]); 4]);
		assert_eq!((keepers(), held(1)), (vec![1], 200));
	});
}
