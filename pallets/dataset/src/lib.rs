//! The data set of a group, which changes by the votes of the group's stakeholders.
//!
//! The data set itself is never on chain. The chain has its log: the ordered list of deltas, each of which
//! says which records to add and which to remove. With the files that the log names, anyone can build every
//! version, and finds the root that the log has for it. Any account can propose a delta. Validators check it,
//! stakeholders vote, and when a voting period closes, at most one proposal becomes the next version. The log
//! of a group begins with the delta with which the group was created.
//!
//! # Life cycle
//!
//! ```text
//! proposer      announce  propose
//! validators    |         | attest | open | attest | open | ..     until 2/3 agree, in five attempts at most
//! stakeholders  |         | vote, change the vote, stake, unstake ..              |
//! chain         |         |                                                 close | log: version + 1
//!               ^ hash    ^ delta                                                 ^ the group's voting period
//! ```
//!
//! - *announce*: a proposer binds itself to a delta, in a block before it shows the delta to anyone. An
//!   account that sees a delta on its way to the chain can only announce it later. If it proposes the same
//!   delta, it loses its place, its votes and the reward to the proposer with the earlier announcement. It
//!   gets its deposit back, as two proposers may have the same public file. An account that comes too late to
//!   propose at all loses the deposit of its announcement.
//! - *propose*: the proposer shows the delta, made for the current version of the data set, with a deposit
//!   that grows with its size. A group has a bounded number of open proposals. When they are full, a new
//!   proposal displaces the least supported one if its proposer has more at stake, see
//!   [`descent_protocol::make_room`]. So many accounts without stake displace no proposal.
//! - *check*: a [committee](pallet_evaluators) fetches the delta and checks that it applies to the data set,
//!   for the model of the next round. Each attempt at it is a [task](descent_protocol::TaskId) of a committee
//!   that is drawn after the delta was proposed. Its members attest to their verdicts and open them. Then an
//!   alarm has the attempt decided, once, see [`descent_protocol::decide`]. An invalid or unavailable delta
//!   ends there and loses its deposit, unless it was found valid before, or the data set or the model have
//!   changed since. If 2/3 do not agree, another attempt follows with another committee, see
//!   [`CheckWindows`](descent_protocol::CheckWindows).
//!   After the last attempt the delta can't win until the period closes, and the check begins again. While
//!   the check goes on, a proposal can't be withdrawn, and can't lose a period.
//! - *vote*: a stakeholder approves one open proposal at a time with all its stake, and may change its vote
//!   until the period closes. Stake that goes counts no more at once; stake that comes less than half a
//!   period before the close is [pending](descent_protocol::Pending) and does not count in it, so that
//!   nobody decides in the last block. There are no votes against a delta. An opponent proposes a rival
//!   delta and votes for it, or has the quorum raised by an amendment.
//! - *close*: the proposals that are valid on the current data set, for the model of the next round, compete.
//!   The one with the most stake behind it wins if that is at least the quorum, see
//!   [`descent_protocol::winner`]. Amendments of the same close come first. The winner's delta becomes the
//!   next version, with which rounds are played that have not begun. Its proposer gets the deposit back and
//!   is paid. The other proposals stay for some more periods, and are then returned. They are checked again
//!   if the data set or the model have changed. A delta that adds records which another delta has added by
//!   then ends, but loses nothing.
//!
//! # Rewards, deposits and fees
//!
//! [`Config::Rewards`] pays the members whose verdicts decide a check, and the proposer of a delta that is
//! applied. The performance of members is that of [`descent_protocol::check_performance`]. A member whose
//! verdict is not there is not paid, and nothing else.
//!
//! A delta that is applied has an entry in the log for ever. Its deposit is returned less [`Config::LogFee`].
//! The group's deposit pays for its first entry. Everything else that is stored is bounded, or is removed
//! with its deposit or stake.
//!
//! `pallet-groups` closes voting periods. It tells this pallet of closes and of every change of stake through
//! [`GroupObserver`](pallet_groups::GroupObserver). No hook loops over groups or proposals.
//!
//! # Terms
//!
//! - **Delta**: a file that says which records to add to a data set and which to remove.
//! - **Log**: the deltas of a data set in order. **Version** `n` is the data set that the first `n` deltas
//!   make.
//! - **Root**: the hash of a version, see [`descent_protocol::dataset_root`].
//! - **Announcement**: the hash that binds a proposer to a delta, see
//!   [`descent_protocol::announcement_hash`].
//! - **Check**: the attempts of committees to agree on a verdict on a proposed delta, see [`Check`].
//! - **Verdict**: a member's answer: valid, invalid or unavailable, see
//!   [`DeltaVerdict`](descent_protocol::DeltaVerdict).
//! - **Quorum**: the part of a group's stake that a delta needs to win.
//!
//! # Usage
//!
//! - A proposer calls [`Pallet::announce`], and [`Pallet::propose`] in a later block. It may call
//!   [`Pallet::withdraw_proposal`] after a lost period.
//! - Stakeholders call [`Pallet::vote`] and [`Pallet::withdraw_vote`].
//!
//! A proposer computes the hash of its announcement off chain:
//!
//! ```
//! use descent_protocol::announcement_hash;
//! use sp_core::H256;
//!
//! let (genesis, group, account, salt) = (H256::zero(), 0, [1u8; 32], [3; 32]);
//! let hash = announcement_hash(genesis, group, &account, H256::repeat_byte(2), &salt);
//! // It binds the account to this delta and to no other.
//! assert_ne!(hash, announcement_hash(genesis, group, &account, H256::repeat_byte(4), &salt));
//! ```
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
pub mod migrations;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros of a test runtime make public items")]
mod mock;
mod observer;
mod propose;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
mod types;
mod views;
mod vote;
pub mod weights;

