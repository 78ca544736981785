use super::{
	announce, ayes, checks_in, closes, costs, delta, ended, ending, found, pass, pass_all, passes, proposal,
	propose, propose_announced, stake, valid, vote, DEPOSIT, DUPLICATE, MALFORMED,
};
use crate::{
	mock::{
		account, build_and_execute, free, model, run_to, Balances, Dataset, Groups, Paid, Payment, Test,
		APPLIED_WEIGHT, ENDOWMENT, LOG_FEE, PERIOD, QUORUM, REWARD,
	},
	Check, Ended, Open, OpenChecks, WeightInfo, MAX_ENDED,
};
use descent_protocol::{
	view::{Page, ProposalEnding},
	DeltaVerdict, ProposalId,
};
use frame_support::assert_ok;
use pallet_groups::{DatasetLog, GroupObserver};

const APPLIED: Option<ProposalEnding> = Some(ProposalEnding::Applied { version: 2 });

#[test]
fn the_proposal_with_most_stake_is_applied_and_paid_once() {
	build_and_execute(|| {
		stake(3, 100);
		stake(4, 101);
		let (first, second) = (propose(1, delta(1)), propose(2, delta(2)));
		vote(3, first);
		vote(4, second);
		pass_all(&[first, second]);
		let issuance = Balances::total_issuance();
		closes();
		assert_eq!((ending(first), ending(second)), (None, APPLIED));
		assert_eq!(costs(second), (REWARD, 0));
		assert_eq!(free(2), ENDOWMENT - LOG_FEE);
		assert_eq!(Balances::total_issuance(), issuance - LOG_FEE);
		assert_eq!((free(1), proposal(first).lost), (ENDOWMENT - DEPOSIT, 1));
		let entry = crate::Log::<Test>::get(0, 2).unwrap();
		assert_eq!((entry.delta, entry.proposer), (delta(2), account(2)));
		assert_eq!(Some(DeltaVerdict::Valid(entry.report.unwrap())), Some(valid(2)));
		assert_eq!((entry.block, entry.providers.len()), (61, 1));
		closes();
		assert_eq!(Paid::get().last(), Some(&Payment::Applied(0, 2)));
		assert_eq!(Dataset::version(0), 2);
	});
}

#[test]
fn ties_go_to_the_earlier() {
	build_and_execute(|| {
		stake(3, 100);
		stake(4, 100);
		let (first, second) = (propose(1, delta(1)), propose(2, delta(2)));
		vote(3, second);
		vote(4, first);
		pass_all(&[first, second]);
		closes();
		assert_eq!((ending(first), ending(second)), (APPLIED, None));
	});
}

#[test]
fn nothing_wins_below_the_quorum() {
	build_and_execute(|| {
		// With that of the founder, a fifth of all stake is 202.
		stake(3, 201);
		stake(4, 799);
		let id = propose(1, delta(1));
		vote(3, id);
		passes(id);
		closes();
		assert_eq!((ending(id), Dataset::version(0)), (None, 1));
		stake(3, 2);
		closes();
		assert_eq!(ending(id), APPLIED);
	});
}

#[test]
fn what_is_not_found_valid_cannot_win() {
	build_and_execute(|| {
		stake(3, 1_000);
		stake(4, 300);
		let (unchecked, second) = (propose(1, delta(1)), propose(2, delta(2)));
		vote(3, unchecked);
		vote(4, second);
		passes(second);
		closes();
		assert_eq!((ending(unchecked), ending(second)), (None, APPLIED));
		assert_eq!(ayes(unchecked), 1_000);
	});
}

#[test]
fn a_period_in_which_nothing_was_found_valid_changes_nothing() {
	build_and_execute(|| {
		stake(3, 1_000);
		let id = propose(1, delta(1));
		vote(3, id);
		let check = OpenChecks::<Test>::get(0, id);
		closes();
		assert_eq!((ending(id), Dataset::version(0)), (None, 1));
		assert_eq!(proposal(id).lost, 0);
		let after = OpenChecks::<Test>::get(0, id);
		let begun = |check: Option<Check>| check.map(|check| (check.first_attempt, check.since));
		assert_eq!(begun(after), begun(check), "the check goes on");
	});
}

#[test]
fn losers_are_kept_for_some_periods_and_then_refunded() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		passes(id);
		for lost in 1..4 {
			closes();
			assert_eq!((proposal(id).lost, free(1)), (lost, ENDOWMENT - DEPOSIT));
		}
		closes();
		assert_eq!(ending(id), Some(ProposalEnding::Outvoted));
		assert_eq!((costs(id), free(1)), ((0, 0), ENDOWMENT));
		assert_eq!(Open::<Test>::iter().count(), 0);
		// Nothing is open any more, so that nothing has to be closed.
		let group = pallet_groups::Groups::<Test>::get(0).unwrap();
		assert_eq!(group.voting.closing, None);
	});
}

#[test]
fn a_group_with_open_proposals_closes_every_period() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		passes(id);
		for period in 1..4 {
			run_to(period * PERIOD);
			assert_eq!(proposal(id).lost, period - 1);
			run_to(period * PERIOD + 1);
			assert_eq!(proposal(id).lost, period);
		}
	});
}

