//! Rounds while their group's rules and data set change.

use super::{ballot, measurement, Round};
use crate::{
	mock::{
		account, amend, apply_delta, build_and_execute, change, delta, run_to, Rounds as Pallet, Test, CLOCK,
		DEPOSIT, IMPROVEMENT,
	},
	Error, Heads,
};
use descent_protocol::{
	view::Page,
	Ballot, Clock, ContentRef, EvaluationPolicy,
	Outcome::{NotBetter, Won},
	Score,
	Verdict::Match,
};
use frame_support::{assert_noop, assert_ok};

fn all(baseline: Option<u64>, score: u64) -> Vec<Ballot> {
	vec![ballot(baseline, &[Match(measurement(score))]); 4]
}

/// A round that an account plays alone, against a head that is measured with a score of 500.
fn played(index: u32, number: u8, score: u64) -> Round {
	let baseline = (index > 0).then_some(500);
	Round::number(index).commits(&[number]).reveals(&[(number, score)]).votes(&all(baseline, score)).settles()
}

#[test]
fn a_round_is_judged_by_the_clock_that_it_began_with() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]);
		run_to(15);
		let longer = Clock { length: 20, reveal: 4, attest: 6, open: 3, ..CLOCK };
		let from = amend(0, |rules| (rules.clock, rules.minimum_improvement) = (longer, 99));
		assert_eq!(from, 1);
		assert_eq!(Round::number(1).windows().commit, 22..40, "the next round follows at once");
		let next = Round::number(1).commits(&[2]);

		let round = round.reveals(&[(1, 500)]).at(|windows| windows.attest.start);
		let request = Pallet::evaluation_request(0, 0).unwrap();
		assert_eq!((request.tolerance, request.fetch_ms), (None, 5 * 3_000 / 2));
		assert_eq!(Pallet::round_view(0, 0).unwrap().minimum_improvement, IMPROVEMENT);
		let round = round.votes(&all(None, 500));
		run_to(33);
		assert_eq!(round.outcomes(), [Won], "the alarm goes by the old clock");

		assert_ok!(Round::number(1).at(|_| 39).commit(3, DEPOSIT));
		let next = next.reveals(&[(2, 100)]).at(|windows| windows.attest.start);
		let request = Pallet::evaluation_request(0, 1).unwrap();
		assert_eq!((request.tolerance, request.fetch_ms), (None, 6 * 3_000 / 2));
		let view = Pallet::round_view(0, 1).unwrap();
		assert_eq!((view.minimum_improvement, view.windows), (99, next.windows()));
		next.votes(&all(Some(500), 100));
		run_to(42 + 1 + 4 + 6 + 3);
		assert_eq!(Round::number(1).outcomes()[0], Won);
	});
}

#[test]
fn between_two_clocks_there_may_be_blocks_without_a_round() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]);
		let shorter = Clock { length: 9, reveal: 2, attest: 3, open: 2, ..CLOCK };
		amend(0, |rules| rules.clock = shorter);
		for block in [22, 23] {
			run_to(block);
			assert_noop!(Round::number(1).commit(2, DEPOSIT), Error::<Test>::WrongPhase);
		}
		let round = round.reveals(&[(1, 500)]);
		let next = Round::number(1);
		assert_eq!(next.windows().commit, 24..31);
		let next = next.commits(&[2]);
		let round = round.votes(&all(None, 500));
		run_to(33);
		assert_eq!(round.outcomes(), [Won]);
		let next = next.reveals(&[(2, 100)]).votes(&all(Some(500), 100)).settles();
		assert_eq!(next.outcomes(), [Won]);
		assert!(Pallet::unsettled(0).is_empty());
	});
}

#[test]
fn a_round_is_settled_by_the_improvement_that_it_began_with() {
	build_and_execute(|| {
		played(0, 1, 500);
		let round = Round::number(1).commits(&[2]);
		assert_eq!(amend(0, |rules| rules.minimum_improvement = 20), 2);
		let round = round.reveals(&[(2, 470)]).votes(&all(Some(500), 470)).settles();
		assert_eq!(round.outcomes(), [NotBetter]);
		assert_eq!(Pallet::round_view(0, 1).unwrap().minimum_improvement, 50);
		assert_eq!(Pallet::round_view(0, 2).unwrap().minimum_improvement, 20);
		assert_eq!(played(2, 2, 471).outcomes(), [Won]);
	});
}

