//! Training groups: their rules, the stake in them, and the votes of their stakeholders.
//!
//! A group trains one model together. Its rules say which model it is, on which data it is trained, by which
//! metric it is judged, and how long the rounds last. Anybody creates a group with [`Pallet::create`] and a
//! deposit. The content itself stays off chain: the group holds references to it and names providers that
//! serve it. From then on the group runs by itself: rounds follow each other, accounts stake tokens in it,
//! and its stakeholders change the rules by amendments. A group never ends.
//!
//! The pallet keeps the rules and decides amendments. The rounds of a group and its data set belong to other
//! pallets, which read the rules through [`GroupRules`] and the stake through [`Stakeholders`], and are told
//! of changes through [`GroupObserver`].
//!
//! # Terms
//!
//! - **Stake**: the tokens that an account has on hold in a group. It is the weight of the account's votes.
//! - **Pending**: the part of a stake that does not count in the next close.
//! - **Stakeholder**: an account with a stake in a group.
//! - **Revision**: the rules of a group from one round on, until the next revision.
//! - **Amendment**: a proposal to change the rules of a group.
//! - **Voting period**: the blocks between two decisions on what is proposed. Periods follow each other.
//! - **Close**: the end of a voting period, which decides the open amendments, and then the deltas.
//! - **Alarm**: the scheduled call by Root that closes a voting period.
//!
//! # Usage
//!
//! 1. [`create`](Pallet::create) makes a group, with a first stake of its owner.
//! 2. [`stake`](Pallet::stake) makes the sender a stakeholder. [`unstake`](Pallet::unstake) takes stake out
//!    again, and [`withdraw`](Pallet::withdraw) releases it one voting period later.
//! 3. [`propose_amendment`](Pallet::propose_amendment) proposes changes of the rules, and
//!    [`vote_amendment`](Pallet::vote_amendment) approves them.
//!    [`withdraw_amendment`](Pallet::withdraw_amendment) takes back a proposal that has lost a voting period.
//! 4. [`close_period`](Pallet::close_period) closes a voting period whose alarm could not be set.
//!
//! [`Voting`] says for how long stake that is taken out stays held:
//!
//! ```
//! use descent_protocol::Share;
//! use pallet_groups::Voting;
//!
//! let quorum = Share::percent(20);
//! let voting = Voting { period: 28_800, quorum, since: 0, closing: None, notice: None };
//! assert_eq!(voting.lock(100), 28_800);
//! // The period was 28,800 blocks until block 100, and is shorter now.
//! let voting = Voting { period: 7_200, since: 100, notice: Some((28_800, 28_900)), ..voting };
//! assert_eq!(voting.lock(101), 28_800);
//! assert_eq!(voting.lock(28_900), 7_200);
//! ```
//!
//! # Stake
//!
//! Stake is held, never transferred. [`Pallet::unstake`] takes away weight at once, also from votes that were
//! cast, and the tokens come free one voting period later. So nobody votes with stake that is already gone,
//! or twice in a period with the same tokens.
//!
//! Stake that is added counts from the first close on that is half a period away or more. Until then it is
//! *pending*, and votes are decided as if it were not there: neither in the ayes nor in all stake. Otherwise
//! an account could propose another model with the smallest stake, stake twice the total one block before
//! the close, and have the group for as long as it takes the others to answer. Stake that is taken out is
//! taken from the pending part first.
//!
//! ```text
//! close           | half a period    | half a period   close           close
//! stake added in    counts from ---------------------> |
//!                                     counts from ---------------------> |
//! ```
//!
//! No loop counts it. A stake, the sum of a group's stakes and the ayes of each amendment have each a
//! [`Pending`](descent_protocol::Pending) part that is bound to one close: the next one when it was added.
//! With that close it is pending no more, without a write. A vote that is cast, changed or taken back moves
//! both parts. A close that comes so late that the next would be less than half a period away begins the
//! periods anew. A group's part of emission counts all stake at once.
//!
//! After stakeholders have changed the period, an account that
//! leaves within the next period of the old length waits as long as before: the change frees no tokens early,
//! and keeps nobody in.
//!
//! # Revisions
//!
//! ```text
//! create  | start: round 0 | round 1           | round 2 ..
//!         | revision 0                         | revision 1 ..
//!                              ^ a voting period closes, an amendment is adopted
//! ```
//!
//! A group's rules are revisions. An amendment that stakeholders adopt takes effect with the first round that
//! has not begun, in a new revision; the rules of a round that has begun never change. A group that would
//! start in the past or in the block of its creation starts with the next block. Nothing has to run when it
//! starts, or when a revision comes into force: every window is a function of the revision's
//! [`Clock`](descent_protocol::Clock) and the block number, so that the cost of a block does not grow with
//! the number of groups.
//!
//! # Amendments
//!
//! A stakeholder proposes one amendment at a time, and approves any number of them. The close of a voting
//! period adopts what more than half of all stake approves; another model needs more than two thirds. A close
//! decides only amendments that have been open for half a period at least: nobody finds the rules changed by
//! a proposal of the block before. Amendments are never slashed: proposers and voters risk their stake. The
//! deposit is returned, less [`Config::AdoptionFee`] if the amendment is adopted: rules are kept for ever.
//! The deposit of the group pays for its first rules. It is held as long as there is the group: for ever.
//!
//! Clients pay for some of the rules, see [`Rules::terms`]. A close that changes them tells so through
//! [`GroupObserver::terms_changed`], before anything is paid by the new ones.
//!
//! The number of open amendments of a group is bounded. When the list is full, a proposer with more stake
//! than another takes the place of the other's amendment: places go by stake, not by the number of proposals.
//! An amendment with its majority stays.
//!
//! An alarm has Root close a voting period. If no alarm could be set, anybody closes it with
//! [`Pallet::close_period`]. Groups with nothing open have no alarm.
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::as_conversions, clippy::float_arithmetic, clippy::arithmetic_side_effects)]

