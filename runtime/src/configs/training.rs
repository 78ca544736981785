//! Training groups, their rounds and their data sets.

use super::emission::ToTreasury;
use crate::{
	constants::{storage_deposit, DAYS, HOURS, MILLISECONDS_PER_BLOCK, MILLI_NRN, MINUTES, NRN, YEARS},
	Babe, Balance, Balances, BlockNumber, Custody, Dataset, Emission, Evaluators, Groups, Rounds, Runtime,
	RuntimeHoldReason, Scheduler, TestSets, Validators,
};
use descent_protocol::MIN_COMMITTEE_SEATS;
use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, Get},
};
use sp_runtime::Perbill;

/// Deposit of a group. It pays for the group's storage, and makes groups without trainers expensive.
const GROUP_DEPOSIT: Balance = 100 * NRN;
/// Smallest deposit that a group may ask of commitments. A trainer that lies loses it.
const MINIMUM_COMMITMENT_DEPOSIT: Balance = NRN;
/// Fee of a commitment beside its deposit: the digest, which must never win again, and the trainer's standing
/// stay.
const COMMITMENT_FEE: Balance = storage_deposit(2, 200);
/// Fee for a seat of a round's committee: two messages that cost their sender nothing.
const SEAT_FEE: Balance = 2 * MILLI_NRN;
/// Largest number of records that a round may be measured on.
const MAX_EVALUATION_RECORDS: u32 = 65_536;
/// Longest reveal window, in blocks: the randomness of as many blocks is kept.
const MAX_REVEAL: BlockNumber = 2 * HOURS;
/// Number of blocks whose randomness is kept. Chains store it by this number: it can't change without a
/// migration.
pub(crate) const SEED_RING: u32 = 2_401;
/// Number of settled rounds that a group keeps in the state.
const RETENTION: u32 = 256;
/// Shortest window of a clock, in blocks: a transaction that is lost in the first block can be sent again in
/// the second, and the third includes it.
const MINIMUM_WINDOW: BlockNumber = 3;

/// Longest round, in blocks: decisions take effect when a round begins. No dispute about a round takes
/// longer.
pub(super) const MAXIMUM_ROUND_LENGTH: BlockNumber = 30 * DAYS;

/// Smallest stake of an account in a group.
const MINIMUM_STAKE: Balance = 10 * NRN;
/// Shortest voting period: a tally a minute.
const MINIMUM_VOTING_PERIOD: BlockNumber = MINUTES;
/// Longest voting period. Stake that was taken out is held as long.
const MAXIMUM_VOTING_PERIOD: BlockNumber = YEARS;
/// Deposit of an amendment. It pays for its storage, and makes amendments without votes expensive.
const AMENDMENT_DEPOSIT: Balance = 10 * NRN;
/// Part of the deposit that an adopted amendment costs: its revision stays, and the head of its model.
const ADOPTION_FEE: Balance = storage_deposit(2, 3_000);
/// Number of voting periods that an amendment may lose.
const AMENDMENT_LIFETIME: u32 = 4;

/// Deposit of a delta proposal of any size, which it may lose.
const PROPOSAL_DEPOSIT: Balance = 10 * NRN;
/// Part of the deposit that an applied delta costs: its entry in the log stays.
const LOG_FEE: Balance = storage_deposit(2, 1_300);
/// Deposit for each MiB that the committee has to fetch: it pays for work, not for storage.
const MEBIBYTE_DEPOSIT: Balance = 10 * MILLI_NRN;
/// Number of voting periods that a proposal may lose.
const PROPOSAL_LIFETIME: u32 = 4;
/// Deposit of an announcement: one that no proposal follows keeps others waiting.
const ANNOUNCEMENT_DEPOSIT: Balance = NRN;
/// Number of blocks in which a delta can be proposed after it was announced: five minutes.
const ANNOUNCEMENT_LIFETIME: BlockNumber = 5 * MINUTES;

/// Bond of a series of hidden test sets without sets.
const SERIES_BOND: Balance = 100 * NRN;
/// Bond for each of its sets.
const SET_BOND: Balance = NRN;
/// Part of the bond that a series costs for good: its id stays.
const SERIES_FEE: Balance = storage_deposit(1, 64);
/// Part of the bond that each value costs that was shown, a message without a fee.
const RELEASE_FEE: Balance = MILLI_NRN;
/// Least that a round costs a requester that releases no key for it.
const MINIMUM_MISS_PENALTY: Balance = 2 * NRN;
/// Number of blocks for which a bond stays after a round could be settled.
const SETTLEMENT_GRACE: BlockNumber = 100;

