use crate::Config;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
pub use descent_protocol::NewGroup;
use descent_protocol::{
	view::AmendmentEnding, AmendmentId, BlockNumber, Change, Clock, ContentRef, EvaluationPolicy, Metric,
	OptionalRules, Providers, Score, Share, Shares, MAX_AMENDMENTS, MAX_CHANGES, MAX_NAME_LENGTH,
	MAX_SUMMARY_LENGTH,
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

/// The imbalance of a fee in a configuration's currency.
pub type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

/// The group type of a configuration.
pub type GroupOf<T> = Group<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// The ledger type of a configuration.
pub type LedgerOf<T> = StakeLedger<BalanceOf<T>>;

/// The amendment type of a configuration.
pub type AmendmentOf<T> = Amendment<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// The type of a configuration's open amendments.
pub type OpenOf<T> = OpenAmendment<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// The type of a configuration's ended amendments.
pub type EndedOf<T> = EndedAmendment<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// The most amounts that one account takes out of a group at a time.
pub const MAX_UNSTAKING: u32 = 8;
/// Number of its ended amendments that a group keeps for readers.
pub const ENDED_KEPT: u32 = 32;

/// A group's name, in UTF-8.
pub type Name = BoundedVec<u8, ConstU32<MAX_NAME_LENGTH>>;

/// The summary of a proposal by its proposer, in UTF-8.
pub type Summary = BoundedVec<u8, ConstU32<MAX_SUMMARY_LENGTH>>;

/// The changes of an amendment, in the order in which they are made.
pub type Changes = BoundedVec<Change, ConstU32<MAX_CHANGES>>;

/// A group as it is kept, beside its revisions.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Group<AccountId, Balance> {
	/// The account that created it.
	pub owner: AccountId,
	/// The deposit that is held of the owner's balance.
	pub held: Balance,
	/// Its name.
	pub name: Name,
	/// The newest revision of its rules.
	pub revision: u32,
	/// The rules of its votes.
	pub voting: Voting,
}

/// The rules by which a group's stakeholders vote.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Voting {
	/// The length of a period, in blocks.
	pub period: BlockNumber,
	/// The part of all stake that a delta needs to be applied.
	pub quorum: Share,
	/// The block from which periods follow each other.
	pub since: BlockNumber,
	/// The block at which the period closes; `None` while there is nothing to close.
	pub closing: Option<BlockNumber>,
	/// The lock of unstaked amounts while it differs from the period, in blocks, and the block in which it
	/// ends: after a change of the period, the old length applies for as long again. `None` if the period
	/// never changed.
	pub notice: Option<(BlockNumber, BlockNumber)>,
}

impl Voting {
	/// Begins periods of another length at block `now`. Stakeholders that leave because of it wait as long as
	/// before: a shorter period frees no stake early, and a longer one keeps nobody in. A notice that runs
	/// goes on.
	pub(crate) fn change_period(&mut self, period: BlockNumber, now: BlockNumber) {
		if self.running_notice(now).is_none() {
			self.notice = Some((self.period, now.saturating_add(self.period)));
		}
		(self.period, self.since) = (period, now);
	}

	/// Returns the number of blocks for which stake that is taken out in block `now` stays held.
	pub fn lock(&self, now: BlockNumber) -> BlockNumber {
		self.running_notice(now).unwrap_or(self.period)
	}

	fn running_notice(&self, now: BlockNumber) -> Option<BlockNumber> {
		let (lock, _) = self.notice.filter(|(_, until)| now < *until)?;
		Some(lock)
	}
}

/// The rules of a group's rounds: one revision, in force from round `clock.first` until the next revision.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Rules<Balance> {
	/// The model description.
	pub model: ContentRef,
	/// Number of models that the group had before this one.
	pub model_version: u32,
	/// The addresses of providers that serve model and data.
	pub providers: Providers,
	/// The metric that training lowers.
	pub metric: Metric,
	/// The policy that selects the records on which the metric is measured.
	pub policy: EvaluationPolicy,
	/// The least improvement of a candidate over the head, in micro-units.
	pub minimum_improvement: u64,
	/// The score at which no further round is played.
	pub target: Option<Score>,
	/// The windows of its rounds, from round `clock.first` on.
	pub clock: Clock,
	/// The smallest deposit of a commitment.
	pub deposit: Balance,
	/// The shares by which the earnings of its rounds are divided.
	pub shares: Shares,
	/// The rules that it has beside those that all groups have.
	pub optional_rules: OptionalRules,
}

impl<Balance> Rules<Balance> {
	/// Returns the number of seats of the group's committees.
	pub fn committee_seats(&self) -> u32 {
		self.optional_rules.committee_seats()
	}
}

/// The amounts on hold of an account in a group, and its approvals.
#[derive(
	Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct StakeLedger<Balance> {
	/// Its stake, which is the weight of its votes.
	pub active: Balance,
	/// The amounts that it is unstaking, each with the first block in which it can be withdrawn.
	pub unstaking: BoundedVec<(Balance, BlockNumber), ConstU32<MAX_UNSTAKING>>,
	/// The amendments that it approves, among them some that have ended.
	pub approvals: BoundedVec<AmendmentId, ConstU32<MAX_AMENDMENTS>>,
}

/// An amendment as it was proposed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Amendment<AccountId, Balance> {
	/// The account that proposed it.
	pub proposer: AccountId,
	/// The deposit that is held of the proposer's balance.
	pub deposit: Balance,
	/// The changes that it makes.
	pub changes: Changes,
	/// The summary by its proposer.
	pub summary: Summary,
	/// The block in which it was proposed.
	pub block: BlockNumber,
}

/// The state of the vote on an open amendment.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct OpenAmendment<AccountId, Balance> {
	/// The amendment.
	pub id: AmendmentId,
	/// The account that proposed it.
	pub proposer: AccountId,
	/// The stake that approves it.
	pub ayes: Balance,
	/// Number of voting periods that it has lost.
	pub lost: u32,
}

/// An amendment that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct EndedAmendment<AccountId, Balance> {
	/// The state of the vote at the end.
	pub last: OpenAmendment<AccountId, Balance>,
	/// The amendment.
	pub amendment: Amendment<AccountId, Balance>,
	/// The way in which it ended.
	pub ending: AmendmentEnding,
}
