//! Settlement by example, and as properties over arbitrary honest rounds with arbitrary liars.
#![allow(clippy::arithmetic_side_effects)]

use super::*;
use crate::Measurement;
use proptest::{collection::vec, prelude::*};
use sp_core::H256;

pub(super) fn measurement(score: u64) -> Measurement {
	Measurement { score: Score(score), root: H256::from_low_u64_be(score) }
}

pub(super) fn ballot(baseline: Option<u64>, verdicts: &[Verdict]) -> Ballot {
	Ballot { baseline: baseline.map(measurement), verdicts: verdicts.to_vec().try_into().unwrap() }
}

pub(super) fn claims(claims: &[u64]) -> Vec<Option<Score>> {
	claims.iter().map(|claim| Some(Score(*claim))).collect()
}

/// A committee of so many members of equal weight, of whom the first have opened.
pub(super) fn heads(ballots: &[Ballot], committee: usize) -> Vec<Weighted<Ballot>> {
	let silent = committee.saturating_sub(ballots.len());
	let answers = ballots.iter().cloned().map(Some).chain(core::iter::repeat_n(None, silent));
	answers.map(|answer| Weighted { weight: 1, answer }).collect()
}

/// Settles a round by such a committee.
fn by_heads(
	claims: &[Option<Score>],
	ballots: &[Ballot],
	committee: usize,
	head: Incumbent,
	minimum_improvement: u64,
) -> Settlement {
	settle(claims, &heads(ballots, committee), head, minimum_improvement, 1)
}

#[test]
fn the_first_round_has_no_bar() {
	let ballots = vec![ballot(None, &[Verdict::Match(measurement(500))]); 3];
	let settled = by_heads(&claims(&[500, 600]), &ballots, 4, Incumbent::Nobody, 1_000);
	assert_eq!(settled.outcomes, [Outcome::Won, Outcome::Outranked]);
	assert_eq!(settled.winner(), Some((0, Score(500))));
	assert_eq!(settled.measured, [Some(Score(500)), None]);
}

#[test]
fn a_refuted_claim_makes_room_for_the_next() {
	let ballots =
		vec![ballot(Some(400), &[Verdict::Mismatch(measurement(900)), Verdict::Match(measurement(300))]); 4];
	let settled = by_heads(&claims(&[350, 100]), &ballots, 4, Incumbent::Accepted(Score(1)), 50);
	assert_eq!(settled.outcomes, [Outcome::Won, Outcome::Refuted]);
	assert_eq!(settled.measured, [Some(Score(300)), Some(Score(900))]);
	assert_eq!(settled.baseline, Some(Score(400)));
}

#[test]
fn a_departure_makes_room_for_the_next() {
	let departed = Verdict::Departed(measurement(100));
	let ballots = vec![ballot(Some(400), &[departed, Verdict::Match(measurement(300))]); 3];
	let settled = by_heads(&claims(&[300, 100]), &ballots, 4, Incumbent::Accepted(Score(400)), 50);
	assert_eq!(settled.outcomes, [Outcome::Won, Outcome::Departed]);
	assert_eq!(settled.measured, [Some(Score(300)), Some(Score(100))]);
}

/// The outcome of a candidate of whom members of these weights say this.
fn refused(said: &[(u64, Verdict)]) -> Outcome {
	let member = |(weight, verdict): &(u64, Verdict)| Weighted {
		weight: *weight,
		answer: Some(ballot(None, &[*verdict])),
	};
	let committee: Vec<_> = said.iter().map(member).collect();
	settle(&claims(&[7]), &committee, Incumbent::Nobody, 0, 1).outcomes[0]
}

#[test]
fn a_candidate_has_departed_where_most_of_those_who_refuse_it_say_so() {
	let (departed, matched) = (Verdict::Departed(measurement(7)), Verdict::Match(measurement(7)));
	let other = Verdict::Mismatch(measurement(8));
	for (said, outcome) in [
		(vec![(4, departed)], Outcome::Departed),
		(vec![(2, departed), (2, matched)], Outcome::Departed),
		(vec![(1, departed), (2, matched)], Outcome::Won),
		(vec![(1, departed), (3, matched)], Outcome::Won),
		(vec![(2, departed), (1, other), (1, matched)], Outcome::Departed),
		(vec![(1, departed), (1, Verdict::Invalid), (2, matched)], Outcome::Refuted),
		(vec![(1, departed), (2, other), (1, matched)], Outcome::Refuted),
		// Two matches with other roots refuse it as well.
		(vec![(2, departed), (2, matched), (1, Verdict::Match(measurement(9)))], Outcome::Departed),
		(vec![(1, departed), (2, matched), (2, Verdict::Match(measurement(9)))], Outcome::Refuted),
	] {
		assert_eq!(refused(&said), outcome, "{said:?}");
	}
}

