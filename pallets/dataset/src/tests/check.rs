use super::{
	attest_call, attests, check_of, checks, checks_in, closes, costs, decides, delta, ending, found,
	go_to_window, open_call, opens, proposal, propose, refuses, report_by, stake, task, valid, vote, DEPOSIT,
	DUPLICATE, MALFORMED,
};
use crate::{
	mock::{
		apply, build_and_execute, free, number, run_to, signed, start_session, Balances, Dataset, Evaluators,
		System, Test, ENDOWMENT,
	},
	Error, Event,
};
use descent_protocol::{view::ProposalEnding, DeltaFault, DeltaVerdict};
use frame_support::{assert_noop, dispatch::GetDispatchInfo, pallet_prelude::InvalidTransaction};

const NOBODY: Option<DeltaVerdict> = None;

#[test]
fn a_delta_that_two_thirds_find_valid_may_win() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		attests(id, 0, &[Some(valid(5)); 4]);
		opens(id, 0, &[Some(valid(5)); 3]);
		assert_eq!(proposal(id).valid, None, "an opening decides nothing");
		decides(id, 0);
		assert_eq!(proposal(id).valid, found(1, 5));
		System::assert_has_event(
			Event::Checked { group: 0, proposal: id, version: 1, verdict: valid(5) }.into(),
		);
		refuses(open_call(id, 0, 3, &valid(5)), InvalidTransaction::Call);
		assert_eq!(free(1), ENDOWMENT - DEPOSIT);
		assert_eq!(pallet_evaluators::Attestations::<Test>::iter().count(), 0);
		assert_eq!(pallet_evaluators::Committees::<Test>::iter().count(), 0);
	});
}

#[test]
fn an_opening_is_small_work_whatever_the_committee() {
	build_and_execute(|| {
		start_session(100..200);
		let id = propose(1, delta(1));
		let task = task(id, 0);
		go_to_window(id, 0, true);
		let committee = Evaluators::committee(&task).unwrap();
		assert_eq!(committee.members.iter().map(|member| member.weight).sum::<u64>(), 31);
		let seats = committee.members.len() as u32;
		let say = |seat: u32, is_attesting: bool| {
			let validator = number(&committee.members[seat as usize].account);
			let call = report_by(validator, task, seat, &valid(5), is_attesting);
			// The whole block has a second, and as many openings as two deltas have at least.
			let weight = call.get_dispatch_info().call_weight.ref_time();
			assert!(weight < 15_000_000_000, "{weight}");
			assert_eq!(apply(call), Ok(Ok(())));
		};
		(0..seats).for_each(|seat| say(seat, true));
		go_to_window(id, 0, false);
		(0..seats).for_each(|seat| say(seat, false));
		decides(id, 0);
		assert_eq!(proposal(id).valid, found(1, 5));
	});
}

#[test]
fn a_delta_that_nobody_serves_costs_its_deposit() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		let issuance = Balances::total_issuance();
		checks(id, [DeltaVerdict::Unavailable; 4]);
		assert_eq!(ending(id), None, "the time may have been short for all");
		checks_in(id, 1, &[Some(DeltaVerdict::Unavailable); 4]);
		assert_eq!(ending(id), Some(ProposalEnding::Unavailable));
		assert_eq!((costs(id), free(1)), ((0, DEPOSIT), ENDOWMENT - DEPOSIT));
		assert_eq!(Balances::total_issuance(), issuance - DEPOSIT);
	});
}

#[test]
fn an_invalid_delta_costs_its_deposit_and_its_fault_is_kept() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		let columns = DeltaVerdict::Invalid(DeltaFault::Columns);
		checks(id, [columns, MALFORMED, columns, valid(1)]);
		let fault = DeltaFault::Columns;
		assert_eq!(ending(id), Some(ProposalEnding::Invalid { fault }));
		assert_eq!((costs(id), free(1)), ((0, DEPOSIT), ENDOWMENT - DEPOSIT));
	});
}

#[test]
fn a_duplicate_on_the_version_that_it_was_made_for_costs_its_deposit() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		checks(id, [DeltaVerdict::Invalid(DUPLICATE); 4]);
		assert_eq!(ending(id), Some(ProposalEnding::Invalid { fault: DUPLICATE }));
		assert_eq!(costs(id), (0, DEPOSIT));
	});
}

#[test]
fn one_of_four_who_calls_junk_valid_is_outvoted() {
	build_and_execute(|| {
		stake(3, 1_000);
		let id = propose(1, delta(1));
		vote(3, id);
		checks(id, [valid(5_000), MALFORMED, MALFORMED, MALFORMED]);
		assert!(matches!(ending(id), Some(ProposalEnding::Invalid { .. })));
		assert_eq!(costs(id), (0, DEPOSIT));
		closes();
		assert_eq!(Dataset::version(0), 1);
	});
}

