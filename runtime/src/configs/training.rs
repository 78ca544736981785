//! Training groups and their rounds.

use crate::{
	constants::{HOURS, MILLISECONDS_PER_BLOCK, NRN},
	Babe, Balance, Balances, BlockNumber, Groups, Runtime, RuntimeHoldReason, Scheduler,
};
use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, Get},
};
use sp_runtime::Perbill;

/// What creating a group holds.
const GROUP_DEPOSIT: Balance = 100 * NRN;
/// The smallest deposit that a group may ask of commitments: places in a round must not be free.
const MINIMUM_COMMITMENT_DEPOSIT: Balance = NRN;
/// The most records that a round may be measured on.
const MAX_EVALUATION_RECORDS: u32 = 65_536;
/// The longest reveal window: the randomness of as many blocks is kept.
const MAX_REVEAL: BlockNumber = 2 * HOURS;
/// How many of its settled rounds a group keeps in the state.
const RETENTION: u32 = 256;

impl pallet_groups::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type GroupDeposit = ConstU128<GROUP_DEPOSIT>;
	type MinimumCommitmentDeposit = ConstU128<MINIMUM_COMMITMENT_DEPOSIT>;
	type MaxEvaluationRecords = ConstU32<MAX_EVALUATION_RECORDS>;
	type MaxReveal = ConstU32<MAX_REVEAL>;
	type MinimumWindow = ConstU32<2>;
	type WeightInfo = pallet_groups::weights::SubstrateWeight<Runtime>;
}

/// The VRF output of the block, which BABE puts into the state at the block's end, before rounds look for it.
pub struct BlockVrf;

impl Get<Option<[u8; 32]>> for BlockVrf {
	fn get() -> Option<[u8; 32]> {
		Babe::author_vrf_randomness()
	}
}

parameter_types! {
	/// What a trainer loses who commits and never reveals.
	pub const UnrevealedPenalty: Perbill = Perbill::from_percent(50);
}

/// Winners are paid with new tokens; what is slashed is burned.
impl pallet_rounds::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Groups = Groups;
	type Scheduler = Scheduler;
	type BlockRandomness = BlockVrf;
	type Reward = pallet_rounds::MintWinnerReward<Balances>;
	type Slash = ();
	type BlockTime = ConstU64<MILLISECONDS_PER_BLOCK>;
	type UnrevealedPenalty = UnrevealedPenalty;
	type Retention = ConstU32<RETENTION>;
	type WeightInfo = pallet_rounds::weights::SubstrateWeight<Runtime>;
}
