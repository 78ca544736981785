//! A chain with one group whose voting period closes every 60 blocks, and four validators.

// The casts are the macro's.
#![allow(clippy::as_conversions)]

use crate as pallet_dataset;
use descent_protocol::{Clock, ContentRef, EvaluationPolicy, Metric, Share, Shares};
use frame_support::{
	assert_ok, parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, OneSessionHandler},
};
use pallet_evaluators::{AuthorityPair, BlockRandomness};
use sp_core::Pair;
use sp_runtime::BuildStorage;

mod rewards;

pub use rewards::*;

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
	#[runtime::pallet_index(5)]
	pub type Groups = pallet_groups::Pallet<Test>;
	#[runtime::pallet_index(6)]
	pub type Dataset = pallet_dataset::Pallet<Test>;
}

descent_support::mock_transactions!(runtime: Test, block: Block);
descent_support::mock_system!(runtime: Test, block: Block, existential_deposit: ConstU128<1>, dust: ());

descent_support::mock_scheduler!(runtime: Test, per_block: ConstU32<8>);

parameter_types! {
	pub const GroupDeposit: u128 = 100;
	pub const MinimumCommitmentDeposit: u128 = 10;
	pub const MinimumStake: u128 = FOUNDING_STAKE;
	pub const AmendmentDeposit: u128 = 10;
	pub const AnnouncementDeposit: u128 = ANNOUNCEMENT_DEPOSIT;
	pub const ProposalDeposit: u128 = PROPOSAL_DEPOSIT;
	pub const MebibyteDeposit: u128 = 7;
	pub const LogFee: u128 = LOG_FEE;
}

impl pallet_groups::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Scheduler = Scheduler;
	type Observer = Dataset;
	type TestSets = ();
	type Slash = ();
	type GroupDeposit = GroupDeposit;
	type MinimumCommitmentDeposit = MinimumCommitmentDeposit;
	type MaxEvaluationRecords = ConstU32<1_000>;
	type MaxReveal = ConstU32<5>;
	type MinimumWindow = ConstU32<1>;
	type MinimumCommitteeSeats = ConstU32<22>;
	type MaximumRoundLength = ConstU32<1_000_000>;
	type MinimumStake = MinimumStake;
	type MinimumVotingPeriod = ConstU32<20>;
	type MaximumVotingPeriod = ConstU32<1_000_000>;
	type AmendmentDeposit = AmendmentDeposit;
	type AdoptionFee = ConstU128<0>;
	type AmendmentLifetime = ConstU32<4>;
	type WeightInfo = ();
}

/// The randomness of a block is a function of its number.
pub struct Randomness;

impl BlockRandomness for Randomness {
	fn randomness_at(block: u32) -> Option<[u8; 32]> {
		(block <= System::block_number()).then(|| sp_io::hashing::blake2_256(&block.to_le_bytes()))
	}
}

impl pallet_evaluators::Config for Test {
	type Tasks = Dataset;
	type Bonds = ();
	type Performance = Observer;
	type Scheduler = Scheduler;
	type WeightInfo = ();
}

impl pallet_dataset::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Groups = Groups;
	type Committees = Evaluators;
	type Keepers = ();
	type Randomness = Randomness;
	type Rewards = Rewards;
	type Slash = ();
	type BlockTime = ConstU64<3_000>;
	type AnnouncementDeposit = AnnouncementDeposit;
	type AnnouncementLifetime = ConstU32<ANNOUNCEMENT_LIFETIME>;
	type ProposalDeposit = ProposalDeposit;
	type MebibyteDeposit = MebibyteDeposit;
	type LogFee = LogFee;
	type ProposalLifetime = ConstU32<4>;
	type WeightInfo = ();
}

/// The balance of every account at first.
pub const ENDOWMENT: u128 = 1_000_000;
/// The stake of the group's owner, account 100. Nobody else has any.
pub const FOUNDING_STAKE: u128 = 10;
pub const ANNOUNCEMENT_DEPOSIT: u128 = 50;
pub const ANNOUNCEMENT_LIFETIME: u32 = 100;
/// With that for the first MiB, a small delta takes 1,007.
pub const PROPOSAL_DEPOSIT: u128 = 1_000;
/// The fee that an applied delta pays from it.
pub const LOG_FEE: u128 = 30;
/// The length of the group's voting period, in blocks. The first closes in block 61.
pub const PERIOD: u32 = 60;
/// The part of all stake that a delta needs.
pub const QUORUM: Share = Share::percent(20);
/// Round 0 begins in block 10, round 1 in block 22, and so on.
pub const CLOCK: Clock = Clock { first: 0, start: 10, length: 12, reveal: 3, attest: 5, open: 2 };

pub fn signed(number: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(number))
}

pub fn free(number: u8) -> u128 {
	Balances::free_balance(account(number))
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

/// The first delta of every group's data set.
pub fn first_delta() -> ContentRef {
	ContentRef::raw(b"dataset").unwrap()
}

/// The model of every group.
pub fn model() -> ContentRef {
	ContentRef::raw(b"model").unwrap()
}

/// Creates another group with the same rules.
pub fn create_group() {
	let group = pallet_groups::NewGroup {
		name: b"group".to_vec().try_into().unwrap(),
		model: model(),
		dataset: first_delta(),
		providers: vec![b"http://127.0.0.1:8080".to_vec().try_into().unwrap()].try_into().unwrap(),
		metric: Metric::Loss,
		policy: EvaluationPolicy::Training { records: 100 },
		minimum_improvement: 50,
		target: None,
		clock: CLOCK,
		deposit: 100,
		shares: Shares::default(),
		stake: FOUNDING_STAKE,
		voting_period: PERIOD,
		quorum: QUORUM,
		optional_rules: Default::default(),
	};
	assert_ok!(Groups::create(signed(100), group));
}

/// The chain in block 1: group 0, validators 200 to 203, and accounts 1 to 100 with [`ENDOWMENT`].
pub fn new_test_ext() -> sp_io::TestExternalities {
	Paid::set(Vec::new());
	Observed::set(Vec::new());
	let storage = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: (1..=100).map(|number| (account(number), ENDOWMENT)).collect(),
			..Default::default()
		},
		..Default::default()
	}
	.build_storage();
	let mut chain: sp_io::TestExternalities = storage.expect("the genesis state is valid").into();
	chain.execute_with(|| {
		run_to(1);
		create_group();
		start_session(200..204);
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

/// Checks what must hold between any two calls: of the pallet's storage, and that what is open will be
/// closed.
pub fn check_state() {
	Dataset::do_try_state().expect("the state stays consistent");
	for group in crate::Open::<Test>::iter_keys() {
		let voting = pallet_groups::Groups::<Test>::get(group).unwrap().voting;
		assert!(voting.closing.is_some(), "proposals are open that no close will decide");
	}
}

/// Runs a test on the chain and checks afterwards what must always hold.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		check_state();
	});
}
