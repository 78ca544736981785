#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::{
	committee::{agreed, total, Weighted, SMALLEST_TOLERANT},
	Ballot, DeltaVerdict, Measurement, Verdict,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The performance of a member of a committee, held against what 2/3 of the committee say.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Performance {
	/// It said what 2/3 say wherever 2/3 say the same, and did so at least once: it is paid.
	Sound,
	/// It could not fetch what 2/3 could, or 2/3 agree on nothing: it is not paid.
	Idle,
	/// It was not heard, though 2/3 were and agree. It is not paid, and after a day of absences it is no
	/// longer a candidate, see [`MAX_ABSENCES`](crate::MAX_ABSENCES).
	Absent,
	/// It says that it measured, or found, something else than 2/3 did. It is not paid, and a repetition is
	/// an offence.
	False,
}

/// A member's statement on one thing, as 2/3 have to agree on it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Statement {
	/// A measurement, and whether it is what was claimed.
	Measured(Measurement, bool),
	/// A measurement of what was claimed, and that the recorded training is not how it was made.
	Departed(Measurement),
	/// It is nothing that could be measured.
	Invalid,
	/// Nobody serves it.
	Unavailable,
}

impl Statement {
	/// The statement that a verdict is, if it is one.
	fn new(verdict: &Verdict) -> Option<Self> {
		Some(match verdict {
			Verdict::Match(measurement) => Self::Measured(*measurement, true),
			Verdict::Mismatch(measurement) => Self::Measured(*measurement, false),
			Verdict::Departed(measurement) => Self::Departed(*measurement),
			Verdict::Unavailable => Self::Unavailable,
			Verdict::Invalid | Verdict::IllConditioned => Self::Invalid,
			Verdict::Abstained => return None,
		})
	}

	/// The measurement of a candidate whose claim is true, which is replayed.
	fn replayed(self) -> Option<Measurement> {
		match self {
			Self::Measured(measurement, true) | Self::Departed(measurement) => Some(measurement),
			Self::Measured(_, false) | Self::Invalid | Self::Unavailable => None,
		}
	}

	/// Returns true if both measured the same score, and one at most of their replays is right.
	fn replays_otherwise(self, other: Self) -> bool {
		let score = |statement: Self| statement.replayed().map(|measurement| measurement.score);
		score(self).is_some() && score(self) == score(other)
	}
}

/// A thing that statements are about.
#[derive(Clone, Copy)]
struct Thing {
	/// True if it is work that is paid for.
	is_work: bool,
	/// True if a segment of its training was replayed.
	is_replayed: bool,
}

/// The record of a member so far.
#[derive(Clone, Copy, Default)]
struct Record {
	agreed: bool,
	idle: bool,
	lied: bool,
}

impl Record {
	fn performance(self, was_heard: bool) -> Performance {
		match self {
			Self { lied: true, .. } => Performance::False,
			Self { agreed: true, idle: false, .. } => Performance::Sound,
			Self { idle: true, .. } if !was_heard => Performance::Absent,
			_ => Performance::Idle,
		}
	}
}

/// The performance of each member of a round's committee, in their order.
///
/// Each statement of a member, on the head and on each candidate, is held against what at least 2/3 of the
/// committee's weight say. Where they don't agree, nothing is. Nobody can prove that content was served, or
/// that it was not: a member that could not fetch what 2/3 measured is not paid, and that is all. In a
/// committee that is too small to tolerate a fault nobody is false: who is, nobody could tell.
///
/// Where segments were replayed, a member that measured the score of 2/3 and says something else of the
/// replay is not paid, and that is all. A trainer can look for a training so chaotic that machines of two
/// makes replay it differently, and no honest member is to be punished for its processor.
pub fn performance(committee: &[Weighted<Ballot>], is_replayed: bool) -> Vec<Performance> {
	let mut records: Vec<Record> = committee.iter().map(|_| Record::default()).collect();
	let ballots = || committee.iter().map(|member| member.answer.as_ref());
	let depth = ballots().flatten().map(|ballot| ballot.verdicts.len()).max().unwrap_or_default();
	let baseline = |ballot: &Ballot| match ballot.baseline {
		Some(measurement) => Statement::Measured(measurement, true),
		None => Statement::Unavailable,
	};
	let weights: Vec<_> = committee.iter().map(|member| member.weight).collect();
	let total = total(committee);
	let statements: Vec<_> = ballots().map(|ballot| ballot.map(baseline)).collect();
	// That there is no head to be measured is nothing to be paid for.
	let head = Thing { is_work: false, is_replayed: false };
	hold_against(&mut records, &statements, &weights, total, head);
	let candidate = Thing { is_work: true, is_replayed };
	for rank in 0..depth {
		let statements: Vec<_> =
			ballots().map(|ballot| Statement::new(ballot?.verdicts.get(rank)?)).collect();
		hold_against(&mut records, &statements, &weights, total, candidate);
	}
	let heard = ballots().map(|ballot| ballot.is_some());
	let performance = records.into_iter().zip(heard).map(|(record, was_heard)| record.performance(was_heard));
	performance.map(|performance| tolerated(performance, committee.len())).collect()
}

/// The performance of a member of a committee with so many members.
pub(crate) fn tolerated(performance: Performance, members: usize) -> Performance {
	match performance {
		Performance::False if members < SMALLEST_TOLERANT => Performance::Idle,
		performance => performance,
	}
}

/// Holds what members say of one thing against what 2/3 say of it.
fn hold_against(
	records: &mut [Record],
	statements: &[Option<Statement>],
	weights: &[u64],
	total: u64,
	thing: Thing,
) {
	let weighed = statements.iter().zip(weights).filter_map(|(said, weight)| Some(((*said)?, *weight)));
	let Some(decided) = agreed(weighed, total) else {
		return;
	};
	for (record, statement) in records.iter_mut().zip(statements) {
		match (decided, statement) {
			(_, Some(said)) if *said == decided => {
				record.agreed |= thing.is_work || decided != Statement::Unavailable;
			}
			(Statement::Unavailable, _) => (),
			(_, None | Some(Statement::Unavailable)) => record.idle = true,
			(decided, Some(said)) if thing.is_replayed && said.replays_otherwise(decided) => {
				record.idle = true
			}
			(_, Some(_)) => record.lied = true,
		}
	}
}

/// The performance of each member of a committee that has decided on a delta, in their order.
///
/// Members may have different reasons for calling a delta invalid, as it may have many faults. A valid delta
/// has one root. A member that could not fetch it does not deny that it is there. A member that was not heard
/// may still be building the data set: it is idle, not absent. In a committee that is too small to tolerate a
/// fault nobody is false.
pub fn check_performance(committee: &[Weighted<DeltaVerdict>], decided: DeltaVerdict) -> Vec<Performance> {
	let performance = committee.iter().map(|member| match (decided, &member.answer) {
		(_, Some(said)) if *said == decided => Performance::Sound,
		(DeltaVerdict::Invalid(_), Some(DeltaVerdict::Invalid(_))) => Performance::Sound,
		(_, None | Some(DeltaVerdict::Unavailable)) | (DeltaVerdict::Unavailable, _) => Performance::Idle,
		_ => Performance::False,
	});
	performance.map(|performance| tolerated(performance, committee.len())).collect()
}

#[cfg(test)]
#[path = "performance_tests.rs"]
mod tests;