#[test]
fn one_of_four_who_calls_a_valid_delta_junk_is_outvoted() {
	build_and_execute(|| {
		stake(3, 1_000);
		let id = propose(1, delta(1));
		vote(3, id);
		checks(id, [MALFORMED, valid(5), valid(5), valid(5)]);
		assert_eq!(proposal(id).valid, found(1, 5));
		closes();
		assert_eq!(ending(id), Some(ProposalEnding::Applied { version: 2 }));
	});
}

#[test]
fn what_one_attempt_leaves_open_the_next_may_decide() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		checks_in(id, 0, &[Some(DeltaVerdict::Unavailable), Some(valid(5)), NOBODY, NOBODY]);
		checks_in(id, 1, &[Some(valid(5)), Some(valid(5)), Some(valid(5)), NOBODY]);
		assert_eq!(proposal(id).valid, found(1, 5));
	});
}

#[test]
fn verdicts_of_two_attempts_do_not_add_up() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		checks_in(id, 0, &[Some(valid(5)), Some(valid(5)), NOBODY, NOBODY]);
		checks_in(id, 1, &[NOBODY, NOBODY, Some(valid(5)), Some(valid(5))]);
		assert_eq!(proposal(id).valid, None);
	});
}

#[test]
fn a_session_that_changes_between_attempts_changes_the_committee_of_the_next() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		attests(id, 0, &[Some(valid(5)); 2]);
		start_session([200, 210, 211]);
		let members = |attempt| Evaluators::committee(&task(id, attempt)).unwrap().members.len();
		// The first attempt has its committee.
		assert_eq!(members(0), 4);
		assert_eq!(apply(attest_call(id, 0, 2, &valid(5))), Ok(Ok(())));
		opens(id, 0, &[Some(valid(5)); 2]);
		go_to_window(id, 1, true);
		refuses(attest_call(id, 1, 1, &valid(5)), InvalidTransaction::BadSigner);
		refuses(attest_call(id, 1, 3, &valid(5)), InvalidTransaction::BadSigner);
		assert_eq!(apply(attest_call(id, 1, 0, &valid(5))), Ok(Ok(())));
		assert_eq!(members(1), 3);
	});
}

#[test]
fn attempts_are_decided_in_order_however_late_the_alarm_is() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		attests(id, 0, &[Some(valid(5)); 4]);
		opens(id, 0, &[Some(valid(5)); 4]);
		let due = check_of(id).windows(0).unwrap().open.end;
		pallet_scheduler::Agenda::<Test>::remove(due);
		attests(id, 1, &[Some(MALFORMED); 4]);
		opens(id, 1, &[Some(MALFORMED); 4]);
		run_to(check_of(id).windows(1).unwrap().open.end);
		let decide =
			|attempt| Evaluators::decide(signed(9), task(id, attempt)).map_err(|failed| failed.error);
		assert_noop!(decide(1), Error::<Test>::AttemptOverdue);
		assert_eq!(decide(0).unwrap().pays_fee, frame_support::dispatch::Pays::No);
		assert_eq!(proposal(id).valid, found(1, 5));
		assert_noop!(decide(1), pallet_evaluators::Error::<Test>::UnknownTask);
		assert_eq!(pallet_evaluators::Committees::<Test>::iter().count(), 0);
	});
}

#[test]
fn what_a_task_that_was_given_up_leaves_goes_with_its_alarm() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		attests(id, 0, &[Some(valid(5)); 4]);
		let task = task(id, 0);
		let due = check_of(id).windows(0).unwrap().open.end;
		// The same delta, announced before: the first proposal ends as a copy.
		Dataset::end(0, id, ProposalEnding::Copied);
		assert!(pallet_evaluators::Committees::<Test>::contains_key(task));
		run_to(due);
		assert!(!pallet_evaluators::Committees::<Test>::contains_key(task));
		assert_eq!(pallet_evaluators::Attestations::<Test>::iter().count(), 0);
	});
}

#[test]
fn nothing_is_said_of_what_has_ended_or_is_decided() {
	build_and_execute(|| {
		let (junk, good) = (propose(1, delta(1)), propose(2, delta(2)));
		let old = attest_call(junk, 0, 0, &MALFORMED);
		checks(junk, [MALFORMED; 4]);
		refuses(old, InvalidTransaction::Call);
		checks_in(good, 1, &[Some(valid(2)); 3]);
		refuses(attest_call(good, 2, 3, &MALFORMED), InvalidTransaction::Call);
	});
}

#[test]
fn a_chain_without_validators_decides_nothing() {
	build_and_execute(|| {
		start_session([]);
		let id = propose(1, delta(1));
		go_to_window(id, 0, true);
		refuses(attest_call(id, 0, 0, &valid(5)), InvalidTransaction::BadSigner);
		closes();
		assert_eq!(ending(id), None);
	});
}

#[test]
fn a_committee_of_one_decides() {
	build_and_execute(|| {
		start_session([200]);
		let id = propose(1, delta(1));
		checks_in(id, 0, &[Some(valid(5))]);
		assert_eq!(proposal(id).valid, found(1, 5));
	});
}
