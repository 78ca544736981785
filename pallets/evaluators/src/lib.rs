//! Evaluators: the validators of a session, as the committee members who look at content for the chain.
//!
//! The chain cannot fetch a file or run a model. Validators can. Beside each validator's node runs an
//! evaluator process, which fetches, checks and measures. The node's off-chain worker carries its answers to
//! the chain, signed with the validator's evaluator key. Other pallets set *tasks* and say what follows from
//! the answers: `pallet-rounds` has checkpoints measured, and `pallet-dataset` has deltas checked. This
//! pallet takes every task through the same course.
//!
//! # Life cycle
//!
//! ```text
//! session    | evaluators and their bonds
//! task       |      seed | attest           | open             | decide
//! committee  |      drawn| hash of answer   | answer and salt  | taken away: paid, or struck
//! ```
//!
//! - *evaluators*: a session that begins replaces the stored evaluators by its validators, with their keys
//!   and bonds. The evaluators of the session before are kept as well.
//! - *draw*: a seed that nobody knew when the task was set draws the committee among the evaluators of the
//!   seed's block, in proportion to their bonds, see [`descent_protocol::committee_weights`]. The draw is a
//!   function of the state. It is stored with the first attestation.
//! - *attest*: each member's off-chain worker asks the evaluator for an answer and attests to a hash of it.
//! - *open*: once no member can copy another, the members show their answers. An opening is stored, and
//!   nothing else.
//! - *decide*: after the open window an alarm has Root decide the task. It counts once what was opened, pays
//!   the members, and takes the committee out of the state. If no alarm could be set, any account can have it
//!   decided. A pallet whose tasks end in another way, as rounds are settled, takes the committee itself with
//!   [`Committees::take`](tasks::Committees::take).
//!
//! # Reports
//!
//! A member says all that is due in one [`Report`] a block: the attestations and the openings of every task
//! in which it has a seat. [`Pallet::report`] is free. It is authorized by a signature with the evaluator
//! key, and operational, so that blocks full of paid transactions still have room for it. Every part of a
//! report counts once, so that nobody can fill blocks with reports.
//!
//! # Terms
//!
//! - **Evaluator key**: the sr25519 session key of type [`KEY_TYPE`] with which a validator signs.
//! - **Task**: one piece of work of one committee, see [`TaskId`](descent_protocol::TaskId).
//! - **Subject**: the hash of all that a task asks. Answers to something else do not count.
//! - **Committee**: the members who answer a task, and their weights, see [`Committee`].
//! - **Member**: the place of a validator in a committee.
//! - **Seat**: a member, and how far it got, see [`Seat`].
//! - **Attestation**: the hash to which a member binds itself before it shows its answer.
//! - **Opening**: the answer and the salt behind an attestation.
//! - **Slashing protection**: the record that keeps a node from signing two answers to one task, see
//!   [`offchain::SlashingProtection`].
//!
//! # Usage
//!
//! A runtime lists the pallet among its session keys, and the pallets that set tasks as [`Config::Tasks`].
//! Such a pallet implements [`Tasks`], and reads its committees through [`tasks::Committees`]. Members are
//! admitted in windows of blocks:
//!
//! ```
//! use pallet_evaluators::blocks_left;
//!
//! // A window of three blocks, seen from its second one.
//! assert_eq!(blocks_left(&(10..13), 11), Ok(2));
//! assert!(blocks_left(&(10..13), 9).is_err());
//! ```
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::as_conversions, clippy::float_arithmetic, clippy::arithmetic_side_effects)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod bonds;
mod committee;
mod decide;
mod gateway;
mod key;
pub mod migrations;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros of a test runtime make public items")]
mod mock;
pub mod offchain;
mod performance;
mod report;
mod session;
pub mod tasks;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
mod types;
mod views;
pub mod weights;

pub use bonds::Bonds;
pub use gateway::{Gateway, MemberGateways};
#[cfg(feature = "std")]
pub use key::AuthorityPair;
pub use key::{AuthorityId, AuthoritySignature, KEY_TYPE};
pub(crate) use pallet::STORAGE_VERSION;
pub use pallet::*;
pub use performance::{sound, PerformanceObserver};
pub use report::{blocks_left, report_payload};
pub use tasks::{task_seed, BlockRandomness, Draw, RecordPlace, Request, Tasks};
pub use types::{
	Attest, Attestation, Committee, Evaluator, EvaluatorSet, Member, Members, Opening, Report, Seat,
	MAX_REPORTED,
};
pub use weights::WeightInfo;

use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;

/// Returns the hash of the chain's first block, which every hash and signature contains.
pub fn genesis<T: frame_system::Config<Hash = H256>>() -> H256 {
	frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::default())
}

impl<T: Config> Pallet<T> {
	/// Returns the hash of the chain's first block, which every hash and signature contains.
	pub fn genesis() -> H256 {
		genesis::<T>()
	}
}

