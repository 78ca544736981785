//! Rounds: the proof of useful work.
//!
//! What a block is to proof of work, a round is here: trainers compete for it and at most one of them wins. A round goes
//! through these windows, each a function of the group's [`Clock`](descent_protocol::Clock) and the block number:
//!
//! ```text
//! round r    | commit           | seed | reveal | attest | open | settle
//! round r+1                     | commit               ..           | seed | reveal | ..
//! ```
//!
//! - *commit*: trainers train and bind themselves to what they have.
//! - *seed*: the randomness of this block and those before it draws the records that the round is measured on.
//! - *reveal*: trainers show their checkpoints and claim scores.
//! - *attest*: the committee measures, and each member binds itself to what it found.
//! - *open*: the members show what they found.
//! - *settle*: Root, by an alarm, or anybody counts and pays.
//!
//! A trainer binds itself to a checkpoint with [`Pallet::commit`] and puts a deposit at stake. A round admits a bounded
//! number of commitments; when it is full, a strictly larger deposit takes the place of the smallest, which is returned,
//! so that places cannot be squatted cheaply. The first commitment of a round sets an alarm for its settlement in the
//! scheduler.
//!
//! When the commitments are closed, nobody can train any more on the records that are now drawn. Trainers measure their
//! claims and show their checkpoints with [`Pallet::reveal`]. The first reveal fixes the round's seed and its committee,
//! the validators of that moment, so that a session that changes later changes nothing.
//!
//! Every member of the committee measures the candidates in the order of their claims, [`Pallet::attest`]s to a hash of
//! what it found, and when nobody can copy any more, it [`Pallet::open`]s the hash. Both calls are free, authorized by a
//! signature with the member's [evaluator key](pallet_evaluators) and sent by the validators' off-chain workers.
//!
//! [`Pallet::settle`] counts. [`descent_protocol::settle`] gives every commitment exactly one
//! [`Outcome`](descent_protocol::Outcome); the winner becomes the group's head; deposits are released or slashed. Rounds of a group are settled in order, by Root through the alarm or, should no alarm have been possible, by
//! anybody. Settled rounds are kept for a while and then removed, one with every settlement.
//!
//! # Money
//!
//! [`Config::Rewards`] pays, by the shares that the round's rules had when it began. The winner gets what its group has
//! earned since the last one did and what clients pay for a round. The members of the committee who did sound work get
//! the validators' part between them, whether anybody wins or not: they are those who said what 2/3 of the committee
//! said, wherever 2/3 said the same, see [`descent_protocol::performance`]. Where 2/3 agree on nothing, nobody is paid. Who
//! was silent, or could not fetch what 2/3 could, gets nothing and loses nothing; who is silent for a day is told of as
//! well. Who says that it measured or found something else than 2/3 did gets nothing, and [`Config::Performance`] is told:
//! when it repeats that is an offence, which costs it of its bond.
//!
//! Of deposits, winners, runners-up and honest losers lose nothing; who never reveals, or serves some members only so that
//! there is no quorum, see [`Settlement::contested`](descent_protocol::Settlement::contested), loses a part, and who is
//! refuted all. What is kept of a round for a while, its deposits pay for; what is kept for ever, the checkpoint's digest
//! and how the trainer did, [`Config::CommitmentFee`] does, which does not come back. Nor does the price of a place in a crowded
//! round, see [`slot_fee`](descent_protocol::slot_fee). Losses, fees and prices go to [`Config::Slash`].
//!
//! # Changes
//!
//! A group's stakeholders change its rules and its data set. A change takes effect with a round that has not begun, so that
//! every round is played to its end by the rules and on the data that it began with: all that happens in a round asks for
//! the rules of that round. The first commitment notes which versions of model and data set these are. Where the model
//! changes, the head is retired: the first round of the new model has no baseline, while the last one of the old model may
//! still crown its own.
//!
//! No hook loops over groups or rounds: a block writes its randomness into a ring of bounded size, and that is all.
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::as_conversions, clippy::float_arithmetic, clippy::arithmetic_side_effects)]