#[test]
fn the_minimum_improvement_counts() {
	let ballots = vec![ballot(Some(400), &[Verdict::Match(measurement(351))]); 4];
	let settled = by_heads(&claims(&[351, 360]), &ballots, 4, Incumbent::Accepted(Score(1)), 50);
	assert_eq!(settled.outcomes, [Outcome::NotBetter, Outcome::Outranked]);
	assert_eq!(settled.winner(), None);
}

#[test]
fn an_unrevealed_commitment_is_never_looked_at() {
	let ballots = vec![ballot(None, &[Verdict::Match(measurement(7))]); 4];
	let settled = by_heads(&[None, Some(Score(7)), None], &ballots, 4, Incumbent::Nobody, 0);
	assert_eq!(settled.outcomes, [Outcome::Unrevealed, Outcome::Won, Outcome::Unrevealed]);
}

#[test]
fn two_of_four_are_no_quorum_and_no_veto() {
	let ballots = vec![ballot(None, &[Verdict::Match(measurement(7))]); 2];
	let settled = by_heads(&claims(&[7, 8]), &ballots, 4, Incumbent::Nobody, 0);
	assert_eq!(settled.outcomes, [Outcome::NoQuorum, Outcome::NoQuorum]);
	let settled = by_heads(&claims(&[7, 8]), &[], 4, Incumbent::Nobody, 0);
	assert_eq!(settled.outcomes, [Outcome::NoQuorum, Outcome::NoQuorum]);
}

#[test]
fn bonds_are_counted_and_not_heads() {
	// Four validators with much, and eight with a hundredth of it, which are two thirds of the heads.
	let honest = ballot(None, &[Verdict::Match(measurement(7))]);
	let lie = ballot(None, &[Verdict::Mismatch(measurement(9))]);
	let member = |weight, ballot: &Ballot| Weighted { weight, answer: Some(ballot.clone()) };
	let mut committee = vec![member(100, &honest); 4];
	committee.extend(vec![member(1, &lie); 8]);
	let settled = settle(&claims(&[7]), &committee, Incumbent::Nobody, 0, 1);
	assert_eq!(settled.outcomes, [Outcome::Won]);
}

#[test]
fn below_four_members_nobody_is_refuted_for_being_unavailable() {
	let lie = ballot(None, &[Verdict::Unavailable]);
	for committee in 2..=3 {
		let ballots = vec![lie.clone(); committee];
		let settled = by_heads(&claims(&[7]), &ballots, committee, Incumbent::Nobody, 0);
		assert_eq!(settled.outcomes, [Outcome::NoQuorum]);
		assert_eq!(settled.contested, None);
	}
	let settled = by_heads(&claims(&[7]), &vec![lie; 4], 4, Incumbent::Nobody, 0);
	assert_eq!(settled.outcomes, [Outcome::Refuted]);
}

#[test]
fn a_third_is_no_veto_and_more_is() {
	let refusing = |refusals| {
		let mut ballots = vec![ballot(None, &[Verdict::Match(measurement(7))]); 3];
		ballots.extend(vec![ballot(None, &[Verdict::Unavailable]); refusals]);
		by_heads(&claims(&[7]), &ballots, 6, Incumbent::Nobody, 0).outcomes
	};
	assert_eq!(refusing(2), [Outcome::NoQuorum]);
	assert_eq!(refusing(3), [Outcome::Refuted]);
}

#[test]
fn who_abstains_is_silent_on_that_candidate_and_heard_on_the_next() {
	let (lie, truth) = (Verdict::Mismatch(measurement(900)), Verdict::Match(measurement(300)));
	let mut ballots = vec![ballot(None, &[lie, truth]); 3];
	ballots.push(ballot(None, &[Verdict::Abstained, truth]));
	let settled = by_heads(&claims(&[350, 100]), &ballots, 4, Incumbent::Nobody, 0);
	assert_eq!(settled.outcomes, [Outcome::Won, Outcome::Refuted]);
	// Abstentions are no refusals, even where they are more than a third.
	let ballots = [vec![ballot(None, &[truth]); 2], vec![ballot(None, &[Verdict::Abstained]); 2]].concat();
	let settled = by_heads(&claims(&[300]), &ballots, 4, Incumbent::Nobody, 0);
	assert_eq!((settled.outcomes.as_slice(), settled.contested), ([Outcome::NoQuorum].as_slice(), None));
}

