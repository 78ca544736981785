use crate::{
	mock::{
		account, build_and_execute, run_to, signed, Balances, MinimumBond, System, Test, Validators,
		ENDOWMENT, GENESIS_BOND, MINIMUM, UNBONDING,
	},
	tests::builder::*,
	Error, Event, Ledgers, MAX_UNBONDING,
};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{ArithmeticError, TokenError};

#[test]
fn a_bond_is_held_and_makes_a_candidate() {
	build_and_execute(|| {
		bond(5, 2_000);
		let bonded = |amount, bond| Event::<Test>::Bonded { account: account(5), amount, bond };
		assert_eq!(events(), [bonded(2_000, 2_000), entered(5, 2_000)]);
		bond(5, 500);
		assert_eq!(events(), [bonded(500, 2_500)]);
		assert_eq!((held(5), free(5)), (2_500, ENDOWMENT - 2_500));
		assert_eq!(ledger(5).bond, 2_500);
		assert_eq!(candidates(), [1, 2, 3, 4, 5]);
	});
}

#[test]
fn what_is_taken_out_is_no_weight_and_comes_free_later() {
	build_and_execute(|| {
		run_to(5);
		unbond(1, 4_000);
		let until = 5 + UNBONDING;
		System::assert_last_event(
			Event::Unbonded { account: account(1), amount: 4_000, bond: GENESIS_BOND - 4_000, until }.into(),
		);
		assert_eq!(candidates(), [2, 3, 4, 1]);
		assert_eq!(held(1), GENESIS_BOND);
		run_to(until - 1);
		assert_noop!(Validators::withdraw(signed(1)), Error::<Test>::NothingToWithdraw);
		run_to(until);
		assert_ok!(Validators::withdraw(signed(1)));
		System::assert_last_event(Event::Withdrawn { account: account(1), amount: 4_000 }.into());
		assert_eq!(held(1), GENESIS_BOND - 4_000);
		assert_noop!(Validators::withdraw(signed(1)), Error::<Test>::NothingToWithdraw);
	});
}

#[test]
fn only_what_has_come_free_is_released() {
	build_and_execute(|| {
		unbond(1, 100);
		run_to(3);
		unbond(1, 50);
		run_to(1 + UNBONDING);
		assert_ok!(Validators::withdraw(signed(1)));
		assert_eq!(held(1), GENESIS_BOND - 100);
		run_to(3 + UNBONDING);
		assert_ok!(Validators::withdraw(signed(1)));
		assert_eq!(held(1), GENESIS_BOND - 150);
	});
}

#[test]
fn who_takes_everything_out_leaves_and_nothing_stays_behind() {
	build_and_execute(|| {
		unbond(1, GENESIS_BOND);
		assert_eq!(events().last(), Some(&left(1)));
		assert_eq!(candidates(), [2, 3, 4]);
		run_to(1 + UNBONDING);
		assert_ok!(Validators::withdraw(signed(1)));
		assert!(!Ledgers::<Test>::contains_key(account(1)));
		assert_eq!((held(1), free(1)), (0, ENDOWMENT));
	});
}

#[test]
fn the_same_tokens_are_no_bond_again_and_go_nowhere_while_they_come_free() {
	build_and_execute(|| {
		bond(5, ENDOWMENT - 1);
		unbond(5, ENDOWMENT - 1);
		let transfer = || Balances::transfer_allow_death(signed(5), account(6), 2);
		assert_noop!(transfer(), TokenError::FundsUnavailable);
		assert_noop!(Validators::bond(signed(5), MINIMUM), TokenError::FundsUnavailable);
		run_to(1 + UNBONDING);
		assert_ok!(Validators::withdraw(signed(5)));
		assert_ok!(transfer());
	});
}

#[test]
fn so_many_amounts_are_taken_out_at_a_time_and_those_of_a_block_are_one() {
	build_and_execute(|| {
		for block in 0..MAX_UNBONDING {
			run_to(2 + block);
			unbond(1, 1);
			unbond(1, 2);
		}
		let unbonding = ledger(1).unbonding;
		assert!(unbonding.is_full() && unbonding.iter().all(|(amount, _)| *amount == 3));
		unbond(1, 4);
		run_to(2 + MAX_UNBONDING);
		assert_noop!(Validators::unbond(signed(1), 1), Error::<Test>::TooManyUnbonding);
		run_to(2 + UNBONDING);
		assert_ok!(Validators::withdraw(signed(1)));
		unbond(1, 1);
		assert_eq!(held(1), GENESIS_BOND - 3);
	});
}

#[test]
fn dust_and_what_nobody_has_are_refused() {
	build_and_execute(|| {
		let bonds = |amount| Validators::bond(signed(5), amount);
		let unbonds = |amount| Validators::unbond(signed(5), amount);
		assert_noop!(bonds(0), Error::<Test>::ZeroAmount);
		assert_noop!(bonds(MINIMUM - 1), Error::<Test>::BondTooSmall);
		assert_noop!(unbonds(0), Error::<Test>::ZeroAmount);
		assert_noop!(unbonds(1), Error::<Test>::NotEnoughBond);
		bond(5, MINIMUM);
		bond(5, 1);
		assert_noop!(unbonds(2), Error::<Test>::BondTooSmall);
		assert_noop!(unbonds(MINIMUM + 2), Error::<Test>::NotEnoughBond);
		unbond(5, 1);
		unbond(5, MINIMUM);
		assert_eq!(ledger(5).bond, 0);
		assert_noop!(unbonds(1), Error::<Test>::NotEnoughBond);
		assert_noop!(Validators::withdraw(signed(6)), Error::<Test>::NothingToWithdraw);
	});
}

#[test]
fn nobody_bonds_more_than_there_is() {
	build_and_execute(|| {
		// The existential deposit stays free.
		assert_noop!(Validators::bond(signed(5), ENDOWMENT), TokenError::FundsUnavailable);
		assert_noop!(Validators::bond(signed(5), u128::MAX), TokenError::FundsUnavailable);
		bond(5, ENDOWMENT - 1);
		assert_noop!(Validators::bond(signed(5), u128::MAX), ArithmeticError::Overflow);
	});
}

#[test]
fn a_bond_is_taken_out_before_block_numbers_end_or_not_at_all() {
	build_and_execute(|| {
		System::set_block_number(u32::MAX - UNBONDING + 1);
		assert_noop!(Validators::unbond(signed(1), 1), ArithmeticError::Overflow);
		System::set_block_number(u32::MAX - UNBONDING);
		unbond(1, 1);
	});
}

#[test]
fn who_has_less_than_a_raised_minimum_tops_up_or_leaves() {
	build_and_execute(|| {
		MinimumBond::set(GENESIS_BOND + 10);
		assert_noop!(Validators::unbond(signed(1), 1), Error::<Test>::BondTooSmall);
		assert_noop!(Validators::bond(signed(1), 9), Error::<Test>::BondTooSmall);
		bond(1, 10);
		unbond(2, GENESIS_BOND);
		assert_eq!(candidates(), [1, 3, 4]);
	});
}