fn fork() -> u32 {
	amend(0, |rules| {
		rules.model = ContentRef::raw(b"another model").unwrap();
		rules.model_version += 1;
	})
}

#[test]
fn a_hard_fork_retires_the_head_and_everybody_starts_over() {
	build_and_execute(|| {
		let old = Round::new().commits(&[1]);
		assert_eq!(fork(), 1);
		let new = Round::number(1).commits(&[2]);
		assert_eq!(Pallet::round_view(0, 0).unwrap().model_version, 0);
		assert_eq!(Pallet::round_view(0, 1).unwrap().model_version, 1);
		assert_eq!(Pallet::round_view(0, 9).unwrap().model_version, 1);

		let old = old.reveals(&[(1, 500)]).at(|windows| windows.attest.start);
		let request = Pallet::evaluation_request(0, 0).unwrap();
		assert_eq!(request.model, ContentRef::raw(b"model").unwrap());
		let old = old.votes(&all(None, 500)).settles();
		assert_eq!(old.outcomes(), [Won], "the last round of the old model crowns its head");
		assert_eq!(Heads::<Test>::get(0, 0).unwrap().account, account(1));
		assert_eq!(Pallet::head_view(0), None);
		assert_eq!(Pallet::retired_heads(0, Page::ALL)[0].score, Score(500));

		let new = new.reveals(&[(2, 900)]).at(|windows| windows.attest.start);
		let request = Pallet::evaluation_request(0, 1).unwrap();
		assert_eq!(request.model, ContentRef::raw(b"another model").unwrap());
		assert_eq!(request.head, None);
		let new = new.votes(&all(None, 900)).settles();
		assert_eq!(new.outcomes(), [Won], "the old model's head is nobody's baseline");
		assert_eq!(new.stored().settled.unwrap().baseline, None);
		let head = Pallet::head_view(0).unwrap();
		assert_eq!((head.model_version, head.round, head.score), (1, 1, Score(900)));
		assert_eq!(Heads::<Test>::get(0, 0).unwrap().account, account(1));

		Round::number(2).commits(&[3]).reveals(&[(3, 800)]).at(|windows| windows.attest.start);
		let head = Pallet::evaluation_request(0, 2).unwrap().head.unwrap();
		assert_eq!(head.checkpoint, super::checkpoint(2, 1));
	});
}

#[test]
fn the_head_is_not_retired_before_the_new_model_is_trained() {
	build_and_execute(|| {
		played(0, 1, 500);
		run_to(40);
		assert_eq!(fork(), 3);
		assert_eq!(Pallet::head_view(0).unwrap().score, Score(500));
		assert!(Pallet::retired_heads(0, Page::ALL).is_empty());
		run_to(50);
		assert_eq!(Pallet::head_view(0), None);
		assert_eq!(Pallet::retired_heads(0, Page::ALL).len(), 1);
		assert_eq!((Pallet::head_view(1), Pallet::retired_heads(1, Page::ALL)), (None, vec![]));
	});
}

#[test]
fn retired_heads_are_shown_the_last_first() {
	build_and_execute(|| {
		played(0, 1, 500);
		let round = fork();
		let second = Round::number(round).commits(&[2]).reveals(&[(2, 300)]);
		second.votes(&all(None, 300)).settles();
		fork();
		fork();
		run_to(200);
		let retired: Vec<_> = Pallet::retired_heads(0, Page::ALL)
			.into_iter()
			.map(|head| (head.model_version, head.score))
			.collect();
		assert_eq!(retired, [(1, Score(300)), (0, Score(500))]);
		assert_eq!(Pallet::retired_heads(0, Page { from: 1, limit: 5 })[0].model_version, 0);
	});
}

