//! The group's model changes while deltas are open.

use super::{
	check_of, checks, checks_in, closes, costs, delta, ending, forks, found, go_to_window, other_model,
	passes, proposal, propose, refuses, report, stake, valid, vote, DEPOSIT,
};
use crate::mock::{build_and_execute, free, model, Dataset, ENDOWMENT};
use descent_protocol::{view::ProposalEnding, DeltaFault, DeltaVerdict, MAX_ATTEMPTS};
use frame_support::pallet_prelude::InvalidTransaction;

const COLUMNS: DeltaVerdict = DeltaVerdict::Invalid(DeltaFault::Columns);
const FAULT: DeltaFault = DeltaFault::Columns;

#[test]
fn what_was_valid_for_another_model_cannot_win_in_the_close_that_changes_it() {
	build_and_execute(|| {
		stake(3, 1_000);
		let id = propose(1, delta(1));
		vote(3, id);
		passes(id);
		assert_eq!((proposal(id).model, proposal(id).valid), (model(), found(1, 1)));
		forks(3, other_model());
		closes();
		assert_eq!((ending(id), Dataset::version(0)), (None, 1));
		let check = check_of(id);
		assert_eq!((check.version, check.model, check.since), (1, other_model(), 61));
		assert!(!check.is_decided && check.attempt == MAX_ATTEMPTS);
		let request = Dataset::check_request(0, id, 62).unwrap();
		assert_eq!((request.model, request.version), (other_model(), 1));
		assert_eq!(request.attempt, MAX_ATTEMPTS);

		checks_in(id, MAX_ATTEMPTS, &[Some(valid(7)); 4]);
		assert_eq!(proposal(id).valid, Some((1, other_model(), report(7))));
		closes();
		assert_eq!(ending(id), Some(ProposalEnding::Applied { version: 2 }));
	});
}

#[test]
fn what_was_said_for_one_model_is_not_said_for_the_next() {
	build_and_execute(|| {
		stake(3, 1_000);
		let id = propose(1, delta(1));
		go_to_window(id, 0, true);
		let old = super::attest_call(id, 0, 0, &valid(5));
		forks(3, other_model());
		closes();
		go_to_window(id, MAX_ATTEMPTS, true);
		refuses(old, InvalidTransaction::Call);
	});
}

#[test]
fn a_fault_that_another_model_finds_costs_nothing() {
	build_and_execute(|| {
		stake(3, 1_000);
		let (unchecked, valid_once) = (propose(1, delta(1)), propose(2, delta(2)));
		passes(valid_once);
		forks(3, other_model());
		closes();
		let junk = propose(4, delta(4));
		assert_eq!(proposal(junk).model, other_model());
		for id in [unchecked, valid_once] {
			super::attests(id, MAX_ATTEMPTS, &[Some(COLUMNS); 4]);
		}
		for id in [unchecked, valid_once] {
			super::opens(id, MAX_ATTEMPTS, &[Some(COLUMNS); 4]);
		}
		for id in [unchecked, valid_once] {
			super::decides(id, MAX_ATTEMPTS);
			assert_eq!(ending(id), Some(ProposalEnding::Conflict { fault: FAULT }));
			assert_eq!(costs(id), (0, 0));
		}
		assert_eq!((free(1), free(2)), (ENDOWMENT, ENDOWMENT));
		// Who proposes for the new model answers for it.
		checks_in(junk, 1, &[Some(COLUMNS); 4]);
		assert_eq!(ending(junk), Some(ProposalEnding::Invalid { fault: FAULT }));
		assert_eq!(free(4), ENDOWMENT - DEPOSIT);
	});
}

#[test]
fn what_was_valid_for_the_model_that_comes_back_still_is() {
	build_and_execute(|| {
		stake(3, 1_000);
		let id = propose(1, delta(1));
		passes(id);
		forks(3, other_model());
		closes();
		assert!(check_of(id).is_running());
		forks(3, model());
		closes();
		let check = check_of(id);
		assert!(check.is_decided && check.model == model());
		assert_eq!(check.first_attempt, 2 * MAX_ATTEMPTS);
		vote(3, id);
		closes();
		assert_eq!(ending(id), Some(ProposalEnding::Applied { version: 2 }));
	});
}

#[test]
fn a_model_that_stays_begins_no_check_anew() {
	build_and_execute(|| {
		stake(3, 1_000);
		stake(4, 1_000);
		let id = propose(1, delta(1));
		checks(id, [valid(5), valid(5), COLUMNS, COLUMNS]);
		forks(3, other_model());
		closes();
		let check = check_of(id);
		assert_eq!((check.model, check.since, check.first_attempt), (model(), 2, 0));
	});
}

#[test]
fn a_data_set_that_others_emptied_costs_nothing() {
	build_and_execute(|| {
		let empty = DeltaVerdict::Invalid(DeltaFault::Empty);
		stake(3, 1_000);
		let (winner, late) = (propose(1, delta(1)), propose(2, delta(2)));
		vote(3, winner);
		passes(winner);
		closes();
		checks_in(late, 0, &[Some(empty); 4]);
		let fault = DeltaFault::Empty;
		assert_eq!(ending(late), Some(ProposalEnding::Conflict { fault }));
		assert_eq!(costs(late), (0, 0));
		// On the version that it was made for, it is its proposer's own.
		let own = propose(4, delta(4));
		checks_in(own, 0, &[Some(empty); 4]);
		assert_eq!((ending(own), costs(own)), (Some(ProposalEnding::Invalid { fault }), (0, DEPOSIT)));
	});
}
