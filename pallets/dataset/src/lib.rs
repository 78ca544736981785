//! The data set of a group: owned by nobody, changed by those who have a stake in the group.
//!
//! The set itself is never on chain. It is the ordered log of deltas, each of which says which records to add and which
//! to remove: whoever has the files that the log names builds every version, and finds the root that the log has.
//! Anybody proposes a delta, validators find out whether it is one, stakeholders vote, and when a voting period closes at
//! most one becomes the next version. The log of a group begins with the delta that the group was created with.
//!
//! ```text
//! proposer      announce  propose
//! validators    |         | attest | open | attest | open | ..     until 2/3 agree, in five attempts at most
//! stakeholders  |         | vote, change the vote, stake, unstake ..              |
//! chain         |         |                                                 close | log: version + 1
//!               ^ hash    ^ delta                                                 ^ the group's voting period
//! ```
//!
//! - *announce*: a proposer binds itself to a delta, in a block before it shows the delta to anybody. Whoever sees a delta
//!   on its way to the chain and proposes the same can only have announced it later, and loses place, votes and reward to
//!   the one it was taken from. Its deposit it gets back, as two may have the same public file; who came too late to propose
//!   at all pays with the deposit of an announcement that nothing follows.
//! - *propose*: the delta, on the version of the data set as it is, with a deposit that grows with its size. A group has a
//!   bounded number of open proposals; when they are full, a newcomer takes the place of the least supported one if its
//!   proposer has more at stake, see [`descent_protocol::make_room`], so that a crowd of accounts without stake pushes nobody
//!   out.
//! - *check*: the committee fetches the delta and looks whether it applies to the data set, for the model that the next round
//!   is played with. As in rounds, each member binds itself to what it found with [`Pallet::attest`] and then shows it with
//!   [`Pallet::open`], free calls that its off-chain worker sends, signed with its [evaluator key](pallet_evaluators). What
//!   2/3 hold is final as soon as it is shown, see [`descent_protocol::decide`]. A delta that nobody serves, or that is
//!   invalid, ends there and costs its deposit, unless it was found valid before, or data set or model have changed since.
//!   Where 2/3 don't agree, another attempt follows with the validators of its time, see
//!   [`CheckWindows`](descent_protocol::CheckWindows) for when; after the last the delta can't win until the period closes,
//!   and the check begins again. As long as it lasts, a proposal can neither be taken back nor lose a period.
//! - *vote*: a stakeholder approves one open proposal at a time with all its stake, and may change its mind until the
//!   period closes. Stake that comes or goes counts at once. Votes are for deltas only, there are none against: who opposes
//!   one proposes a rival delta and votes for that, or has the quorum raised by an amendment.
//! - *close*: of the proposals that are valid on the data set as it is, for the model that the next round is played with,
//!   the one with most stake behind it wins if that is at least the quorum, see [`descent_protocol::winner`]. Amendments of
//!   the same close come first. The winner's delta becomes the next version, which rounds are played with that have not
//!   begun; its proposer gets the deposit back and is paid. The others stay for some more periods, and are then returned.
//!   Every one of them is checked again where data set or model have changed: a delta that adds what somebody else has added
//!   by then ends, but costs nothing.
//!
//! [`Config::Rewards`] pays the members by whose verdicts a check is decided, and the proposer of a delta that is applied. Who
//! opens another verdict before the decision is told of to [`Config::Performance`], see [`descent_protocol::check_performance`];
//! whose verdict is not there yet is neither paid nor told of. A delta that is applied has an entry in the log for ever: of its
//! deposit, [`Config::LogFee`] does not come back. A group's first entry is paid by the group's deposit, and what else is
//! kept is bounded, or goes with the deposit or the stake that it came with.
//!
//! Closing is the concern of `pallet-groups`, which tells of it, and of every change of stake, through
//! [`GroupObserver`](pallet_groups::GroupObserver). No hook loops over groups or proposals.
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::as_conversions, clippy::float_arithmetic, clippy::arithmetic_side_effects)]

extern crate alloc;

mod announce;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod check;
mod close;
mod deposit;
mod log;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros of a test runtime make public items")]
mod mock;
mod observer;
mod offchain;
mod propose;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
mod types;
mod views;
mod vote;
pub mod weights;

