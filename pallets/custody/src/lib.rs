//! Custody: the keepers of a group's content.
//!
//! The chain has no file. A head lives with the trainer that won with it, and data with those that proposed
//! it. When their machines are gone, the group has lost its model. Keepers serve all that a group needs, for
//! the part of its earnings that is put aside for them. What is measured is what users need: that the content
//! *is served*, not that it lies on a disk.
//!
//! # Life cycle
//!
//! ```text
//! keeper     | keep: deposit, addresses                              .. leave
//! check      |        check | 2 blocks | attest | open | decided: paid, or missed
//!                           ^          ^ the seed draws the committee, and a leaf for each keeper
//!                           ^ what is kept is noted
//! ```
//!
//! - *keep*: an account takes one of a bounded number of seats with a deposit, and names the gateways at
//!   which it serves. In a full group a strictly larger deposit takes the place of the smallest, which is
//!   returned.
//! - *check*: any account opens a check with [`Pallet::check`], once what it would pay is worth a committee's
//!   while: the keepers' part of the group's earnings gathers in its pot until then. So a group whose rounds
//!   earn much is checked often, a finished one that earns little seldom, and no committee works for nothing.
//! - *draw*: the randomness of a block after that draws a [committee](pallet_evaluators) and one leaf, of a
//!   MiB at most, for each keeper, among all [that is kept](KeptContent). Nobody can know it as the check is
//!   opened: a keeper that lacks something can't wait for a check that does not ask for it.
//! - *attest*, *open*: each member fetches each leaf from the keeper itself, and answers with a hash of its
//!   bytes, the check and the keeper, see [`descent_protocol::kept_hash`].
//! - *decide*: keepers that 2/3 have fetched from are paid. One that more than 1/3 could not fetch from has
//!   missed the check. With [`MAX_MISSED_CHECKS`](descent_protocol::MAX_MISSED_CHECKS) in a row it loses
//!   deposit and seat.
//!
//! A keeper that lacks the part `f` of the content is found by each check with the probability `f`, and not
//! paid by it. Nobody is struck for what could not be fetched, and less than 1/3 of liars change no verdict.
//!
//! # What is kept
//!
//! [`KeptContent`] is a pure function of the state: the descriptions of the group's models, the deltas of its
//! log, its validation sets, the manifests of its hidden test sets, and the heads of its models. Everything
//! else may go. A check asks for what was kept when it was opened, see [`ContentMark`].
//!
//! # What it does not prevent
//!
//! Nothing shows that two keepers have two copies, or that one has a copy of its own: one that fetches on
//! demand from another serves, and is paid. Members ask over public HTTP, so that a keeper can't serve them
//! and nobody else for long. A member that has the content itself could say that a keeper served it without
//! having asked.
//!
//! # Terms
//!
//! - **Keeper**: an account that serves the content of a group.
//! - **Check**: one [task](descent_protocol::TaskId::Custody) of a committee: a leaf is fetched from each
//!   keeper.
//! - **Leaf**: a block of content, of a MiB at most.
//! - **Missed**: said of a check in which a keeper did not serve.
//!
//! # Usage
//!
//! Keepers call [`Pallet::keep`], [`Pallet::check`] and [`Pallet::leave`]. The leaf that a check asks for
//! follows from its seed:
//!
//! ```
//! use descent_protocol::{drawn_leaf, Codec, ContentRef};
//! use sp_core::H256;
//!
//! let kept = [ContentRef { digest: H256::repeat_byte(1), codec: Codec::UnixFs, size: 5 << 20 }];
//! let leaf = drawn_leaf(H256::repeat_byte(7), &[2u8; 32], &kept).expect("something is kept");
//! assert!(leaf.content == 0 && leaf.index < 5);
//! ```
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::as_conversions, clippy::float_arithmetic, clippy::arithmetic_side_effects)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod check;
mod keep;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros of a test runtime make public items")]
mod mock;
mod tasks;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
mod types;
mod views;
pub mod weights;

