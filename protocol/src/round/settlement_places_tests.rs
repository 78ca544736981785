//! Rounds that pay more than one winner.
#![allow(clippy::arithmetic_side_effects)]

use super::{
	tests::{ballot, claims, heads, lies, measurement, rounds},
	*,
};
use proptest::{collection::vec, prelude::*};

/// The end of a round by the rule of one place, told in another way: the first candidate in rank order that
/// is not refuted decides it.
fn by_one_place(
	claims: &[Option<Score>],
	committee: &[Weighted<Ballot>],
	head: Incumbent,
	minimum: u64,
) -> (Vec<Outcome>, Option<(usize, Score)>) {
	let mut outcomes: Vec<_> = claims
		.iter()
		.map(|claim| if claim.is_some() { Outcome::Outranked } else { Outcome::Unrevealed })
		.collect();
	let ranked = crate::rank(claims);
	let is_refuted = |rank: usize| {
		let answers = Answers::on(rank, committee);
		answers.accepted.is_none() && is_veto(answers.refusals, total(committee))
	};
	let refuted = (0..ranked.len()).take_while(|rank| is_refuted(*rank)).count();
	for (rank, position) in ranked[..refuted].iter().enumerate() {
		outcomes[*position] = Answers::on(rank, committee).refuted();
	}
	let Some(deciding) = ranked.get(refuted) else {
		return (outcomes, None);
	};
	match (Answers::on(refuted, committee).accepted, bar(committee, head)) {
		(None, _) => {
			ranked[refuted..].iter().for_each(|position| outcomes[*position] = Outcome::NoQuorum);
			(outcomes, None)
		}
		(Some(score), Some(bar)) if !score.beats(bar, minimum) => {
			outcomes[*deciding] = Outcome::NotBetter;
			(outcomes, None)
		}
		(Some(score), _) => {
			outcomes[*deciding] = Outcome::Won;
			(outcomes, Some((*deciding, score)))
		}
	}
}

#[test]
fn places_are_filled_in_rank_order_past_what_is_refuted() {
	let verdicts = [
		Verdict::Match(measurement(100)),
		Verdict::Mismatch(measurement(900)),
		Verdict::Match(measurement(300)),
		Verdict::Match(measurement(350)),
		Verdict::Match(measurement(390)),
	];
	let committee = heads(&vec![ballot(Some(400), &verdicts); 4], 4);
	let settle =
		|places| settle(&claims(&[350, 390, 100, 300, 200]), &committee, Incumbent::Nobody, 50, places);
	let settle = |places| {
		let Settlement { accepted, outcomes, .. } = settle(places);
		(accepted.into_iter().map(|(position, _)| position).collect::<Vec<_>>(), outcomes)
	};
	let (won, outranked, refuted) = (Outcome::Won, Outcome::Outranked, Outcome::Refuted);
	let placed = Outcome::Placed;
	assert_eq!(settle(1), (vec![2], vec![outranked, outranked, won, outranked, outranked]));
	assert_eq!(settle(2), (vec![2, 3], vec![outranked, outranked, won, placed, refuted]));
	assert_eq!(settle(3), (vec![2, 3, 0], vec![placed, outranked, won, placed, refuted]));
	let head = Incumbent::Accepted(Score(400));
	let fewer = super::settle(&claims(&[350, 390, 100, 300, 200]), &committee, head, 50, 9);
	assert_eq!(fewer.accepted.len(), 3, "390 does not beat 400 by 50");
	assert_eq!(fewer.outcomes, [placed, Outcome::NotBetter, won, placed, refuted]);
}

#[test]
fn no_quorum_behind_the_winner_leaves_it_its_place() {
	let seen = [Verdict::Match(measurement(1)), Verdict::Match(measurement(2))];
	let ballots = [vec![ballot(None, &seen); 2], vec![ballot(None, &seen[..1]); 2]].concat();
	let settled = settle(&claims(&[1, 2, 3]), &heads(&ballots, 4), Incumbent::Nobody, 0, 2);
	assert_eq!(settled.accepted, [(0, Score(1))]);
	assert_eq!(settled.outcomes, [Outcome::Won, Outcome::NoQuorum, Outcome::NoQuorum]);
	assert_eq!(settled.contested, None);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2_000))]

	/// With one place, the first candidate that is not refuted decides the round and ends it.
	#[test]
	fn one_place_is_decided_by_the_first_that_is_not_refuted(
		round in rounds(),
		ballots in vec(lies(), 0..8).prop_map(|lies| lies.into_iter().flatten().collect::<Vec<_>>()),
		absent in 0..4usize,
		minimum in 0..20u64,
	) {
		let committee = heads(&ballots, ballots.len() + absent);
		let head = round.head.map_or(Incumbent::Nobody, |head| Incumbent::Accepted(Score(head)));
		let settled = settle(&round.claims(), &committee, head, minimum, 1);
		let winner = settled.winner();
		prop_assert_eq!(settled.accepted.len(), usize::from(winner.is_some()));
		prop_assert_eq!((settled.outcomes, winner), by_one_place(&round.claims(), &committee, head, minimum));
	}

	/// More places change nothing for those that have one already, and who gets one has 2/3 behind it and
	/// beats the bar.
	#[test]
	fn a_place_more_takes_none_away(
		round in rounds(),
		lies in vec(lies(), 0..4).prop_map(|lies| lies.into_iter().flatten().collect::<Vec<_>>()),
		honest in 0..8usize,
		absent in 0..4usize,
		minimum in 0..20u64,
		places in 1..6usize,
	) {
		let ballots = [lies, vec![round.honest_ballot(places + 1); honest]].concat();
		let committee = heads(&ballots, ballots.len() + absent);
		let head = round.head.map_or(Incumbent::Nobody, |head| Incumbent::Accepted(Score(head)));
		let fewer = settle(&round.claims(), &committee, head, minimum, places);
		let more = settle(&round.claims(), &committee, head, minimum, places + 1);
		prop_assert!(fewer.accepted.len() <= places);
		prop_assert!(more.accepted.starts_with(&fewer.accepted));
		prop_assert_eq!((fewer.winner(), fewer.baseline), (more.winner(), more.baseline));
		let claims = round.claims();
		let ranked = crate::rank(&claims);
		let ranks: Vec<_> = more
			.accepted
			.iter()
			.map(|(position, _)| ranked.iter().position(|other| other == position).unwrap())
			.collect();
		prop_assert!(ranks.is_sorted_by(|before, after| before < after));
		for ((_, score), rank) in more.accepted.iter().zip(ranks) {
			prop_assert_eq!(Answers::on(rank, &committee).accepted, Some(*score));
			prop_assert!(more.baseline.is_none_or(|bar| score.beats(bar, minimum)));
		}
	}
}
