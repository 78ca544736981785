//! A chain with one group, whose rounds are nothing but windows and a policy, and with the account of the
//! pots.

// The casts are the macro's.
#![allow(clippy::as_conversions, clippy::arithmetic_side_effects)]

use crate as pallet_test_sets;
use descent_protocol::{
	hash_chain, test_set_series, BlockNumber, Clock, ContentRef, EvaluationPolicy, GroupId, Metric,
	RoundIndex, Shares,
};
use frame_support::{
	pallet_prelude::{OptionQuery, ValueQuery},
	parameter_types, storage_alias, Blake2_128Concat,
};
use pallet_groups::{GroupRules, Pots, Rules};
use sp_core::H256;
use sp_runtime::{AccountId32, BuildStorage, Perbill};

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
	pub type TestSets = pallet_test_sets::Pallet<Test>;
}

descent_support::mock_transactions!(runtime: Test, block: Block);
descent_support::mock_system!(
	runtime: Test,
	block: Block,
	existential_deposit: frame_support::traits::ConstU128<1>,
	dust: (),
);

parameter_types! {
	pub const SeriesBond: u128 = 1_000;
	pub const SetBond: u128 = 10;
	pub const MissPenalty: Perbill = Perbill::from_percent(2);
	pub const MinimumMissPenalty: u128 = 25;
	pub const SeriesFee: u128 = SERIES_FEE;
	pub const ReleaseFee: u128 = RELEASE_FEE;
	pub const SettlementGrace: BlockNumber = GRACE;
}

impl pallet_test_sets::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Groups = Groups;
	type Pots = MockPots;
	type Slash = ();
	type SeriesBond = SeriesBond;
	type SetBond = SetBond;
	type MissPenalty = MissPenalty;
	type MinimumMissPenalty = MinimumMissPenalty;
	type SeriesFee = SeriesFee;
	type ReleaseFee = ReleaseFee;
	type SettlementGrace = SettlementGrace;
	type WeightInfo = ();
}

/// The clock of each group.
#[storage_alias]
type Clocks = StorageMap<Mock, Blake2_128Concat, GroupId, Clock, OptionQuery>;

/// The series that the rules of each group name from a round on.
#[storage_alias]
type Named = StorageMap<Mock, Blake2_128Concat, GroupId, Vec<(RoundIndex, Option<H256>)>, ValueQuery>;

/// The first round that each group plays with another model.
#[storage_alias]
type Changed = StorageMap<Mock, Blake2_128Concat, GroupId, RoundIndex, OptionQuery>;

/// What was added to the pot of each group.
#[storage_alias]
type Added = StorageMap<Mock, Blake2_128Concat, GroupId, u128, ValueQuery>;

pub struct Groups;

impl GroupRules<u128> for Groups {
	fn rules(group: GroupId, round: RoundIndex) -> Option<Rules<u128>> {
		let clock = Clocks::get(group)?;
		let named = Named::get(group).into_iter().rev().find(|(from, _)| *from <= round);
		Some(Rules {
			model: match Changed::get(group) {
				Some(from) if from <= round => ContentRef::raw(b"another model").unwrap(),
				_ => ContentRef::raw(b"model").unwrap(),
			},
			model_version: 0,
			providers: Default::default(),
			metric: Metric::Loss,
			policy: match named.and_then(|(_, series)| series) {
				Some(series) => hidden(series),
				None => EvaluationPolicy::Training { records: 100 },
			},
			minimum_improvement: 1_000,
			target: None,
			clock,
			deposit: 5,
			shares: Shares::default(),
			optional_rules: Default::default(),
		})
	}

	fn tolerance(_: GroupId, _: RoundIndex) -> u64 {
		0
	}

	fn round_at(group: GroupId, block: BlockNumber) -> Option<RoundIndex> {
		Clocks::get(group)?.round_at(block)
	}

	fn boundary(group: GroupId) -> Option<RoundIndex> {
		let clock = Clocks::get(group)?;
		Some(clock.round_at(System::block_number()).map_or(clock.first, |round| round + 1))
	}

