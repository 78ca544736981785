//! Rounds that pay for the work of drawn trainers.
#![allow(clippy::arithmetic_side_effects)]

use super::{
	tests::{ballot, claims, heads, lies, measurement, rounds},
	*,
};
use proptest::{collection::vec, prelude::*};

fn near(score: Score, head: Option<Score>) -> bool {
	head.is_none_or(|head| score.0 <= head.0 + 50)
}

/// Settles a round of one winner in which all of four members say the same, and judges the work of the drawn
/// ones. `verdicts` are in rank order.
fn judged(claimed: &[u64], verdicts: &[Verdict], drawn: &[usize]) -> (Settlement, Vec<usize>) {
	let committee = heads(&vec![ballot(Some(400), verdicts); 4], 4);
	let mut settlement = settle(&claims(claimed), &committee, Incumbent::Accepted(Score(400)), 50, 1);
	let paid = settlement.judge_work(&claims(claimed), &committee, drawn, near);
	(settlement, paid)
}

#[test]
fn drawn_work_is_paid_behind_the_winner() {
	let matches = [100, 420, 460].map(|score| Verdict::Match(measurement(score)));
	let (settlement, paid) = judged(&[460, 100, 420], &matches, &[2, 2]);
	assert_eq!(paid, [2, 2]);
	assert_eq!(settlement.outcomes, [Outcome::Outranked, Outcome::Won, Outcome::Outranked]);
	assert_eq!(settlement.measured, [None, Some(Score(100)), Some(Score(420))]);
	assert_eq!((settlement.looked, settlement.winner()), (1, Some((1, Score(100)))));
	let (settlement, paid) = judged(&[460, 100, 420], &matches, &[0, 1]);
	assert_eq!(paid, [1], "460 is too far behind 400, and the winner is paid for its work, too");
	assert_eq!(settlement.measured, [Some(Score(460)), Some(Score(100)), None]);
}

#[test]
fn who_is_drawn_and_lies_loses_its_deposit() {
	let departed = Verdict::Departed(measurement(420));
	let mismatch = Verdict::Mismatch(measurement(900));
	let verdicts = [Verdict::Match(measurement(100)), departed, mismatch, Verdict::Abstained];
	let (settlement, paid) = judged(&[100, 420, 430, 440], &verdicts, &[1, 2, 3, 3]);
	assert!(paid.is_empty());
	let (won, outranked) = (Outcome::Won, Outcome::Outranked);
	assert_eq!(settlement.outcomes, [won, Outcome::Departed, Outcome::Refuted, outranked]);
	let (settlement, _) = judged(&[100, 420, 430, 440], &verdicts, &[0]);
	assert_eq!(settlement.outcomes, [won, outranked, outranked, outranked], "nobody looks at the others");
}

#[test]
fn work_is_paid_in_a_round_without_a_winner() {
	let silent = [Verdict::Abstained, Verdict::Match(measurement(420))];
	let (settlement, paid) = judged(&[100, 420], &silent, &[1, 0]);
	assert_eq!(settlement.outcomes, [Outcome::NoQuorum, Outcome::NoQuorum]);
	assert_eq!(paid, [1]);
	let worse = [Verdict::Match(measurement(410)), Verdict::Match(measurement(420))];
	let (settlement, paid) = judged(&[410, 420], &worse, &[0, 1]);
	assert_eq!(settlement.outcomes, [Outcome::NotBetter, Outcome::Outranked]);
	assert_eq!(paid, [0, 1]);
}

#[test]
fn who_has_not_revealed_is_not_paid() {
	let committee = heads(&vec![ballot(None, &[Verdict::Match(measurement(100))]); 4], 4);
	let claims = [None, Some(Score(100))];
	let mut settlement = settle(&claims, &committee, Incumbent::Nobody, 50, 1);
	assert_eq!(settlement.judge_work(&claims, &committee, &[0, 0, 1, 7], near), [1]);
	assert_eq!(settlement.outcomes, [Outcome::Unrevealed, Outcome::Won]);
}

proptest! {
	/// The draw changes nothing of who wins, and pays only what 2/3 confirm.
	#[test]
	fn work_takes_nobody_s_place(
		round in rounds(),
		lies in vec(lies(), 0..4).prop_map(|lies| lies.into_iter().flatten().collect::<Vec<_>>()),
		honest in 0..8usize,
		drawn in vec(0..8usize, 0..4),
	) {
		let ballots = [lies, vec![round.honest_ballot(8); honest]].concat();
		let committee = heads(&ballots, ballots.len());
		let head = round.head.map_or(Incumbent::Nobody, |head| Incumbent::Accepted(Score(head)));
		let claims = round.claims();
		let before = settle(&claims, &committee, head, 1, 1);
		let mut settlement = before.clone();
		let paid = settlement.judge_work(&claims, &committee, &drawn, near);
		prop_assert_eq!(&settlement.accepted, &before.accepted);
		let ranked = crate::rank(&claims);
		for (position, (now, then)) in settlement.outcomes.iter().zip(&before.outcomes).enumerate() {
			let is_refused = matches!(now, Outcome::Refuted | Outcome::Departed);
			prop_assert!(now == then || is_refused && drawn.contains(&position));
		}
		for position in &paid {
			let rank = ranked.iter().position(|other| other == position).unwrap();
			let score = Answers::on(rank, &committee).accepted;
			prop_assert!(score.is_some_and(|score| near(score, settlement.baseline)));
			prop_assert!(!matches!(settlement.outcomes[*position], Outcome::Refuted | Outcome::Departed));
		}
		let count = |list: &[usize], position| list.iter().filter(|other| **other == position).count();
		prop_assert!(paid.iter().all(|position| count(&paid, *position) == count(&drawn, *position)));
	}
}
