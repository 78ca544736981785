//! Training groups.
//!
//! A group is a model that strangers train together: what the model is, on which data, by which metric it is judged,
//! and how long its rounds last. Anybody creates one with [`Pallet::create`] and a deposit. The content itself stays off
//! chain, the group holds references to it and names providers that serve it.
//!
//! The pallet only keeps the rules. What happens in a group's rounds is another pallet's concern, which reads the rules
//! through [`GroupRules`] and knows nothing else of this one.
//!
//! ```text
//! create ──> block start: round 0 takes commitments ──> start + length: round 1 ──> ..
//! ```
//!
//! A group that would start in the past or in the block of its creation starts with the next block. Nothing has to run
//! when it starts: every window is a function of its [`Clock`](descent_protocol::Clock) and the block number, so that a
//! block's cost does not grow with the number of groups.
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(
	clippy::as_conversions,
	clippy::float_arithmetic,
	clippy::arithmetic_side_effects
)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod create;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
mod types;
pub mod weights;

pub use pallet::*;
pub use types::{are_addresses, Group, GroupRules, Name, NewGroup, Providers, Rules, MAX_DELTAS};
pub use weights::WeightInfo;

use frame_support::traits::fungible;

/// The balance type of a configuration's currency.
pub type BalanceOf<T> =
	<<T as Config>::Currency as fungible::Inspect<<T as frame_system::Config>::AccountId>>::Balance;

/// The group type of a configuration.
pub type GroupOf<T> = Group<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

// The casts are the macro's, and beside its one call there is only the variant that is never made.
#[allow(clippy::as_conversions, clippy::large_enum_variant)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use descent_protocol::{BlockNumber, GroupId};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The groups pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs of its runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Holds the deposits.
		type Currency: fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;
		/// What creating a group holds of its owner's balance.
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
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Why balance is held.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The account owns a group.
		Group,
	}

	/// The groups by number.
	#[pallet::storage]
	pub type Groups<T: Config> = StorageMap<_, Twox64Concat, GroupId, GroupOf<T>>;

	/// The number that the next group gets.
	#[pallet::storage]
	pub type NextGroup<T: Config> = StorageValue<_, GroupId, ValueQuery>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A group was created.
		Created {
			/// Its number.
			group: GroupId,
			/// Who created it.
			owner: T::AccountId,
		},
	}

	/// Why a call failed.
	#[pallet::error]
	pub enum Error<T> {
		/// The name is empty, not UTF-8, or has control characters.
		InvalidName,
		/// A provider is empty, not UTF-8, or has white space or control characters.
		InvalidProvider,
		/// A content reference is empty, or its codec is not the one that content of its size has.
		InvalidContent,
		/// A window of the clock has no block, or the seed's block and the reveal, attest and open windows are together
		/// longer than a round.
		InvalidClock,
		/// The reveal window is longer than randomness is kept.
		RevealTooLong,
		/// The records of an evaluation are none, or more than this chain allows.
		InvalidRecords,
		/// The deposit asked of commitments is smaller than this chain allows.
		DepositTooSmall,
		/// Every group number is taken.
		TooManyGroups,
		/// A window is so short that the author of one block could keep others out of it.
		WindowTooShort,
		/// The minimum improvement is zero, or smaller than the tolerance: a claim could outrank gains that are larger than
		/// its own.
		ImprovementTooSmall,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Creates a group that the sender owns. Its deposit is held.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::create())]
		pub fn create(origin: OriginFor<T>, group: NewGroup<BalanceOf<T>>) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_create(owner, group)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "std")]
		fn integrity_test() {
			assert!(T::MaxReveal::get() > 0, "no group could have a reveal window");
			assert!(
				T::MaxEvaluationRecords::get() > 0,
				"no group could be measured on anything"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
