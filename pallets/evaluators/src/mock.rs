//! A chain that has evaluators, and nothing else.

// The casts are the macro's.
#![allow(clippy::as_conversions)]

use crate::{self as pallet_evaluators, AuthorityPair};
use frame_support::{derive_impl, sp_runtime::BuildStorage, traits::OneSessionHandler};
use sp_core::Pair;

#[frame_support::runtime]
mod runtime {
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
		RuntimeTask
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system::Pallet<Test>;
	#[runtime::pallet_index(1)]
	pub type Evaluators = pallet_evaluators::Pallet<Test>;
}

type Block = frame_system::mocking::MockBlockU32<Test>;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
}

impl pallet_evaluators::Config for Test {}

/// The evaluator key of a validator.
pub fn evaluator(validator: u8) -> AuthorityPair {
	AuthorityPair::from_seed(&[validator; 32])
}

/// Starts a session with these validators.
pub fn start_session(validators: impl IntoIterator<Item = u8>) {
	let validators: Vec<_> = validators
		.into_iter()
		.map(|validator| (u64::from(validator), evaluator(validator).public()))
		.collect();
	let keys = || validators.iter().map(|(account, key)| (account, key.clone()));
	Evaluators::on_new_session(true, keys(), keys());
}

pub fn new_test_ext() -> sp_io::TestExternalities {
	let storage = RuntimeGenesisConfig::default().build_storage();
	storage.expect("the genesis state is valid").into()
}