#[test]
fn who_survives_into_the_next_version_is_checked_on_it() {
	build_and_execute(|| {
		stake(3, 100);
		stake(4, 60);
		let (first, second) = (propose(1, delta(1)), propose(2, delta(2)));
		vote(3, first);
		vote(4, second);
		pass_all(&[first, second]);
		closes();
		assert_eq!(ending(first), APPLIED);
		let check = OpenChecks::<Test>::get(0, second).unwrap();
		assert_eq!((check.version, check.since), (2, 61));
		assert!(!check.is_decided && check.attempt == check.first_attempt);
		// Valid on version 1 only: not on the one that there is.
		assert_eq!(proposal(second).report_on(1, &model()), Some(super::report(2)));
		closes();
		assert_eq!((ending(second), Dataset::version(0)), (None, 2));
		let since = OpenChecks::<Test>::get(0, second).unwrap().since;
		assert_eq!(since, 61, "a close without a winner begins nothing anew");
	});
}

#[test]
fn who_is_valid_on_the_next_version_too_wins_the_next_period() {
	build_and_execute(|| {
		stake(3, 100);
		stake(4, 60);
		let (first, second) = (propose(1, delta(1)), propose(2, delta(2)));
		vote(3, first);
		vote(4, second);
		pass_all(&[first, second]);
		closes();
		checks_in(second, 0, &[Some(valid(7)); 4]);
		assert_eq!(proposal(second).valid, found(2, 7));
		closes();
		assert_eq!(ending(second), Some(ProposalEnding::Applied { version: 3 }));
		assert_eq!(crate::Log::<Test>::get(0, 3).unwrap().report, Some(super::report(7)));
	});
}

#[test]
fn a_conflict_with_what_was_applied_since_costs_nothing() {
	build_and_execute(|| {
		stake(3, 100);
		let (first, second) = (propose(1, delta(1)), propose(2, delta(2)));
		vote(3, first);
		pass_all(&[first, second]);
		closes();
		checks_in(second, 0, &[Some(DeltaVerdict::Invalid(DUPLICATE)); 4]);
		let conflict = ProposalEnding::Conflict { fault: DUPLICATE };
		assert_eq!((ending(second), costs(second)), (Some(conflict), (0, 0)));
		assert_eq!(free(2), ENDOWMENT);
	});
}

#[test]
fn what_no_version_could_make_valid_is_slashed_on_any() {
	build_and_execute(|| {
		stake(3, 100);
		let (first, second) = (propose(1, delta(1)), propose(2, delta(2)));
		vote(3, first);
		passes(first);
		closes();
		checks_in(second, 0, &[Some(MALFORMED); 4]);
		assert_eq!(costs(second), (0, DEPOSIT));
		assert_eq!(free(2), ENDOWMENT - DEPOSIT);
	});
}

#[test]
fn the_last_to_end_are_kept() {
	build_and_execute(|| {
		for number in 0..MAX_ENDED + 6 {
			let account = u8::try_from(number % 90 + 1).unwrap();
			let id = propose(account, delta(number));
			assert_eq!((id, proposal(id).place), (number, 0));
			checks_in(id, 0, &[Some(MALFORMED); 4]);
		}
		assert_eq!(ended(), MAX_ENDED + 6);
		let mut kept: Vec<ProposalId> = Ended::<Test>::iter_prefix_values(0).map(|ended| ended.id).collect();
		kept.sort_unstable();
		assert_eq!(kept, (6..MAX_ENDED + 6).collect::<Vec<_>>());
		let shown: Vec<_> = Dataset::proposals(0, Page::ALL).into_iter().map(|view| view.id).collect();
		assert_eq!(shown, (6..MAX_ENDED + 6).rev().collect::<Vec<_>>());
	});
}

#[test]
fn a_new_version_is_played_with_from_the_next_round_on() {
	build_and_execute(|| {
		stake(3, 100);
		let id = propose(1, delta(1));
		vote(3, id);
		passes(id);
		closes();
		// Block 61 is in round 4, which takes commitments in blocks 58 to 69.
		assert_eq!(crate::Log::<Test>::get(0, 2).unwrap().from, 5);
		let versions = [0, 3, 4, 5, 6, 900].map(|round| Dataset::version_at(0, round));
		assert_eq!(versions, [1, 1, 1, 2, 2, 2]);
	});
}

#[test]
fn a_version_of_the_block_in_which_a_round_begins_is_for_the_next() {
	build_and_execute(|| {
		stake(3, 100);
		let id = propose(1, delta(1));
		vote(3, id);
		passes(id);
		run_to(60);
		// Round 10 begins in block 130.
		pallet_groups::Groups::<Test>::mutate(0, |group| {
			let voting = &mut group.as_mut().unwrap().voting;
			voting.closing = Some(130);
		});
		run_to(129);
		assert_eq!(<Groups as pallet_groups::GroupRules<u128>>::boundary(0), Some(10));
		run_to(130);
		assert_ok!(Groups::close_period(crate::mock::signed(9), 0));
		assert_eq!(crate::Log::<Test>::get(0, 2).unwrap().from, 11);
	});
}

#[test]
fn what_has_ended_can_be_announced_and_proposed_by_somebody_else() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		checks_in(id, 0, &[Some(MALFORMED); 4]);
		assert_ok!(announce(2, delta(1)));
		pass(1);
		assert_ok!(propose_announced(2, delta(1)));
	});
}

#[test]
fn a_close_says_what_it_took_and_whether_another_follows() {
	build_and_execute(|| {
		let close = || <Dataset as GroupObserver<_, _>>::period_closed(0, 100, QUORUM);
		let closed = close();
		assert_eq!(
			(closed.stay, closed.weight),
			(false, <() as WeightInfo>::period_closed(0).saturating_add(APPLIED_WEIGHT))
		);
		for number in 1..4 {
			propose(number, delta(number.into()));
		}
		let closed = close();
		assert_eq!(
			(closed.stay, closed.weight),
			(true, <() as WeightInfo>::period_closed(3).saturating_add(APPLIED_WEIGHT))
		);
	});
}