parameter_types! {
	/// Part of its bond that a round costs a requester that releases no key for it.
	pub const MissPenalty: Perbill = Perbill::from_percent(2);
}

/// Requesters that miss a round pay to the next winner. The bonds of those with broken sets go to the
/// treasury.
impl pallet_test_sets::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Groups = Groups;
	type Pots = Emission;
	type Slash = ToTreasury;
	type SeriesBond = ConstU128<SERIES_BOND>;
	type SetBond = ConstU128<SET_BOND>;
	type MissPenalty = MissPenalty;
	type MinimumMissPenalty = ConstU128<MINIMUM_MISS_PENALTY>;
	type SeriesFee = ConstU128<SERIES_FEE>;
	type ReleaseFee = ConstU128<RELEASE_FEE>;
	type SettlementGrace = ConstU32<SETTLEMENT_GRACE>;
	type WeightInfo = pallet_test_sets::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
	/// Fewest seats that a group may ask its committees to have.
	///
	/// No preset stores it. Only a genesis and Root can, and Root can replace the whole runtime. A test of a
	/// network does, as it has no dozens of validators.
	pub storage MinimumCommitteeSeats: u32 = MIN_COMMITTEE_SEATS;
}

impl pallet_groups::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type GroupDeposit = ConstU128<GROUP_DEPOSIT>;
	type MinimumCommitmentDeposit = ConstU128<MINIMUM_COMMITMENT_DEPOSIT>;
	type MaxEvaluationRecords = ConstU32<MAX_EVALUATION_RECORDS>;
	type MaxReveal = ConstU32<MAX_REVEAL>;
	type MinimumWindow = ConstU32<MINIMUM_WINDOW>;
	type MinimumCommitteeSeats = MinimumCommitteeSeats;
	type MaximumRoundLength = ConstU32<MAXIMUM_ROUND_LENGTH>;
	type MinimumStake = ConstU128<MINIMUM_STAKE>;
	type MinimumVotingPeriod = ConstU32<MINIMUM_VOTING_PERIOD>;
	type MaximumVotingPeriod = ConstU32<MAXIMUM_VOTING_PERIOD>;
	type AmendmentDeposit = ConstU128<AMENDMENT_DEPOSIT>;
	type AmendmentLifetime = ConstU32<AMENDMENT_LIFETIME>;
	type Scheduler = Scheduler;
	type Observer = (Dataset, Emission);
	type TestSets = TestSets;
	type Slash = ToTreasury;
	type AdoptionFee = ConstU128<ADOPTION_FEE>;
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
	/// Share of the deposit that a trainer loses that commits and never reveals.
	pub const UnrevealedPenalty: Perbill = Perbill::from_percent(50);
}

/// Winners and committees are paid out of their group's pot. Slashed amounts go to the treasury.
impl pallet_rounds::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Groups = Groups;
	type Dataset = Dataset;
	type Committees = Evaluators;
	type Keepers = Custody;
	type Gateways = Validators;
	type Scheduler = Scheduler;
	type BlockRandomness = BlockVrf;
	type TestSets = TestSets;
	type Rewards = Emission;
	type Slash = ToTreasury;
	type CommitmentFee = ConstU128<COMMITMENT_FEE>;
	type SeatFee = ConstU128<SEAT_FEE>;
	type BlockTime = ConstU64<MILLISECONDS_PER_BLOCK>;
	type UnrevealedPenalty = UnrevealedPenalty;
	type Retention = ConstU32<RETENTION>;
	type SeedRing = ConstU32<SEED_RING>;
	type WeightInfo = pallet_rounds::weights::SubstrateWeight<Runtime>;
}

/// Proposers and committees are paid out of their group's pot. Slashed amounts go to the treasury.
impl pallet_dataset::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Groups = Groups;
	type Committees = Evaluators;
	type Keepers = Custody;
	type Randomness = Rounds;
	type Rewards = Emission;
	type Slash = ToTreasury;
	type BlockTime = ConstU64<MILLISECONDS_PER_BLOCK>;
	type ProposalDeposit = ConstU128<PROPOSAL_DEPOSIT>;
	type LogFee = ConstU128<LOG_FEE>;
	type MebibyteDeposit = ConstU128<MEBIBYTE_DEPOSIT>;
	type ProposalLifetime = ConstU32<PROPOSAL_LIFETIME>;
	type AnnouncementDeposit = ConstU128<ANNOUNCEMENT_DEPOSIT>;
	type AnnouncementLifetime = ConstU32<ANNOUNCEMENT_LIFETIME>;
	type WeightInfo = pallet_dataset::weights::SubstrateWeight<Runtime>;
}
