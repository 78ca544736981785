//! Checks, as the tasks of committees.

use super::*;
use crate::mock::{build_and_execute, Sizes, ATTEST, OPEN};
use descent_protocol::evaluation::CustodyRequest;
use pallet_evaluators::{Request, Tasks};

fn request(task: &TaskId) -> Option<CustodyRequest> {
	match Custody::request(task, System::block_number() + 1)? {
		Request::Custody(request) => Some(request),
		_ => panic!("it is a custody check"),
	}
}

/// A check of two keepers, in the first block of its attest window.
fn attesting(test: impl FnOnce(TaskId)) {
	build_and_execute(|| {
		assert_ok!(keep(1, 100));
		assert_ok!(keep(2, 100));
		let task = open();
		run_to(System::block_number() + 3);
		test(task);
	});
}

#[test]
fn windows_follow_the_opening() {
	build_and_execute(|| {
		assert_ok!(keep(1, 100));
		let task = open();
		let windows = Custody::windows(&task).unwrap();
		assert_eq!(windows.attest, 4..4 + ATTEST);
		assert_eq!(windows.open, 4 + ATTEST..4 + ATTEST + OPEN);
		assert_eq!(Custody::draw(&task), None, "its seed is not known");
		run_to(3);
		assert!(Custody::draw(&task).is_some());
		let other = TaskId::Custody { group: 0, check: 2 };
		assert_eq!((Custody::windows(&other), Custody::subject(&other)), (None, None));
		assert_eq!(Custody::draw(&other), None);
		assert_eq!(Custody::windows(&TaskId::Round { group: 0, round: 1 }), None);
	});
}

#[test]
fn each_keeper_is_asked_for_a_leaf_of_its_own_until_the_window_closes() {
	attesting(|task| {
		let CustodyRequest { group, check, leaves, fetch_ms, .. } = request(&task).unwrap();
		assert_eq!((group, check, fetch_ms), (0, 1, u64::from(ATTEST) * 3_000 / 2));
		assert_eq!(leaves.len(), 2);
		for (leaf, number) in leaves.iter().zip(1u8..) {
			assert_eq!(leaf.keeper, account(number));
			assert_eq!(leaf.providers, [format!("http://10.0.0.{number}:8080")]);
			assert!(u64::from(leaf.leaf) < descent_protocol::leaves(&leaf.content));
		}
		assert_eq!(Custody::ongoing(5), [task]);
		run_to(4 + ATTEST);
		assert_eq!(request(&task), None);
		assert_eq!(Custody::ongoing(4 + ATTEST + OPEN), []);
	});
}

#[test]
fn what_comes_after_the_opening_is_not_asked_for() {
	attesting(|task| {
		let before = request(&task);
		Sizes::set(vec![500, 5 << 20, 1 << 40]);
		assert_eq!(request(&task), before);
	});
}

#[test]
fn a_keeper_that_comes_after_the_opening_changes_nothing() {
	attesting(|task| {
		let before = (request(&task), Custody::subject(&task));
		assert_ok!(keep(3, 100));
		assert_ok!(Custody::leave(signed(1), 0));
		assert_eq!((request(&task), Custody::subject(&task)), before);
	});
}

#[test]
fn an_answer_has_a_hash_for_each_keeper() {
	attesting(|task| {
		let is_one = |hashes: &[Option<u64>]| Custody::can_answer(&task, &Answer::Custody(ballot(hashes)));
		assert!(is_one(&[Some(1), None]));
		assert!(!is_one(&[Some(1)]) && !is_one(&[None; 3]) && !is_one(&[]));
		assert!(!Custody::can_answer(&task, &Answer::Delta(descent_protocol::DeltaVerdict::Unavailable)));
	});
}

#[test]
fn requests_stay_the_same_job_when_a_keeper_moves() {
	attesting(|task| {
		let before = request(&task).unwrap();
		assert_ok!(Custody::keep(signed(1), 0, providers(9), 100));
		let after = request(&task).unwrap();
		assert_ne!(before, after);
		assert_eq!(before.id(), after.id());
	});
}

#[test]
fn a_place_of_a_signing_record_serves_one_check_after_another() {
	attesting(|task| {
		let first = Custody::record_place(&task).unwrap();
		answer_all(task);
		let second = Custody::record_place(&open()).unwrap();
		assert_eq!(first.key, second.key);
		assert!(first.order < second.order);
	});
}

/// Has the check decided without an answer.
fn answer_all(task: TaskId) {
	run_to(Custody::windows(&task).unwrap().open.end);
}
