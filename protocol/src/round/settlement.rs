#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::{
	committee::{agreed, heaviest, is_quorum, is_veto, opened, total, weigh, Weighted, SMALLEST_TOLERANT},
	Ballot, Score, Verdict,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The outcome of a commitment. Every commitment of a settled round has exactly one.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Hash,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
	/// The claim was confirmed and beats the head: the checkpoint is the new head.
	Won,
	/// A candidate with a lower claim was confirmed, so this one was not looked at.
	Outranked,
	/// The claim was confirmed but does not beat the head by the minimum improvement.
	NotBetter,
	/// More than a third of the committee found that the claim is not what the checkpoint scores.
	Refuted,
	/// The commitment was never revealed.
	Unrevealed,
	/// Too few members of the committee agreed, so the round has no winner. Where it is the checkpoint that
	/// they contradict each other about, see [`Settlement::contested`], the commitment loses what an
	/// unrevealed one does.
	NoQuorum,
	/// The claim was confirmed and beats the head, behind the winner of a round that pays several: it has a
	/// part of the reward.
	Placed,
	/// More than a third of the committee refused the checkpoint, most of them because its recorded training
	/// is not how it was made.
	Departed,
}

impl Outcome {
	/// Returns true if 2/3 of the committee had to look at the checkpoint, and confirmed its claim.
	pub fn is_confirmed(self) -> bool {
		matches!(self, Self::Won | Self::Placed | Self::NotBetter)
	}
}

impl fmt::Display for Outcome {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(match self {
			Self::Won => "won",
			Self::Outranked => "outranked",
			Self::NotBetter => "not better",
			Self::Refuted => "refuted",
			Self::Unrevealed => "unrevealed",
			Self::NoQuorum => "no quorum",
			Self::Placed => "placed",
			Self::Departed => "departed",
		})
	}
}

/// The result of a round, drawn from the committee's ballots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
	/// The outcome of each commitment, in commit order.
	pub outcomes: Vec<Outcome>,
	/// The score that the committee measured of each commitment's checkpoint, where 2/3 hold the same, in
	/// commit order.
	pub measured: Vec<Option<Score>>,
	/// The positions of the accepted commitments that beat the head, and their measured scores, in rank
	/// order: the winner's first. The outcome of those behind the winner is [`Outcome::Placed`].
	pub accepted: Vec<(usize, Score)>,
	/// The score that had to be beaten.
	pub baseline: Option<Score>,
	/// The position of the first commitment without a quorum because members contradict each other about its
	/// checkpoint, and not because they are silent.
	pub contested: Option<usize>,
	/// Number of candidates that were looked at, in rank order. What members say of those behind them decides
	/// nothing.
	pub looked: usize,
}

impl Settlement {
	/// Returns the position of the winning commitment and its measured score.
	pub fn winner(&self) -> Option<(usize, Score)> {
		self.accepted.first().copied()
	}

	/// Judges the commitments at the `drawn` positions, whose work is paid for, by what the committee says of
	/// them, and returns those of them that are paid: where 2/3 hold `Match` with one measurement, whose
	/// score `is_near` that of the head, `None` without one. A position counts as often as it is drawn.
	///
	/// A candidate that nobody had to look at for the round's winners is refuted, or has departed, as one
	/// before it would be. That it is confirmed leaves its outcome as it is.
	pub fn judge_work(
		&mut self,
		claims: &[Option<Score>],
		committee: &[Weighted<Ballot>],
		drawn: &[usize],
		is_near: impl Fn(Score, Option<Score>) -> bool,
	) -> Vec<usize> {
		let ranked = crate::rank(claims);
		let mut paid = Vec::new();
		for (rank, position) in ranked.into_iter().enumerate() {
			let times = drawn.iter().filter(|drawn| **drawn == position).count();
			if times == 0 {
				continue;
			}
			let answers = Answers::on(rank, committee);
			if let Some(slot) = self.measured.get_mut(position) {
				*slot = answers.measured;
			}
			if let Some(score) = answers.accepted {
				let times = if is_near(score, self.baseline) { times } else { 0 };
				paid.extend(core::iter::repeat_n(position, times));
			} else if rank >= self.looked && is_veto(answers.refusals, total(committee)) {
				if let Some(outcome) = self.outcomes.get_mut(position) {
					*outcome = answers.refuted();
				}
			}
		}
		paid
	}
}