#[test]
fn settled_rounds_are_listed_a_row_each() {
	build_and_execute(|| {
		played(0, 1, 500);
		Round::number(1).commits(&[1, 2]).reveals(&[(2, 490)]).votes(&all(Some(500), 490)).settles();
		Round::number(2).commits(&[1]).settles();
		let history = Pallet::history(0, 0, 100);
		let rows: Vec<_> = history.iter().map(|row| (row.round, row.commitments, row.reveals)).collect();
		assert_eq!(rows, [(0, 1, 1), (1, 2, 1), (2, 1, 0)]);
		assert_eq!(history[1].baseline, Some(Score(500)));
		let view = Pallet::round_view(0, 1).unwrap();
		let revealed = view.candidates[1].reveal.as_ref().unwrap();
		let winner = history[1].winner.as_ref().map(|winner| (winner.account.clone(), winner.checkpoint));
		assert_eq!(winner, view.winner.map(|account| (account, revealed.checkpoint)));
		assert_eq!(history[2].winner, None);
		assert_eq!(Pallet::history(0, 1, 1), history[1..2]);
		assert_eq!(Pallet::history(0, 3, 100), []);
		assert_eq!(Pallet::history(9, 0, 100), []);
	});
}

#[test]
fn a_round_is_played_with_the_data_set_that_it_began_with() {
	build_and_execute(|| {
		run_to(15);
		apply_delta(0);
		let round = Round::new().commits(&[1, 2]);
		assert_eq!(round.stored().dataset_version, 1);
		assert_eq!(Pallet::round_view(0, 0).unwrap().dataset_version, 1);
		assert_eq!(Pallet::round_view(0, 1).unwrap().dataset_version, 2);
		let next = Round::number(1).commits(&[2]);
		assert_eq!(next.stored().dataset_version, 2);

		let round = round.reveals(&[(1, 500)]).at(|windows| windows.attest.start);
		assert_eq!(Pallet::evaluation_request(0, 0).unwrap().deltas, [delta(0)]);
		round.votes(&all(None, 500)).settles();
		next.reveals(&[(2, 400)]).at(|windows| windows.attest.start);
		let deltas = Pallet::evaluation_request(0, 1).unwrap().deltas;
		assert_eq!(deltas, [delta(0), delta(1)]);
	});
}

#[test]
fn the_committee_is_not_sent_for_data_that_it_does_not_draw_from() {
	build_and_execute(|| {
		let set = ContentRef::raw(b"validation").unwrap();
		change(0, |rules| rules.policy = EvaluationPolicy::Validation { set, records: 100 });
		Round::new().commits(&[1]).reveals(&[(1, 500)]).at(|windows| windows.attest.start);
		assert!(Pallet::evaluation_request(0, 0).unwrap().deltas.is_empty());
	});
}

#[test]
fn no_round_is_played_while_the_head_is_good_enough() {
	build_and_execute(|| {
		change(0, |rules| rules.target = Some(Score(500)));
		let round = Round::new().commits(&[1]).reveals(&[(1, 500)]);
		let round = round.votes(&all(None, 500));
		let next = Round::number(1);
		assert_ok!(next.commit(2, DEPOSIT));
		round.settles();
		assert_noop!(next.commit(3, DEPOSIT), Error::<Test>::TargetReached);
		let next = next.reveals(&[(2, 300)]).votes(&all(Some(500), 300)).settles();
		assert_eq!(next.outcomes(), [Won], "who has committed before plays the round to its end");
		assert_noop!(Round::number(2).commit(3, DEPOSIT), Error::<Test>::TargetReached);

		assert_eq!(amend(0, |rules| rules.target = Some(Score(299))), 3);
		assert_noop!(Round::number(2).commit(3, DEPOSIT), Error::<Test>::TargetReached);
		run_to(50);
		assert_ok!(Round::number(3).commit(3, DEPOSIT));
		amend(0, |rules| rules.target = Some(Score(1_000)));
		run_to(64);
		assert_noop!(Round::number(4).commit(3, DEPOSIT), Error::<Test>::TargetReached);
		fork();
		run_to(78);
		assert_ok!(Round::number(5).commit(3, DEPOSIT));
	});
}

