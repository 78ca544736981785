#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::{
	committee::HiddenBallot, hash::domain_hash, Ballot, BlockNumber, CustodyBallot, DeltaVerdict, GroupId,
	ProposalId, RoundIndex, Salt,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::{fmt, ops::Range};
use scale_info::TypeInfo;
use sp_core::H256;

/// A task of a committee. Tasks of new kinds are added at the end.
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
)]
pub enum TaskId {
	/// The candidates of a round are measured.
	Round {
		/// The group.
		group: GroupId,
		/// The round.
		round: RoundIndex,
	},
	/// A proposed delta is checked.
	Delta {
		/// The group.
		group: GroupId,
		/// The proposal.
		proposal: ProposalId,
		/// The version of the data set on which it is checked.
		version: u32,
		/// The number of the attempt, from 0, among all attempts at the proposal on this version.
		attempt: u32,
	},
	/// A leaf is fetched from each keeper of a group.
	Custody {
		/// The group.
		group: GroupId,
		/// The number of the check among those of the group, from 1.
		check: u32,
	},
}

impl fmt::Display for TaskId {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Round { group, round } => write!(f, "group {group}, round {round}"),
			Self::Delta { group, proposal, attempt, .. } => {
				write!(f, "group {group}, delta proposal {proposal}, attempt {attempt}")
			}
			Self::Custody { group, check } => write!(f, "group {group}, custody check {check}"),
		}
	}
}

/// A member's answer to a task, of the task's kind. Answers of new kinds are added at the end. So are answers
/// to a round that say more than a ballot: what was attested to and stored before keeps its hash and its
/// encoding.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Answer {
	/// The measurements of a round.
	Round(Ballot),
	/// The verdict on a delta.
	Delta(DeltaVerdict),
	/// The measurements of a round on a hidden test set, and the verdict on the set.
	Hidden(HiddenBallot),
	/// The hashes of what was fetched from keepers.
	Custody(CustodyBallot),
}

impl Answer {
	/// The ballot, if it is one.
	pub fn ballot(self) -> Option<Ballot> {
		match self {
			Self::Round(ballot) => Some(ballot),
			_ => None,
		}
	}

	/// The ballot on a hidden test set, if it is one.
	pub fn hidden_ballot(self) -> Option<HiddenBallot> {
		match self {
			Self::Hidden(hidden) => Some(hidden),
			_ => None,
		}
	}

	/// The verdict on a delta, if it is one.
	pub fn verdict(self) -> Option<DeltaVerdict> {
		match self {
			Self::Delta(verdict) => Some(verdict),
			_ => None,
		}
	}

	/// The hashes of what was fetched from keepers, if it has them.
	pub fn custody_ballot(self) -> Option<CustodyBallot> {
		match self {
			Self::Custody(ballot) => Some(ballot),
			_ => None,
		}
	}
}

/// The windows of a task. The second follows the first, so that no member can copy another's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskWindows {
	/// Blocks in which members attest to hashes of their answers.
	pub attest: Range<BlockNumber>,
	/// Blocks in which they open them.
	pub open: Range<BlockNumber>,
}

/// The hash that a committee member attests before it opens its answer. `member` is its evaluator key.
/// `subject` is the hash of all that is asked, so that an answer that was made on one fork of the chain
/// counts on no other on which something else is asked.
pub fn answer_hash(
	genesis: H256,
	task: &TaskId,
	subject: H256,
	member: &impl Encode,
	answer: &Answer,
	salt: &Salt,
) -> H256 {
	domain_hash(b"descent/answer/v1", (genesis, task, subject, member, answer, salt))
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec;
	use proptest::prelude::*;

	const ANSWER: Answer = Answer::Delta(DeltaVerdict::Unavailable);

	fn tasks() -> impl Strategy<Value = TaskId> {
		prop_oneof![
			(0..3u32, 0..3u32).prop_map(|(group, round)| TaskId::Round { group, round }),
			(0..3u32, 0..3u32, 0..3u32, 0..3u32).prop_map(|(group, proposal, version, attempt)| {
				TaskId::Delta { group, proposal, version, attempt }
			}),
			(0..3u32, 0..3u32).prop_map(|(group, check)| TaskId::Custody { group, check }),
		]
	}

	#[test]
	fn answers_of_new_kinds_leave_the_old_ones_as_they_are() {
		let ballot = Ballot { baseline: None, verdicts: Default::default() };
		assert_eq!(Answer::Round(ballot).encode(), [0, 0, 0]);
		assert_eq!(ANSWER.encode(), [&[1][..], &DeltaVerdict::Unavailable.encode()].concat());
		let ballot = Ballot { baseline: None, verdicts: Default::default() };
		let hidden = HiddenBallot { test_set: crate::TestSetVerdict::Broken, ballot };
		assert_eq!(Answer::Hidden(hidden).encode(), [2, 1, 0, 0]);
		assert_eq!(Answer::Custody(vec![None].try_into().unwrap()).encode(), [3, 4, 0]);
	}

	proptest! {
		#[test]
		fn an_answer_cannot_be_moved(
			one in tasks(), other in tasks(),
			subject: [u8; 32], member: [u8; 32], salt: [u8; 32], another: [u8; 32],
		) {
			let hash = |task: &TaskId, subject: [u8; 32], member: &[u8; 32], salt: &[u8; 32]| {
				answer_hash(H256::zero(), task, H256(subject), member, &ANSWER, salt)
			};
			let attested = hash(&one, subject, &member, &salt);
			prop_assert_eq!(attested == hash(&other, subject, &member, &salt), one == other);
			prop_assert_eq!(attested == hash(&one, another, &member, &salt), subject == another);
			prop_assert_eq!(attested == hash(&one, subject, &another, &salt), member == another);
			prop_assert_eq!(attested == hash(&one, subject, &member, &another), salt == another);
		}
	}
}
