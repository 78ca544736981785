//! A chain with one group whose rounds are fourteen blocks long, and four validators.

// The casts are the macro's.
#![allow(clippy::as_conversions)]

use crate as pallet_rounds;
use codec::Encode;
use descent_protocol::Clock;
use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, Get, OneSessionHandler},
};
use pallet_evaluators::{AuthorityPair, Gateway, MemberGateways};
use sp_core::Pair;
use sp_io::hashing::blake2_256;
use sp_runtime::{AccountId32, BuildStorage, Perbill};

mod groups;
mod rewards;
mod test_sets;

pub use groups::*;
pub use rewards::*;
pub use test_sets::*;

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
	pub type Rounds = pallet_rounds::Pallet<Test>;
}

descent_support::mock_transactions!(runtime: Test, block: Block);
descent_support::mock_system!(runtime: Test, block: Block, existential_deposit: ConstU128<1>, dust: ());

descent_support::mock_scheduler!(runtime: Test, per_block: ConstU32<2>);

/// The randomness of a block is a function of its number, or none, as the test wishes.
pub struct BlockRandomness;

impl Get<Option<[u8; 32]>> for BlockRandomness {
	fn get() -> Option<[u8; 32]> {
		HasRandomness::get().then(|| randomness(System::block_number()))
	}
}

pub fn randomness(block: u32) -> [u8; 32] {
	blake2_256(&block.encode())
}

/// The randomness of all blocks up to this one, mixed.
pub fn mixed_randomness(block: u32) -> [u8; 32] {
	(1..=block).fold([0; 32], |before, block| (before, randomness(block)).using_encoded(blake2_256))
}

/// The gateways of validators, as the test wishes.
pub struct Gateways;

impl MemberGateways<AccountId32> for Gateways {
	fn gateway(account: &AccountId32) -> Option<Gateway> {
		let gateways = GatewayOf::get();
		let gateway = gateways.into_iter().find(|(validator, _)| account == &self::account(*validator));
		gateway.map(|(_, address)| address.as_bytes().to_vec().try_into().expect("it is short"))
	}
}

parameter_types! {
	pub static GatewayOf: Vec<(u8, &'static str)> = Vec::new();
	pub static HasRandomness: bool = true;
	pub static UnrevealedPenalty: Perbill = Perbill::from_percent(50);
	/// The fee of a commitment; zero unless a test is about it.
	pub static CommitmentFee: u128 = 0;
	/// The fee of a seat; zero unless a test is about it.
	pub static SeatFee: u128 = 0;
	pub static MaxReveal: u32 = 5;
	pub static Retention: u32 = 4;
	pub const SeedRing: u32 = 12;
}

impl pallet_evaluators::Config for Test {
	type Tasks = Rounds;
	type Bonds = ();
	type Performance = Observer;
	type Scheduler = Scheduler;
	type WeightInfo = ();
}

impl pallet_rounds::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Groups = Groups;
	type Dataset = Datasets;
	type Committees = Evaluators;
	type Keepers = ();
	type Gateways = Gateways;
	type Scheduler = Scheduler;
	type BlockRandomness = BlockRandomness;
	type TestSets = TestSets;
	type Rewards = Rewards;
	type Slash = ();
	type CommitmentFee = CommitmentFee;
	type SeatFee = SeatFee;
	type BlockTime = ConstU64<3_000>;
	type UnrevealedPenalty = UnrevealedPenalty;
	type Retention = Retention;
	type SeedRing = SeedRing;
	type WeightInfo = ();
}

/// The balance of every account at first.
pub const ENDOWMENT: u128 = 1_000_000;
/// The smallest deposit in the group.
pub const DEPOSIT: u128 = 100;
/// The least improvement of a checkpoint over the head.
pub const IMPROVEMENT: u64 = 50;
/// The windows of the group. Round 0 takes commitments in blocks 8 to 19 and is settled in block 33.
pub const CLOCK: Clock = Clock { first: 0, start: 8, length: 14, reveal: 3, attest: 5, open: 2 };

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

/// The chain in block 1: group 0, validators 200 to 203, and accounts 1 to 100 with [`ENDOWMENT`].
pub fn new_test_ext() -> sp_io::TestExternalities {
	Paid::set(Vec::new());
	Observed::set(Vec::new());
	Release::set(descent_protocol::view::TestSetRelease::Otherwise);
	Fixed::set(Vec::new());
	Judged::set(Vec::new());
	CommitmentFee::set(0);
	SeatFee::set(0);
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
		create_group(CLOCK);
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

/// Runs a test on the chain and checks afterwards what must always hold.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		Rounds::do_try_state().expect("the state stays consistent");
		Evaluators::do_try_state().expect("the committees stay consistent");
	});
}
