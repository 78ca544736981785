//! Evaluators: the validators of a session, as the committee members who look at content for the chain.
//!
//! The chain cannot fetch a file or run a model. Validators can. Beside each validator's node runs an
//! evaluator process, which fetches, checks and measures. The node's off-chain workers carry its findings to
//! the chain, signed with the validator's evaluator key. Other pallets say what is asked and what follows
//! from the answers on which 2/3 of a committee agree: `pallet-rounds` has checkpoints measured, and
//! `pallet-dataset` has deltas checked. This pallet holds what they share.
//!
//! # Life cycle
//!
//! ```text
//! pallet-session ──keys──> Evaluators ──members──> committees of other pallets
//!
//! off-chain worker ──HTTP──> evaluator        finding ──evaluator key──> authorized call
//! ```
//!
//! A session that begins replaces the stored evaluators by its validators and their keys. A pallet that needs
//! a committee copies them, so that a later session does not change it. Each member's off-chain worker polls
//! the evaluator for a finding, attests to a hash of it, and opens the hash once no member can copy another.
//! When the pallet has judged the committee's work, it tells a [`PerformanceObserver`] how each member did.
//!
//! # Terms
//!
//! - **Evaluator key**: the sr25519 session key of type [`KEY_TYPE`] with which a validator signs findings.
//! - **Committee**: validators and their evaluator keys, fixed for one piece of work, see [`Committee`].
//! - **Member**: the place of a validator in a committee.
//! - **Attestation**: the hash to which a member binds itself before it shows its finding.
//! - **Opening**: the finding and the salt behind an attestation.
//! - **Slashing protection**: the record that keeps a node from signing two findings in one matter, see
//!   [`offchain::SlashingProtection`].
//!
//! # Usage
//!
//! The pallet has no calls. A runtime lists it among its session keys. A pallet that has committees
//!
//! - takes their members from [`EvaluatorSet::members`],
//! - checks the free calls of members with [`authorize::attestation`], [`authorize::opening`] and
//!   [`authorize::admit`],
//! - reports their performance to a [`PerformanceObserver`] and has those paid who did [`sound`] work,
//! - builds its off-chain worker on [`offchain::Worker`].
//!
//! The calls of members are admitted in windows of blocks:
//!
//! ```
//! use pallet_evaluators::authorize::blocks_left;
//!
//! // A window of three blocks, seen from its second one.
//! assert_eq!(blocks_left(&(10..13), 11), Ok(2));
//! assert!(blocks_left(&(10..13), 9).is_err());
//! ```
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::as_conversions, clippy::float_arithmetic, clippy::arithmetic_side_effects)]

extern crate alloc;

pub mod authorize;
mod gateway;
mod key;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros of a test runtime make public items")]
mod mock;
pub mod offchain;
mod performance;
mod session;
#[cfg(test)]
mod tests;

pub use gateway::{Gateway, MemberGateways};
#[cfg(feature = "std")]
pub use key::AuthorityPair;
pub use key::{AuthorityId, AuthoritySignature, KEY_TYPE};
pub use pallet::*;
pub use performance::{sound, PerformanceObserver};

use descent_protocol::MAX_COMMITTEE;
use frame_support::{traits::ConstU32, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;

/// The members of a committee: validators and their evaluator keys. A member is known by its place.
pub type Committee<AccountId> = BoundedVec<(AccountId, AuthorityId), ConstU32<MAX_COMMITTEE>>;

/// A source of the evaluators of the session.
pub trait EvaluatorSet<AccountId> {
	/// Returns the evaluators, in the order of the session's validators.
	fn members() -> Committee<AccountId>;

	/// Stores evaluators.
	#[cfg(feature = "runtime-benchmarks")]
	fn put_members(members: Committee<AccountId>);
}

/// Returns the hash of the chain's first block, which every hash and signature contains.
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

	/// The configuration of the pallet, which needs nothing of its runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config {}

	/// The validators of this session and their evaluator keys.
	#[pallet::storage]
	pub type Evaluators<T: Config> = StorageValue<_, Committee<T::AccountId>, ValueQuery>;
}