#[test]
fn an_empty_committee_accepts_nothing() {
	assert_eq!(by_heads(&claims(&[7]), &[], 0, Incumbent::Nobody, 0).outcomes, [Outcome::NoQuorum]);
}

#[test]
fn equal_scores_of_different_transcripts_do_not_add_up() {
	let copied = Measurement { score: Score(7), root: H256::zero() };
	let mut ballots = vec![ballot(None, &[Verdict::Match(measurement(7))]); 2];
	ballots.push(ballot(None, &[Verdict::Match(copied)]));
	assert_eq!(by_heads(&claims(&[7]), &ballots, 4, Incumbent::Nobody, 0).outcomes, [Outcome::NoQuorum]);
}

#[test]
fn a_checkpoint_that_everybody_measures_differently_is_refuted() {
	let ballots: Vec<_> = (0..4)
		.map(|member| {
			let other = Measurement { score: Score(7), root: H256::from_low_u64_be(member) };
			ballot(None, &[Verdict::Match(other), Verdict::Match(measurement(8))])
		})
		.collect();
	let settled = by_heads(&claims(&[7, 8]), &ballots, 4, Incumbent::Nobody, 0);
	assert_eq!(settled.outcomes, [Outcome::Refuted, Outcome::Won]);
}

#[test]
fn a_head_that_nobody_serves_keeps_its_bar() {
	let ballots = vec![ballot(None, &[Verdict::Match(measurement(300))]); 3];
	assert_eq!(
		by_heads(&claims(&[300]), &ballots, 4, Incumbent::Accepted(Score(200)), 0).outcomes,
		[Outcome::NotBetter]
	);
	assert_eq!(
		by_heads(&claims(&[300]), &ballots, 4, Incumbent::Accepted(Score(301)), 0).outcomes,
		[Outcome::Won]
	);
}

#[test]
fn what_was_measured_on_something_else_is_no_bar() {
	let ballots = vec![ballot(None, &[Verdict::Match(measurement(300))]); 3];
	let settled = by_heads(&claims(&[300]), &ballots, 4, Incumbent::Incomparable, 0);
	assert_eq!((settled.outcomes, settled.baseline), (vec![Outcome::Won], None));
	let ballots = vec![ballot(Some(299), &[Verdict::Match(measurement(300))]); 3];
	let settled = by_heads(&claims(&[300]), &ballots, 4, Incumbent::Incomparable, 0);
	assert_eq!(settled.outcomes, [Outcome::NotBetter]);
	let absent = ballot(None, &[Verdict::Match(measurement(300))]);
	let divided = [ballots[0].clone(), ballots[1].clone(), absent.clone(), absent];
	let settled = by_heads(&claims(&[300]), &divided, 4, Incumbent::Incomparable, 0);
	assert_eq!((settled.outcomes, settled.baseline), (vec![Outcome::NotBetter], Some(Score(299))));
	let alone = [ballots[0].clone(), divided[2].clone(), divided[3].clone()];
	let settled = by_heads(&claims(&[300]), &alone, 4, Incumbent::Incomparable, 0);
	assert_eq!((settled.outcomes, settled.baseline), (vec![Outcome::Won], None));
}

/// The end of a round in which everybody finds 300 claimed and measured, with these baselines.
fn beside(baselines: &[Option<u64>], accepted: u64) -> Settlement {
	let ballots: Vec<_> =
		baselines.iter().map(|baseline| ballot(*baseline, &[Verdict::Match(measurement(300))])).collect();
	let head = Incumbent::Accepted(Score(accepted));
	by_heads(&claims(&[300, 310]), &ballots, baselines.len(), head, 0)
}

#[test]
fn a_head_that_some_are_served_or_that_all_measure_differently_stops_nobody() {
	let nobody = [None; 4];
	let one = [Some(250), None, None, None];
	let measured = [Some(400), Some(401), Some(402), Some(403)];
	for baselines in [nobody, one, measured] {
		let settled = beside(&baselines, 301);
		assert_eq!(settled.outcomes, [Outcome::Won, Outcome::Outranked]);
		assert_eq!(settled.baseline, Some(Score(301)));
		let settled = beside(&baselines, 300);
		assert_eq!(settled.outcomes, [Outcome::NotBetter, Outcome::Outranked]);
	}
}

