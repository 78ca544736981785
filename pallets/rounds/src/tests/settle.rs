use super::{ballot, checkpoint, measurement, Round};
use crate::{
	mock::{
		account, build_and_execute, free, run_to, start_session, Balances, Rounds as Pallet, RuntimeOrigin,
		System, Test, DEPOSIT, ENDOWMENT, REWARD,
	},
	Error, Event, Heads, Kept, Reveals, Rounds, Standings, Subjects, Tallies, Unsettled, UsedDigests,
};
use descent_protocol::{
	Ballot,
	Outcome::{self, *},
	Score, Tally,
	Verdict::{self, *},
};
use frame_support::{assert_noop, assert_ok, dispatch::Pays};
use sp_runtime::traits::BadOrigin;

fn found(score: u64) -> Verdict {
	Match(measurement(score))
}

fn all(ballot: Ballot) -> Vec<Ballot> {
	vec![ballot; 4]
}

/// Round 0, in which account 1 wins with a score of 500.
fn first_round() -> Round {
	Round::new().commits(&[1]).reveals(&[(1, 500)]).votes(&all(ballot(None, &[found(500)]))).settles()
}

#[test]
fn the_winner_is_paid_and_becomes_the_head() {
	build_and_execute(|| {
		let issuance = Balances::total_issuance();
		let round = first_round();
		assert_eq!(round.outcomes(), [Won]);
		assert_eq!((free(1), Balances::total_issuance()), (ENDOWMENT, issuance));
		let head = Heads::<Test>::get(0, 0).unwrap();
		assert_eq!((head.round, head.account), (0, account(1)));
		assert_eq!((head.checkpoint, head.score), (checkpoint(1, 0), Score(500)));
		System::assert_has_event(
			Event::Ended {
				group: 0,
				round: 0,
				account: account(1),
				outcome: Won,
				measured: Some(Score(500)),
				reward: REWARD,
				slashed: 0,
			}
			.into(),
		);
		System::assert_has_event(
			Event::Settled {
				group: 0,
				round: 0,
				winner: Some(account(1)),
				score: Some(Score(500)),
				baseline: None,
			}
			.into(),
		);
	});
}

#[test]
fn every_outcome_has_its_price() {
	build_and_execute(|| {
		first_round();
		let issuance = Balances::total_issuance();
		let before = free(3);
		let round = Round::number(1)
			.deposits(&[(3, 333), (4, 200), (5, 201), (6, 200)])
			.reveals(&[(6, 350), (4, 100), (3, 300)])
			.votes(&all(ballot(Some(400), &[Mismatch(measurement(900)), found(300)])))
			.settles();
		assert_eq!(round.outcomes(), [Won, Refuted, Unrevealed, Outranked]);
		assert_eq!((free(3), round.ending(3).reward), (before, REWARD));
		assert_eq!([4, 5, 6].map(|number| round.ending(number).reward), [0; 3]);
		assert_eq!(free(4), ENDOWMENT - 200);
		assert_eq!(free(5), ENDOWMENT - 100);
		assert_eq!(free(6), ENDOWMENT);
		assert_eq!(Balances::total_issuance(), issuance - 300);
		let refuted = round.ending(4);
		assert_eq!((refuted.measured, refuted.slashed), (Some(Score(900)), 200));
		assert_eq!(round.ending(5).slashed, 100);
		assert_eq!(round.ending(6).measured, None);
	});
}

#[test]
fn who_does_not_beat_the_head_is_not_paid() {
	build_and_execute(|| {
		first_round();
		let issuance = Balances::total_issuance();
		let round = Round::number(1)
			.commits(&[2, 3])
			.reveals(&[(2, 351), (3, 360)])
			.votes(&all(ballot(Some(400), &[found(351)])))
			.settles();
		assert_eq!(round.outcomes(), [NotBetter, Outranked]);
		assert_eq!((free(2), free(3)), (ENDOWMENT, ENDOWMENT));
		assert_eq!(Balances::total_issuance(), issuance);
		assert_eq!(Heads::<Test>::get(0, 0).unwrap().account, account(1));
		assert_eq!(round.stored().settled.unwrap().baseline, Some(Score(400)));
	});
}

