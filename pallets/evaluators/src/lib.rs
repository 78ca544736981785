//! Evaluators: the validators of a session as those who look at content for the chain.
//!
//! The chain cannot fetch a file or run a model. Validators can: beside each of their nodes an evaluator process fetches,
//! checks and measures, and the node's off-chain workers carry what it found to the chain, signed with the validator's
//! evaluator key. What is asked, and what 2/3 of the answers decide, are the concern of the pallets that ask: rounds
//! have checkpoints measured, the data set has deltas checked. What they share is here.
//!
//! ```text
//! pallet-session ──keys──> Evaluators ──members──> committees of other pallets
//!
//! off-chain worker ──HTTP──> evaluator        what was found ──evaluator key──> authorized call
//! ```
//!
//! - The pallet keeps who the evaluators of the session are. Other pallets ask for them through [`EvaluatorSet`] and
//!   fix a [`Committee`] of their own, so that a session that changes later changes nothing.
//! - [`PerformanceObserver`] is told how the members of a committee did, once their work is judged.
//! - [`seat`], [`blocks_left`] and [`admit`] are what checking a member's free call is made of.
//! - [`offchain`] has the worker's side: a client for the evaluator that can't hold up the node, records that can't
//!   contradict each other, and the signing of calls.
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::as_conversions, clippy::float_arithmetic, clippy::arithmetic_side_effects)]

extern crate alloc;

mod authorize;
mod key;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros of a test runtime make public items")]
mod mock;
pub mod offchain;
mod performance;
mod session;
#[cfg(test)]
mod tests;

pub use authorize::{admit, blocks_left, seat};
#[cfg(feature = "std")]
pub use key::AuthorityPair;
pub use key::{AuthorityId, AuthoritySignature, KEY_TYPE};
pub use pallet::*;
pub use performance::PerformanceObserver;

use descent_protocol::MAX_COMMITTEE;
use frame_support::{traits::ConstU32, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;

/// Validators and their evaluator keys. A member is known by its place.
pub type Committee<AccountId> = BoundedVec<(AccountId, AuthorityId), ConstU32<MAX_COMMITTEE>>;

/// Who the evaluators of the session are.
pub trait EvaluatorSet<AccountId> {
	/// The evaluators, in the order of the session's validators.
	fn members() -> Committee<AccountId>;

	/// Puts evaluators into storage.
	#[cfg(feature = "runtime-benchmarks")]
	fn put_members(members: Committee<AccountId>);
}

/// The hash of the chain's first block, which every hash and signature binds.
pub fn genesis<T: frame_system::Config<Hash = H256>>() -> H256 {
	frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::default())
}

// The casts are the macro's.
#[allow(clippy::as_conversions)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The evaluators pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The pallet needs nothing of its runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config {}

	/// The validators of this session and their evaluator keys.
	#[pallet::storage]
	pub type Evaluators<T: Config> = StorageValue<_, Committee<T::AccountId>, ValueQuery>;
}
