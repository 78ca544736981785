//! Faults that the checks of the state find.

use super::{attests, delta, other_model, propose, valid};
use crate::{
	mock::{check_state, new_test_ext, Dataset, Test},
	Applied, Log, OpenChecks, Versions,
};
use descent_protocol::MAX_ATTEMPTS;

/// A state in which a proposal is being checked is consistent, and with this change it is not any more.
fn finds(problem: &'static str, change: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		let id = propose(1, delta(1));
		attests(id, 0, &[Some(valid(5))]);
		check_state();
		change();
		assert_eq!(Dataset::do_try_state(), Err(problem.into()));
	});
}

#[test]
fn a_group_without_a_log_is_found() {
	finds("a group has no log", || {
		Versions::<Test>::remove(0);
		Log::<Test>::remove(0, 1);
		let _ = Applied::<Test>::clear_prefix(0, 1, None);
	});
}

#[test]
fn a_log_without_a_group_is_found() {
	finds("there is a log without a group", || {
		Versions::<Test>::insert(7, 0);
	});
}

#[test]
fn a_check_for_another_model_is_found() {
	finds("a proposal is checked for another model than that of the next round", || {
		OpenChecks::<Test>::mutate(0, 0, |check| check.as_mut().unwrap().model = other_model())
	});
}

#[test]
fn an_attempt_of_another_check_is_found() {
	finds("an attempt has the number of another check's", || {
		OpenChecks::<Test>::mutate(0, 0, |check| check.as_mut().unwrap().first_attempt = MAX_ATTEMPTS);
	});
}

#[test]
#[should_panic(expected = "no close will decide")]
fn a_close_that_nobody_waits_for_is_found() {
	new_test_ext().execute_with(|| {
		propose(1, delta(1));
		pallet_groups::Groups::<Test>::mutate(0, |group| {
			group.as_mut().unwrap().voting.closing = None;
		});
		check_state();
	});
}
