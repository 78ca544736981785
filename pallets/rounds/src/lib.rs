//! Rounds: the proof of useful work.
//!
//! A round is to this chain what a block is to proof of work: trainers compete for it, and at most one of
//! them wins.
//!
//! # Life cycle
//!
//! A round goes through six windows. Each is a function of the group's [`Clock`](descent_protocol::Clock) and
//! the block number:
//!
//! ```text
//! round r    | commit     | gap | seed | reveal | attest | open | settle
//! round r+1                     | commit         ..           | gap | seed | reveal | ..
//! ```
//!
//! - *commit*: trainers train and bind themselves to their checkpoints.
//! - *gap*: two blocks, so that no author spans the last commitment and the seed.
//! - *seed*: the randomness of this block and of those before it draws the records on which the round is
//!   measured.
//! - *reveal*: trainers show their checkpoints and claim scores.
//! - *attest*: the members of the committee measure, and each binds itself to its ballot.
//! - *open*: the members show their ballots.
//! - *settle*: Root, by an alarm, or any account has the round counted and paid.
//!
//! A trainer binds itself to a checkpoint with [`Pallet::commit`] and puts a deposit at stake. A round admits
//! a bounded number of commitments. When it is full, a strictly larger deposit displaces the smallest one,
//! which is returned, so that slots cannot be squatted cheaply. The first commitment of a round sets an alarm
//! for its settlement in the scheduler.
//!
//! Where the group's policy names hidden test sets, the requester releases the key of the next one in the
//! first half of the reveal window at the latest, and reveals wait for it. A round for which no key is
//! released is measured on a public set, and the requester pays, see [`TestSets`](pallet_groups::TestSets).
//!
//! The records are drawn after the last commitment, so that no trainer can train on them. Trainers measure
//! their claims and show their checkpoints with [`Pallet::reveal`]. The first reveal fixes the seed, which
//! also draws the [committee](pallet_evaluators) among the validators of the seed's block.
//!
//! Each member of the committee measures the candidates in the order of their claims, attests to a hash of
//! its ballot, and opens it once no member can copy another, see [`pallet_evaluators`]. The hash binds the
//! seed, the head and all candidates: on a fork of the chain with others, the ballot does not count. The
//! ballot of a validator on its own account's checkpoint does not count either.
//!
//! [`Pallet::settle`] gives every commitment exactly one [`Outcome`](descent_protocol::Outcome), by
//! [`descent_protocol::settle`]. The winner's checkpoint becomes the group's head. Deposits are released or
//! slashed. The tallies of the candidates are kept with the round, the ballots are not. Rounds of a group are
//! settled in order, by Root through the alarm, or by any account if no alarm could be set. Settled rounds
//! are kept for a while. Each settlement removes the oldest one.
//!
//! No hook loops over groups or rounds. A block writes its randomness into a ring of bounded size, and notes
//! that it is closed if it takes no transactions or has no room for another reveal.
//!
//! # Rewards, deposits and fees
//!
//! [`Config::Rewards`] pays by the shares that the rules of the round had when it began:
//!
//! - The winner gets the amount that its group has earned since the last winner, and what clients pay for the
//!   round. Where the group has ranked winners, they divide it, see
//!   [`divide_reward`](descent_protocol::divide_reward).
//! - The committee members who did sound work share the validators' part, even if no candidate wins. A
//!   member's work is sound if it agrees with 2/3 of the committee wherever 2/3 agree, see
//!   [`descent_protocol::performance`]. If 2/3 agree on nothing, no member is paid.
//! - A member that is silent, or that could not fetch what 2/3 could, gets nothing and loses nothing.
//! - A member whose ballot differs from that of 2/3 gets nothing.
//!
//! [`Config::Committees`] learns how each member did. A validator that repeats false measurements, or is
//! silent for a day, is dealt with there.
//!
//! Deposits of winners, of outranked and of honest losers are returned whole. A trainer that never reveals
//! loses a part of its deposit, unless a block of the reveal window was closed. So does one that serves its
//! checkpoint to some members only so that there is no quorum, see
//! [`Settlement::contested`](descent_protocol::Settlement::contested). A trainer whose claim is refuted loses
//! all of it.
//!
//! The deposits pay for what the chain keeps of a round for a while. The checkpoint's digest and the
//! trainer's standing are kept for ever. [`Config::CommitmentFee`] pays for them and is not returned. Neither
//! is the slot fee, which grows with the number of commitments in the round, see
//! [`slot_fee`](descent_protocol::slot_fee). The first commitment of a round pays [`Config::SeatFee`] for
//! each seat of its committee, so that the free messages of committees cost those who ask for them. Slashed
//! deposits and fees go to [`Config::Slash`].
//!
//! # Changes of a group
//!
//! The stakeholders of a group change its rules and its data set. A change takes effect with a round that has
//! not begun. So every round is played to its end by the rules and on the data that it began with. The first
//! commitment notes the versions of the model and the data set. When the model changes, the head is retired:
//! the first round of the new model has no baseline, while the last round of the old model may still change
//! the head of its own.
//!
//! # Terms
//!
//! - **Commitment**: the hash that binds a trainer to a checkpoint, see
//!   [`descent_protocol::commitment_hash`].
//! - **Candidate**: a revealed checkpoint with a claimed score.
//! - **Claim**: the score that a trainer measured of its own checkpoint. Lower is better.
//! - **Ballot**: the measurements of one member, see [`Ballot`](descent_protocol::Ballot).
//! - **Head**: the best checkpoint of a model so far, which candidates have to beat.
//! - **Baseline**: the score of the head on the records of the round.
//! - **Slot**: one of the bounded number of commitments of a round.
//! - **Standing**: how a trainer has done in a group, see [`Standing`].
//!
//! # Usage
//!
//! - Trainers call [`Pallet::commit`] and [`Pallet::reveal`].
//! - The alarm calls [`Pallet::settle`]. After [`Event::AlarmMissing`], any account can.
//!
//! A trainer computes the hash of its commitment off chain:
//!
//! ```
//! use descent_protocol::commitment_hash;
//! use sp_core::H256;
//!
//! let (genesis, group, round) = (H256::zero(), 0, 7);
//! let (account, checkpoint, salt) = ([1u8; 32], H256::repeat_byte(2), [3; 32]);
//! let commitment = commitment_hash(genesis, group, round, &account, checkpoint, &salt);
//! // Another account cannot use it.
//! assert_ne!(commitment, commitment_hash(genesis, group, round, &[4u8; 32], checkpoint, &salt));
//! ```
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::as_conversions, clippy::float_arithmetic, clippy::arithmetic_side_effects)]

