//! The state transition function of Descent: the pallets, joined.
//!
//! | index | pallets |
//! |---|---|
//! | 0.. | system, time, authorship |
//! | 10.. | balances, fees, vesting, emission |
//! | 19.. | validators, sessions, finality, evaluators, offences |
//! | 30.. | scheduler, preimages, batches, multisig, proxies |
//! | 40.. | governance |
//! | 50.. | training |
//!
//! The gaps are for later pallets. An index is part of every encoded call and event, and never changes.
//!
//! The order of the indices is also the order in which the pallets' genesis is built and their hooks run:
//!
//! - Balances come before all pallets that hold tokens.
//! - Emission notes the issuance at genesis, and so comes before validators. Their bonds decide the first
//!   session.
//! - BABE puts the block's VRF output into the state when the block is finalized, and so comes before rounds,
//!   which keep it.
#![cfg_attr(not(feature = "std"), no_std)]
// The runtime's macros recurse once per pallet and part.
#![recursion_limit = "256"]
// The macros' items have no documentation. Modules that are written by hand ask for it again.
#![allow(missing_docs)]

extern crate alloc;

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks;
#[warn(missing_docs)]
mod configs;
#[warn(missing_docs)]
pub mod constants;
#[warn(missing_docs)]
mod genesis;
#[warn(missing_docs)]
mod governance;
#[warn(missing_docs)]
mod operational;
#[warn(missing_docs)]
mod transaction;
#[warn(missing_docs)]
mod types;
#[warn(missing_docs)]
mod views;

#[cfg(test)]
mod tests;

pub use apis::RUNTIME_API_VERSIONS;
#[cfg(feature = "std")]
pub use apis::{RuntimeApi, TrainingApi};
pub use configs::{ProxyType, RuntimeBlockWeights, BABE_GENESIS_EPOCH_CONFIG};
pub use constants::NRN;
pub use genesis::{LIVE_PRESET, LOCAL_PRESET};
pub use operational::CheckOperational;
pub use transaction::{SignedPayload, TxExtension, UncheckedExtrinsic};
pub use types::{
	opaque, AccountId, Address, Balance, Block, BlockNumber, Hash, Header, Nonce, SessionKeys, Signature,
};

use alloc::vec::Vec;
use pallet_session::historical as session_historical;
use sp_version::RuntimeVersion;

/// The version of this runtime. `spec_version` rises with every change of behaviour, `transaction_version`
/// with every change of how a call or an extension is encoded.
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: alloc::borrow::Cow::Borrowed("descent"),
	impl_name: alloc::borrow::Cow::Borrowed("descent"),
	authoring_version: 1,
	spec_version: 9,
	impl_version: 1,
	apis: RUNTIME_API_VERSIONS,
	transaction_version: 4,
	system_version: 1,
};

/// Runs blocks.
pub type Executive = frame_executive::Executive<
	Runtime,
	Block,
	frame_system::ChainContext<Runtime>,
	Runtime,
	AllPalletsWithSystem,
>;

#[frame_support::runtime]
mod runtime {
	/// The runtime: all pallets, configured.
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(2)]
	pub type Babe = pallet_babe;
	#[runtime::pallet_index(3)]
	pub type Authorship = pallet_authorship;
	#[runtime::pallet_index(4)]
	pub type Migrations = pallet_migrations;

	#[runtime::pallet_index(10)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(11)]
	pub type TransactionPayment = pallet_transaction_payment;
	#[runtime::pallet_index(12)]
	pub type Vesting = pallet_vesting;
	#[runtime::pallet_index(13)]
	pub type Emission = pallet_emission;

	#[runtime::pallet_index(19)]
	pub type Validators = pallet_validators;
	#[runtime::pallet_index(20)]
	pub type Session = pallet_session;
	#[runtime::pallet_index(21)]
	pub type Grandpa = pallet_grandpa;
	#[runtime::pallet_index(22)]
	pub type Evaluators = pallet_evaluators;
	#[runtime::pallet_index(24)]
	pub type Historical = session_historical;
	#[runtime::pallet_index(25)]
	pub type Offences = pallet_offences;

	#[runtime::pallet_index(30)]
	pub type Scheduler = pallet_scheduler;
	#[runtime::pallet_index(31)]
	pub type Preimage = pallet_preimage;
	#[runtime::pallet_index(32)]
	pub type Utility = pallet_utility;
	#[runtime::pallet_index(33)]
	pub type Multisig = pallet_multisig;
	#[runtime::pallet_index(34)]
	pub type Proxy = pallet_proxy;

	#[runtime::pallet_index(40)]
	pub type Sudo = pallet_sudo;
	#[runtime::pallet_index(41)]
	pub type TechnicalCommittee = pallet_collective<Instance1>;
	#[runtime::pallet_index(42)]
	pub type Treasury = pallet_treasury;
	#[runtime::pallet_index(43)]
	pub type Whitelist = pallet_whitelist;
	#[runtime::pallet_index(44)]
	pub type Parameters = pallet_parameters;

	#[runtime::pallet_index(50)]
	pub type Groups = pallet_groups;
	#[runtime::pallet_index(51)]
	pub type Rounds = pallet_rounds;
	#[runtime::pallet_index(52)]
	pub type Dataset = pallet_dataset;
	#[runtime::pallet_index(53)]
	pub type TestSets = pallet_test_sets;
	#[runtime::pallet_index(54)]
	pub type Custody = pallet_custody;
}
