//! A chain that has evaluators, and tasks as a test wishes.

// The casts are the macro's.
#![allow(clippy::as_conversions)]

use crate::{self as pallet_evaluators, AuthorityPair};
use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU32, OneSessionHandler},
};
use sp_core::Pair;
use sp_runtime::{AccountId32, BuildStorage};

mod performance;
mod tasks;

pub use performance::*;
pub use tasks::*;

pub(crate) use descent_support::mock::{account, number};

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
	pub type Balances = pallet_balances::Pallet<Test>;
	#[runtime::pallet_index(2)]
	pub type Preimage = pallet_preimage::Pallet<Test>;
	#[runtime::pallet_index(3)]
	pub type Scheduler = pallet_scheduler::Pallet<Test>;
	#[runtime::pallet_index(4)]
	pub type Evaluators = pallet_evaluators::Pallet<Test>;
}

descent_support::mock_transactions!(runtime: Test, block: Block);
descent_support::mock_system!(runtime: Test, block: Block, existential_deposit: ConstU128<1>, dust: ());
descent_support::mock_scheduler!(runtime: Test, per_block: ConstU32<2>);

parameter_types! {
	/// The bonds of validators; the others have one of 1,000.
	pub static BondOf: Vec<(u8, u128)> = Vec::new();
}

/// The bonds of validators, as the test wishes.
pub struct Bonds;

impl crate::Bonds<AccountId32> for Bonds {
	fn bond(account: &AccountId32) -> u128 {
		let bonds = BondOf::get();
		bonds.into_iter().find(|(validator, _)| *validator == number(account)).map_or(1_000, |(_, bond)| bond)
	}
}

impl pallet_evaluators::Config for Test {
	type Tasks = TestTasks;
	type Bonds = Bonds;
	type Performance = Observer;
	type Scheduler = Scheduler;
	type WeightInfo = ();
}

/// The evaluator key of a validator.
pub fn evaluator(validator: u8) -> AuthorityPair {
	AuthorityPair::from_seed(&[validator; 32])
}

/// Starts a session with these validators.
pub fn start_session(validators: impl IntoIterator<Item = u8>) {
	let validators: Vec<_> =
		validators.into_iter().map(|validator| (account(validator), evaluator(validator).public())).collect();
	let keys = || validators.iter().map(|(account, key)| (account, key.clone()));
	Evaluators::on_new_session(true, keys(), keys());
}

/// The chain in block 1, with the validators 1 to 4.
pub fn new_test_ext() -> sp_io::TestExternalities {
	BondOf::set(Vec::new());
	Observed::set(Vec::new());
	reset_tasks();
	let storage = RuntimeGenesisConfig::default().build_storage();
	let mut chain: sp_io::TestExternalities = storage.expect("the genesis state is valid").into();
	chain.execute_with(|| {
		start_session(1..=4);
		run_to(1);
	});
	chain
}

/// The same chain with an empty keystore.
#[cfg(feature = "runtime-benchmarks")]
pub fn benchmark_ext() -> sp_io::TestExternalities {
	let mut chain = new_test_ext();
	let keystore = sp_keystore::testing::MemoryKeystore::new();
	chain.register_extension(sp_keystore::KeystoreExt::new(keystore));
	chain
}

/// Runs a test on the chain and checks afterwards what must always hold.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		Evaluators::do_try_state().expect("the state stays consistent");
	});
}