	fn longest_reveal() -> BlockNumber {
		0
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn put_group(clock: Clock, _: u128) -> GroupId {
		let group = u32::try_from(Clocks::iter().count()).unwrap();
		Clocks::insert(group, clock);
		group
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn put_rule(_: GroupId, _: descent_protocol::OptionalRule) {
		unreachable!("its benchmarks need no rules")
	}
}

pub struct MockPots;

impl Pots<AccountId32, u128> for MockPots {
	fn account() -> AccountId32 {
		account(POTS)
	}

	fn add_to_winner(group: GroupId, amount: u128) {
		Added::mutate(group, |added| *added += amount);
	}
}

/// The account of the pots.
pub const POTS: u8 = 200;
/// The requester.
pub const REQUESTER: u8 = 1;
/// The balance of every account at first.
pub const ENDOWMENT: u128 = 10_000;
/// Blocks for which a bond stays after a settlement.
pub const GRACE: BlockNumber = 7;
/// What an id costs that is kept for ever.
pub const SERIES_FEE: u128 = 3;
/// What a value costs that was shown.
pub const RELEASE_FEE: u128 = 2;
/// The windows of group 0. Round 0 takes commitments in blocks 10 to 27; its seed is that of block 30, its
/// key may come in blocks 30 to 32, and it is settled in block 43.
pub const CLOCK: Clock = Clock { first: 0, start: 10, length: 20, reveal: 4, attest: 5, open: 3 };
/// The bond of a series of five sets.
pub const BOND: u128 = 1_050;

pub fn manifest() -> ContentRef {
	ContentRef::raw(b"manifest").unwrap()
}

/// The values of a series' hash chain, the anchor first.
pub fn values(sets: u16) -> Vec<H256> {
	hash_chain(H256::repeat_byte(9), sets).unwrap()
}

/// The id of the requester's series with so many sets.
pub fn series(sets: u16) -> H256 {
	test_set_series(TestSets::genesis(), &account(REQUESTER), manifest(), values(sets)[0])
}

pub fn hidden(series: H256) -> EvaluationPolicy {
	EvaluationPolicy::Hidden { series, records: 100, otherwise: ContentRef::raw(b"public").unwrap() }
}

/// Has the rules of group 0 name a series, or none, from a round on.
pub fn name(from: RoundIndex, series: Option<H256>) {
	Named::mutate(0, |named| named.push((from, series)));
}

/// Has group 0 play with another model from a round on.
pub fn change_model(from: RoundIndex) {
	Changed::insert(0, from);
}

pub fn added() -> u128 {
	Added::get(0)
}

pub fn held() -> u128 {
	use frame_support::traits::fungible::InspectHold;
	Balances::balance_on_hold(&crate::HoldReason::TestSets.into(), &account(REQUESTER))
}

/// The chain in block 1, with group 0 and accounts 1 to 9.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let storage = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: (1..10).map(|number| (account(number), ENDOWMENT)).collect(),
			..Default::default()
		},
		..Default::default()
	};
	let mut chain: sp_io::TestExternalities =
		storage.build_storage().expect("the genesis state is valid").into();
	chain.execute_with(|| {
		run_to(1);
		Clocks::insert(0, CLOCK);
	});
	chain
}

/// Runs a test on the chain and checks afterwards what must always hold.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		TestSets::do_try_state().expect("the state stays consistent");
	});
}

/// The same with a series of five sets that the requester has opened for group 0, whose rules name it.
pub fn with_series(test: impl FnOnce(H256)) {
	build_and_execute(|| {
		open(5, Some(0)).unwrap();
		name(0, Some(series(5)));
		test(series(5));
	});
}

/// Opens the requester's series with so many sets.
pub fn open(sets: u16, group: Option<GroupId>) -> frame_support::pallet_prelude::DispatchResult {
	let requester = RuntimeOrigin::signed(account(REQUESTER));
	TestSets::open_series(requester, manifest(), Default::default(), values(sets)[0], sets, group)
}
