//! Repeated and late reports, and reports of accounts that have served: each offence is punished once.

use crate::{
	mock::{
		account, build_and_execute, run_sessions, run_to, signed, System, Test, Validators, GENESIS_BOND,
		JAIL,
	},
	tests::builder::*,
	Event, Sentences,
};
use frame_support::assert_ok;
use sp_runtime::Perbill;
use sp_staking::offence::OffenceError;

/// A tenth for each offender.
fn a_tenth_each(offenders: u32) -> Perbill {
	Perbill::from_percent(10 * offenders)
}

#[test]
fn the_same_offence_is_punished_once() {
	build_and_execute(|| {
		let offence = equivocation(7, &[1], a_fifth);
		assert_eq!(report(offence.clone()), Ok(()));
		events();
		assert_eq!(report(offence), Err(OffenceError::DuplicateReport));
		assert_eq!(held(1), GENESIS_BOND / 5 * 4);
		assert!(events().is_empty());
	});
}

#[test]
fn a_node_that_offends_all_session_long_pays_once() {
	build_and_execute(|| {
		for slot in 0..20 {
			run_to(1 + slot / 4);
			offend(1, slot);
		}
		assert_eq!(held(1), GENESIS_BOND / 5 * 4);
		let record = Sentences::<Test>::get(account(1)).unwrap();
		assert_eq!((record.until, record.slashed), (1 + JAIL, GENESIS_BOND / 5));
	});
}

#[test]
fn of_two_offences_in_a_session_the_larger_counts() {
	build_and_execute(|| {
		offend(1, 0);
		let worse = equivocation(1, &[1], |_| Perbill::from_percent(50));
		assert_eq!(report(worse), Ok(()));
		assert_eq!(held(1), GENESIS_BOND / 2);
		let milder = equivocation(2, &[1], |_| Perbill::from_percent(30));
		assert_eq!(report(milder), Ok(()));
		assert_eq!(held(1), GENESIS_BOND / 2);
	});
}

#[test]
fn what_is_proven_with_the_next_session_of_the_same_set_is_no_other_offence() {
	build_and_execute(|| {
		offend(1, 0);
		let record = Sentences::<Test>::get(account(1));
		run_sessions(1);
		assert!(set().contains(&1));
		offend(1, 1);
		assert_eq!(held(1), GENESIS_BOND / 5 * 4);
		assert_eq!(Sentences::<Test>::get(account(1)), record);
	});
}

#[test]
fn offences_of_different_sessions_add_up() {
	build_and_execute(|| {
		offend(1, 0);
		run_sessions(2);
		let session = System::block_number();
		offend(1, 1);
		// A fifth of what is left, once.
		offend(1, 2);
		assert_eq!(held(1), GENESIS_BOND / 25 * 16);
		let record = Sentences::<Test>::get(account(1)).unwrap();
		assert_eq!(record.until, session + JAIL);
	});
}

#[test]
fn each_pays_the_difference_as_more_are_found_out() {
	build_and_execute(|| {
		let share = a_tenth_each;
		assert_eq!(report(equivocation(0, &[1], share)), Ok(()));
		assert_eq!(held(1), GENESIS_BOND / 10 * 9);
		assert_eq!(report(equivocation(0, &[2, 3], share)), Ok(()));
		assert_eq!([1, 2, 3].map(held), [GENESIS_BOND / 10 * 7; 3]);
		let before = treasury();
		assert_eq!(report(equivocation(0, &[4], share)), Ok(()));
		assert_eq!([1, 2, 3, 4].map(held), [GENESIS_BOND / 10 * 6; 4]);
		assert_eq!(treasury(), before + GENESIS_BOND / 10 * 7);
	});
}

#[test]
fn who_has_served_does_not_go_to_jail_again_for_what_others_did() {
	build_and_execute(|| {
		let mut offence = equivocation(0, &[1], a_fifth);
		assert_eq!(report(offence.clone()), Ok(()));
		run_to(1 + JAIL);
		assert_ok!(Validators::validate(signed(1)));
		run_sessions(2);
		assert!(set().contains(&1));
		events();
		offence.offenders = vec![2];
		assert_eq!(report(offence.clone()), Ok(()));
		assert_eq!(held(1), GENESIS_BOND / 5 * 4);
		assert!(candidates().contains(&1));
		assert_eq!(silenced(), [2]);
		assert!(!events().contains(&left(1)));
	});
}

#[test]
fn who_has_served_pays_the_difference_and_keeps_its_place() {
	build_and_execute(|| {
		bond(5, GENESIS_BOND / 10 * 9);
		let mut offence = equivocation(0, &[1], a_tenth_each);
		assert_eq!(report(offence.clone()), Ok(()));
		run_to(1 + JAIL);
		assert_ok!(Validators::validate(signed(1)));
		bond(1, 1);
		assert_eq!(candidates(), [2, 3, 4, 1, 5]);
		offence.offenders = vec![2];
		assert_eq!(report(offence), Ok(()));
		assert_eq!(held(1), GENESIS_BOND / 10 * 8 + 1);
		assert_eq!(candidates(), [3, 4, 5, 1]);
	});
}

#[test]
fn who_has_served_and_loses_everything_leaves() {
	build_and_execute(|| {
		let mut offence =
			equivocation(0, &[1], |offenders| Perbill::from_percent(if offenders > 1 { 100 } else { 10 }));
		assert_eq!(report(offence.clone()), Ok(()));
		run_to(1 + JAIL);
		assert_ok!(Validators::validate(signed(1)));
		offence.offenders = vec![2];
		assert_eq!(report(offence), Ok(()));
		assert_eq!(held(1), 0);
		assert_eq!(candidates(), [3, 4]);
	});
}

#[test]
fn a_slash_takes_no_more_than_there_is() {
	build_and_execute(|| {
		let mut offence =
			equivocation(0, &[1], |offenders| Perbill::from_percent(if offenders > 1 { 100 } else { 10 }));
		assert_eq!(report(offence.clone()), Ok(()));
		// Another offence has taken most of it meanwhile.
		run_sessions(2);
		let worse = equivocation(5, &[1], |_| Perbill::from_percent(90));
		assert_eq!(report(worse), Ok(()));
		assert_eq!(held(1), GENESIS_BOND / 100 * 9);
		offence.offenders = vec![2];
		assert_eq!(report(offence), Ok(()));
		assert_eq!((held(1), held(2)), (0, 0));
	});
}

#[test]
fn what_is_bonded_later_is_no_part_of_a_slash() {
	build_and_execute(|| {
		let mut offence = equivocation(0, &[1], a_tenth_each);
		assert_eq!(report(offence.clone()), Ok(()));
		bond(1, 100_000);
		offence.offenders = vec![2];
		assert_eq!(report(offence), Ok(()));
		assert_eq!(held(1), 100_000 + GENESIS_BOND / 10 * 8);
	});
}

#[test]
fn an_old_offence_that_is_found_out_late_is_punished() {
	build_and_execute(|| {
		let offence = equivocation(0, &[1], a_fifth);
		run_sessions(8);
		assert_eq!(report(offence), Ok(()));
		assert_eq!(held(1), GENESIS_BOND / 5 * 4);
		assert_eq!(silenced(), [1]);
		assert!(
			events().contains(&Event::Jailed { account: account(1), until: System::block_number() + JAIL })
		);
		// And another of then is a part of it.
		let mut other = equivocation(1, &[1], a_fifth);
		other.session = 3;
		assert_eq!(report(other), Ok(()));
		assert_eq!(held(1), GENESIS_BOND / 5 * 4);
	});
}