/// On an easy draw a head scores below what it was accepted with: that it is withheld from some must not make
/// it easier to beat.
#[test]
fn what_more_than_a_third_measured_of_the_head_counts() {
	let three = [Some(250), Some(250), Some(250), None];
	let two = [Some(250), Some(250), Some(251), None];
	let divided = [Some(250), Some(250), Some(500), Some(500)];
	for baselines in [three, two, divided] {
		let settled = beside(&baselines, 301);
		assert_eq!(settled.outcomes[0], Outcome::NotBetter);
		assert_eq!(settled.baseline, Some(Score(250)));
	}
}

/// The end of a first round in which so many members find what is claimed, so many can't fetch it, and the
/// rest is silent.
fn divided(matches: usize, refusals: usize, committee: usize) -> Settlement {
	let mut ballots = vec![ballot(None, &[Verdict::Match(measurement(7))]); matches];
	ballots.extend(vec![ballot(None, &[Verdict::Unavailable]); refusals]);
	by_heads(&claims(&[8, 7]), &ballots, committee, Incumbent::Nobody, 0)
}

#[test]
fn a_checkpoint_that_some_members_only_can_fetch_is_contested() {
	let settled = divided(4, 2, 7);
	assert_eq!(settled.outcomes, [Outcome::NoQuorum; 2]);
	assert_eq!(settled.contested, Some(1));
	assert_eq!(divided(66, 33, 100).contested, Some(1));
}

#[test]
fn silence_is_not_the_trainers_fault() {
	for (matches, refusals, committee) in [(4, 0, 7), (2, 1, 4), (0, 1, 4), (3, 2, 7), (0, 0, 4)] {
		let settled = divided(matches, refusals, committee);
		assert_eq!(settled.outcomes, [Outcome::NoQuorum; 2]);
		assert_eq!(settled.contested, None, "{matches} of {committee}, {refusals} against");
	}
}

#[test]
fn an_ill_conditioned_checkpoint_is_refuted_as_an_invalid_one_is() {
	let reasons = [Verdict::IllConditioned, Verdict::Invalid];
	for (members, outcome) in [(4, Outcome::Refuted), (2, Outcome::Refuted), (1, Outcome::NoQuorum)] {
		let ballots: Vec<_> = (0..members)
			.map(|member| ballot(None, &[reasons[member % 2], Verdict::Match(measurement(7))]))
			.collect();
		let settled = by_heads(&claims(&[1, 7]), &ballots, 4, Incumbent::Nobody, 0);
		assert_eq!(settled.outcomes[0], outcome, "{members} of 4");
		assert_eq!(settled.measured[0], None);
	}
}

#[test]
fn what_is_decided_is_not_contested() {
	for (matches, refusals) in [(5, 2), (4, 3), (0, 7), (7, 0)] {
		let settled = divided(matches, refusals, 7);
		assert_ne!(settled.outcomes[1], Outcome::NoQuorum);
		assert_eq!(settled.contested, None);
	}
}

#[test]
fn a_checkpoint_is_contested_whatever_members_say_of_the_head() {
	let ballots: Vec<_> = (0..6u64)
		.map(|member| {
			let verdict = match member {
				0 | 1 => Verdict::Unavailable,
				_ => Verdict::Match(measurement(7)),
			};
			ballot(Some(400 + member), &[verdict])
		})
		.collect();
	let contested = |head| by_heads(&claims(&[7]), &ballots, 7, head, 0).contested;
	assert_eq!(contested(Incumbent::Accepted(Score(400))), Some(0));
	assert_eq!(contested(Incumbent::Nobody), Some(0));
}

/// A round as honest members see it: what each candidate claims and what its checkpoint is worth.
#[derive(Clone, Debug)]
pub(super) struct Round {
	candidates: Vec<Candidate>,
	pub(super) head: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
	claim: Option<u64>,
	worth: Worth,
}

#[derive(Clone, Copy, Debug)]
enum Worth {
	Score(u64),
	/// It scores what it claims, and its recorded training is not how it was made.
	Departed,
	Unavailable,
	Invalid,
	IllConditioned,
}

impl Round {
	pub(super) fn claims(&self) -> Vec<Option<Score>> {
		self.candidates.iter().map(|candidate| candidate.claim.map(Score)).collect()
	}

