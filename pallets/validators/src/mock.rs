//! A chain whose sessions are ten blocks long, with room for four validators and four that are bonded.

// The casts are the macro's.
#![allow(clippy::as_conversions)]

use crate::{self as pallet_validators, CreditOf, NoIdentification};
use frame_support::{
	parameter_types,
	traits::{fungible::Balanced, ConstU128, ConstU32, OnUnbalanced},
};
use pallet_session::{disabling::UpToLimitDisablingStrategy, historical, PeriodicSessions, SessionHandler};
use sp_consensus_babe::AuthorityId as BabeId;
use sp_consensus_grandpa::AuthorityId as GrandpaId;
use sp_core::{ed25519, sr25519};
use sp_runtime::{
	impl_opaque_keys,
	traits::{ConvertInto, OpaqueKeys},
	AccountId32, BoundToRuntimeAppPublic, BuildStorage, KeyTypeId,
};

pub(crate) use descent_support::mock::account;

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
	pub type Validators = pallet_validators::Pallet<Test>;
	#[runtime::pallet_index(3)]
	pub type Session = pallet_session::Pallet<Test>;
	#[runtime::pallet_index(4)]
	pub type Historical = pallet_session::historical::Pallet<Test>;
	#[runtime::pallet_index(5)]
	pub type Offences = pallet_offences::Pallet<Test>;
}

type Block = frame_system::mocking::MockBlockU32<Test>;

descent_support::mock_system!(runtime: Test, block: Block, existential_deposit: ConstU128<1>, dust: ());

/// The owner of the keys of one kind, which no pallet is told of.
pub struct Nobody<Key>(core::marker::PhantomData<Key>);

impl<Key: sp_runtime::RuntimeAppPublic> BoundToRuntimeAppPublic for Nobody<Key> {
	type Public = Key;
}

impl_opaque_keys! {
	pub struct SessionKeys {
		pub babe: Nobody<BabeId>,
		pub grandpa: Nobody<GrandpaId>,
		pub evaluator: Nobody<pallet_evaluators::AuthorityId>,
	}
}

/// A session handler that ignores new sessions and disabled validators.
pub struct Handler;

impl SessionHandler<AccountId32> for Handler {
	const KEY_TYPE_IDS: &'static [KeyTypeId] =
		&[sp_runtime::key_types::BABE, sp_runtime::key_types::GRANDPA, pallet_evaluators::KEY_TYPE];

	fn on_genesis_session<Ks: OpaqueKeys>(_: &[(AccountId32, Ks)]) {}

	fn on_new_session<Ks: OpaqueKeys>(_: bool, _: &[(AccountId32, Ks)], _: &[(AccountId32, Ks)]) {}

	fn on_disabled(_: u32) {}
}

/// The length of a session, in blocks.
pub(crate) const SESSION: u32 = 10;
/// Number of blocks for which an unbonded amount stays held.
pub(crate) const UNBONDING: u32 = 200;
/// Number of blocks for which an offence can be reported.
pub(crate) const DISPUTE: u32 = 100;
/// Number of blocks for which an offender can't be a candidate.
pub(crate) const JAIL: u32 = 50;

type Sessions = PeriodicSessions<ConstU32<SESSION>, ConstU32<SESSION>>;

impl pallet_session::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId32;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = Sessions;
	type NextSessionRotation = Sessions;
	type SessionManager = historical::NoteHistoricalRoot<Test, Validators>;
	type SessionHandler = Handler;
	type Keys = SessionKeys;
	type DisablingStrategy = UpToLimitDisablingStrategy;
	type WeightInfo = ();
	type Currency = Balances;
	type KeyDeposit = ConstU128<0>;
}

impl historical::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = NoIdentification;
}

impl pallet_offences::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = historical::IdentificationTuple<Test>;
	type OnOffenceHandler = Validators;
}

parameter_types! {
	pub static MinimumBond: u128 = MINIMUM;
	pub static Seats: u32 = SET_SIZE;
}

/// Gives what is slashed to [`TREASURY`].
pub struct Slash;

impl OnUnbalanced<CreditOf<Test>> for Slash {
	fn on_nonzero_unbalanced(credit: CreditOf<Test>) {
		Balances::resolve(&account(TREASURY), credit).expect("the treasury has an account");
	}
}

impl pallet_validators::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Slash = Slash;
	type Offences = Offences;
	type MinimumBond = MinimumBond;
	type Seats = Seats;
	type UnbondingPeriod = ConstU32<UNBONDING>;
	type LongestDispute = ConstU32<DISPUTE>;
	type JailPeriod = ConstU32<JAIL>;
	type WeightInfo = ();
}

/// The balance of every account at first.
pub(crate) const ENDOWMENT: u128 = 1_000_000;
/// The least that is bonded.
pub(crate) const MINIMUM: u128 = 1_000;
/// Number of validators of a session.
pub(crate) const SET_SIZE: u32 = 4;
/// The account that gets what is slashed.
pub(crate) const TREASURY: u8 = 255;
/// The bond of each validator at genesis.
pub(crate) const GENESIS_BOND: u128 = 10_000;
/// Number of validators at genesis: accounts 1 to 4.
pub(crate) const GENESIS_VALIDATORS: u8 = 4;

pub(crate) fn signed(number: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(number))
}

pub(crate) fn keys(number: u8) -> SessionKeys {
	SessionKeys {
		babe: sr25519::Public::from_raw([number; 32]).into(),
		grandpa: ed25519::Public::from_raw([number; 32]).into(),
		evaluator: sr25519::Public::from_raw([number; 32]).into(),
	}
}

/// A chain on which these accounts have bonded at genesis. All accounts have [`ENDOWMENT`], and those from 1
/// to 100 have session keys.
pub(crate) fn genesis(bonds: impl IntoIterator<Item = (u8, u128)>) -> sp_io::TestExternalities {
	MinimumBond::set(MINIMUM);
	Seats::set(SET_SIZE);
	let bonds = bonds.into_iter().map(|(number, bond)| (account(number), bond));
	let key_set = |number| (account(number), account(number), keys(number));
	let storage = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: (1..=TREASURY).map(|number| (account(number), ENDOWMENT)).collect(),
			..Default::default()
		},
		validators: pallet_validators::GenesisConfig { bonds: bonds.collect() },
		session: pallet_session::GenesisConfig {
			keys: vec![key_set(1)],
			non_authority_keys: (2..=100).map(key_set).collect(),
		},
		..Default::default()
	}
	.build_storage();
	storage.expect("the genesis state is valid").into()
}

/// The chain that tests begin with: accounts 1 to 4 are its validators, and there is nobody else.
pub(crate) fn new_test_ext() -> sp_io::TestExternalities {
	genesis((1..=GENESIS_VALIDATORS).map(|number| (number, GENESIS_BOND)))
}

/// Executes empty blocks until so many more sessions have begun.
pub(crate) fn run_sessions(count: u32) {
	let session = System::block_number() / SESSION;
	run_to(session.saturating_add(count).saturating_mul(SESSION));
}

/// Runs a test in block 1 of a chain and checks afterwards what must always hold.
pub(crate) fn execute(mut chain: sp_io::TestExternalities, test: impl FnOnce()) {
	chain.execute_with(|| {
		run_to(1);
		let issuance = Balances::total_issuance();
		test();
		assert_eq!(Balances::total_issuance(), issuance);
		Validators::do_try_state().expect("the state stays consistent");
	});
}

/// Runs a test in block 1 and checks afterwards what must always hold.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	execute(new_test_ext(), test);
}
