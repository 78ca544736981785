use crate::Config;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
pub use descent_protocol::NewGroup;
use descent_protocol::{
	view::AmendmentEnding, AmendmentId, BlockNumber, Change, Clock, ContentRef, EvaluationPolicy, Metric,
	Providers, Score, Share, Shares, MAX_AMENDMENTS, MAX_CHANGES, MAX_NAME_LENGTH, MAX_SUMMARY_LENGTH,
};
use frame_support::{
	traits::{
		fungible::{self, Credit},
		ConstU32,
	},
	BoundedVec,
};
use scale_info::TypeInfo;

/// The balance type of a configuration's currency.
pub type BalanceOf<T> =
	<<T as Config>::Currency as fungible::Inspect<<T as frame_system::Config>::AccountId>>::Balance;

/// What is taken in a configuration's currency.
pub type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

/// The group type of a configuration.
pub type GroupOf<T> = Group<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// The ledger type of a configuration.
pub type LedgerOf<T> = StakeLedger<BalanceOf<T>>;

/// The amendment type of a configuration.
pub type AmendmentOf<T> = Amendment<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// How an open amendment of a configuration stands.
pub type OpenOf<T> = OpenAmendment<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// The type of a configuration's ended amendments.
pub type EndedOf<T> = EndedAmendment<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// The most amounts that one account takes out of a group at a time.
pub const MAX_UNSTAKING: u32 = 8;
/// How many of its ended amendments a group keeps to be looked at.
pub const ENDED_KEPT: u32 = 32;

/// A group's name, in UTF-8.
pub type Name = BoundedVec<u8, ConstU32<MAX_NAME_LENGTH>>;

/// What a proposer says of its proposal, in UTF-8.
pub type Summary = BoundedVec<u8, ConstU32<MAX_SUMMARY_LENGTH>>;

/// What an amendment changes, in this order.
pub type Changes = BoundedVec<Change, ConstU32<MAX_CHANGES>>;

/// A group as it is kept, beside its revisions.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Group<AccountId, Balance> {
	/// Who created it.
	pub owner: AccountId,
	/// What is held of the owner's balance for it.
	pub held: Balance,
	/// Its name.
	pub name: Name,
	/// The newest revision of its rules.
	pub revision: u32,
	/// How its stakeholders vote.
	pub voting: Voting,
}

/// How a group's stakeholders vote.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Voting {
	/// How long a period is, in blocks.
	pub period: BlockNumber,
	/// The part of all stake that a delta needs.
	pub quorum: Share,
	/// The block from which periods follow each other.
	pub since: BlockNumber,
	/// The block at which the period closes; `None` while there is nothing to close.
	pub closing: Option<BlockNumber>,
	/// For how many blocks stake that is taken out stays held, and before which block it is so, whatever the period:
	/// as long as a period was before it changed, for as long again. `None` where it never did.
	pub notice: Option<(BlockNumber, BlockNumber)>,
}

impl Voting {
	/// Has periods of this length follow each other from block `now` on. Who leaves because of it does so as before: a
	/// shorter period frees no stake early, and a longer one keeps nobody in. A notice that runs goes on.
	pub(crate) fn change_period(&mut self, period: BlockNumber, now: BlockNumber) {
		if self.running_notice(now).is_none() {
			self.notice = Some((self.period, now.saturating_add(self.period)));
		}
		(self.period, self.since) = (period, now);
	}

	/// For how many blocks stake stays held that is taken out in block `now`.
	pub fn lock(&self, now: BlockNumber) -> BlockNumber {
		self.running_notice(now).unwrap_or(self.period)
	}

	fn running_notice(&self, now: BlockNumber) -> Option<BlockNumber> {
		let (lock, _) = self.notice.filter(|(_, until)| now < *until)?;
		Some(lock)
	}
}

/// What a round of a group is played by: a revision, in force from the round that its clock times first until the next.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Rules<Balance> {
	/// The model description.
	pub model: ContentRef,
	/// How many models the group has had before this one.
	pub model_version: u32,
	/// Where model and data can be had.
	pub providers: Providers,
	/// What is to be lowered.
	pub metric: Metric,
	/// On what it is measured.
	pub policy: EvaluationPolicy,
	/// How far a measured score may be from its claim, in micro-units.
	pub tolerance: u64,
	/// How much a candidate has to be better than the head, in micro-units.
	pub minimum_improvement: u64,
	/// The score at which no further round is played.
	pub target: Option<Score>,
	/// When its rounds are, from `clock.first` on.
	pub clock: Clock,
	/// The smallest deposit of a commitment.
	pub deposit: Balance,
	/// How what its rounds earn is divided.
	pub shares: Shares,
}

/// What an account has on hold in a group, and what it approves.
#[derive(
	Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct StakeLedger<Balance> {
	/// Its stake, which is the weight of its votes.
	pub active: Balance,
	/// What it is taking out, and the block from which each amount can be withdrawn.
	pub unstaking: BoundedVec<(Balance, BlockNumber), ConstU32<MAX_UNSTAKING>>,
	/// The amendments that it approves, among them some that have ended.
	pub approvals: BoundedVec<AmendmentId, ConstU32<MAX_AMENDMENTS>>,
}

/// An amendment as it was proposed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Amendment<AccountId, Balance> {
	/// Who proposed it.
	pub proposer: AccountId,
	/// What is held of the proposer's balance for it.
	pub deposit: Balance,
	/// What it changes.
	pub changes: Changes,
	/// What its proposer says of it.
	pub summary: Summary,
	/// The block in which it was proposed.
	pub block: BlockNumber,
}

/// How an open amendment stands.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct OpenAmendment<AccountId, Balance> {
	/// The amendment.
	pub id: AmendmentId,
	/// Who proposed it.
	pub proposer: AccountId,
	/// The stake that approves it.
	pub ayes: Balance,
	/// How many voting periods it has lost.
	pub lost: u32,
}

/// An amendment that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct EndedAmendment<AccountId, Balance> {
	/// How it stood at the end.
	pub last: OpenAmendment<AccountId, Balance>,
	/// The amendment.
	pub amendment: Amendment<AccountId, Balance>,
	/// How it ended.
	pub ending: AmendmentEnding,
}