pub use check::{attest_payload, open_payload};
pub use pallet::*;
pub use types::{
	Announcement, Attempt, Attestation, BalanceOf, Check, CreditOf, EndedProposal, LogEntry, Proposal,
	ProposalOf, MAX_ENDED,
};
pub use weights::WeightInfo;

use descent_protocol::BlockNumber;
use frame_support::traits::fungible;

// The casts are the macro's, the arguments those of the calls.
#[allow(clippy::as_conversions, clippy::too_many_arguments)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use descent_protocol::{
		view::ProposalEnding, ContentRef, DeltaVerdict, GroupId, ProposalId, Providers, Salt, MAX_PROPOSALS,
	};
	use frame_support::{pallet_prelude::*, traits::OnUnbalanced};
	use frame_system::{offchain::CreateAuthorizedTransaction, pallet_prelude::*};
	use pallet_evaluators::{AuthoritySignature, EvaluatorSet, PerformanceObserver};
	use pallet_groups::{GroupRules, Rewards, Stakeholders, Summary};
	use sp_core::H256;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The data set pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs of its runtime.
	#[pallet::config]
	pub trait Config:
		CreateAuthorizedTransaction<Call<Self>>
		+ frame_system::Config<Hash = H256, RuntimeEvent: From<Event<Self>>>
	{
		/// Holds the deposits.
		type Currency: fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ fungible::BalancedHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;
		/// The groups, the rules of their rounds, and who has a stake in them.
		type Groups: GroupRules<BalanceOf<Self>> + Stakeholders<Self::AccountId, BalanceOf<Self>>;
		/// Who checks deltas: the committee of a check is fixed from it.
		type Evaluators: EvaluatorSet<Self::AccountId>;
		/// Pays the proposer of a delta that is applied, and the members of committees who checked deltas.
		type Rewards: Rewards<Self::AccountId, BalanceOf<Self>>;
		/// Is told how the members of a committee did.
		type Performance: PerformanceObserver<Self::AccountId>;
		/// Takes what is slashed of deposits, and the fees.
		type Slash: OnUnbalanced<CreditOf<Self>>;
		/// How long a block takes, in milliseconds.
		#[pallet::constant]
		type BlockTime: Get<u64>;
		/// What an announcement holds of an account's balance.
		#[pallet::constant]
		type AnnouncementDeposit: Get<BalanceOf<Self>>;
		/// For how many blocks after its own an announcement can be followed by its proposal.
		#[pallet::constant]
		type AnnouncementLifetime: Get<BlockNumber>;
		/// What a proposal holds of its proposer's balance, whatever its size.
		#[pallet::constant]
		type ProposalDeposit: Get<BalanceOf<Self>>;
		/// What it holds beside that for each begun MiB of the delta.
		#[pallet::constant]
		type MebibyteDeposit: Get<BalanceOf<Self>>;
		/// What is taken of the deposit of a delta that is applied: its entry in the log is kept for ever.
		#[pallet::constant]
		type LogFee: Get<BalanceOf<Self>>;
		/// How many voting periods a proposal may lose before it ends.
		#[pallet::constant]
		type ProposalLifetime: Get<u32>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Why balance is held.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The account has announced deltas.
		Announcement,
		/// The account has proposed deltas that are neither applied nor refused.
		Proposal,
	}

	/// How many deltas make a group's data set.
	#[pallet::storage]
	pub type Versions<T: Config> = StorageMap<_, Twox64Concat, GroupId, u32, ValueQuery>;

	/// The log of a group's data set: what makes each version of it, from 1.
	#[pallet::storage]
	pub type Log<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, u32, LogEntry<T::AccountId>>;

	/// The deltas in a group's log and the version that each makes: a delta is applied once.
	#[pallet::storage]
	pub type Applied<T: Config> = StorageDoubleMap<_, Twox64Concat, GroupId, Blake2_128Concat, H256, u32>;

	/// What accounts have announced in a group.
	#[pallet::storage]
	pub type Announcements<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		GroupId,
		Blake2_128Concat,
		T::AccountId,
		Announcement<BalanceOf<T>>,
	>;

	/// The number that a group's next proposal gets.
	#[pallet::storage]
	pub type NextProposal<T: Config> = StorageMap<_, Twox64Concat, GroupId, ProposalId, ValueQuery>;

	/// The open proposals of a group, in order.
	#[pallet::storage]
	pub type Open<T: Config> =
		StorageMap<_, Twox64Concat, GroupId, BoundedVec<ProposalId, ConstU32<MAX_PROPOSALS>>, ValueQuery>;

	/// The open proposals.
	#[pallet::storage]
	pub type Proposals<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, ProposalId, ProposalOf<T>>;

	/// The checks of open proposals.
	#[pallet::storage]
	pub type Checks<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, ProposalId, Check<T::AccountId>>;

	/// The proposal that each stakeholder of a group has approved last. It may have ended since: then it counts for nothing,
	/// as numbers are never given again.
	#[pallet::storage]
	pub type Votes<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Blake2_128Concat, T::AccountId, ProposalId>;

	/// How many of a group's proposals have ended.
	#[pallet::storage]
	pub type EndedCount<T: Config> = StorageMap<_, Twox64Concat, GroupId, u32, ValueQuery>;

	/// A ring with the last proposals of a group that have ended, by their number in the order of their ends, modulo
	/// [`MAX_ENDED`].
	#[pallet::storage]
	pub type Ended<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		GroupId,
		Twox64Concat,
		u32,
		EndedProposal<T::AccountId, BalanceOf<T>>,
	>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An account bound itself to a delta that it is about to propose.
		Announced {
			/// The group.
			group: GroupId,
			/// The account.
			account: T::AccountId,
		},
		/// An announcement was not followed by its proposal, and its deposit slashed.
		Forfeited {
			/// The group.
			group: GroupId,
			/// The account.
			account: T::AccountId,
			/// What it lost.
			slashed: BalanceOf<T>,
		},
		/// A delta was proposed.
		Proposed {
			/// The group.
			group: GroupId,
			/// The proposal.
			proposal: ProposalId,
			/// Who proposed it.
			account: T::AccountId,
			/// The delta.
			delta: ContentRef,
		},
		/// A stakeholder votes for a delta, or for none any more.
		Voted {
			/// The group.
			group: GroupId,
			/// The stakeholder.
			account: T::AccountId,
			/// The proposal.
			proposal: Option<ProposalId>,
			/// With how much stake: none, where it votes for none.
			stake: BalanceOf<T>,
		},
		/// A committee member attested.
		Attested {
			/// The group.
			group: GroupId,
			/// The proposal.
			proposal: ProposalId,
			/// The attempt.
			attempt: u32,
			/// The member's place in the committee.
			member: u32,
		},
		/// A committee member opened its attestation.
		Opened {
			/// The group.
			group: GroupId,
			/// The proposal.
			proposal: ProposalId,
			/// The attempt.
			attempt: u32,
			/// The member's place in the committee.
			member: u32,
		},
		/// 2/3 of the committee agree on what a delta does to a version of the data set.
		Checked {
			/// The group.
			group: GroupId,
			/// The proposal.
			proposal: ProposalId,
			/// The version that it was checked on.
			version: u32,
			/// What they found.
			verdict: DeltaVerdict,
		},
		/// A proposal ended.
		ProposalEnded {
			/// The group.
			group: GroupId,
			/// The proposal.
			proposal: ProposalId,
			/// Who proposed it.
			account: T::AccountId,
			/// How.
			ending: ProposalEnding,
			/// What its proposer was paid.
			reward: BalanceOf<T>,
			/// What its proposer lost; [`Config::LogFee`] is not among it.
			slashed: BalanceOf<T>,
		},
	}

	/// Why a call failed.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no such group.
		UnknownGroup,
		/// The account has announced this very delta, and can still propose it.
		AlreadyAnnounced,
		/// The account has announced nothing in this group: announce a delta in a block before you propose it.
		NotAnnounced,
		/// The announcement was made in this block: propose in a later one.
		AnnouncementTooRecent,
		/// The announcement was made too long ago: announce the delta again.
		AnnouncementExpired,
		/// Delta and salt are not what the account announced.
		AnnouncementMismatch,
		/// The delta is made for another version of the data set than the one that there is: build it anew.
		StaleBase,
		/// The log of this group's data set is full.
		LogFull,
		/// The group's voting periods are too short to check a delta of this size in one: propose a smaller one.
		PeriodTooShort,
		/// The delta's reference is empty, too large, or its codec is not the one that content of its size has.
		InvalidContent,
		/// A provider is empty, not UTF-8, or has white space or control characters.
		InvalidProvider,
		/// The summary is empty, not UTF-8, or has control characters.
		InvalidSummary,
		/// The delta is part of the data set.
		AlreadyApplied,
		/// The delta is proposed already, by somebody who did not announce it later.
		AlreadyProposed,
		/// The account has an open proposal in this group.
		HasProposal,
		/// The group has as many open proposals as it can have, each backed by at least as much stake as the account has.
		TooManyProposals,
		/// Every proposal number is taken.
		OutOfNumbers,
		/// There is no such open proposal.
		UnknownProposal,
		/// The account has no stake in this group.
		NoStake,
		/// The account votes for no open proposal.
		NoVote,
		/// The proposal is somebody else's.
		NotProposer,
		/// The committee has not decided on the delta yet.
		BeingChecked,
		/// The proposal has not lost a voting period yet.
		TooEarly,
		/// The committee has no such member.
		NotMember,
		/// The member has attested already.
		AlreadyAttested,
		/// The member has not attested.
		NotAttested,
		/// The member has opened its attestation already.
		AlreadyOpened,
	}

	#[pallet::call(weight = T::WeightInfo)]
	impl<T: Config> Pallet<T> {
		/// Binds the sender to a delta, see [`descent_protocol::announcement_hash`], which it can propose from the next block
		/// on. The deposit is released when it does. An announcement that the sender made before is replaced, and its deposit
		/// slashed.
		#[pallet::call_index(0)]
		pub fn announce(origin: OriginFor<T>, group: GroupId, hash: H256) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_announce(group, account, hash)
		}

		/// Proposes the delta that the sender has announced, on the version of the data set as it is, and holds the deposit.
		/// The sender's vote goes to it.
		#[pallet::call_index(1)]
		pub fn propose(
			origin: OriginFor<T>,
			group: GroupId,
			base: u32,
			delta: ContentRef,
			providers: Providers,
			summary: Summary,
			salt: Salt,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_propose(group, account, base, delta, providers, summary, salt)
		}

		/// Approves an open proposal with all of the sender's stake, and no other.
		#[pallet::call_index(2)]
		pub fn vote(origin: OriginFor<T>, group: GroupId, proposal: ProposalId) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_vote(group, account, proposal)
		}

		/// Approves no proposal any more.
		#[pallet::call_index(3)]
		pub fn withdraw_vote(origin: OriginFor<T>, group: GroupId) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_withdraw_vote(group, account)
		}

		/// Takes a proposal of the sender's back that has lost a voting period, unless it is being checked. Its deposit is
		/// released.
		#[pallet::call_index(4)]
		pub fn withdraw_proposal(
			origin: OriginFor<T>,
			group: GroupId,
			proposal: ProposalId,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_withdraw_proposal(group, account, proposal)
		}

		/// Binds a committee member to what it found of a delta, see [`descent_protocol::check_hash`]. Signed with its evaluator
		/// key over [`attest_payload`].
		#[pallet::call_index(5)]
		#[pallet::authorize(Self::authorize_attest)]
		pub fn attest(
			origin: OriginFor<T>,
			group: GroupId,
			proposal: ProposalId,
			attempt: u32,
			member: u32,
			hash: H256,
			signature: AuthoritySignature,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			let _ = signature;
			Self::do_attest(group, proposal, attempt, member, hash)
		}

		/// Shows what a committee member attested to. Signed with its evaluator key over [`open_payload`]. Where 2/3 of the
		/// committee hold the same, the check ends with it.
		#[pallet::call_index(6)]
		#[pallet::weight(Pallet::<T>::open_weight())]
		#[pallet::authorize(Self::authorize_open)]
		pub fn open(
			origin: OriginFor<T>,
			group: GroupId,
			proposal: ProposalId,
			attempt: u32,
			member: u32,
			verdict: DeltaVerdict,
			salt: Salt,
			signature: AuthoritySignature,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			let _ = (salt, signature);
			Self::do_open(group, proposal, attempt, member, verdict)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn offchain_worker(now: BlockNumberFor<T>) {
			offchain::run::<T>(now);
		}

		#[cfg(feature = "std")]
		fn integrity_test() {
			Self::check_constants();
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