	/// The ballot of a member that looks for so many matches.
	pub(super) fn honest_ballot(&self, places: usize) -> Ballot {
		let mut verdicts = Vec::new();
		let mut matches = 0;
		for position in crate::rank(&self.claims()) {
			let Candidate { claim, worth } = self.candidates[position];
			let verdict = match worth {
				Worth::Score(score) if claim == Some(score) => Verdict::Match(measurement(score)),
				Worth::Score(score) => Verdict::Mismatch(measurement(score)),
				Worth::Departed => Verdict::Departed(measurement(claim.unwrap_or_default())),
				Worth::Unavailable => Verdict::Unavailable,
				Worth::Invalid => Verdict::Invalid,
				Worth::IllConditioned => Verdict::IllConditioned,
			};
			verdicts.push(verdict);
			matches += usize::from(matches!(verdict, Verdict::Match(_)));
			if matches == places {
				break;
			}
		}
		ballot(self.head, &verdicts)
	}
}

fn worths() -> impl Strategy<Value = Worth> {
	prop_oneof![
		4 => (0..100u64).prop_map(Worth::Score),
		1 => Just(Worth::Departed),
		1 => Just(Worth::Unavailable),
		1 => Just(Worth::Invalid),
		1 => Just(Worth::IllConditioned),
	]
}

pub(super) fn rounds() -> impl Strategy<Value = Round> {
	// Trainers claim the measured score exactly, or anything else.
	let candidate = (proptest::option::weighted(0.8, 0..100u64), worths(), any::<bool>()).prop_map(
		|(claim, worth, is_true)| {
			let claim = match worth {
				Worth::Score(score) if is_true => claim.map(|_| score),
				_ => claim,
			};
			Candidate { claim, worth }
		},
	);
	(vec(candidate, 0..12), proptest::option::of(0..100u64))
		.prop_map(|(candidates, head)| Round { candidates, head })
}

fn verdicts() -> impl Strategy<Value = Verdict> {
	prop_oneof![
		3 => (0..100u64).prop_map(|score| Verdict::Match(measurement(score))),
		2 => (0..100u64).prop_map(|score| Verdict::Mismatch(measurement(score))),
		2 => (0..100u64).prop_map(|score| Verdict::Departed(measurement(score))),
		1 => Just(Verdict::Unavailable),
		1 => Just(Verdict::Invalid),
		1 => Just(Verdict::IllConditioned),
	]
}