/// The head that a round's candidates compete with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incumbent {
	/// There is none.
	Nobody,
	/// It was accepted with this score, on what the round is measured on, too.
	Accepted(Score),
	/// It was accepted on something else: by another policy, or on another version of the data set. Its score
	/// then says nothing of what it would be now.
	Incomparable,
}

/// Settles a round.
///
/// `claims` are the claimed scores in commit order, `None` where a commitment was not revealed. The parts of
/// the committee are parts of its weight.
///
/// Candidates are looked at in rank order. A candidate is accepted where at least 2/3 of the committee hold
/// `Match` with one measurement. It is refuted where more than 1/3 hold anything else, including a match with
/// another measurement: a checkpoint whose score depends on the measuring member has none. It has departed
/// where it is refuted and most of those who refuse it say so. After a refuted
/// candidate the next is looked at. Where a candidate is neither, there is no quorum and the round has no
/// winner.
///
/// The first accepted candidate wins if it beats the head as 2/3 of the committee measured it on this round's
/// evaluation set. They may not have, because the head is withheld from some of them or its score depends on
/// the measuring member. Then it has to beat what more than 1/3 measured, which liars alone can't claim.
/// Where no third agrees either, it has to beat the score at which the head was accepted, so that the head's
/// owner can't stop the group by withholding it. Where that score was measured on something else, there is no
/// bar: nobody could tell what the score would be.
///
/// Where a round pays more `winners` than one, the next candidates are looked at until so many are accepted
/// that beat the head. Whatever happens behind the winner, it stays the winner; a candidate without a quorum
/// there takes no place, and the next ones are looked at.
///
/// A trainer that serves its checkpoint to some of the members only could have a round end without a quorum
/// as soon as one member is silent. So a candidate without a quorum is contested where more members refuse it
/// than say nothing of it. Silence alone never makes it so; a checkpoint that every member can fetch is
/// contested only where more than a sixth of the committee lies and more than a third lies or is silent,
/// which is more than the committee stands in any case. Where the silent are as many as those who refuse,
/// nobody can tell whose fault it is, and it is nobody's.
pub fn settle(
	claims: &[Option<Score>],
	committee: &[Weighted<Ballot>],
	head: Incumbent,
	minimum_improvement: u64,
	winners: usize,
) -> Settlement {
	let mut settlement = Settlement {
		outcomes: claims
			.iter()
			.map(|claim| if claim.is_some() { Outcome::Outranked } else { Outcome::Unrevealed })
			.collect(),
		measured: claims.iter().map(|_| None).collect(),
		accepted: Vec::new(),
		baseline: None,
		contested: None,
		looked: 0,
	};
	settlement.baseline = bar(committee, head);
	let ranked = crate::rank(claims);
	for (rank, position) in ranked.iter().copied().enumerate() {
		let answers = Answers::on(rank, committee);
		if let Some(slot) = settlement.measured.get_mut(position) {
			*slot = answers.measured;
		}
		let outcome = match (answers.accepted, settlement.baseline) {
			(Some(score), Some(bar)) if !score.beats(bar, minimum_improvement) => Outcome::NotBetter,
			(Some(score), _) => {
				settlement.accepted.push((position, score));
				if settlement.accepted.len() == 1 {
					Outcome::Won
				} else {
					Outcome::Placed
				}
			}
			(None, _) if is_veto(answers.refusals, total(committee)) => answers.refuted(),
			(None, _) => Outcome::NoQuorum,
		};
		settlement.looked = rank.saturating_add(1);
		if outcome == Outcome::NoQuorum && answers.refusals > answers.silent {
			settlement.contested.get_or_insert(position);
		}
		// Before there is a winner nobody can tell who would have won. Behind it each stands for itself, so
		// that no candidate takes the places of those behind it away.
		let ends_round = outcome == Outcome::NoQuorum && settlement.accepted.is_empty();
		let ended = if ends_round { ranked.get(rank..) } else { ranked.get(rank..=rank) };
		for position in ended.unwrap_or_default() {
			if let Some(slot) = settlement.outcomes.get_mut(*position) {
				*slot = outcome;
			}
		}
		let is_over = match outcome {
			Outcome::Refuted | Outcome::Departed => false,
			Outcome::Won | Outcome::Placed => settlement.accepted.len() >= winners,
			Outcome::NoQuorum => ends_round,
			// Claims behind one that does not beat the head are no better.
			Outcome::NotBetter | Outcome::Unrevealed | Outcome::Outranked => true,
		};
		if is_over {
			break;
		}
	}
	settlement
}