pub use pallet::*;
pub use types::{
	Announcement, BalanceOf, Check, CreditOf, EndedProposal, LogEntry, Proposal, ProposalOf, MAX_ENDED,
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
		view::ProposalEnding, ContentRef, DeltaVerdict, GroupId, Pending, ProposalId, Providers, Salt,
		MAX_PROPOSALS,
	};
	use frame_support::{pallet_prelude::*, traits::OnUnbalanced};
	use frame_system::pallet_prelude::*;
	use pallet_evaluators::{tasks::Committees, BlockRandomness};
	use pallet_groups::{GroupRules, KeeperGateways, Rewards, Stakeholders, Summary};
	use sp_core::H256;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(2);

	/// The data set pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The configuration of the pallet.
	#[pallet::config]
	pub trait Config: frame_system::Config<Hash = H256, RuntimeEvent: From<Event<Self>>> {
		/// The currency of deposits and fees.
		type Currency: fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ fungible::BalancedHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;
		/// The groups, the rules of their rounds, and their stakeholders.
		type Groups: GroupRules<BalanceOf<Self>> + Stakeholders<Self::AccountId, BalanceOf<Self>>;
		/// The committees that check deltas.
		type Committees: Committees<Self::AccountId>;
		/// The keepers of groups, who serve what others don't any more.
		type Keepers: KeeperGateways;
		/// The randomness of blocks, which draws the committees.
		type Randomness: BlockRandomness;
		/// Pays the proposer of a delta that is applied, and the committee members who decided a check.
		type Rewards: Rewards<Self::AccountId, BalanceOf<Self>>;
		/// Takes slashed deposits and fees.
		type Slash: OnUnbalanced<CreditOf<Self>>;
		/// The time between two blocks, in milliseconds.
		#[pallet::constant]
		type BlockTime: Get<u64>;
		/// The deposit of an announcement.
		#[pallet::constant]
		type AnnouncementDeposit: Get<BalanceOf<Self>>;
		/// Number of blocks after its own in which an announcement can be followed by its proposal.
		#[pallet::constant]
		type AnnouncementLifetime: Get<BlockNumber>;
		/// The part of a proposal's deposit that does not depend on its size.
		#[pallet::constant]
		type ProposalDeposit: Get<BalanceOf<Self>>;
		/// The part of a proposal's deposit for each begun MiB of the delta.
		#[pallet::constant]
		type MebibyteDeposit: Get<BalanceOf<Self>>;
		/// The fee that is taken from the deposit of a delta that is applied. It pays for the entry in the
		/// log, which is kept for ever.
		#[pallet::constant]
		type LogFee: Get<BalanceOf<Self>>;
		/// Number of voting periods that a proposal may lose before it ends.
		#[pallet::constant]
		type ProposalLifetime: Get<u32>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The reasons of holds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The account has announced deltas.
		Announcement,
		/// The account has proposed deltas that are neither applied nor refused.
		Proposal,
	}

	/// The version of a group's data set: the number of deltas that make it.
	#[pallet::storage]
	pub type Versions<T: Config> = StorageMap<_, Twox64Concat, GroupId, u32, ValueQuery>;

	/// The log of a group's data set, by the version that each entry makes, from 1.
	#[pallet::storage]
	pub type Log<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, u32, LogEntry<T::AccountId>>;

	/// The digests of the deltas in a group's log, and the version that each makes. A delta is applied once.
	#[pallet::storage]
	pub type Applied<T: Config> = StorageDoubleMap<_, Twox64Concat, GroupId, Blake2_128Concat, H256, u32>;

	/// The announcements of accounts in a group.
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

	/// The part of the stake behind each open proposal that does not count in a close. What is of a close
	/// that has passed does.
	#[pallet::storage]
	pub type PendingAyes<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, ProposalId, Pending<BalanceOf<T>>>;

	/// The checks of open proposals.
	#[pallet::storage]
	pub type OpenChecks<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, ProposalId, Check>;

	/// The proposal that each stakeholder of a group has approved last. It may have ended since, and then
	/// counts for nothing, as numbers are never given again.
	#[pallet::storage]
	pub type Votes<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Blake2_128Concat, T::AccountId, ProposalId>;

	/// Number of a group's proposals that have ended.
	#[pallet::storage]
	pub type EndedCount<T: Config> = StorageMap<_, Twox64Concat, GroupId, u32, ValueQuery>;

	/// A ring with the last proposals of a group that have ended, by their number in the order of their ends,
	/// modulo [`MAX_ENDED`].
	#[pallet::storage]
	pub type Ended<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		GroupId,
		Twox64Concat,
		u32,
		EndedProposal<T::AccountId, BalanceOf<T>>,
	>;

	/// The events of the pallet.
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
		/// An announcement was replaced before its proposal was made, and its deposit was slashed.
		Forfeited {
			/// The group.
			group: GroupId,
			/// The account.
			account: T::AccountId,
			/// The slashed deposit.
			slashed: BalanceOf<T>,
		},
		/// A delta was proposed.
		Proposed {
			/// The group.
			group: GroupId,
			/// The proposal.
			proposal: ProposalId,
			/// The proposer.
			account: T::AccountId,
			/// The delta.
			delta: ContentRef,
		},
		/// A stakeholder voted for a delta, withdrew its vote, or voted with another stake.
		Voted {
			/// The group.
			group: GroupId,
			/// The stakeholder.
			account: T::AccountId,
			/// The proposal, or `None` if the stakeholder votes for none.
			proposal: Option<ProposalId>,
			/// The stake behind the vote, zero if there is none.
			stake: BalanceOf<T>,
		},
		/// A committee member attested, under an earlier runtime: clients read the events of the block that
		/// brings in a runtime by the metadata of that runtime.
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
		/// A committee member opened its attestation, under an earlier runtime.
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
			/// The verdict.
			verdict: DeltaVerdict,
		},
		/// A proposal ended.
		ProposalEnded {
			/// The group.
			group: GroupId,
			/// The proposal.
			proposal: ProposalId,
			/// The proposer.
			account: T::AccountId,
			/// The ending.
			ending: ProposalEnding,
			/// The reward that the proposer was paid.
			reward: BalanceOf<T>,
			/// The slashed part of the deposit, without [`Config::LogFee`].
			slashed: BalanceOf<T>,
		},
		/// No alarm could be set for the decision of an attempt. When its windows are over, an account has to
		/// call `decide` of `pallet-evaluators`.
		AlarmMissing {
			/// The group.
			group: GroupId,
			/// The proposal.
			proposal: ProposalId,
			/// The attempt.
			attempt: u32,
		},
	}

	/// The errors of the pallet.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no such group.
		UnknownGroup,
		/// The account has announced this very delta, and can still propose it.
		AlreadyAnnounced,
		/// The account has announced no delta in this group: announce a delta in a block before you propose
		/// it.
		NotAnnounced,
		/// The announcement was made in this block: propose in a later one.
		AnnouncementTooRecent,
		/// The announcement was made too long ago: announce the delta again.
		AnnouncementExpired,
		/// The delta and the salt do not match the account's announcement.
		AnnouncementMismatch,
		/// The delta is made for another version of the data set than the current one: build it anew.
		StaleBase,
		/// The log of this group's data set is full.
		LogFull,
		/// The group's voting periods are too short to check a delta of this size: propose a smaller one.
		PeriodTooShort,
		/// The delta's reference is empty, too large, or its codec is not the one that content of its size
		/// has.
		InvalidContent,
		/// A provider is no base address of a gateway, see [`descent_protocol::is_address`].
		InvalidProvider,
		/// The summary is empty, not UTF-8, or has control characters.
		InvalidSummary,
		/// The delta is part of the data set.
		AlreadyApplied,
		/// The delta is proposed already, by an account that did not announce it later.
		AlreadyProposed,
		/// The account has an open proposal in this group.
		HasProposal,
		/// The group has as many open proposals as it can have, each backed by at least as much stake as the
		/// account has.
		TooManyProposals,
		/// Every proposal number is taken.
		OutOfNumbers,
		/// There is no such open proposal.
		UnknownProposal,
		/// The account has no stake in this group.
		NoStake,
		/// The account votes for no open proposal.
		NoVote,
		/// The account is not the proposer.
		NotProposer,
		/// The committee has not decided on the delta yet.
		BeingChecked,
		/// The proposal has not lost a voting period yet.
		TooEarly,
		/// An earlier attempt is to be decided first.
		AttemptOverdue,
	}

	#[pallet::call(weight = T::WeightInfo)]
	impl<T: Config> Pallet<T> {
		/// Binds the sender to a delta, which it can propose from the next block on. The deposit is released
		/// when it does. An earlier announcement of the sender is replaced, and its deposit slashed.
		///
		/// - `hash`: the [`descent_protocol::announcement_hash`] of the delta.
		///
		/// Emits [`Event::Announced`]. Emits [`Event::Forfeited`] for a replaced announcement.
		///
		/// Errors: [`Error::UnknownGroup`], [`Error::AlreadyAnnounced`], and those of the currency if the
		/// balance does not suffice for the deposit.
		#[pallet::call_index(0)]
		pub fn announce(origin: OriginFor<T>, group: GroupId, hash: H256) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_announce(group, account, hash)
		}

		/// Proposes the delta that the sender has announced, and holds the deposit. The sender's vote goes to
		/// the proposal.
		///
		/// - `base`: the current version of the data set, for which the delta is made.
		/// - `providers`: addresses from which the delta can be fetched, beside the group's providers.
		/// - `salt`: the salt of the announcement.
		///
		/// Emits [`Event::Proposed`]. Emits [`Event::Voted`] if the sender has stake, and
		/// [`Event::ProposalEnded`] for a proposal that is displaced.
		///
		/// Errors: [`Error::UnknownGroup`], [`Error::StaleBase`], [`Error::LogFull`],
		/// [`Error::InvalidContent`], [`Error::PeriodTooShort`], [`Error::InvalidProvider`],
		/// [`Error::InvalidSummary`], [`Error::AlreadyApplied`], [`Error::NotAnnounced`],
		/// [`Error::AnnouncementMismatch`], [`Error::AnnouncementTooRecent`], [`Error::AnnouncementExpired`],
		/// [`Error::HasProposal`], [`Error::AlreadyProposed`], [`Error::TooManyProposals`],
		/// [`Error::OutOfNumbers`], and those of the currency if the balance does not suffice for the
		/// deposit.
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

		/// Approves an open proposal with all of the sender's stake. It replaces the sender's earlier vote.
		///
		/// Emits [`Event::Voted`].
		///
		/// Errors: [`Error::UnknownProposal`], [`Error::NoStake`].
		#[pallet::call_index(2)]
		pub fn vote(origin: OriginFor<T>, group: GroupId, proposal: ProposalId) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_vote(group, account, proposal)
		}

		/// Withdraws the sender's vote.
		///
		/// Emits [`Event::Voted`] without a proposal.
		///
		/// Errors: [`Error::NoVote`].
		#[pallet::call_index(3)]
		pub fn withdraw_vote(origin: OriginFor<T>, group: GroupId) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_withdraw_vote(group, account)
		}

		/// Withdraws a proposal of the sender that has lost a voting period and is not being checked. Its
		/// deposit is released.
		///
		/// Emits [`Event::ProposalEnded`].
		///
		/// Errors: [`Error::UnknownProposal`], [`Error::NotProposer`], [`Error::BeingChecked`],
		/// [`Error::TooEarly`].
		#[pallet::call_index(4)]
		pub fn withdraw_proposal(
			origin: OriginFor<T>,
			group: GroupId,
			proposal: ProposalId,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_withdraw_proposal(group, account, proposal)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
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
