use super::report::{attest, open, ROUND};
use crate::{
	mock::{
		apply, build_and_execute, put_task, run_to, start_session, validate, BondOf, Evaluators, Test,
		TestTask,
	},
	tasks::Committees,
	Attestation, Attestations, Committee, EvaluatorSet, PreviousEvaluators,
};
use frame_support::{assert_ok, pallet_prelude::InvalidTransaction};
use sp_core::H256;
use sp_runtime::TryRuntimeError;

fn members() -> Vec<(u8, u64)> {
	let seats = Evaluators::seats(&ROUND).into_iter();
	seats.map(|seat| (crate::mock::number(&seat.member.account), seat.member.weight)).collect()
}

#[test]
fn all_sit_while_there_are_seats_and_their_bonds_weigh() {
	build_and_execute(|| {
		BondOf::set(vec![(1, 10), (2, 30), (3, 20), (4, 0)]);
		start_session(1..=4);
		put_task(ROUND, TestTask::new(10));
		assert_eq!(members(), [(1, 10), (2, 30), (3, 20)], "who has no bond has no seat");
	});
}

#[test]
fn more_evaluators_than_seats_are_drawn_from() {
	build_and_execute(|| {
		start_session(1..=50);
		put_task(ROUND, TestTask { seats: 7, ..TestTask::new(10) });
		let drawn = members();
		assert_eq!(drawn.iter().map(|(_, seats)| seats).sum::<u64>(), 7);
		assert_eq!(drawn, members(), "the same for everybody");
		// Who attests has a place in the drawn committee, and the draw is stored with it.
		run_to(10);
		let first = drawn[0].0;
		assert_eq!(apply(attest(first, 0)), Ok(Ok(())));
		start_session([60, 61]);
		start_session([60, 62]);
		assert_eq!(members(), drawn);
	});
}

#[test]
fn a_session_that_begins_does_not_change_a_committee() {
	build_and_execute(|| {
		put_task(ROUND, TestTask::new(10));
		run_to(11);
		start_session([60, 61, 62, 63]);
		assert_eq!(members(), [(1, 1_000), (2, 1_000), (3, 1_000), (4, 1_000)], "those of the seed's block");
		run_to(12);
		assert_eq!(validate(attest(60, 0)), Err(InvalidTransaction::BadSigner.into()));
		assert_eq!(apply(attest(2, 1)), Ok(Ok(())));
		// The draw is stored now, so that sessions to come change nothing.
		start_session([70, 71]);
		run_to(13);
		start_session([80, 81]);
		assert_eq!(apply(attest(4, 3)), Ok(Ok(())));
		run_to(16);
		assert_eq!(apply(open(4, 3)), Ok(Ok(())));
		let attested = Evaluators::take(&ROUND).into_iter().map(|seat| seat.attested);
		assert_eq!(attested.collect::<Vec<_>>(), [false, true, false, true]);
	});
}

#[test]
fn a_committee_that_nobody_knows_yet_has_no_seats() {
	build_and_execute(|| {
		assert!(Evaluators::seats(&ROUND).is_empty());
		assert!(Evaluators::take(&ROUND).is_empty());
	});
}

#[test]
fn a_committee_is_taken_whole() {
	build_and_execute(|| {
		put_task(ROUND, TestTask::new(10));
		run_to(10);
		for (member, validator) in [(0, 1), (2, 3)] {
			assert_eq!(apply(attest(validator, member)), Ok(Ok(())));
		}
		let seats = Evaluators::take(&ROUND);
		assert_eq!(seats.iter().map(|seat| seat.attested).collect::<Vec<_>>(), [true, false, true, false]);
		assert!(seats.iter().all(|seat| seat.answer.is_none()));
		assert_eq!(Attestations::<Test>::iter().count(), 0);
		assert!(!crate::Committees::<Test>::contains_key(ROUND));
	});
}

fn finds(problem: &'static str, break_it: impl FnOnce()) {
	crate::mock::new_test_ext().execute_with(|| {
		put_task(ROUND, TestTask::new(10));
		run_to(10);
		assert_eq!(apply(attest(1, 0)), Ok(Ok(())));
		assert_ok!(Evaluators::do_try_state());
		break_it();
		assert_eq!(Evaluators::do_try_state(), Err(TryRuntimeError::Other(problem)));
	});
}

#[test]
fn broken_storage_is_found() {
	finds("the sessions are not in order", || {
		PreviousEvaluators::<Test>::put(EvaluatorSet { since: 100, ..Default::default() });
	});
	finds("a committee has no members", || {
		crate::Committees::<Test>::insert(ROUND, Committee::default());
	});
	finds("a member has no weight", || {
		crate::Committees::<Test>::mutate(ROUND, |committee| {
			committee.as_mut().unwrap().members[0].weight = 0
		});
	});
	let attestation = || Attestation { hash: H256::zero(), answer: None };
	finds("an attestation has no committee", || {
		Attestations::<Test>::insert(super::report::DELTA, 0, attestation());
	});
	finds("an attestation has no member", || Attestations::<Test>::insert(ROUND, 4, attestation()));
	finds("an answer that can be none to its task", || {
		let answer = Some(super::report::verdict());
		Attestations::<Test>::insert(ROUND, 0, Attestation { answer, ..attestation() });
	});
}