pub(super) fn lies() -> impl Strategy<Value = Option<Ballot>> {
	let lie = (proptest::option::of(0..100u64), vec(verdicts(), 0..12))
		.prop_map(|(baseline, verdicts)| ballot(baseline, &verdicts));
	proptest::option::weighted(0.8, lie)
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2_000))]

	/// Fewer than a third of the committee, saying whatever they like or nothing, change nothing.
	#[test]
	fn liars_change_nothing(round in rounds(), lies in vec(lies(), 0..5), more in 1..8usize, minimum in 0..20u64) {
		let honest = lies.len() * 2 + more;
		let committee = honest + lies.len();
		prop_assert!(lies.len() * 3 < committee);
		let head = round.head.map_or(Incumbent::Nobody, |head| Incumbent::Accepted(Score(head)));
		let truth = by_heads(&round.claims(), &vec![round.honest_ballot(1); committee], committee, head, minimum);
		let ballots: Vec<_> = lies.into_iter().flatten().chain(std::iter::repeat_n(round.honest_ballot(1), honest)).collect();
		prop_assert_eq!(by_heads(&round.claims(), &ballots, committee, head, minimum), truth);
	}

	/// A checkpoint that every honest member can measure is never contested as long as no more than a sixth
	/// of the committee lies, whoever is silent.
	#[test]
	fn silence_never_costs_an_honest_trainer(
		liars in vec(verdicts(), 0..5),
		more in 0..30usize,
		silent: usize,
		stopped: usize,
	) {
		let committee = liars.len() * 6 + more;
		let honest = committee - liars.len();
		let silent = silent % (honest + 1);
		let stopped = stopped % (honest - silent + 1);
		// Some were shown the checkpoint that ranks first, and looked no further.
		let mut ballots = vec![ballot(None, &[Verdict::Match(measurement(1))]); stopped];
		let looked = ballot(None, &[Verdict::Unavailable, Verdict::Match(measurement(7))]);
		ballots.extend(vec![looked; honest - silent - stopped]);
		ballots.extend(liars.into_iter().map(|lie| ballot(None, &[lie, lie])));
		let settled = by_heads(&claims(&[1, 7]), &ballots, committee, Incumbent::Nobody, 0);
		prop_assert_ne!(settled.contested, Some(1));
	}

	/// Whoever holds the head, whatever it serves to whom: what a round's candidates come to depends on the
	/// candidates, and who beats both what the head scores and what it was accepted with wins.
	#[test]
	fn a_head_never_stops_a_group(
		baselines in vec(proptest::option::of(50..60u64), 1..12),
		accepted in proptest::option::of(50..60u64),
		score in 0..100u64,
	) {
		let head = accepted.map_or(Incumbent::Incomparable, |score| Incumbent::Accepted(Score(score)));
		let ballots: Vec<_> =
			baselines.iter().map(|baseline| ballot(*baseline, &[Verdict::Match(measurement(score))])).collect();
		let settled = by_heads(&claims(&[score]), &ballots, ballots.len(), head, 0);
		prop_assert_ne!(settled.outcomes[0], Outcome::NoQuorum);
		prop_assert!(score >= 50 || settled.outcomes[0] == Outcome::Won);
		prop_assert!(score < 60 || settled.baseline.is_none() || settled.outcomes[0] == Outcome::NotBetter);
	}

	/// A claim that is the committee's number is never refuted, whatever a third of the committee says.
	#[test]
	fn a_true_claim_is_never_refuted(
		score in 0..100u64,
		lies in vec(lies(), 0..5),
		more in 1..8usize,
	) {
		let honest = lies.len() * 2 + more;
		let committee = honest + lies.len();
		let true_ballot = ballot(None, &[Verdict::Match(measurement(score))]);
		let ballots: Vec<_> =
			lies.into_iter().flatten().chain(std::iter::repeat_n(true_ballot, honest)).collect();
		let settled = by_heads(&claims(&[score]), &ballots, committee, Incumbent::Nobody, 0);
		prop_assert_eq!(settled.winner(), Some((0, Score(score))));
	}

	/// The order in which ballots were opened does not matter.
	#[test]
	fn settlement_is_deterministic(
		round in rounds(),
		ballots in vec(lies(), 0..8).prop_map(|lies| lies.into_iter().flatten().collect::<Vec<_>>()),
		committee in 1..10usize,
		rotation: usize,
	) {
		let mut rotated = ballots.clone();
		rotated.rotate_left(rotation % ballots.len().max(1));
		rotated.reverse();
		let head = round.head.map_or(Incumbent::Nobody, |head| Incumbent::Accepted(Score(head)));
		prop_assert_eq!(
			by_heads(&round.claims(), &ballots, committee.max(ballots.len()), head, 0),
			by_heads(&round.claims(), &rotated, committee.max(ballots.len()), head, 0),
		);
	}

	/// Whatever the ballots say: one outcome each, at most one winner, and only with 2/3 behind it and below
	/// the bar.
	#[test]
	fn every_commitment_ends_once(
		round in rounds(),
		ballots in vec(lies(), 0..8).prop_map(|lies| lies.into_iter().flatten().collect::<Vec<_>>()),
		absent in 0..4usize,
		minimum in 0..20u64,
	) {
		let committee = ballots.len() + absent;
		let head = round.head.map_or(Incumbent::Nobody, |head| Incumbent::Accepted(Score(head)));
		let claims = round.claims();
		let settled = by_heads(&claims, &ballots, committee, head, minimum);
		prop_assert_eq!(settled.outcomes.len(), claims.len());
		let won: Vec<_> = (0..claims.len()).filter(|position| settled.outcomes[*position] == Outcome::Won).collect();
		prop_assert_eq!(settled.winner().map(|(position, _)| vec![position]).unwrap_or_default(), won);
		for (position, outcome) in settled.outcomes.iter().enumerate() {
			prop_assert_eq!(claims[position].is_none(), *outcome == Outcome::Unrevealed);
		}
		if let Some((position, score)) = settled.winner() {
			let rank = crate::rank(&claims).iter().position(|ranked| *ranked == position).unwrap();
			let behind = ballots.iter().filter(|ballot| {
				matches!(ballot.verdicts.get(rank), Some(Verdict::Match(measurement)) if measurement.score == score)
			});
			prop_assert!(behind.count() * 3 >= committee * 2);
			prop_assert!(head == Incumbent::Nobody || score.beats(settled.baseline.unwrap(), minimum));
		}
	}
}