/// The committee's answers on one candidate.
struct Answers {
	/// The score that 2/3 confirm as what was claimed.
	accepted: Option<Score>,
	/// The score that 2/3 measured, claimed or not.
	measured: Option<Score>,
	/// Weight of the members that say anything but the heaviest match. In a committee that is too small to
	/// tolerate a fault, that nobody serves the candidate is not said.
	refusals: u64,
	/// Weight of those among them that say that its recorded training is not how it was made.
	departed: u64,
	/// Weight of the members that say nothing of it, those that abstain included.
	silent: u64,
}

impl Answers {
	fn on(rank: usize, committee: &[Weighted<Ballot>]) -> Self {
		let total = total(committee);
		let is_tolerant = committee.len() >= SMALLEST_TOLERANT;
		let verdicts = || {
			let said =
				opened(committee).filter_map(|(ballot, weight)| Some((*ballot.verdicts.get(rank)?, weight)));
			said.filter(|(verdict, _)| match verdict {
				Verdict::Abstained => false,
				Verdict::Unavailable => is_tolerant,
				_ => true,
			})
		};
		let matches = verdicts().filter_map(|(verdict, weight)| match verdict {
			Verdict::Match(measurement) => Some((measurement, weight)),
			_ => None,
		});
		let (held, holders) = heaviest(matches).unzip();
		let holders = holders.unwrap_or_default();
		let looked = verdicts().fold(0u64, |sum, (_, weight)| sum.saturating_add(weight));
		let measured = verdicts().filter_map(|(verdict, weight)| Some((verdict.measurement()?, weight)));
		let departed = verdicts().filter(|(verdict, _)| matches!(verdict, Verdict::Departed(_)));
		Self {
			accepted: held.filter(|_| is_quorum(holders, total)).map(|held| held.score),
			measured: agreed(measured, total).map(|measurement| measurement.score),
			refusals: looked.saturating_sub(holders),
			departed: departed.fold(0u64, |sum, (_, weight)| sum.saturating_add(weight)),
			silent: total.saturating_sub(looked),
		}
	}

	/// Returns the outcome of a candidate that is refuted.
	fn refuted(&self) -> Outcome {
		match self.departed > self.refusals / 2 {
			true => Outcome::Departed,
			false => Outcome::Refuted,
		}
	}
}

/// The score that an accepted candidate has to beat to win, if any.
fn bar(committee: &[Weighted<Ballot>], head: Incumbent) -> Option<Score> {
	let accepted = match head {
		Incumbent::Nobody => return None,
		Incumbent::Accepted(score) => Some(score),
		Incumbent::Incomparable => None,
	};
	let total = total(committee);
	let baselines = opened(committee).filter_map(|(ballot, weight)| Some((ballot.baseline?, weight)));
	// Where 2/3 hold one, no other has more than 1/3.
	weigh(baselines)
		.into_iter()
		.filter(|(_, weight)| is_veto(*weight, total))
		.map(|(measured, _)| measured.score)
		.min()
		.or(accepted)
}

#[cfg(test)]
#[path = "settlement_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "settlement_places_tests.rs"]
mod places_tests;

#[cfg(test)]
#[path = "settlement_work_tests.rs"]
mod work_tests;