#[test]
fn a_group_with_nothing_to_settle_costs_off_chain_workers_nothing() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]);
		Round::number(1).commits(&[2]);
		assert_eq!(Unsettled::<Test>::get(0).to_vec(), [0, 1]);
		round.settles();
		assert_eq!(Unsettled::<Test>::get(0).to_vec(), [1]);
		Round::number(1).settles();
		assert_eq!(Unsettled::<Test>::iter_keys().count(), 0);
	});
}

/// Checks the outcome of a first round of one candidate with these ballots, and the slashed part of its
/// deposit.
fn ends(ballots: &[Ballot], outcome: Outcome, loss: u128) {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]).reveals(&[(1, 500)]).votes(ballots).settles();
		assert_eq!(round.outcomes(), [outcome]);
		if outcome != Won {
			assert_eq!(free(1), ENDOWMENT - loss);
			assert_eq!(Heads::<Test>::get(0, 0), None);
		}
	});
}

#[test]
fn three_of_four_are_enough() {
	ends(&vec![ballot(None, &[found(500)]); 3], Won, 0);
}

#[test]
fn two_of_four_are_not() {
	ends(&vec![ballot(None, &[found(500)]); 2], NoQuorum, 0);
	ends(&[], NoQuorum, 0);
	ends(&vec![ballot(None, &[Invalid]); 1], NoQuorum, 0);
}

#[test]
fn two_of_four_can_refute() {
	for verdict in [Invalid, Unavailable, Mismatch(measurement(9))] {
		ends(&vec![ballot(None, &[verdict]); 2], Refuted, DEPOSIT);
	}
}

#[test]
fn a_ballot_that_is_not_opened_does_not_count() {
	build_and_execute(|| {
		let round = Round::new()
			.commits(&[1])
			.reveals(&[(1, 500)])
			.attests(&all(ballot(None, &[found(500)])))
			.opens(&[0, 1])
			.settles();
		assert_eq!(round.outcomes(), [NoQuorum]);
	});
}

#[test]
fn without_validators_nobody_wins() {
	build_and_execute(|| {
		start_session([]);
		let round = Round::new().commits(&[1]).reveals(&[(1, 500)]).settles();
		assert_eq!(round.outcomes(), [NoQuorum]);
		assert_eq!(free(1), ENDOWMENT);
	});
}

#[test]
fn a_round_is_settled_once_and_not_before_it_is_due() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]);
		run_to(32);
		assert_noop!(round.nudge(9), Error::<Test>::WrongPhase);
		assert_noop!(Pallet::do_settle(0, 0).map(|_| ()), Error::<Test>::WrongPhase);
		run_to(33);
		assert_noop!(round.nudge(9), Error::<Test>::NotUnsettled);
		assert_noop!(Round::number(1).nudge(9), Error::<Test>::NotUnsettled);
		assert_noop!(Round::of(3).nudge(9), Error::<Test>::UnknownGroup);
		assert_eq!(free(1), ENDOWMENT - DEPOSIT / 2);
	});
}

#[test]
fn whoever_nudges_is_not_charged() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]);
		System::set_block_number(33);
		let signed = RuntimeOrigin::signed(account(9));
		let post = Pallet::settle(signed, 0, 0).unwrap();
		assert_eq!(post.pays_fee, Pays::No);
		assert_eq!(round.outcomes(), [Unrevealed]);
		let failed = Pallet::settle(RuntimeOrigin::signed(account(9)), 0, 0).unwrap_err();
		assert_eq!(failed.post_info.pays_fee, Pays::Yes);
		assert_noop!(Pallet::settle(RuntimeOrigin::none(), 0, 0), BadOrigin);
	});
}

