//! A chain with one group whose rounds are twelve blocks long, and four validators.

// The casts are the macro's.
#![allow(clippy::as_conversions)]

use crate as pallet_rounds;
use codec::{Decode, Encode};
use descent_protocol::Clock;
use frame_support::{
	derive_impl,
	dispatch::GetDispatchInfo,
	pallet_prelude::{DispatchError, TransactionSource, TransactionValidityError, ValidTransaction},
	parameter_types,
	traits::{ConstU64, EqualPrivilegeOnly, Get, OneSessionHandler},
	weights::Weight,
};
use frame_system::{
	offchain::{CreateAuthorizedTransaction, CreateTransaction, CreateTransactionBase},
	EnsureRoot, RunToBlockHooks,
};
use pallet_evaluators::AuthorityPair;
use sp_core::Pair;
use sp_io::hashing::blake2_256;
use sp_runtime::{
	generic,
	traits::{Applyable, BlakeTwo256, Checkable, IdentityLookup},
	AccountId32, BuildStorage, MultiSignature, Perbill,
};

mod groups;
mod rewards;

pub use groups::*;
pub use rewards::*;

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

pub type TransactionExtension = (
	frame_system::AuthorizeCall<Test>,
	frame_system::CheckNonZeroSender<Test>,
	frame_system::CheckNonce<Test>,
	frame_system::CheckWeight<Test>,
);
pub type Extrinsic =
	generic::UncheckedExtrinsic<AccountId32, RuntimeCall, MultiSignature, TransactionExtension>;
type Block = generic::Block<generic::Header<u32, BlakeTwo256>, Extrinsic>;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId32;
	type Lookup = IdentityLookup<AccountId32>;
	type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
	type Balance = u128;
	type ExistentialDeposit = ExistentialDeposit;
}

impl pallet_preimage::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type Currency = Balances;
	type ManagerOrigin = EnsureRoot<AccountId32>;
	type Consideration = ();
}

impl pallet_scheduler::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeOrigin = RuntimeOrigin;
	type PalletsOrigin = OriginCaller;
	type RuntimeCall = RuntimeCall;
	type MaximumWeight = MaximumSchedulerWeight;
	type ScheduleOrigin = EnsureRoot<AccountId32>;
	type OriginPrivilegeCmp = EqualPrivilegeOnly;
	type MaxScheduledPerBlock = MaxScheduledPerBlock;
	type WeightInfo = ();
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}

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

parameter_types! {
	pub static HasRandomness: bool = true;
	pub static UnrevealedPenalty: Perbill = Perbill::from_percent(50);
	/// What a commitment costs, where a test is about it.
	pub static CommitmentFee: u128 = 0;
	pub const ExistentialDeposit: u128 = 1;
	pub const MaxScheduledPerBlock: u32 = 2;
	pub const MaximumSchedulerWeight: Weight = Weight::MAX;
	pub const MaxReveal: u32 = 5;
	pub const Retention: u32 = 4;
}

impl pallet_evaluators::Config for Test {}

impl pallet_rounds::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Groups = Groups;
	type Dataset = Datasets;
	type Evaluators = Evaluators;
	type Scheduler = Scheduler;
	type BlockRandomness = BlockRandomness;
	type Rewards = Rewards;
	type Performance = Observer;
	type Slash = ();
	type CommitmentFee = CommitmentFee;
	type BlockTime = ConstU64<3_000>;
	type UnrevealedPenalty = UnrevealedPenalty;
	type Retention = Retention;
	type WeightInfo = ();
}

impl<Call> CreateTransactionBase<Call> for Test
where
	RuntimeCall: From<Call>,
{
	type Extrinsic = Extrinsic;
	type RuntimeCall = RuntimeCall;
}

impl<Call> CreateTransaction<Call> for Test
where
	RuntimeCall: From<Call>,
{
	type Extension = TransactionExtension;

	fn create_transaction(call: RuntimeCall, extension: TransactionExtension) -> Extrinsic {
		Extrinsic::new_transaction(call, extension)
	}
}

impl<Call> CreateAuthorizedTransaction<Call> for Test
where
	RuntimeCall: From<Call>,
{
	fn create_extension() -> TransactionExtension {
		extension()
	}
}

pub fn extension() -> TransactionExtension {
	(
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckNonce::from(0),
		frame_system::CheckWeight::new(),
	)
}

/// What every account owns at first.
pub const ENDOWMENT: u128 = 1_000_000;
/// The smallest deposit in the group.
pub const DEPOSIT: u128 = 100;
/// How much a checkpoint has to be better than the head.
pub const IMPROVEMENT: u64 = 50;
/// How long the group's windows are. Round 0 takes commitments in blocks 10 to 21 and is settled in block 33.
pub const CLOCK: Clock = Clock { first: 0, start: 10, length: 12, reveal: 3, attest: 5, open: 2 };

pub fn account(number: u8) -> AccountId32 {
	AccountId32::new([number; 32])
}

pub fn number(account: &AccountId32) -> u8 {
	AsRef::<[u8; 32]>::as_ref(account)[0]
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

/// The chain in block 1: group 0, validators 200 to 203, and accounts 1 to 100 with [`ENDOWMENT`].
pub fn new_test_ext() -> sp_io::TestExternalities {
	Paid::set(Vec::new());
	Observed::set(Vec::new());
	CommitmentFee::set(0);
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

/// Executes empty blocks until `block` has begun.
pub fn run_to(block: u32) {
	System::run_to_block_with::<AllPalletsWithSystem>(
		block,
		RunToBlockHooks::default()
			.before_initialize(|_| System::set_block_consumed_resources(Weight::zero(), 0)),
	);
}

/// Runs a test on the chain and checks afterwards what must always hold.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		Rounds::do_try_state().expect("the state stays consistent");
	});
}

/// Whether the pool admits a call as a transaction that nobody pays for.
pub fn validate(call: crate::Call<Test>) -> Result<ValidTransaction, TransactionValidityError> {
	let transaction = transaction(call);
	let info = transaction.get_dispatch_info();
	let length = transaction.encoded_size();
	let checked = transaction.check(&frame_system::ChainContext::<Test>::default())?;
	checked.validate::<Test>(TransactionSource::External, &info, length)
}

/// Executes a call as a transaction that nobody pays for, the way a block does.
pub fn apply(call: crate::Call<Test>) -> Result<Result<(), DispatchError>, TransactionValidityError> {
	apply_extrinsic(transaction(call))
}

pub fn apply_extrinsic(
	transaction: Extrinsic,
) -> Result<Result<(), DispatchError>, TransactionValidityError> {
	let info = transaction.get_dispatch_info();
	let length = transaction.encoded_size();
	let checked = transaction.check(&frame_system::ChainContext::<Test>::default())?;
	let applied = checked.apply::<Test>(&info, length)?;
	Ok(applied.map(|_| ()).map_err(|failed| failed.error))
}

/// What comes out at the other end of the wire.
fn transaction(call: crate::Call<Test>) -> Extrinsic {
	let transaction =
		<Test as CreateAuthorizedTransaction<crate::Call<Test>>>::create_authorized_transaction(call.into());
	Extrinsic::decode(&mut &transaction.encode()[..]).unwrap()
}
