//! What happens when the runtime changes.

use super::RuntimeBlockWeights;
use crate::{Runtime, RuntimeEvent};
use frame_support::{
	migrations::FreezeChainOnFailedMigration, parameter_types, traits::ConstU32, weights::Weight,
};
use sp_runtime::Perbill;

/// What is done at once in the first block of a new runtime, the oldest first. Only what is small, whatever the state.
pub type SingleBlockMigrations = ();

/// What is done in as many blocks as it takes, the oldest first; the chain takes no transactions meanwhile.
#[cfg(not(feature = "runtime-benchmarks"))]
type SteppedMigrations = (pallet_rounds::migrations::NameModels<Runtime>,);
#[cfg(feature = "runtime-benchmarks")]
type SteppedMigrations = pallet_migrations::mock_helpers::MockedMigrations;

/// The longest place in a map that a migration goes on from, and the longest name of one.
const MAX_CURSOR: u32 = 1_024;
const MAX_IDENTIFIER: u32 = 256;

parameter_types! {
	/// What migrations may take of a block. The rest is for hooks and inherents.
	pub MaximumMigrationWeight: Weight = Perbill::from_percent(60) * RuntimeBlockWeights::get().max_block;
}

/// A migration that fails stops the chain from taking transactions until validators agree on another runtime: half of a state
/// is worse than none.
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