#[test]
fn rounds_are_settled_in_order() {
	build_and_execute(|| {
		let first = Round::new().commits(&[1]);
		let second = Round::number(1).commits(&[2]);
		System::set_block_number(47);
		assert_noop!(second.nudge(9), Error::<Test>::SettlementOverdue);
		assert_ok!(first.nudge(9));
		assert_ok!(second.nudge(9));
		assert_eq!(Pallet::last_settled(0), Some(1));
	});
}

#[test]
fn standings_add_up() {
	build_and_execute(|| {
		first_round();
		Round::number(1).commits(&[1]).settles();
		Round::number(2)
			.commits(&[1, 2])
			.reveals(&[(1, 300), (2, 100)])
			.votes(&all(ballot(Some(480), &[Mismatch(measurement(600)), found(470)])))
			.settles();
		let standing = Standings::<Test>::get(0, account(1)).unwrap();
		assert_eq!((standing.rounds, standing.wins), (3, 1));
		assert_eq!(standing.best.map(|best| best.score), Some(Score(470)));
		assert_eq!((standing.earned, standing.slashed), (REWARD, DEPOSIT / 2));
		let liar = Standings::<Test>::get(0, account(2)).unwrap();
		assert_eq!((liar.rounds, liar.wins, liar.slashed), (1, 0, DEPOSIT));
		assert_eq!(liar.best.map(|best| best.score), Some(Score(600)));
	});
}

#[test]
fn ballots_go_when_a_round_is_settled_and_tallies_stay() {
	build_and_execute(|| {
		let round = first_round();
		assert_eq!(pallet_evaluators::Attestations::<Test>::iter().count(), 0);
		assert_eq!(pallet_evaluators::Committees::<Test>::iter().count(), 0);
		assert_eq!(Subjects::<Test>::iter().count(), 0);
		let tallies = Tallies::<Test>::get((0, 0)).unwrap();
		assert_eq!(tallies.to_vec(), [Tally { matches: 4, ..Tally::default() }]);
		let view = Pallet::round_view(round.group, round.index).unwrap();
		assert_eq!(view.candidates[0].tally, Some(tallies[0]));
		assert!(view.committee.is_empty());
	});
}

#[test]
fn old_rounds_are_removed_and_their_digests_are_not() {
	build_and_execute(|| {
		first_round();
		for index in 1..=4 {
			assert!(Rounds::<Test>::contains_key(0, 0));
			Round::number(index).commits(&[2]).reveals(&[(2, 10)]).settles();
		}
		assert!(!Rounds::<Test>::contains_key(0, 0));
		assert!(!Reveals::<Test>::contains_key((0, 0), account(1)));
		assert!(!Tallies::<Test>::contains_key((0, 0)));
		assert_eq!(UsedDigests::<Test>::get(0, checkpoint(1, 0).digest), Some(0));
		assert_eq!(Heads::<Test>::get(0, 0).unwrap().round, 0);
		assert!(Rounds::<Test>::contains_key(0, 1));
		assert_eq!(Kept::<Test>::iter_prefix(0).count(), 4);
	});
}

#[test]
fn skipped_rounds_leave_nothing_behind() {
	build_and_execute(|| {
		for index in [0, 7, 8, 20, 30, 31] {
			Round::number(index).commits(&[2]).settles();
		}
		let mut kept: Vec<_> = Rounds::<Test>::iter_prefix(0).map(|(index, _)| index).collect();
		kept.sort_unstable();
		assert_eq!(kept, [8, 20, 30, 31]);
	});
}

#[test]
fn nothing_runs_for_a_group_that_nobody_trains() {
	build_and_execute(|| {
		run_to(200);
		assert_eq!(Rounds::<Test>::iter().count(), 0);
		assert_eq!(pallet_scheduler::Agenda::<Test>::iter().count(), 0);
	});
}