extern crate alloc;

mod admission;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod closed;
mod commit;
mod committee;

pub mod migrations;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros of a test runtime make public items")]
mod mock;
mod prune;
mod recording;
mod reveal;
mod seed;
mod settle;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
mod types;
mod views;
pub mod weights;

pub use closed::MAX_CLOSED;
pub use pallet::*;
pub use prune::KEPT_RING;
pub use types::{
	BalanceOf, Best, Commitment, CommitmentOf, CreditOf, Ending, Head, Progress, RecordedSegment, Reveal,
	Round, RoundOf, Settled, Standing, StandingOf, Subject,
};
pub use weights::WeightInfo;

use descent_protocol::{BlockNumber, GroupId, RoundIndex};

// The casts are the macro's, and a recording is as large as it is.
#[allow(clippy::as_conversions, clippy::large_enum_variant)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use descent_protocol::{
		trace::Recording, ContentRef, Outcome, Providers, Salt, Score, Tally, MAX_CANDIDATES,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, schedule::v3::Named, OnUnbalanced},
	};
	use frame_system::pallet_prelude::*;
	use pallet_evaluators::{tasks::Committees, MemberGateways};
	use pallet_groups::{DatasetLog, GroupRules, KeeperGateways, PalletsOriginOf, Rewards, TestSets};
	use sp_core::H256;
	use sp_runtime::Perbill;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(4);

	/// The rounds pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The configuration of the pallet.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<Hash = H256, RuntimeEvent: From<Event<Self>>, RuntimeCall: From<Call<Self>>>
	{
		/// The currency of deposits and fees.
		type Currency: fungible::Balanced<Self::AccountId>
			+ fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ fungible::BalancedHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;
		/// The groups and the rules of their rounds.
		type Groups: GroupRules<BalanceOf<Self>>;
		/// The logs of the groups' data sets.
		type Dataset: DatasetLog;
		/// The committees that measure candidates.
		type Committees: Committees<Self::AccountId>;
		/// The keepers of groups, who serve what others don't any more.
		type Keepers: KeeperGateways;
		/// The gateways at which the members of a committee serve to each other what they have fetched.
		type Gateways: MemberGateways<Self::AccountId>;
		/// Sets the alarms for settlements.
		type Scheduler: Named<
			BlockNumberFor<Self>,
			<Self as frame_system::Config>::RuntimeCall,
			PalletsOriginOf<Self>,
			Hasher = Self::Hashing,
		>;
		/// The randomness of the block that is being executed, known at its end. Only the block's author may
		/// know it when the block before it is made.
		type BlockRandomness: Get<Option<[u8; 32]>>;
		/// The hidden test sets of rounds.
		type TestSets: TestSets<Self::AccountId>;
		/// Pays the winners of a round, and the members of its committee who did sound work.
		type Rewards: Rewards<Self::AccountId, BalanceOf<Self>>;
		/// Takes slashed deposits and fees.
		type Slash: OnUnbalanced<CreditOf<Self>>;
		/// The fee of a commitment, beside its deposit. It pays for the used digest and the trainer's
		/// standing, which are kept for ever.
		#[pallet::constant]
		type CommitmentFee: Get<BalanceOf<Self>>;
		/// The fee for each seat of a round's committee, whose messages are free. The first commitment pays
		/// it.
		#[pallet::constant]
		type SeatFee: Get<BalanceOf<Self>>;
		/// The time between two blocks, in milliseconds.
		#[pallet::constant]
		type BlockTime: Get<u64>;
		/// The part of its deposit that a commitment loses if it is never revealed, or contested in a round
		/// without a quorum.
		#[pallet::constant]
		type UnrevealedPenalty: Get<Perbill>;
		/// Number of settled rounds that a group keeps, at most [`KEPT_RING`].
		#[pallet::constant]
		type Retention: Get<u32>;
		/// Number of blocks whose randomness is kept, more than the longest reveal window has: its last block
		/// knows the randomness of the block before the window. It is part of the storage's format: a runtime
		/// that changes it has to migrate [`Seeds`].
		#[pallet::constant]
		type SeedRing: Get<u32>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The reasons of holds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The account has made commitments that are not settled.
		Commitment,
	}

	/// The rounds with commitments, until some time after they are settled.
	#[pallet::storage]
	pub type Rounds<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, RoundIndex, RoundOf<T>>;

	/// The reveals of a round, for as long as the round is kept.
	#[pallet::storage]
	pub type Reveals<T: Config> =
		StorageDoubleMap<_, Twox64Concat, (GroupId, RoundIndex), Blake2_128Concat, T::AccountId, Reveal>;

	/// The recordings that came with the reveals of a round, for as long as the round is kept. Only groups
	/// with a rule for recipes have any.
	#[pallet::storage]
	pub type Recordings<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		(GroupId, RoundIndex),
		Blake2_128Concat,
		T::AccountId,
		RecordedSegment,
	>;

	/// The subjects of rounds that have candidates and are not settled.
	#[pallet::storage]
	pub type Subjects<T: Config> = StorageMap<_, Twox64Concat, (GroupId, RoundIndex), Subject>;

	/// The tallies of the candidates of settled rounds, in rank order, for as long as the round is kept.
	#[pallet::storage]
	pub type Tallies<T: Config> =
		StorageMap<_, Twox64Concat, (GroupId, RoundIndex), BoundedVec<Tally, ConstU32<MAX_CANDIDATES>>>;

	/// The rounds of a group that are to be settled, in order: the one that takes commitments and the one
	/// before.
	#[pallet::storage]
	pub type Unsettled<T: Config> =
		StorageMap<_, Twox64Concat, GroupId, BoundedVec<RoundIndex, ConstU32<2>>, ValueQuery>;

	/// The progress of a group's settlements.
	#[pallet::storage]
	pub type Settlements<T: Config> = StorageMap<_, Twox64Concat, GroupId, Progress>;

	/// A ring with the settled rounds that a group keeps, by their number in the order of settlement, modulo
	/// [`KEPT_RING`].
	#[pallet::storage]
	pub type Kept<T: Config> = StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, u32, RoundIndex>;

	/// The digests of checkpoints that were revealed in a group, and their rounds. A checkpoint can take part
	/// once.
	#[pallet::storage]
	pub type UsedDigests<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Blake2_128Concat, H256, RoundIndex>;

	/// The best checkpoint of each model of a group, by the model's version. A group that changes its model
	/// starts without a head. The heads of earlier models stay as they were.
	#[pallet::storage]
	pub type Heads<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, u32, Head<T::AccountId>>;

	/// The checkpoints that a recorded training may begin with, beside the head, and the version of their
	/// model: those that a committee has confirmed with a segment of their recordings, and the heads that
	/// they have replaced. Without this, who has a model that nobody has trained could reveal it with a claim
	/// so bad that no committee looks at it, and begin the next round's training with it.
	#[pallet::storage]
	pub type Bases<T: Config> = StorageDoubleMap<_, Twox64Concat, GroupId, Blake2_128Concat, H256, u32>;

	/// The standings of trainers in a group.
	#[pallet::storage]
	pub type Standings<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Blake2_128Concat, T::AccountId, StandingOf<T>>;

	/// A ring with the randomness of the last blocks, by the block's number modulo [`Config::SeedRing`]. An
	/// entry is the block's number, and its randomness mixed with that of all blocks before it.
	#[pallet::storage]
	pub type Seeds<T: Config> = StorageMap<_, Twox64Concat, u32, (BlockNumber, [u8; 32])>;

	/// The blocks that took no transactions as migrations went on, or had no room for another reveal, as
	/// ranges with the first and the last block of each, the oldest range first. A trainer that could not
	/// reveal in one of them is not punished.
	#[pallet::storage]
	pub type Closed<T: Config> =
		StorageValue<_, BoundedVec<(BlockNumber, BlockNumber), ConstU32<MAX_CLOSED>>, ValueQuery>;

	/// The first block whose randomness draws the seeds of rounds with dithered scores. Rounds whose seed is
	/// of an earlier block keep the rule of the runtime before: their scores are rounded half to even, and
	/// claims may differ from them by the tolerance that the group had.
	#[pallet::storage]
	pub type DitheredSince<T: Config> = StorageValue<_, BlockNumber, ValueQuery>;

	/// The events of the pallet.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A trainer committed.
		Committed {
			/// The group.
			group: GroupId,
			/// The round.
			round: RoundIndex,
			/// The trainer.
			account: T::AccountId,
		},
		/// A commitment was displaced from a full round by one with a larger deposit. Its deposit was
		/// returned.
		Displaced {
			/// The group.
			group: GroupId,
			/// The round.
			round: RoundIndex,
			/// The trainer that lost its slot.
			account: T::AccountId,
		},
		/// A trainer revealed.
		Revealed {
			/// The group.
			group: GroupId,
			/// The round.
			round: RoundIndex,
			/// The trainer.
			account: T::AccountId,
			/// The trainer's checkpoint.
			checkpoint: ContentRef,
			/// The claimed score.
			claim: Score,
		},
		/// A committee member attested, under an earlier runtime: clients read the events of the block that
		/// brings in a runtime by the metadata of that runtime.
		Attested {
			/// The group.
			group: GroupId,
			/// The round.
			round: RoundIndex,
			/// The member's place in the committee.
			member: u32,
		},
		/// A committee member opened its attestation, under an earlier runtime.
		Opened {
			/// The group.
			group: GroupId,
			/// The round.
			round: RoundIndex,
			/// The member's place in the committee.
			member: u32,
		},
		/// A commitment ended.
		Ended {
			/// The group.
			group: GroupId,
			/// The round.
			round: RoundIndex,
			/// The trainer.
			account: T::AccountId,
			/// The outcome.
			outcome: Outcome,
			/// The score that 2/3 of the committee measured.
			measured: Option<Score>,
			/// The reward that the trainer was paid.
			reward: BalanceOf<T>,
			/// The part of the deposit that was slashed.
			slashed: BalanceOf<T>,
		},
		/// A round was settled.
		Settled {
			/// The group.
			group: GroupId,
			/// The round.
			round: RoundIndex,
			/// The winner, if there is one.
			winner: Option<T::AccountId>,
			/// The winner's measured score.
			score: Option<Score>,
			/// The score that had to be beaten.
			baseline: Option<Score>,
		},
		/// No alarm could be set for a round's settlement. When it is due, an account has to call `settle`.
		AlarmMissing {
			/// The group.
			group: GroupId,
			/// The round.
			round: RoundIndex,
		},
	}

	/// The errors of the pallet.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no such group.
		UnknownGroup,
		/// The round is not in the window of this call.
		WrongPhase,
		/// The account has a commitment in this round.
		AlreadyCommitted,
		/// The round is full, and the deposit is not larger than the smallest in it.
		RoundFull,
		/// The deposit is smaller than the group requires.
		DepositTooSmall,
		/// An earlier round of the group is due and has to be settled first.
		SettlementOverdue,
		/// The account has no commitment in this round.
		NotCommitted,
		/// The account has revealed already.
		AlreadyRevealed,
		/// The checkpoint and the salt do not match the account's commitment.
		CommitmentMismatch,
		/// The checkpoint's reference is empty, or its codec is not the one that content of its size has.
		InvalidContent,
		/// A provider is no base address of a gateway, see [`descent_protocol::is_address`].
		InvalidProvider,
		/// The checkpoint was revealed in this group before.
		DigestUsed,
		/// The round's randomness is not known any more.
		SeedMissing,
		/// The head has reached the group's target, measured as in this round. No further round is played
		/// until the stakeholders set a better target.
		TargetReached,
		/// The round does not wait to be settled: it has no commitments, or is settled.
		NotUnsettled,
		/// The key of the round's hidden test set is awaited: nothing is revealed before it is released or
		/// the time for that is over.
		KeyAwaited,
		/// The group takes only checkpoints that come with a recorded training.
		RecordingMissing,
		/// The group takes no recorded trainings.
		RecordingUnexpected,
		/// The recipe, or the learning rate of the drawn segment, is against the group's rule.
		AgainstRecipe,
		/// The recording does not show the drawn segment, or not the checkpoint, with sound proofs.
		InvalidRecording,
		/// The training begins with a checkpoint that is not the group's head, and that no committee of the
		/// group has confirmed with a recording of its own.
		UnknownBase,
		/// The recording has fewer segments than the deposit declares.
		TooFewSegments,
	}

	#[pallet::call(weight = T::WeightInfo)]
	impl<T: Config> Pallet<T> {
		/// Binds the sender to a checkpoint in the commit window, takes the commitment fee and the slot fee,
		/// and holds the deposit.
		///
		/// - `commitment`: the [`descent_protocol::commitment_hash`] of the checkpoint.
		/// - `deposit`: at least the group's smallest deposit. A full round requires more than the smallest
		///   one in it.
		///
		/// Emits [`Event::Committed`]. Emits [`Event::Displaced`] if another commitment had to make room, and
		/// [`Event::AlarmMissing`] if no alarm could be set for the settlement.
		///
		/// Errors: [`Error::UnknownGroup`], [`Error::WrongPhase`], [`Error::DepositTooSmall`],
		/// [`Error::TargetReached`], [`Error::AlreadyCommitted`], [`Error::RoundFull`],
		/// [`Error::SettlementOverdue`], and those of the currency if the balance does not suffice.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::commit_first().max(T::WeightInfo::commit_full()))]
		pub fn commit(
			origin: OriginFor<T>,
			group: GroupId,
			round: RoundIndex,
			commitment: H256,
			deposit: BalanceOf<T>,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_commit(group, round, account, commitment, deposit)
		}

		/// Shows the sender's checkpoint in the reveal window and claims its score on the round's evaluation
		/// set. Blocks keep room for this call, see [`Pallet::validity`].
		///
		/// - `salt`: the salt of the commitment.
		/// - `providers`: addresses from which the checkpoint can be fetched.
		///
		/// Emits [`Event::Revealed`].
		///
		/// Errors: [`Error::UnknownGroup`], [`Error::WrongPhase`], [`Error::NotCommitted`],
		/// [`Error::SettlementOverdue`], [`Error::AlreadyRevealed`], [`Error::InvalidContent`],
		/// [`Error::InvalidProvider`], [`Error::CommitmentMismatch`], [`Error::DigestUsed`],
		/// [`Error::SeedMissing`], [`Error::KeyAwaited`], [`Error::RecordingMissing`].
		#[pallet::call_index(1)]
		#[pallet::weight((
			T::WeightInfo::reveal().saturating_add(T::TestSets::fix_weight()),
			DispatchClass::Operational,
		))]
		pub fn reveal(
			origin: OriginFor<T>,
			group: GroupId,
			round: RoundIndex,
			checkpoint: ContentRef,
			salt: Salt,
			claim: Score,
			providers: Providers,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			let reveal = Reveal { checkpoint, claim, providers };
			Self::do_reveal(group, round, account, salt, reveal, None)
		}

		/// Shows the sender's checkpoint as [`Pallet::reveal`] does, with the training that it recorded, in a
		/// group that asks for it. The commitment is to the [`descent_protocol::trace::submission_hash`].
		///
		/// - `recording`: the recipe, the trace, and the segment that the round's seed draws.
		///
		/// Emits [`Event::Revealed`].
		///
		/// Errors: those of [`Pallet::reveal`], [`Error::RecordingUnexpected`], [`Error::AgainstRecipe`],
		/// [`Error::InvalidRecording`], [`Error::UnknownBase`].
		#[pallet::call_index(5)]
		#[pallet::weight((
			T::WeightInfo::reveal_recorded().saturating_add(T::TestSets::fix_weight()),
			DispatchClass::Operational,
		))]
		#[allow(clippy::too_many_arguments, reason = "a recording comes on top of a reveal")]
		pub fn reveal_recorded(
			origin: OriginFor<T>,
			group: GroupId,
			round: RoundIndex,
			checkpoint: ContentRef,
			salt: Salt,
			claim: Score,
			providers: Providers,
			recording: Recording,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			let reveal = Reveal { checkpoint, claim, providers };
			Self::do_reveal(group, round, account, salt, reveal, Some(recording))
		}

		/// Settles the group's next round that is due. The alarm calls it as Root. Any account can call it if
		/// the alarm failed, and pays nothing: blocks take the call only while it succeeds, see
		/// [`Pallet::validity`].
		///
		/// Emits [`Event::Ended`] for each commitment and [`Event::Settled`] for the round.
		///
		/// Errors: [`Error::UnknownGroup`], [`Error::NotUnsettled`], [`Error::WrongPhase`],
		/// [`Error::SettlementOverdue`].
		#[pallet::call_index(4)]
		#[pallet::weight((Pallet::<T>::settle_weight(), DispatchClass::Operational))]
		pub fn settle(origin: OriginFor<T>, group: GroupId, round: RoundIndex) -> DispatchResultWithPostInfo {
			if ensure_root(origin.clone()).is_err() {
				ensure_signed(origin)?;
			}
			let weight = Self::do_settle(group, round)?;
			Ok((Some(weight), Pays::No).into())
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_now: BlockNumberFor<T>) -> Weight {
			Self::note_migrations();
			T::WeightInfo::on_finalize()
		}

		fn on_finalize(_now: BlockNumberFor<T>) {
			Self::note_full_block();
			Self::keep_randomness();
		}

		#[cfg(feature = "std")]
		fn integrity_test() {
			assert!(T::Retention::get() > 0, "the last settled round has to be kept");
			assert!(T::Retention::get() <= KEPT_RING, "the ring has no room for all rounds that are kept");
			assert!(
				T::Groups::longest_reveal() < T::SeedRing::get(),
				"the ring has no room for the randomness of a reveal window and the block before it"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Returns the number of the block that is being executed.
	pub(crate) fn now() -> BlockNumber {
		descent_support::now::<T>()
	}

	/// Returns the hash of the chain's first block, which every hash and signature contains.
	pub fn genesis() -> sp_core::H256 {
		pallet_evaluators::genesis::<T>()
	}

	/// Returns the rounds of a group that wait to be settled, in order.
	pub fn unsettled(group: GroupId) -> alloc::vec::Vec<RoundIndex> {
		Unsettled::<T>::get(group).into_inner()
	}
}