// The casts are the macro's.
#[allow(clippy::as_conversions)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use descent_protocol::TaskId;
	use descent_support::PalletsOriginOf;
	use frame_support::{pallet_prelude::*, traits::schedule::v3::Named};
	use frame_system::{offchain::CreateAuthorizedTransaction, pallet_prelude::*};
	use sp_runtime::SaturatedConversion;

	pub(crate) const STORAGE_VERSION: StorageVersion = StorageVersion::new(2);

	/// The evaluators pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The configuration of the pallet.
	#[pallet::config]
	pub trait Config:
		CreateAuthorizedTransaction<Call<Self>>
		+ frame_system::Config<Hash = H256, RuntimeEvent: From<Event<Self>>, RuntimeCall: From<Call<Self>>>
	{
		/// The sources of tasks.
		type Tasks: Tasks<Self::AccountId>;
		/// The bonds of validators.
		type Bonds: Bonds<Self::AccountId>;
		/// Observes how the members of committees did.
		type Performance: PerformanceObserver<Self::AccountId>;
		/// Sets the alarms for decisions.
		type Scheduler: Named<
			BlockNumberFor<Self>,
			<Self as frame_system::Config>::RuntimeCall,
			PalletsOriginOf<Self>,
			Hasher = Self::Hashing,
		>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The validators of this session, with their evaluator keys and bonds.
	#[pallet::storage]
	pub type CurrentEvaluators<T: Config> = StorageValue<_, EvaluatorSet<T::AccountId>, ValueQuery>;

	/// The validators of the session before. A committee is drawn among those of its seed's block.
	#[pallet::storage]
	pub type PreviousEvaluators<T: Config> = StorageValue<_, EvaluatorSet<T::AccountId>>;

	/// The committees of tasks, from the first attestation until the task is decided.
	#[pallet::storage]
	pub type Committees<T: Config> = StorageMap<_, Twox64Concat, TaskId, Committee<T::AccountId>>;

	/// The attestations of committee members, by their places, until the task is decided.
	#[pallet::storage]
	pub type Attestations<T: Config> =
		StorageDoubleMap<_, Twox64Concat, TaskId, Twox64Concat, u32, Attestation>;

	/// The events of the pallet.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A committee member attested.
		Attested {
			/// The task.
			task: TaskId,
			/// The member's place in the committee.
			member: u32,
		},
		/// A committee member opened its attestation.
		Opened {
			/// The task.
			task: TaskId,
			/// The member's place in the committee.
			member: u32,
		},
		/// A task was decided.
		Decided {
			/// The task.
			task: TaskId,
		},
	}

	/// The errors of the pallet.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no such task, or it is decided.
		UnknownTask,
		/// The windows of the task are not over.
		TooEarly,
		/// The member has attested already.
		AlreadyAttested,
		/// The member has not attested.
		NotAttested,
		/// The member has opened its attestation already.
		AlreadyOpened,
	}

	#[pallet::call(weight = T::WeightInfo)]
	impl<T: Config> Pallet<T> {
		/// Stores the attestations and openings of one evaluator key. The call is free.
		///
		/// - `key`: the evaluator key of every member for which the report speaks.
		/// - `signature`: the key's over [`report_payload`].
		///
		/// Emits [`Event::Attested`] for each attestation, and [`Event::Opened`] for each opening.
		///
		/// Errors: [`Error::UnknownTask`], [`Error::AlreadyAttested`], [`Error::NotAttested`],
		/// [`Error::AlreadyOpened`]. Any other fault makes the transaction invalid.
		#[pallet::call_index(0)]
		#[pallet::weight((
			T::WeightInfo::report(
				report.attestations.len().saturated_into(),
				report.openings.len().saturated_into(),
			),
			DispatchClass::Operational,
		))]
		#[pallet::authorize(Self::authorize_report)]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_report(
			report.attestations.len().saturated_into(),
			report.openings.len().saturated_into(),
		))]
		pub fn report(
			origin: OriginFor<T>,
			key: AuthorityId,
			report: Report,
			signature: AuthoritySignature,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			let _ = (key, signature);
			Ok(Some(Self::do_report(report)?).into())
		}

		/// Decides a task whose windows are over. The alarm calls it as Root. Any account can call it if the
		/// alarm failed, and pays nothing if the call succeeds.
		///
		/// Emits [`Event::Decided`], and the events of the pallet that has set the task.
		///
		/// Errors: [`Error::UnknownTask`], [`Error::TooEarly`], and those of the pallet that has set the
		/// task.
		#[pallet::call_index(1)]
		#[pallet::weight(Pallet::<T>::largest_decide_weight())]
		pub fn decide(origin: OriginFor<T>, task: TaskId) -> DispatchResultWithPostInfo {
			if ensure_root(origin.clone()).is_err() {
				ensure_signed(origin)?;
			}
			let weight = Self::do_decide(&task)?;
			Ok((Some(weight), Pays::No).into())
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn offchain_worker(now: BlockNumberFor<T>) {
			offchain::run::<T>(now.saturated_into());
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
