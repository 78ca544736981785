//! Hidden test sets: private data that measures checkpoints, and that nobody sees before trainers are bound.
//!
//! A requester has test data of its own. It publishes the sets sealed, long before they are used, and
//! releases the key of one of them in each round. All who measure a round already have the sealed file, so
//! that 32 bytes are enough to open it, and no window waits for a download. Proof-of-Deep-Learning asks for
//! such sets.
//!
//! # Life cycle
//!
//! ```text
//! open_series                                              release        settle
//! | anchor, manifest | .. round r: commit | gap | seed e   | reveal       | ..
//!                                               |<-- key r may come -->|
//! ```
//!
//! A requester seals its sets with keys of a [hash chain](descent_protocol::hash_chain_link) and publishes
//! the sealed files with a manifest. [`Pallet::open_series`] stores the manifest's reference and the anchor
//! of the chain, and holds a bond. The series is bound to one group: to the group that its requester creates
//! with a policy that names it, or to one that the requester names when it opens the series. The stakeholders
//! of that group may then choose it by an amendment. So nobody is made to release keys for a group of
//! strangers. Nor is a requester to blame for sets that do not fit another model: a series is for the model
//! that the group had when it was bound, and rounds of another model are measured on the public set.
//!
//! In each round that has commitments the requester releases the next key with [`Pallet::release`]. The call
//! is free and unsigned: the value itself authorizes it, as its hash is the value before. It counts from the
//! seed's block to the middle of the reveal window, see [`Windows::release`](descent_protocol::Windows). A
//! value that is shown at any other time uses up its set: a set whose key is known never measures a round. If
//! it is shown after the first half of a commit window, the round is measured on the public set, too:
//! trainers have committed by then, and hold the sealed file of that set and of no other.
//!
//! Checkpoints are revealed once the key is there, or when its time is over. The first reveal fixes what the
//! round is measured on, the hidden set or the policy's public one.
//!
//! # Who pays
//!
//! | fault | costs the requester |
//! |---|---|
//! | no key in time | [`Config::MissPenalty`] of the bond, paid to the next winner of the group |
//! | a set that more than 1/3 of the committee can't fetch | the same, and nobody wins or loses the round |
//! | a set that 2/3 of the committee find broken | the rest of the bond, and the series ends |
//!
//! After [`MAX_MISSES`] misses in a row a series is suspended: rounds are measured on the public set, and
//! wait for nobody. The requester ends that by a release, which uses up one set.
//!
//! [`Pallet::close_series`] returns the rest of the bond, once no round can be measured on the series. It
//! keeps [`Config::SeriesFee`] for the id, which can't be used again, and [`Config::ReleaseFee`] for each
//! value shown.
//!
//! # What it does not prevent
//!
//! A requester may give a friend its sets beforehand. Nothing on a chain can tell. The friend's model then
//! wins on data that it was trained on, and its advantage is gone on other data. Stakeholders who doubt a
//! requester choose another series by an amendment.
//!
//! # Terms
//!
//! - **Series**: sealed test sets in a fixed order, with one key each.
//! - **Requester**: the account that opens a series and releases its keys.
//! - **Manifest**: the file that names the sealed files.
//! - **Anchor**: the first value of the hash chain, which releases nothing.
//! - **Suspended**: said of a series for which no round waits.
//!
//! # Usage
//!
//! [`open_series`](Pallet::open_series), [`release`](Pallet::release) in every round, and
//! [`close_series`](Pallet::close_series). A requester makes the keys off chain:
//!
//! ```
//! use descent_protocol::{hash_chain, hash_chain_link, test_set_key};
//! use sp_core::H256;
//!
//! let chain = hash_chain(H256::repeat_byte(7), 3).expect("a series has 1 to 256 sets");
//! let (anchor, first) = (chain[0], chain[1]);
//! assert_eq!(hash_chain_link(first), anchor);
//! // The chain learns the anchor, which tells nobody the first key.
//! assert_ne!(test_set_key(first), anchor);
//! ```
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::as_conversions, clippy::float_arithmetic, clippy::arithmetic_side_effects)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod judge;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros of a test runtime make public items")]
mod mock;
mod open;
mod release;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
mod types;
mod views;
pub mod weights;