/// A round that an account plays alone, against a head that no provider serves.
fn unopposed(index: u32, number: u8, score: u64) -> Round {
	Round::number(index).commits(&[number]).reveals(&[(number, score)]).votes(&all(None, score)).settles()
}

const VALIDATION: fn() -> EvaluationPolicy =
	|| EvaluationPolicy::Validation { set: ContentRef::raw(b"validation").unwrap(), records: 100 };

#[test]
fn a_withheld_head_raises_no_bar_on_data_that_it_was_not_accepted_on() {
	build_and_execute(|| {
		played(0, 1, 500);
		apply_delta(0);
		assert_eq!(unopposed(1, 2, 900).outcomes(), [NotBetter], "round 1 is played on the old data");
		let round = unopposed(2, 2, 900);
		assert_eq!((round.outcomes(), round.stored().settled.unwrap().baseline), (vec![Won], None));
		let head = Heads::<Test>::get(0, 0).unwrap();
		assert_eq!((head.score, head.dataset_version), (Score(900), 2));
		assert_eq!(unopposed(3, 3, 900).outcomes(), [NotBetter]);
	});
}

#[test]
fn a_withheld_head_keeps_its_bar_where_the_validation_set_stays() {
	build_and_execute(|| {
		change(0, |rules| rules.policy = VALIDATION());
		played(0, 1, 500);
		apply_delta(0);
		assert_eq!(unopposed(2, 2, 900).outcomes(), [NotBetter]);
	});
}

#[test]
fn a_withheld_head_raises_no_bar_under_another_policy() {
	build_and_execute(|| {
		played(0, 1, 500);
		assert_eq!(amend(0, |rules| rules.policy = VALIDATION()), 2);
		assert_eq!(unopposed(1, 2, 900).outcomes(), [NotBetter]);
		assert_eq!(unopposed(2, 2, 900).outcomes(), [Won]);
		assert_eq!(Heads::<Test>::get(0, 0).unwrap().policy, VALIDATION());
	});
}

#[test]
fn a_target_is_not_reached_by_a_score_on_something_else() {
	build_and_execute(|| {
		change(0, |rules| rules.target = Some(Score(500)));
		played(0, 1, 500);
		assert_noop!(Round::number(1).commit(2, DEPOSIT), Error::<Test>::TargetReached);
		apply_delta(0);
		run_to(36);
		assert_ok!(Round::number(2).commit(2, DEPOSIT));
		assert_eq!(amend(0, |rules| rules.policy = VALIDATION()), 3);
		run_to(50);
		assert_ok!(Round::number(3).commit(2, DEPOSIT));
	});
}

#[test]
fn a_target_on_the_validation_set_is_reached_whatever_the_data() {
	build_and_execute(|| {
		change(0, |rules| (rules.policy, rules.target) = (VALIDATION(), Some(Score(500))));
		played(0, 1, 500);
		apply_delta(0);
		run_to(36);
		assert_noop!(Round::number(2).commit(2, DEPOSIT), Error::<Test>::TargetReached);
	});
}

#[test]
fn a_round_that_is_settled_late_crowns_the_head_of_its_model() {
	build_and_execute(|| {
		(33..38).for_each(super::commit::fill_agenda);
		let old = Round::new().commits(&[1]);
		fork();
		let new = Round::number(1).commits(&[2]);
		let old = old.reveals(&[(1, 500)]).votes(&all(None, 500));
		run_to(37);
		assert_noop!(new.reveal(2, 900), Error::<Test>::SettlementOverdue);
		assert_ok!(old.nudge(9));
		assert_eq!(Heads::<Test>::get(0, 0).unwrap().score, Score(500));
		let new = new.reveals(&[(2, 900)]).votes(&all(None, 900)).settles();
		assert_eq!(new.outcomes(), [Won]);
		assert_eq!(Heads::<Test>::get(0, 1).unwrap().score, Score(900));
	});
}