pub use pallet::*;
pub use types::{BalanceOf, Check, ContentMark, CreditOf, Keeper, KeeperOf, KeptContent, MAX_MARKED_HEADS};
pub use weights::WeightInfo;

// The casts are the macro's.
#[allow(clippy::as_conversions)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use descent_protocol::{BlockNumber, GroupId, Providers, MAX_KEEPERS};
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, OnUnbalanced},
	};
	use frame_system::pallet_prelude::*;
	use pallet_evaluators::{tasks::Committees, BlockRandomness, MemberGateways};
	use pallet_groups::{GroupRules, KeeperRewards};
	use sp_core::H256;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The custody pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The configuration of the pallet.
	#[pallet::config]
	pub trait Config: frame_system::Config<Hash = H256, RuntimeEvent: From<Event<Self>>> {
		/// The currency of deposits.
		type Currency: fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ fungible::BalancedHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;
		/// The groups and the rules of their rounds.
		type Groups: GroupRules<BalanceOf<Self>>;
		/// The content that keepers keep.
		type Content: KeptContent;
		/// The committees that fetch from keepers.
		type Committees: Committees<Self::AccountId>;
		/// The gateways of the members of committees.
		type Gateways: MemberGateways<Self::AccountId>;
		/// The randomness of blocks, which draws committees and leaves.
		type Randomness: BlockRandomness;
		/// Pays keepers, and the members of committees who did sound work.
		type Rewards: KeeperRewards<Self::AccountId, BalanceOf<Self>>;
		/// Takes slashed deposits.
		type Slash: OnUnbalanced<CreditOf<Self>>;
		/// The time between two blocks, in milliseconds.
		#[pallet::constant]
		type BlockTime: Get<u64>;
		/// The least deposit of a keeper.
		#[pallet::constant]
		type MinimumDeposit: Get<BalanceOf<Self>>;
		/// The least that a check pays for each seat of its committee.
		#[pallet::constant]
		type SeatFee: Get<BalanceOf<Self>>;
		/// Number of blocks in which members fetch and attest.
		#[pallet::constant]
		type AttestWindow: Get<BlockNumber>;
		/// Number of blocks in which they open what they attested to.
		#[pallet::constant]
		type OpenWindow: Get<BlockNumber>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The reasons of holds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The account keeps the content of groups.
		Keeper,
	}

	/// The keepers of each group, in the order in which they took their seats.
	#[pallet::storage]
	pub type Keepers<T: Config> =
		StorageMap<_, Twox64Concat, GroupId, BoundedVec<KeeperOf<T>, ConstU32<MAX_KEEPERS>>, ValueQuery>;

	/// Number of checks of each group's keepers so far.
	#[pallet::storage]
	pub type CheckCount<T: Config> = StorageMap<_, Twox64Concat, GroupId, u32, ValueQuery>;

	/// The checks that go on, one in a group at a time.
	#[pallet::storage]
	pub type OpenChecks<T: Config> = StorageMap<_, Twox64Concat, GroupId, Check>;

	/// The events of the pallet.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An account keeps the content of a group, or has changed its addresses or its deposit.
		KeeperJoined {
			/// The group.
			group: GroupId,
			/// The keeper.
			account: T::AccountId,
			/// Its deposit.
			deposit: BalanceOf<T>,
		},
		/// A keeper has left, and its deposit was returned.
		KeeperLeft {
			/// The group.
			group: GroupId,
			/// The keeper.
			account: T::AccountId,
			/// The amount that was returned.
			returned: BalanceOf<T>,
		},
		/// A keeper with a larger deposit took the seat of this one, whose deposit was returned.
		KeeperDisplaced {
			/// The group.
			group: GroupId,
			/// The keeper that lost its seat.
			account: T::AccountId,
		},
		/// A check was opened.
		CheckOpened {
			/// The group.
			group: GroupId,
			/// The number of the check.
			check: u32,
		},
		/// A keeper did not serve what a check asked for.
		CheckMissed {
			/// The group.
			group: GroupId,
			/// The number of the check.
			check: u32,
			/// The keeper.
			account: T::AccountId,
			/// Number of checks in a row in which it has not served.
			missed: u8,
		},
		/// A keeper has lost its deposit and its seat.
		KeeperSlashed {
			/// The group.
			group: GroupId,
			/// The keeper.
			account: T::AccountId,
			/// The amount that it lost.
			slashed: BalanceOf<T>,
		},
		/// A check was decided.
		Checked {
			/// The group.
			group: GroupId,
			/// The number of the check.
			check: u32,
			/// Number of keepers that served.
			served: u32,
			/// The amount that each of them was paid.
			each: BalanceOf<T>,
		},
		/// No alarm could be set for the decision of a check. When its windows are over, an account has to
		/// call `decide` of `pallet-evaluators`.
		AlarmMissing {
			/// The group.
			group: GroupId,
			/// The number of the check.
			check: u32,
		},
	}

	/// The errors of the pallet.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no such group.
		UnknownGroup,
		/// A keeper names one gateway at least.
		NoProvider,
		/// A provider is no base address of a gateway, see [`descent_protocol::is_address`].
		InvalidProvider,
		/// The deposit is smaller than the least of a keeper, or than the one that the account has.
		DepositTooSmall,
		/// The group has as many keepers as it can have, each with at least this deposit.
		TooManyKeepers,
		/// A check goes on: nobody takes the seat of another before it is decided.
		CheckOpen,
		/// The account is no keeper of the group.
		NotKeeper,
		/// The group has no keeper that a check could ask.
		NoKeepers,
		/// The keepers' part of the group's earnings is too small to pay a committee.
		PotTooSmall,
		/// There is no such check.
		UnknownCheck,
		/// Every check number is taken.
		OutOfNumbers,
	}

	#[pallet::call(weight = T::WeightInfo)]
	impl<T: Config> Pallet<T> {
		/// Has the sender keep the content of a group, and holds its deposit. A keeper of the group changes
		/// its addresses and raises its deposit.
		///
		/// - `providers`: base addresses of gateways, each of which serves all that is kept.
		/// - `deposit`: the whole deposit, of which what is held already is not held again.
		///
		/// Emits [`Event::KeeperJoined`]. Emits [`Event::KeeperDisplaced`] if another keeper had to make
		/// room.
		///
		/// Errors: [`Error::UnknownGroup`], [`Error::NoProvider`], [`Error::InvalidProvider`],
		/// [`Error::DepositTooSmall`], [`Error::TooManyKeepers`], [`Error::CheckOpen`], and those of the
		/// currency if the balance does not suffice.
		#[pallet::call_index(0)]
		pub fn keep(
			origin: OriginFor<T>,
			group: GroupId,
			providers: Providers,
			deposit: BalanceOf<T>,
		) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_keep(group, account, providers, deposit)
		}

		/// Gives up the sender's seat. The deposit is returned, at once or with the check that goes on.
		///
		/// Emits [`Event::KeeperLeft`] when the deposit is returned.
		///
		/// Errors: [`Error::NotKeeper`].
		#[pallet::call_index(1)]
		pub fn leave(origin: OriginFor<T>, group: GroupId) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_leave(group, account)
		}

		/// Opens a check of what the keepers of a group serve. Any account can, and has no part in what it
		/// pays.
		///
		/// Emits [`Event::CheckOpened`]. Emits [`Event::AlarmMissing`] if no alarm could be set for its
		/// decision.
		///
		/// Errors: [`Error::UnknownGroup`], [`Error::NoKeepers`], [`Error::CheckOpen`],
		/// [`Error::PotTooSmall`], [`Error::OutOfNumbers`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::check().saturating_add(T::Rewards::due_weight()))]
		pub fn check(origin: OriginFor<T>, group: GroupId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_check(group)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "std")]
		fn integrity_test() {
			assert!(T::AttestWindow::get() > 0 && T::OpenWindow::get() > 0, "members need time");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