extern crate alloc;

mod attest;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod commit;
mod committee;
pub mod migrations;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros of a test runtime make public items")]
mod mock;
mod offchain;
mod prune;
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

pub use attest::{attest_payload, open_payload};
pub use pallet::*;
pub use types::{
	Attestation, BalanceOf, Best, Commitment, CommitmentOf, CreditOf, Ending, Head, Progress, Reveal, Round,
	RoundOf, Settled, Standing, StandingOf,
};
pub use weights::WeightInfo;

use descent_protocol::{BlockNumber, GroupId, RoundIndex};

// The casts are the macro's.
#[allow(clippy::as_conversions)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use descent_protocol::{
		Ballot, ContentRef, Outcome, Providers, Salt, Score, MAX_CANDIDATES, MAX_COMMITTEE,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, schedule::v3::Named, OnUnbalanced},
	};
	use frame_system::{offchain::CreateAuthorizedTransaction, pallet_prelude::*};
	use pallet_evaluators::{AuthoritySignature, Committee, EvaluatorSet, PerformanceObserver};
	use pallet_groups::{DatasetLog, GroupRules, PalletsOriginOf, Rewards};
	use sp_core::H256;
	use sp_runtime::Perbill;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(2);

	/// The rounds pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs of its runtime.
	#[pallet::config]
	pub trait Config:
		CreateAuthorizedTransaction<Call<Self>>
		+ frame_system::Config<Hash = H256, RuntimeEvent: From<Event<Self>>, RuntimeCall: From<Call<Self>>>
	{
		/// Holds the deposits, takes the fees.
		type Currency: fungible::Balanced<Self::AccountId>
			+ fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ fungible::BalancedHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;
		/// The groups and the rules of their rounds.
		type Groups: GroupRules<BalanceOf<Self>>;
		/// The logs of the groups' data sets.
		type Dataset: DatasetLog;
		/// Who measures: the committee of a round is fixed from it.
		type Evaluators: EvaluatorSet<Self::AccountId>;
		/// Sets the alarms for settlements.
		type Scheduler: Named<
			BlockNumberFor<Self>,
			<Self as frame_system::Config>::RuntimeCall,
			PalletsOriginOf<Self>,
			Hasher = Self::Hashing,
		>;
		/// The randomness of the block that is being executed, known at its end. Nobody but the block's author may know
		/// it when the block before it is made.
		type BlockRandomness: Get<Option<[u8; 32]>>;
		/// Pays the winner of a round, and the members of its committee who measured.
		type Rewards: Rewards<Self::AccountId, BalanceOf<Self>>;
		/// Is told how the members of a round's committee did.
		type Performance: PerformanceObserver<Self::AccountId>;
		/// Takes what is slashed of deposits, and the fees.
		type Slash: OnUnbalanced<CreditOf<Self>>;
		/// What a commitment costs beside its deposit: that its checkpoint was used, and how the trainer did, is kept for ever.
		#[pallet::constant]
		type CommitmentFee: Get<BalanceOf<Self>>;
		/// How long a block takes, in milliseconds.
		#[pallet::constant]
		type BlockTime: Get<u64>;
		/// The part of the deposit that a commitment loses which is never revealed, or contested where the round has no quorum.
		#[pallet::constant]
		type UnrevealedPenalty: Get<Perbill>;
		/// How many of its settled rounds a group keeps.
		#[pallet::constant]
		type Retention: Get<u32>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Why balance is held.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The account has made commitments that are not settled.
		Commitment,
	}

	/// Rounds that somebody has committed to, until some time after they are settled.
	#[pallet::storage]
	pub type Rounds<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, RoundIndex, RoundOf<T>>;

	/// What was revealed in a round, for as long as the round is kept.
	#[pallet::storage]
	pub type Reveals<T: Config> =
		StorageDoubleMap<_, Twox64Concat, (GroupId, RoundIndex), Blake2_128Concat, T::AccountId, Reveal>;

	/// The committees of rounds, fixed when the first trainer reveals, for as long as the round is kept.
	#[pallet::storage]
	pub type Committees<T: Config> =
		StorageMap<_, Twox64Concat, (GroupId, RoundIndex), Committee<T::AccountId>>;

	/// What a round's committee members said, by their place in the committee, for as long as the round is kept.
	#[pallet::storage]
	pub type Attestations<T: Config> =
		StorageDoubleMap<_, Twox64Concat, (GroupId, RoundIndex), Twox64Concat, u32, Attestation>;

	/// The rounds of a group that are to be settled, in order: the one that takes commitments and the one before.
	#[pallet::storage]
	pub type Unsettled<T: Config> =
		StorageMap<_, Twox64Concat, GroupId, BoundedVec<RoundIndex, ConstU32<2>>, ValueQuery>;

	/// How far a group's rounds are settled.
	#[pallet::storage]
	pub type Settlements<T: Config> = StorageMap<_, Twox64Concat, GroupId, Progress>;

	/// A ring with the settled rounds that a group keeps, by their number in the order of settlement, modulo
	/// [`Config::Retention`].
	#[pallet::storage]
	pub type Kept<T: Config> = StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, u32, RoundIndex>;

	/// The checkpoints that were revealed in a group and where: a checkpoint can take part once.
	#[pallet::storage]
	pub type UsedDigests<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Blake2_128Concat, H256, RoundIndex>;

	/// The best checkpoint of each group, by the version of the model that it is one of. A group that changes its model
	/// starts over; the heads before stay as they were.
	#[pallet::storage]
	pub type Heads<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, u32, Head<T::AccountId>>;

	/// How trainers have done in a group.
	#[pallet::storage]
	pub type Standings<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Blake2_128Concat, T::AccountId, StandingOf<T>>;

	/// A ring with the randomness of the last blocks: the block's number and its randomness mixed with that of all blocks
	/// before it, by the number modulo the ring's size, see [`Pallet::ring_size`].
	#[pallet::storage]
	pub type Seeds<T: Config> = StorageMap<_, Twox64Concat, u32, (BlockNumber, [u8; 32])>;

	/// What happened.
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
		/// A commitment with a larger deposit took the place of this one in a full round; its deposit was returned.
		Displaced {
			/// The group.
			group: GroupId,
			/// The round.
			round: RoundIndex,
			/// The trainer who lost its place.
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
			/// Its checkpoint.
			checkpoint: ContentRef,
			/// Its claim.
			claim: Score,
		},
		/// A committee member attested.
		Attested {
			/// The group.
			group: GroupId,
			/// The round.
			round: RoundIndex,
			/// The member's place in the committee.
			member: u32,
		},
		/// A committee member opened its attestation.
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
			/// How.
			outcome: Outcome,
			/// The score that 2/3 of the committee measured.
			measured: Option<Score>,
			/// What it was paid.
			reward: BalanceOf<T>,
			/// What it lost of its deposit.
			slashed: BalanceOf<T>,
		},
		/// A round was settled.
		Settled {
			/// The group.
			group: GroupId,
			/// The round.
			round: RoundIndex,
			/// Who won.
			winner: Option<T::AccountId>,
			/// The winner's measured score.
			score: Option<Score>,
			/// What had to be beaten.
			baseline: Option<Score>,
		},
		/// No alarm could be set for a round's settlement: when it is due, somebody has to call `settle`.
		AlarmMissing {
			/// The group.
			group: GroupId,
			/// The round.
			round: RoundIndex,
		},
	}

	/// Why a call failed.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no such group.
		UnknownGroup,
		/// The round is not in the window that this call belongs to.
		WrongPhase,
		/// The account has a commitment in this round.
		AlreadyCommitted,
		/// The round is full, and the deposit is not larger than the smallest in it.
		RoundFull,
		/// The deposit is smaller than the group asks for.
		DepositTooSmall,
		/// An earlier round of the group is due and has to be settled first.
		SettlementOverdue,
		/// The account has no commitment in this round.
		NotCommitted,
		/// The account has revealed already.
		AlreadyRevealed,
		/// Checkpoint and salt are not what the account committed to.
		CommitmentMismatch,
		/// The checkpoint's reference is empty, or its codec is not the one that content of its size has.
		InvalidContent,
		/// A provider is empty, not UTF-8, or has white space or control characters.
		InvalidProvider,
		/// The checkpoint was revealed in this group before.
		DigestUsed,
		/// The round's randomness is not known any more.
		SeedMissing,
		/// The member has attested already.
		AlreadyAttested,
		/// The member has not attested.
		NotAttested,
		/// The member has opened its attestation already.
		AlreadyOpened,
		/// The head is as good as the group wants it to be, on what this round is measured on: no further round is played until
		/// the stakeholders want a better one.
		TargetReached,
		/// The round is not waiting to be settled: nobody committed to it, or it is settled.
		NotUnsettled,
	}

	#[pallet::call(weight = T::WeightInfo)]
	impl<T: Config> Pallet<T> {
		/// Binds the sender to a checkpoint, see [`descent_protocol::commitment_hash`], takes the fee and holds the deposit.
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

		/// Shows the checkpoint that the sender committed to and claims its score on the round's evaluation set.
		#[pallet::call_index(1)]
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
			Self::do_reveal(group, round, account, salt, reveal)
		}

		/// Binds a committee member to what it measured, see [`descent_protocol::attestation_hash`]. Signed with its
		/// evaluator key over [`attest_payload`].
		#[pallet::call_index(2)]
		#[pallet::authorize(Self::authorize_attest)]
		pub fn attest(
			origin: OriginFor<T>,
			group: GroupId,
			round: RoundIndex,
			member: u32,
			hash: H256,
			signature: AuthoritySignature,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			let _ = signature;
			Self::do_attest(group, round, member, hash)
		}

		/// Shows what a committee member attested to. Signed with its evaluator key over [`open_payload`].
		#[pallet::call_index(3)]
		#[pallet::authorize(Self::authorize_open)]
		pub fn open(
			origin: OriginFor<T>,
			group: GroupId,
			round: RoundIndex,
			member: u32,
			ballot: Ballot,
			salt: Salt,
			signature: AuthoritySignature,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			let _ = (salt, signature);
			Self::do_open(group, round, member, ballot)
		}

		/// Settles the group's next round that is due. By the alarm as Root; by anybody where the alarm failed, free of
		/// charge where there was something to settle.
		#[pallet::call_index(4)]
		#[pallet::weight(Pallet::<T>::settle_weight(MAX_CANDIDATES, MAX_COMMITTEE))]
		pub fn settle(origin: OriginFor<T>, group: GroupId, round: RoundIndex) -> DispatchResultWithPostInfo {
			if ensure_root(origin.clone()).is_err() {
				ensure_signed(origin)?;
			}
			let work = Self::do_settle(group, round)?;
			let weight = Self::settle_weight(work.candidates, work.members);
			Ok((Some(weight), Pays::No).into())
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_now: BlockNumberFor<T>) -> Weight {
			T::WeightInfo::on_finalize()
		}

		fn on_finalize(_now: BlockNumberFor<T>) {
			Self::keep_randomness();
		}

		fn offchain_worker(now: BlockNumberFor<T>) {
			offchain::run::<T>(now);
		}

		#[cfg(feature = "std")]
		fn integrity_test() {
			assert!(T::Retention::get() > 0, "the last settled round has to be kept");
			assert!(T::Groups::longest_reveal() < BlockNumber::MAX, "randomness cannot be kept for ever");
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

	/// The hash of the chain's first block, which every hash and signature binds.
	pub fn genesis() -> sp_core::H256 {
		pallet_evaluators::genesis::<T>()
	}

	/// The rounds of a group that wait to be settled, in order.
	pub fn unsettled(group: GroupId) -> alloc::vec::Vec<RoundIndex> {
		Unsettled::<T>::get(group).into_inner()
	}
}
