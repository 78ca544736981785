// The casts are the macro's.
#![allow(clippy::as_conversions)]

use crate as pallet_groups;
use frame_support::{derive_impl, parameter_types, sp_runtime::BuildStorage, traits::ConstU32};

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
	pub type Groups = pallet_groups::Pallet<Test>;
}

type Block = frame_system::mocking::MockBlockU32<Test>;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
}

parameter_types! {
	pub const GroupDeposit: u64 = 100;
	pub const MinimumCommitmentDeposit: u64 = 5;
	pub const MaxEvaluationRecords: u32 = 1_000;
	pub const MaxReveal: u32 = 20;
}

impl pallet_groups::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type GroupDeposit = GroupDeposit;
	type MinimumCommitmentDeposit = MinimumCommitmentDeposit;
	type MaxEvaluationRecords = MaxEvaluationRecords;
	type MaxReveal = MaxReveal;
	type MinimumWindow = ConstU32<2>;
	type WeightInfo = ();
}

/// Accounts 1 and 2 own 1,000 each.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let storage = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: vec![(1, 1_000), (2, 1_000)],
			..Default::default()
		},
		..Default::default()
	}
	.build_storage();
	storage.expect("the genesis state is valid").into()
}

/// Runs a test in block 7 and checks afterwards what must always hold.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		System::set_block_number(7);
		test();
		Groups::do_try_state().expect("the state stays consistent");
	});
}
