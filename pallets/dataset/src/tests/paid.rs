//! Rewards for checks and deltas, the performance of members, and slashed deposits.

use super::{
	checks, checks_in, closes, costs, delta, ending, pass_all, passes, propose, report, stake, valid, vote,
	DEPOSIT, DUPLICATE, MALFORMED,
};
use crate::{
	mock::{
		account, build_and_execute, free, Balances, Dataset, Evaluators, Observed, Paid,
		Payment::{self, Applied, Checked},
		APPLIED_WEIGHT, ENDOWMENT, LOG_FEE, PROPOSAL_DEPOSIT, REWARD,
	},
	HoldReason, WeightInfo,
};
use descent_protocol::{
	view::ProposalEnding,
	DeltaFault, DeltaReport,
	DeltaVerdict::{self, *},
	Performance::{self, *},
	MAX_COMMITTEE, MAX_PROPOSALS,
};
use frame_support::{
	assert_ok,
	traits::{
		fungible::{InspectHold, MutateHold},
		tokens::Precision,
	},
	weights::Weight,
};
use pallet_evaluators::{tasks::Committees, Tasks};
use pallet_groups::GroupObserver;
use sp_core::H256;

/// Returns the rewards and the performance of the only check that was decided.
fn reported() -> (Vec<Payment>, Vec<(u8, Performance)>) {
	let observed = Observed::get();
	let [committee] = &observed[..] else { panic!("not told once: {observed:?}") };
	(Paid::get(), committee.clone())
}

/// A proposed delta of which the members open these verdicts, in this order.
fn judged(verdicts: [DeltaVerdict; 4]) {
	let id = propose(1, delta(1));
	checks(id, verdicts);
}

#[test]
fn all_who_have_opened_what_two_thirds_hold_are_paid() {
	build_and_execute(|| {
		judged([valid(5); 4]);
		let performance = vec![(200, Sound), (201, Sound), (202, Sound), (203, Sound)];
		assert_eq!(reported(), (vec![Checked(0, vec![200, 201, 202, 203])], performance));
	});
}

#[test]
fn who_finds_something_else_than_two_thirds_is_called_false() {
	let other_root = Valid(DeltaReport { root: H256::repeat_byte(9), ..report(5) });
	for (lie, truth) in
		[(valid(6), valid(5)), (other_root, valid(5)), (MALFORMED, valid(5)), (valid(5), MALFORMED)]
	{
		build_and_execute(|| {
			judged([lie, truth, truth, truth]);
			let performance = vec![(200, False), (201, Sound), (202, Sound), (203, Sound)];
			assert_eq!(reported(), (vec![Checked(0, vec![201, 202, 203])], performance), "{lie:?}");
		});
	}
}

#[test]
fn an_invalid_delta_may_have_many_faults() {
	build_and_execute(|| {
		let columns = Invalid(DeltaFault::Columns);
		judged([columns, MALFORMED, columns, valid(1)]);
		let (paid, performance) = reported();
		assert_eq!(paid, [Checked(0, vec![200, 201, 202])]);
		assert_eq!(performance, [(200, Sound), (201, Sound), (202, Sound), (203, False)]);
	});
}

#[test]
fn who_could_not_fetch_it_gets_nothing_and_is_no_liar() {
	build_and_execute(|| {
		judged([Unavailable, valid(5), valid(5), valid(5)]);
		let (paid, performance) = reported();
		assert_eq!(paid, [Checked(0, vec![201, 202, 203])]);
		assert_eq!(performance[0], (200, Idle));
	});
}

#[test]
fn nobody_can_be_called_false_for_a_delta_that_is_not_there() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		checks(id, [Unavailable; 4]);
		assert_eq!((Paid::get(), Observed::get()), (vec![], vec![]), "nothing is decided");
		checks_in(id, 1, &[valid(5), Unavailable, Unavailable, Unavailable].map(Some));
		let (paid, performance) = reported();
		assert_eq!(paid, [Checked(0, vec![201, 202, 203])]);
		assert_eq!(performance[0], (200, Idle));
	});
}

#[test]
fn an_attempt_without_a_decision_pays_nobody() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		checks_in(id, 0, &[Some(valid(5)), Some(MALFORMED), Some(valid(5)), None]);
		assert_eq!((Paid::get(), Observed::get()), (vec![], vec![]));
	});
}

#[test]
fn the_proposer_is_paid_when_its_delta_is_applied_and_no_other() {
	build_and_execute(|| {
		stake(3, 100);
		stake(4, 60);
		let (first, second) = (propose(1, delta(1)), propose(2, delta(2)));
		vote(3, first);
		vote(4, second);
		pass_all(&[first, second]);
		let members = vec![200, 201, 202, 203];
		let checked = vec![Checked(0, members.clone()), Checked(0, members)];
		assert_eq!(Paid::get(), checked);
		closes();
		assert_eq!(costs(first), (REWARD, 0));
		let paid = Paid::get();
		assert_eq!((&paid[..2], &paid[2..]), (&checked[..], &[Applied(0, 1)][..]));
		checks_in(second, 0, &[Some(Invalid(DUPLICATE)); 4]);
		assert_eq!(Paid::get().len(), 4, "it is checked again on the version that there is now");
		assert_eq!(Observed::get().len(), 3);
		closes();
		assert_eq!(Paid::get().len(), 4);
	});
}

#[test]
fn the_entry_of_an_applied_delta_is_paid_with_its_deposit() {
	build_and_execute(|| {
		stake(3, 100);
		let id = propose(1, delta(1));
		vote(3, id);
		passes(id);
		assert_eq!(free(1), ENDOWMENT - DEPOSIT);
		// As it would be for a proposal in another group.
		let (reason, other) = (HoldReason::Proposal.into(), 500);
		assert_ok!(Balances::hold(&reason, &account(1), other));
		let issuance = Balances::total_issuance();
		closes();
		assert_eq!(ending(id), Some(ProposalEnding::Applied { version: 2 }));
		assert_eq!(costs(id), (REWARD, 0));
		assert_eq!(Balances::balance_on_hold(&reason, &account(1)), other);
		assert_ok!(Balances::release(&reason, &account(1), other, Precision::Exact));
		assert_eq!(free(1), ENDOWMENT - LOG_FEE);
		assert_eq!(Balances::total_issuance(), issuance - LOG_FEE);
		const { assert!(LOG_FEE <= PROPOSAL_DEPOSIT) };
	});
}

#[test]
fn a_verdict_and_a_close_weigh_what_those_weigh_who_are_told_of_them() {
	build_and_execute(|| {
		let paid = <() as WeightInfo>::decide(MAX_COMMITTEE)
			.saturating_add(Weight::from_parts(1_000, 10).saturating_mul(MAX_COMMITTEE.into()));
		let taken = <Evaluators as Committees<_>>::take_weight(MAX_COMMITTEE);
		assert_eq!(Dataset::decide_weight(MAX_COMMITTEE), paid.saturating_add(taken));
		let most = <() as WeightInfo>::period_closed(MAX_PROPOSALS).saturating_add(APPLIED_WEIGHT);
		assert_eq!(<crate::mock::Dataset as GroupObserver<_, _>>::period_closed_weight(), most);
	});
}
