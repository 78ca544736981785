use crate::{
	mock::{execute, genesis, Session, Validators, ENDOWMENT, GENESIS_BOND, MINIMUM},
	tests::builder::*,
};
use frame_support::traits::Hooks;

#[test]
fn who_bonds_at_genesis_is_a_validator_of_the_first_sessions() {
	execute(genesis((1..=6).map(|number| (number, GENESIS_BOND + u128::from(number)))), || {
		assert_eq!(candidates(), [6, 5, 4, 3, 2, 1]);
		assert_eq!(set(), [6, 5, 4, 3]);
		let queued = Session::queued_keys();
		assert_eq!(queued.len(), 4);
		assert_eq!(held(6), GENESIS_BOND + 6);
		assert_eq!(free(6), ENDOWMENT - GENESIS_BOND - 6);
	});
}

#[test]
fn without_bonds_those_with_keys_are_the_validators() {
	execute(genesis([]), || {
		assert_eq!(set(), [1]);
		crate::mock::run_sessions(3);
		assert_eq!(set(), [1]);
	});
}

#[test]
#[should_panic(expected = "everybody who bonds at genesis owns more than its bond")]
fn nobody_bonds_at_genesis_what_it_does_not_own() {
	genesis([(1, ENDOWMENT)]);
}

#[test]
#[should_panic(expected = "which is at least the minimum")]
fn nobody_bonds_less_than_the_minimum_at_genesis() {
	genesis([(1, MINIMUM - 1)]);
}

#[test]
fn the_configuration_of_the_tests_is_sound() {
	Validators::integrity_test();
}