pub use pallet::*;
pub use types::{BalanceOf, CreditOf, RoundTestSet, SeriesOf, TestSetSeries, MAX_MISSES, ROUND_RING};
pub use weights::WeightInfo;

// The casts are the macro's.
#[allow(clippy::as_conversions)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use descent_protocol::{BlockNumber, ContentRef, GroupId, Providers, RoundIndex};
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, OnUnbalanced},
	};
	use frame_system::pallet_prelude::*;
	use pallet_groups::{GroupRules, Pots};
	use sp_core::H256;
	use sp_runtime::Perbill;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The test sets pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The configuration of the pallet.
	#[pallet::config]
	pub trait Config: frame_system::Config<Hash = H256, RuntimeEvent: From<Event<Self>>> {
		/// The currency of bonds.
		type Currency: fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ fungible::BalancedHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;
		/// The groups and the rules of their rounds.
		type Groups: GroupRules<BalanceOf<Self>>;
		/// The pots of groups, which requesters that miss a round pay to.
		type Pots: Pots<Self::AccountId, BalanceOf<Self>>;
		/// Takes slashed bonds.
		type Slash: OnUnbalanced<CreditOf<Self>>;
		/// The bond of a series without sets.
		#[pallet::constant]
		type SeriesBond: Get<BalanceOf<Self>>;
		/// The bond for each of its sets, beside that.
		#[pallet::constant]
		type SetBond: Get<BalanceOf<Self>>;
		/// The part of the whole bond that a missed round costs.
		#[pallet::constant]
		type MissPenalty: Get<Perbill>;
		/// The least that a missed round costs, as far as the bond has it.
		#[pallet::constant]
		type MinimumMissPenalty: Get<BalanceOf<Self>>;
		/// The part of its bond that a series costs for good: its id is kept for ever, so that nobody opens
		/// it again once its keys are known.
		#[pallet::constant]
		type SeriesFee: Get<BalanceOf<Self>>;
		/// The part of its bond that each value costs that was shown: showing it costs no fee.
		#[pallet::constant]
		type ReleaseFee: Get<BalanceOf<Self>>;
		/// Number of blocks for which a bond stays after a round that was measured on a set of the series can
		/// be settled.
		#[pallet::constant]
		type SettlementGrace: Get<BlockNumber>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The reasons of holds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The account has opened series of hidden test sets.
		TestSets,
	}

	/// The open series.
	#[pallet::storage]
	pub type Series<T: Config> = StorageMap<_, Blake2_128Concat, H256, SeriesOf<T>>;

	/// The series that have ended, for ever.
	#[pallet::storage]
	pub type Ended<T: Config> = StorageMap<_, Blake2_128Concat, H256, ()>;

	/// A ring with what the last rounds of groups with hidden test sets are measured on, by the round's
	/// number modulo [`ROUND_RING`]: the round and its set, from the release or the first reveal on.
	#[pallet::storage]
	pub type RoundTestSets<T: Config> =
		StorageDoubleMap<_, Twox64Concat, GroupId, Twox64Concat, u32, (RoundIndex, RoundTestSet)>;

	/// The events of the pallet.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A requester has opened a series.
		SeriesOpened {
			/// The series.
			series: H256,
			/// The requester.
			requester: T::AccountId,
			/// Number of its sets.
			sets: u16,
			/// The bond.
			bond: BalanceOf<T>,
		},
		/// A series was bound to a group.
		SeriesBound {
			/// The series.
			series: H256,
			/// The group.
			group: GroupId,
		},
		/// The key of the test set of a round was released.
		KeyReleased {
			/// The series.
			series: H256,
			/// The group.
			group: GroupId,
			/// The round.
			round: RoundIndex,
			/// The set's place in the series, from 0.
			index: u16,
			/// The value that released it, from which its key follows.
			value: H256,
		},
		/// A key was shown while no round could be measured on its set, which is used up.
		SetSkipped {
			/// The series.
			series: H256,
			/// The set's place in the series, from 0.
			index: u16,
			/// The value that was shown.
			value: H256,
		},
		/// A requester has paid to the next winner for a round that could not be measured on its series.
		RoundMissed {
			/// The series.
			series: H256,
			/// The group.
			group: GroupId,
			/// The amount.
			paid: BalanceOf<T>,
			/// Number of misses in a row.
			misses: u8,
		},
		/// A committee has found a test set broken: the series has ended.
		SeriesSlashed {
			/// The series.
			series: H256,
			/// The group.
			group: GroupId,
			/// The part of the bond that was left.
			slashed: BalanceOf<T>,
		},
		/// A requester has closed a series.
		SeriesClosed {
			/// The series.
			series: H256,
			/// The part of the bond that was returned.
			returned: BalanceOf<T>,
		},
	}

	/// The errors of the pallet.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no such series.
		UnknownSeries,
		/// The sender has opened a series with this manifest and this anchor already, now or before.
		SeriesExists,
		/// The sender is not the requester of the series.
		NotRequester,
		/// A series has 1 to 256 sets.
		InvalidNumber,
		/// The manifest's reference is empty, or its codec is not the one that content of its size has.
		InvalidContent,
		/// A provider is no base address of a gateway, see [`descent_protocol::is_address`].
		InvalidProvider,
		/// There is no such group.
		UnknownGroup,
		/// Rounds are measured on the series, or the last of them is not over.
		InUse,
		/// The value does not lead to the latest one of the series.
		InvalidValue,
	}

	#[pallet::call(weight = T::WeightInfo)]
	impl<T: Config> Pallet<T> {
		/// Opens a series of sealed test sets, and holds the sender's bond.
		///
		/// - `manifest`: the file that names the sealed files.
		/// - `providers`: gateways that serve the manifest and the sealed files.
		/// - `anchor`: the first value of the hash chain of keys, see [`descent_protocol::hash_chain_link`].
		/// - `sets`: number of sets.
		/// - `group`: the group whose stakeholders may choose the series; `None` for a group that the sender
		///   is about to create.
		///
		/// Emits [`Event::SeriesOpened`], and [`Event::SeriesBound`] if a group is given.
		///
		/// Errors: [`Error::InvalidNumber`], [`Error::InvalidContent`], [`Error::InvalidProvider`],
		/// [`Error::UnknownGroup`], [`Error::SeriesExists`], or if the balance does not suffice.
		#[pallet::call_index(0)]
		pub fn open_series(
			origin: OriginFor<T>,
			manifest: ContentRef,
			providers: Providers,
			anchor: H256,
			sets: u16,
			group: Option<GroupId>,
		) -> DispatchResult {
			let requester = ensure_signed(origin)?;
			Self::do_open(requester, manifest, providers, anchor, sets, group)
		}

		/// Shows the next value of a series' hash chain, which releases the key of its next set. The call is
		/// free, and nobody signs it: only the requester knows the value.
		///
		/// Emits [`Event::KeyReleased`] where a round is measured on the set, and [`Event::SetSkipped`]
		/// otherwise.
		///
		/// Errors: [`Error::UnknownSeries`] and [`Error::InvalidValue`]. Both make the transaction invalid
		/// before.
		#[pallet::call_index(1)]
		#[pallet::weight((T::WeightInfo::release(), DispatchClass::Operational))]
		#[pallet::authorize(Self::authorize_release)]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_release())]
		pub fn release(origin: OriginFor<T>, series: H256, value: H256) -> DispatchResult {
			ensure_authorized(origin)?;
			Self::do_release(series, value)
		}

		/// Closes a series on which no further round can be measured, and returns the rest of its bond: no
		/// rules in force name it, it is used up, or it is suspended; and the last round that was measured on
		/// it is over.
		///
		/// Emits [`Event::SeriesClosed`].
		///
		/// Errors: [`Error::UnknownSeries`], [`Error::NotRequester`], [`Error::InUse`].
		#[pallet::call_index(2)]
		pub fn close_series(origin: OriginFor<T>, series: H256) -> DispatchResult {
			let requester = ensure_signed(origin)?;
			Self::do_close(&requester, series)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
