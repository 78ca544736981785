use crate::{
	mock::{
		account, build_and_execute, execute, genesis, signed, MinimumBond, RuntimeOrigin, Test, Validators,
		ENDOWMENT, GENESIS_BOND, MINIMUM,
	},
	tests::builder::*,
	Candidates, Error, MAX_CANDIDATES,
};
use frame_support::{assert_noop, assert_ok, traits::fungible::Mutate};
use sp_runtime::AccountId32;

/// A stranger: one of the accounts with which somebody fills the list.
fn stranger(number: u32) -> AccountId32 {
	let mut raw = [0; 32];
	raw[..4].copy_from_slice(&(number + 1).to_be_bytes());
	AccountId32::new(raw)
}

/// Fills the list with accounts that bond the minimum each.
fn fill() {
	let places = MAX_CANDIDATES - u32::try_from(candidates().len()).unwrap();
	for number in 0..places {
		crate::mock::Balances::set_balance(&stranger(number), ENDOWMENT);
		assert_ok!(Validators::bond(RuntimeOrigin::signed(stranger(number)), MINIMUM));
	}
	assert!(Candidates::<Test>::get().is_full());
}

fn is_candidate(who: &AccountId32) -> bool {
	Candidates::<Test>::get().iter().any(|(account, _)| account == who)
}

/// Runs a test that makes tokens to fill the list with.
fn with_full_list(test: impl FnOnce()) {
	let mut chain = genesis([(1, GENESIS_BOND), (2, GENESIS_BOND)]);
	chain.execute_with(fill);
	execute(chain, test);
}

#[test]
fn the_largest_bond_is_first_and_ties_go_to_who_was_there_first() {
	execute(genesis([]), || {
		for (number, amount) in [(1, 2_000), (2, 3_000), (3, 2_000), (4, 1_000), (5, 3_000)] {
			bond(number, amount);
		}
		assert_eq!(candidates(), [2, 5, 1, 3, 4]);
		// A candidate whose bond becomes equal to others' is behind them, from above and from below.
		unbond(2, 1_000);
		bond(4, 1_000);
		assert_eq!(candidates(), [5, 1, 3, 2, 4]);
		bond(3, 5_000);
		assert_eq!(candidates(), [3, 5, 1, 2, 4]);
	});
}

#[test]
fn a_full_list_is_entered_by_a_larger_bond_only() {
	with_full_list(|| {
		let last = stranger(MAX_CANDIDATES - 3);
		bond(5, MINIMUM);
		assert!(!is_candidate(&account(5)));
		assert_eq!(held(5), MINIMUM);
		assert_noop!(Validators::validate(signed(5)), Error::<Test>::TooManyCandidates);
		events();
		bond(5, 1);
		assert_eq!(
			events()[1..],
			[crate::Event::Displaced { account: last.clone() }, entered(5, MINIMUM + 1)]
		);
		assert!(is_candidate(&account(5)) && !is_candidate(&last));
		assert_eq!(Candidates::<Test>::get().len(), 256);
		assert_eq!(candidates()[..3], [1, 2, 5]);
	});
}

#[test]
fn who_was_displaced_keeps_its_bond_and_comes_back() {
	with_full_list(|| {
		bond(5, MINIMUM + 1);
		let last = stranger(MAX_CANDIDATES - 3);
		assert!(!is_candidate(&last));
		let validate = || Validators::validate(RuntimeOrigin::signed(last.clone()));
		set_keys(&last, crate::mock::keys(200));
		assert_noop!(validate(), Error::<Test>::TooManyCandidates);
		assert_ok!(Validators::chill(signed(5)));
		assert_ok!(validate());
		assert!(is_candidate(&last));
	});
}

#[test]
fn dust_does_not_keep_out_who_puts_more_at_stake() {
	with_full_list(|| {
		for number in 10..=60 {
			bond(number, MINIMUM + 1);
		}
		assert!((10..=60).all(|number| is_candidate(&account(number))));
		assert_eq!(candidates()[..2], [1, 2]);
	});
}

#[test]
fn a_bond_that_becomes_smaller_makes_room_in_a_full_list() {
	with_full_list(|| {
		bond(5, 5_000);
		unbond(5, 5_000 - MINIMUM);
		assert!(is_candidate(&account(5)));
		bond(6, MINIMUM + 1);
		// Of all that have the minimum, it was there last.
		assert!(!is_candidate(&account(5)));
		assert_eq!(events().iter().filter(|event| **event == displaced(5)).count(), 1);
	});
}

#[test]
fn who_chills_is_no_candidate_until_it_wants_to_be() {
	build_and_execute(|| {
		assert_ok!(Validators::chill(signed(1)));
		assert_eq!(events(), [left(1)]);
		assert_eq!(candidates(), [2, 3, 4]);
		assert_noop!(Validators::chill(signed(1)), Error::<Test>::AlreadyChilled);
		bond(1, 5_000);
		assert_eq!(candidates(), [2, 3, 4]);
		assert_ok!(Validators::validate(signed(1)));
		assert_eq!(events().last(), Some(&entered(1, GENESIS_BOND + 5_000)));
		assert_eq!(candidates(), [1, 2, 3, 4]);
		assert_noop!(Validators::validate(signed(1)), Error::<Test>::AlreadyCandidate);
	});
}

#[test]
fn who_has_no_bond_neither_chills_nor_validates() {
	build_and_execute(|| {
		assert_noop!(Validators::chill(signed(5)), Error::<Test>::NotBonded);
		assert_noop!(Validators::validate(signed(5)), Error::<Test>::NotBonded);
		unbond(1, GENESIS_BOND);
		assert_noop!(Validators::validate(signed(1)), Error::<Test>::NotBonded);
	});
}

#[test]
fn nobody_validates_without_keys() {
	build_and_execute(|| {
		// It is a candidate already, but not for having asked.
		bond(101, MINIMUM);
		assert_eq!(candidates(), [1, 2, 3, 4, 101]);
		assert_ok!(Validators::chill(signed(101)));
		assert_noop!(Validators::validate(signed(101)), Error::<Test>::NoKeys);
		assert!(ledger(101).chilled);
	});
}

#[test]
fn nobody_validates_with_less_than_the_minimum() {
	build_and_execute(|| {
		assert_ok!(Validators::chill(signed(1)));
		MinimumBond::set(GENESIS_BOND + 1);
		assert_noop!(Validators::validate(signed(1)), Error::<Test>::BondTooSmall);
		assert_ok!(Validators::bond(signed(1), 1));
		assert_ok!(Validators::validate(signed(1)));
	});
}

#[test]
fn the_list_holds_no_more_than_it_says() {
	with_full_list(|| {
		let places = Candidates::<Test>::get().len();
		for number in 50..=100 {
			bond(number, 2_000 + u128::from(number));
		}
		assert_eq!(Candidates::<Test>::get().len(), places);
		let order = candidates();
		assert_eq!(order[..5], [1, 2, 100, 99, 98]);
	});
}
