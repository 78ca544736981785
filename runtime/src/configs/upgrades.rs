//! Migrations of the state to a new runtime.

use super::RuntimeBlockWeights;
use crate::{Runtime, RuntimeEvent};
use frame_support::{
	migrations::FreezeChainOnFailedMigration, parameter_types, traits::ConstU32, weights::Weight,
};
use sp_runtime::Perbill;

/// Migrations that run at once in the first block of a new runtime, the oldest first. They are small in every
/// state.
pub(super) type SingleBlockMigrations =
	(pallet_rounds::migrations::DitherScores<Runtime>, pallet_evaluators::migrations::AddBonds<Runtime>);

/// Migrations that run in as many blocks as they take, the oldest first. The chain takes no transactions
/// meanwhile.
#[cfg(not(feature = "runtime-benchmarks"))]
type SteppedMigrations = (
	pallet_rounds::migrations::NameModels<Runtime>,
	pallet_groups::migrations::DropTolerance<Runtime>,
	pallet_groups::migrations::AddOptionalRules<Runtime>,
	pallet_rounds::migrations::CommitteesByTasks<Runtime>,
	pallet_dataset::migrations::CheckByTasks<Runtime>,
);
#[cfg(feature = "runtime-benchmarks")]
type SteppedMigrations = pallet_migrations::mock_helpers::MockedMigrations;

/// Longest cursor of a migration, in bytes, and longest identifier of one.
const MAX_CURSOR: u32 = 1_024;
const MAX_IDENTIFIER: u32 = 256;

parameter_types! {
	/// Share of a block that migrations may take. The rest is for hooks and inherents.
	pub MaximumMigrationWeight: Weight = Perbill::from_percent(60) * RuntimeBlockWeights::get().max_block;
}

/// A migration that fails stops the chain from taking transactions until validators agree on another runtime,
/// as a state that is half migrated can't be trusted.
impl pallet_migrations::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type Migrations = SteppedMigrations;
	type CursorMaxLen = ConstU32<MAX_CURSOR>;
	type IdentifierMaxLen = ConstU32<MAX_IDENTIFIER>;
	type MigrationStatusHandler = ();
	type FailedMigrationHandler = FreezeChainOnFailedMigration;
	type MaxServiceWeight = MaximumMigrationWeight;
	type WeightInfo = pallet_migrations::weights::SubstrateWeight<Runtime>;
}