extern crate alloc;

mod amend;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod create;
pub mod migrations;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros of a test runtime make public items")]
mod mock;
mod period;
mod revise;
mod reward;
mod stake;
mod terms;
mod test_sets;
#[cfg(test)]
mod tests;
mod traits;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
mod types;
mod views;
pub mod weights;

pub use descent_protocol::Providers;
pub use descent_support::{set_alarm, PalletsOriginOf};
pub use pallet::*;
pub use reward::{KeeperRewards, Pots, Rewards, SettledRound};
pub use test_sets::TestSets;
pub use traits::{Closed, DatasetLog, GroupObserver, GroupRules, KeeperGateways, Stakeholders};
pub use types::{
	Amendment, AmendmentOf, BalanceOf, Changes, CreditOf, EndedAmendment, EndedOf, Group, GroupOf, LedgerOf,
	Name, NewGroup, OpenAmendment, OpenOf, Rules, StakeLedger, Summary, Voting, ENDED_KEPT, MAX_UNSTAKING,
};
pub use weights::WeightInfo;

// The casts are the macro's, and calls are not kept in memory in numbers.
#[allow(clippy::as_conversions, clippy::large_enum_variant)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use descent_protocol::{
		view::AmendmentEnding, AmendmentId, BlockNumber, GroupId, Pending, MAX_AMENDMENTS,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, schedule::v3::Named, OnUnbalanced},
	};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(4);

	/// The groups pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The configuration of the pallet.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>, RuntimeCall: From<Call<Self>>>
	{
		/// Holds deposits and stake.
		type Currency: fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ fungible::BalancedHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;
		/// Sets the alarms for the closes of voting periods.
		type Scheduler: Named<
			BlockNumberFor<Self>,
			<Self as frame_system::Config>::RuntimeCall,
			PalletsOriginOf<Self>,
			Hasher = Self::Hashing,
		>;
		/// Observes the groups.
		type Observer: GroupObserver<Self::AccountId, BalanceOf<Self>>;
		/// The series of hidden test sets.
		type TestSets: TestSets<Self::AccountId>;
		/// Takes the fees.
		type Slash: OnUnbalanced<CreditOf<Self>>;
		/// The deposit of a group, which is held of its owner's balance.
		#[pallet::constant]
		type GroupDeposit: Get<BalanceOf<Self>>;
		/// The smallest deposit that a group may ask of its trainers' commitments.
		#[pallet::constant]
		type MinimumCommitmentDeposit: Get<BalanceOf<Self>>;
		/// The most records that a group may have its rounds measured on.
		#[pallet::constant]
		type MaxEvaluationRecords: Get<u32>;
		/// The longest reveal window in blocks: randomness is kept for this long.
		#[pallet::constant]
		type MaxReveal: Get<BlockNumber>;
		/// The shortest window that a clock may have, in blocks.
		#[pallet::constant]
		type MinimumWindow: Get<BlockNumber>;
		/// The fewest seats that a group may ask its committees to have.
		#[pallet::constant]
		type MinimumCommitteeSeats: Get<u32>;
		/// The longest round, in blocks: changes wait until the round that has begun is over.
		#[pallet::constant]
		type MaximumRoundLength: Get<BlockNumber>;
		/// The smallest stake that an account may have in a group.
		#[pallet::constant]
		type MinimumStake: Get<BalanceOf<Self>>;
		/// The shortest voting period, in blocks.
		#[pallet::constant]
		type MinimumVotingPeriod: Get<BlockNumber>;
		/// The longest voting period, in blocks.
		#[pallet::constant]
		type MaximumVotingPeriod: Get<BlockNumber>;
		/// The deposit of an amendment, which is held of its proposer's balance.
		#[pallet::constant]
		type AmendmentDeposit: Get<BalanceOf<Self>>;
		/// The fee that an adopted amendment pays from its deposit: the revision that it makes is kept for
		/// ever.
		#[pallet::constant]
		type AdoptionFee: Get<BalanceOf<Self>>;
		/// Number of voting periods that an amendment may lose until it ends.
		#[pallet::constant]
		type AmendmentLifetime: Get<u32>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The reasons of the pallet to hold balance.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The account owns a group.
		Group,
		/// The account has a stake in a group, or is taking it out.
		Stake,
		/// The account has proposed an amendment.
		Amendment,
	}

	/// The groups by number.
	#[pallet::storage]
	pub type Groups<T: Config> = StorageMap<_, Twox64Concat, GroupId, GroupOf<T>>;

	/// The number that the next group gets.
	#[pallet::storage]
	pub type NextGroup<T: Config> = StorageValue<_, GroupId, ValueQuery>;

	/// The rules of each group, revision by revision, from 0 to [`Group::revision`]. In the state they have
	/// another name than before storage version 3, see [`migrations`].
	#[pallet::storage]
	#[pallet::storage_prefix = "Rules"]
	pub type Revisions<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, u32, Rules<BalanceOf<T>>>;

	/// The tolerances, in micro-units, that revisions had when storage version 3 dropped them. Rounds whose
	/// seed was drawn before are judged by them. A revision whose rounds had all been judged then has none. A
	/// later release removes them all.
	#[pallet::storage]
	pub type Tolerances<T: Config> = StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, u32, u64>;

	/// The stakes of accounts in groups.
	#[pallet::storage]
	pub type Stakes<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Blake2_128Concat, T::AccountId, LedgerOf<T>, ValueQuery>;

	/// All stake in a group, without what is being taken out.
	#[pallet::storage]
	pub type TotalStake<T: Config> = StorageMap<_, Twox64Concat, GroupId, BalanceOf<T>, ValueQuery>;

	/// The stakes of accounts that do not count in a close. Those that are of a close that has passed do.
	#[pallet::storage]
	pub type PendingStakes<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Blake2_128Concat, T::AccountId, Pending<BalanceOf<T>>>;

	/// Their sum in a group.
	#[pallet::storage]
	pub type PendingTotal<T: Config> = StorageMap<_, Twox64Concat, GroupId, Pending<BalanceOf<T>>>;

	/// Their sum over the accounts that approve an open amendment.
	#[pallet::storage]
	pub type PendingAyes<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, AmendmentId, Pending<BalanceOf<T>>>;

	/// The open amendments of a group.
	#[pallet::storage]
	pub type Amendments<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, AmendmentId, AmendmentOf<T>>;

	/// The votes on a group's open amendments, in the order of their numbers.
	#[pallet::storage]
	pub type Open<T: Config> =
		StorageMap<_, Twox64Concat, GroupId, BoundedVec<OpenOf<T>, ConstU32<MAX_AMENDMENTS>>, ValueQuery>;

	/// The number that a group's next amendment gets.
	#[pallet::storage]
	pub type NextAmendment<T: Config> = StorageMap<_, Twox64Concat, GroupId, AmendmentId, ValueQuery>;

	/// A ring with the amendments of a group that have ended last, by their number in the order of ending,
	/// modulo [`ENDED_KEPT`].
	#[pallet::storage]
	pub type Ended<T: Config> = StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, u32, EndedOf<T>>;

	/// Number of amendments of a group that have ended.
	#[pallet::storage]
	pub type EndedCount<T: Config> = StorageMap<_, Twox64Concat, GroupId, u32, ValueQuery>;

	/// The events of the pallet.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A group was created.
		Created {
			/// Its number.
			group: GroupId,
			/// The account that created it.
			owner: T::AccountId,
		},
		/// An account has staked more in a group.
		Staked {
			/// The group.
			group: GroupId,
			/// The account.
			account: T::AccountId,
			/// Its stake now.
			stake: BalanceOf<T>,
			/// All stake in the group now.
			total: BalanceOf<T>,
		},
		/// An account takes stake out of a group. It is held until it comes free.
		Unstaked {
			/// The group.
			group: GroupId,
			/// The account.
			account: T::AccountId,
			/// Its stake now.
			stake: BalanceOf<T>,
			/// All stake in the group now.
			total: BalanceOf<T>,
			/// The amount that it takes out.
			amount: BalanceOf<T>,
			/// The block from which it can be withdrawn.
			until: BlockNumber,
		},
		/// An account got back what it had taken out of a group.
		Withdrawn {
			/// The group.
			group: GroupId,
			/// The account.
			account: T::AccountId,
			/// The amount.
			amount: BalanceOf<T>,
		},
		/// An amendment was proposed.
		AmendmentProposed {
			/// The group.
			group: GroupId,
			/// The amendment.
			amendment: AmendmentId,
			/// The account that proposed it.
			account: T::AccountId,
		},
		/// A stakeholder approves an amendment, or does not any more.
		AmendmentVoted {
			/// The group.
			group: GroupId,
			/// The amendment.
			amendment: AmendmentId,
			/// The stakeholder.
			account: T::AccountId,
			/// True if it approves.
			aye: bool,
			/// The stake with which it votes.
			stake: BalanceOf<T>,
		},
		/// An amendment ended.
		AmendmentEnded {
			/// The group.
			group: GroupId,
			/// The amendment.
			amendment: AmendmentId,
			/// The way in which it ended.
			ending: AmendmentEnding,
		},
		/// A voting period closed.
		PeriodClosed {
			/// The group.
			group: GroupId,
			/// The block at which the next closes.
			next: BlockNumber,
		},
		/// No alarm will close a voting period when it is due: somebody has to call `close_period`.
		AlarmMissing {
			/// The group.
			group: GroupId,
			/// The first block in which that is possible.
			close: BlockNumber,
		},
	}

	/// The errors of the calls.
	#[pallet::error]
	pub enum Error<T> {
		/// The name is empty, not UTF-8, or has control characters.
		InvalidName,
		/// A provider is no base address of a gateway, see [`descent_protocol::is_address`].
		InvalidProvider,
		/// A content reference is empty, or its codec is not the one that content of its size has.
		InvalidContent,
		/// A window of the clock has no block, or the seed's block and the reveal, attest and open windows
		/// are together longer than a round.
		InvalidClock,
		/// The reveal window is longer than randomness is kept.
		RevealTooLong,
		/// A round is longer than this chain allows, or, with recorded trainings, than the chain keeps the
		/// hash of its first block.
		RoundTooLong,
		/// The records of an evaluation are none, or more than this chain allows.
		InvalidRecords,
		/// The deposit asked of commitments is smaller than this chain allows.
		DepositTooSmall,
		/// Every group number is taken.
		TooManyGroups,
		/// A window is so short that the author of one block could keep others out of it.
		WindowTooShort,
		/// The minimum improvement is zero.
		ImprovementTooSmall,
		/// The voting period is shorter or longer than this chain allows.
		InvalidVotingPeriod,
		/// The quorum is zero, or more than the whole.
		InvalidQuorum,
		/// There is no such group.
		UnknownGroup,
		/// The stake would be smaller than this chain allows: stake more, or take all of it out.
		StakeTooSmall,
		/// The amount is zero.
		ZeroAmount,
		/// The account has less stake in the group.
		NotEnoughStake,
		/// The account takes out as many amounts as it can at a time: withdraw what has come free first.
		TooManyUnstaking,
		/// Nothing that the account took out has come free.
		NothingToWithdraw,
		/// The account has no stake in the group.
		NoStake,
		/// The summary is empty, not UTF-8, or has control characters.
		InvalidSummary,
		/// The amendment changes nothing.
		NoChange,
		/// The amendment changes the same twice.
		RepeatedChange,
		/// The account has proposed another amendment of this group that is open: withdraw it first.
		AlreadyProposed,
		/// As many amendments are open as there can be, and all have a majority, or a proposer with no less
		/// stake.
		TooManyAmendments,
		/// There is no such amendment, or it has ended.
		UnknownAmendment,
		/// The account voted so already.
		VoteUnchanged,
		/// Only its proposer can withdraw an amendment.
		NotProposer,
		/// Stakeholders have not had a chance to decide the amendment: withdraw it after it has lost a voting
		/// period.
		TooEarly,
		/// The amendment has its majority: its proposer can't withdraw it any more.
		HasMajority,
		/// Nothing is open that the close of a voting period would decide.
		NothingToClose,
		/// The voting period closes later.
		NotDue,
		/// Validators or keepers would get more than they may of what rounds earn, or validators too little
		/// to measure for.
		InvalidShares,
		/// The optional rules are out of order, one of a kind is there twice, or a value is more or less than
		/// this chain allows.
		InvalidOptionalRule,
		/// The policy names a series of hidden test sets that the owner of the new group has not opened, or
		/// that is not bound to the group that changes its policy.
		UnknownTestSets,
	}

	#[pallet::call(weight = T::WeightInfo)]
	impl<T: Config> Pallet<T> {
		/// Creates a group that the sender owns. Its deposit and the sender's stake in it are held.
		///
		/// Emits [`Event::Created`] and [`Event::Staked`].
		///
		/// Fails with [`Error::InvalidName`], [`Error::InvalidContent`], [`Error::InvalidProvider`],
		/// [`Error::InvalidRecords`], [`Error::InvalidClock`], [`Error::WindowTooShort`],
		/// [`Error::RevealTooLong`], [`Error::RoundTooLong`], [`Error::DepositTooSmall`],
		/// [`Error::ImprovementTooSmall`], [`Error::InvalidShares`], [`Error::InvalidOptionalRule`],
		/// [`Error::InvalidVotingPeriod`] and [`Error::InvalidQuorum`] for rules that this chain does not
		/// allow, with [`Error::UnknownTestSets`] for a series of hidden test sets that the sender has not
		/// opened, with [`Error::ZeroAmount`] and [`Error::StakeTooSmall`] for the stake, with
		/// [`Error::TooManyGroups`], or if the balance does not suffice.
		#[pallet::call_index(0)]
		#[pallet::weight(
			T::WeightInfo::create()
				.saturating_add(T::TestSets::bind_weight())
				.saturating_add(T::Observer::created_weight())
				.saturating_add(T::Observer::stake_changed_weight())
		)]
		pub fn create(origin: OriginFor<T>, group: NewGroup<BalanceOf<T>>) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_create(owner, group)
		}

		/// Adds `amount` to the sender's stake in a group. It is held.
		///
		/// Emits [`Event::Staked`].
		///
		/// Fails with [`Error::UnknownGroup`], [`Error::ZeroAmount`] and [`Error::StakeTooSmall`], or if the
		/// balance does not suffice.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::stake().saturating_add(T::Observer::stake_changed_weight()))]
		pub fn stake(origin: OriginFor<T>, group: GroupId, amount: BalanceOf<T>) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_stake(group, account, amount)
		}

		/// Takes `amount` from the sender's stake in a group. The sender's votes lose this weight at once;
		/// the amount comes free after [`Voting::lock`].
		///
		/// Emits [`Event::Unstaked`].
		///
		/// Fails with [`Error::UnknownGroup`], [`Error::ZeroAmount`], [`Error::NotEnoughStake`],
		/// [`Error::StakeTooSmall`] and [`Error::TooManyUnstaking`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::unstake().saturating_add(T::Observer::stake_changed_weight()))]
		pub fn unstake(origin: OriginFor<T>, group: GroupId, amount: BalanceOf<T>) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_unstake(group, account, amount)
		}

		/// Releases the amounts that the sender has taken out of a group and that have come free.
		///
		/// Emits [`Event::Withdrawn`].
		///
		/// Fails with [`Error::NothingToWithdraw`].
		#[pallet::call_index(3)]
		pub fn withdraw(origin: OriginFor<T>, group: GroupId) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_withdraw(group, account)
		}

		/// Proposes to change a group's rules, and approves the amendment with the sender's stake.
		///
		/// The sender is a stakeholder, and has one amendment of the group open at a time. A deposit is held
		/// until the amendment ends.
		///
		/// Emits [`Event::AmendmentProposed`] and [`Event::AmendmentVoted`], [`Event::AmendmentEnded`] for an
		/// amendment that loses its place to this one, and [`Event::AlarmMissing`] if nobody will close the
		/// period by itself.
		///
		/// Fails with [`Error::InvalidSummary`], [`Error::NoChange`], [`Error::RepeatedChange`],
		/// [`Error::UnknownGroup`], [`Error::NoStake`], [`Error::AlreadyProposed`] and
		/// [`Error::TooManyAmendments`], with the errors of [`Pallet::create`] for rules that this chain does
		/// not allow, or if the balance does not suffice.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::propose_amendment().saturating_add(T::TestSets::bind_weight()))]
		pub fn propose_amendment(
			origin: OriginFor<T>,
			group: GroupId,
			changes: Changes,
			summary: Summary,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_propose(group, account, changes, summary)
		}

		/// Approves an amendment with all of the sender's stake in the group, or takes the approval back.
		///
		/// Emits [`Event::AmendmentVoted`].
		///
		/// Fails with [`Error::NoStake`], [`Error::UnknownAmendment`], [`Error::VoteUnchanged`] and
		/// [`Error::TooManyAmendments`].
		#[pallet::call_index(5)]
		pub fn vote_amendment(
			origin: OriginFor<T>,
			group: GroupId,
			amendment: AmendmentId,
			aye: bool,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_vote(group, account, amendment, aye)
		}

		/// Takes back an amendment of the sender that has lost a voting period and has no majority.
		///
		/// Emits [`Event::AmendmentEnded`].
		///
		/// Fails with [`Error::UnknownAmendment`], [`Error::NotProposer`], [`Error::TooEarly`] and
		/// [`Error::HasMajority`].
		#[pallet::call_index(6)]
		pub fn withdraw_amendment(
			origin: OriginFor<T>,
			group: GroupId,
			amendment: AmendmentId,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_withdraw_amendment(group, account, amendment)
		}

		/// Closes a group's voting period that is due.
		///
		/// Root calls it by the alarm. If the alarm failed, anybody may call it, free of charge if there was
		/// something to close.
		///
		/// Emits [`Event::PeriodClosed`], [`Event::AmendmentEnded`] for each amendment that it decides, and
		/// [`Event::AlarmMissing`] if nobody will close the next period by itself.
		///
		/// Fails with [`Error::UnknownGroup`], [`Error::NothingToClose`] and [`Error::NotDue`].
		#[pallet::call_index(7)]
		#[pallet::weight(
			T::WeightInfo::close_period(MAX_AMENDMENTS)
				.saturating_add(T::TestSets::bind_weight().saturating_mul(MAX_AMENDMENTS.into()))
				.saturating_add(T::Observer::terms_changed_weight())
				.saturating_add(T::Observer::period_closed_weight())
		)]
		pub fn close_period(origin: OriginFor<T>, group: GroupId) -> DispatchResultWithPostInfo {
			if ensure_root(origin.clone()).is_err() {
				ensure_signed(origin)?;
			}
			let work = Self::do_close(group)?;
			let weight = T::WeightInfo::close_period(work.amendments)
				.saturating_add(T::TestSets::bind_weight().saturating_mul(work.amendments.into()))
				.saturating_add(T::Observer::terms_changed_weight())
				.saturating_add(work.observer);
			Ok((Some(weight), Pays::No).into())
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
