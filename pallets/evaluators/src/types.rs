//! The types that the pallet stores, and those of a report.

use crate::AuthorityId;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use descent_protocol::{Answer, BlockNumber, Salt, TaskId, MAX_COMMITTEE};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use sp_core::H256;

/// The most attestations of one report, and the most openings.
pub const MAX_REPORTED: u32 = 32;

/// A validator of a session, as an evaluator.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Evaluator<AccountId> {
	/// The validator.
	pub account: AccountId,
	/// Its evaluator key.
	pub key: AuthorityId,
	/// Its bond as the session began.
	pub bond: u128,
}

/// The evaluators of a session, in the order of its validators.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct EvaluatorSet<AccountId> {
	/// The first block after the one in which the session began.
	pub since: BlockNumber,
	/// The evaluators.
	pub evaluators: BoundedVec<Evaluator<AccountId>, ConstU32<MAX_COMMITTEE>>,
}

impl<AccountId> Default for EvaluatorSet<AccountId> {
	fn default() -> Self {
		Self { since: 0, evaluators: BoundedVec::new() }
	}
}

/// A member of a committee.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Member<AccountId> {
	/// The validator.
	pub account: AccountId,
	/// Its evaluator key.
	pub key: AuthorityId,
	/// Its weight in every count.
	pub weight: u64,
}

/// The members of a committee. A member is known by its place.
pub type Members<AccountId> = BoundedVec<Member<AccountId>, ConstU32<MAX_COMMITTEE>>;

/// The committee of a task.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Committee<AccountId> {
	/// The members.
	pub members: Members<AccountId>,
	/// True if its members attested under a runtime whose hashes bind no subject, see
	/// [`descent_protocol::attestation_hash`].
	pub is_unbound: bool,
}

impl<AccountId> Default for Committee<AccountId> {
	fn default() -> Self {
		Self { members: BoundedVec::new(), is_unbound: false }
	}
}

/// The attestation of a member.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Attestation {
	/// The [`descent_protocol::answer_hash`] of the member's answer.
	pub hash: H256,
	/// The answer, once the member has opened it.
	pub answer: Option<Answer>,
}

/// A seat of a committee as its task is decided: the member, and how far it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat<AccountId> {
	/// The member.
	pub member: Member<AccountId>,
	/// True if it has attested.
	pub attested: bool,
	/// The answer that it has opened.
	pub answer: Option<Answer>,
}

/// An attestation in a report.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Attest {
	/// The task.
	pub task: TaskId,
	/// The member's place in the committee.
	pub member: u32,
	/// The [`descent_protocol::answer_hash`] of the member's answer.
	pub hash: H256,
}

/// An opening in a report.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Opening {
	/// The task.
	pub task: TaskId,
	/// The member's place in the committee.
	pub member: u32,
	/// The answer.
	pub answer: Answer,
	/// The salt of the attestation.
	pub salt: Salt,
}

/// All that one evaluator key has to say in a block.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Report {
	/// The best block when it was made. A later report of the same key replaces an earlier one in the
	/// transaction pool.
	pub block: BlockNumber,
	/// The attestations, in ascending order of task and member, each once.
	pub attestations: BoundedVec<Attest, ConstU32<MAX_REPORTED>>,
	/// The openings, in the same order.
	pub openings: BoundedVec<Opening, ConstU32<MAX_REPORTED>>,
}

impl Report {
	/// Creates a report that says nothing.
	pub fn new(block: BlockNumber) -> Self {
		Self { block, attestations: BoundedVec::new(), openings: BoundedVec::new() }
	}

	/// Returns true if it says nothing.
	pub fn is_empty(&self) -> bool {
		self.attestations.is_empty() && self.openings.is_empty()
	}

	/// Returns true if both lists are in their order, without repetitions.
	pub fn is_sorted(&self) -> bool {
		let attestations = self.attestations.iter().map(|item| (item.task, item.member));
		let openings = self.openings.iter().map(|item| (item.task, item.member));
		attestations.is_sorted_by(|one, other| one < other) && openings.is_sorted_by(|one, other| one < other)
	}
}
