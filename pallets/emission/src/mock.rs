//! A chain whose periods of emission are ten and fifty blocks long, with groups that are nothing but clocks
//! and stakes.

// The casts are the macro's.
#![allow(clippy::as_conversions)]

use crate::{self as pallet_emission, Burn, Pot, Pots};
use descent_protocol::{
	BlockNumber, Clock, ContentRef, EvaluationPolicy, GroupId, Metric, RoundIndex, Shares, Stake,
};
use frame_support::{
	pallet_prelude::ValueQuery, parameter_types, storage_alias, traits::fungible::Balanced, Blake2_128Concat,
	PalletId,
};
use pallet_groups::{GroupObserver, GroupRules, Rules, Stakeholders};
use sp_core::H256;
use sp_runtime::{AccountId32, BuildStorage};

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
	pub type Emission = pallet_emission::Pallet<Test>;
}

type Block = frame_system::mocking::MockBlockU32<Test>;

descent_support::mock_system!(
	runtime: Test,
	block: Block,
	existential_deposit: ExistentialDeposit,
	dust: Burn<Test>,
);

parameter_types! {
	pub static ExistentialDeposit: u128 = 1;
	pub static EmissionPeriod: BlockNumber = PERIOD;
	pub static VotingPeriod: BlockNumber = PROPOSERS_PERIOD;
	pub static EraLength: BlockNumber = 1_000_000;
	pub const EmissionId: PalletId = PalletId(*b"descentE");
	pub const MinimumFundingPerRound: u128 = MINIMUM_PER_ROUND;
	pub const MinimumOrder: u128 = MINIMUM_ORDER;
	pub const FundingGrace: BlockNumber = GRACE;
}

impl pallet_emission::Config for Test {
	type Currency = Balances;
	type PalletId = EmissionId;
	type Groups = Groups;
	type EmissionPeriod = EmissionPeriod;
	type VotingPeriod = VotingPeriod;
	type EraLength = EraLength;
	type MinimumFundingPerRound = MinimumFundingPerRound;
	type MinimumOrder = MinimumOrder;
	type FundingGrace = FundingGrace;
	type WeightInfo = ();
}

/// The clock of each group.
#[storage_alias]
type Clocks = StorageMap<Mock, Blake2_128Concat, GroupId, Clock>;

/// The minimum improvement of a group that was revised, and the first round in which it holds.
#[storage_alias]
type Revised = StorageMap<Mock, Blake2_128Concat, GroupId, (RoundIndex, u64)>;

/// The stake of each account in a group.
#[storage_alias]
type Stakes = StorageMap<Mock, Blake2_128Concat, (GroupId, AccountId32), u128, ValueQuery>;

/// All stake in each group.
#[storage_alias]
type Totals = StorageMap<Mock, Blake2_128Concat, GroupId, u128, ValueQuery>;

pub struct Groups;

impl GroupRules<u128> for Groups {
	fn rules(group: GroupId, round: RoundIndex) -> Option<Rules<u128>> {
		let revised = Revised::get(group).filter(|(from, _)| *from <= round);
		Some(Rules {
			model: ContentRef::raw(b"model").unwrap(),
			model_version: 0,
			providers: Default::default(),
			metric: Metric::Loss,
			policy: EvaluationPolicy::Training { records: 100 },
			minimum_improvement: revised.map_or(1_000, |(_, improvement)| improvement),
			target: None,
			clock: Clocks::get(group)?,
			deposit: 5,
			shares: SHARES,
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
		let begun = clock.round_at(System::block_number());
		Some(begun.map_or(clock.first, |round| round.saturating_add(1)))
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

impl Stakeholders<AccountId32, u128> for Groups {
	fn exists(group: GroupId) -> bool {
		Clocks::contains_key(group)
	}

	fn stake(group: GroupId, who: &AccountId32) -> Stake<u128> {
		Stake { all: Stakes::get((group, who)), pending: 0 }
	}

	fn total(group: GroupId) -> u128 {
		Totals::get(group)
	}

	fn closes(_: GroupId) -> Option<BlockNumber> {
		None
	}

	fn expect_close(_: GroupId) -> Option<BlockNumber> {
		None
	}

	fn period(_: GroupId) -> Option<BlockNumber> {
		None
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn put_stake(group: GroupId, who: &AccountId32, amount: u128) {
		Stakes::mutate((group, who), |stake| *stake += amount);
		Totals::mutate(group, |total| *total += amount);
	}
}

/// The length of the trainers' periods, in blocks.
pub(crate) const PERIOD: BlockNumber = 10;
/// The length of the proposers' periods, in blocks.
pub(crate) const PROPOSERS_PERIOD: BlockNumber = 50;
/// The least that a round may be worth to a client.
pub(crate) const MINIMUM_PER_ROUND: u128 = 1_000;
/// The least that an order begins with.
pub(crate) const MINIMUM_ORDER: u128 = 2_000;
/// Number of blocks that a client waits after its last round.
pub(crate) const GRACE: BlockNumber = 7;
/// The balance of every account at first.
pub(crate) const ENDOWMENT: u128 = 1_000_000_000;
/// The sum of these balances.
pub(crate) const ISSUANCE: u128 = 100 * ENDOWMENT;
/// The emission of the trainers' first period.
pub(crate) const TRAINERS: u128 = ISSUANCE / 100_000;
/// The emission of the proposers' first period.
pub(crate) const PROPOSERS: u128 = ISSUANCE / 1_000_000;
/// The shares of the groups: a fifth for validators, a tenth for keepers.
pub(crate) const SHARES: Shares = Shares {
	validators: descent_protocol::Share::percent(20),
	keepers: descent_protocol::Share::percent(10),
};
/// The windows of the groups. Round 0 takes commitments in blocks 10 to 21 and can be settled in block 33.
pub(crate) const CLOCK: Clock = Clock { first: 0, start: 10, length: 12, reveal: 3, attest: 5, open: 2 };

pub(crate) fn signed(number: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(number))
}

pub(crate) fn free(number: u8) -> u128 {
	Balances::free_balance(account(number))
}

pub(crate) fn accrued(number: u8) -> u128 {
	crate::Accrued::<Test>::get(account(number))
}

/// Returns the balance of the pallet's account.
pub(crate) fn kept() -> u128 {
	Balances::free_balance(Emission::account_id())
}

/// Returns the pot of a group, with the earnings of its stake up to now.
pub(crate) fn pot(group: GroupId) -> Pot {
	let mut pot = Pots::<Test>::get(group);
	pot.credit(&Emission::advance());
	pot
}

/// Creates a group.
pub(crate) fn create_group(group: GroupId) {
	Clocks::insert(group, CLOCK);
}

/// Gives an account a stake in a group, whatever it had before.
pub(crate) fn stake(group: GroupId, number: u8, amount: u128) {
	let before = Stakes::get((group, account(number)));
	Stakes::insert((group, account(number)), amount);
	Totals::mutate(group, |total| *total = total.saturating_sub(before).saturating_add(amount));
	let stake = |all| Stake { all, pending: 0 };
	Emission::stake_changed(group, &account(number), stake(before), stake(amount));
}

/// Returns the terms of a group.
pub(crate) fn terms(group: GroupId) -> H256 {
	Groups::terms(group).unwrap_or_default()
}

/// Adopts another minimum improvement for the rounds of a group that have not begun.
pub(crate) fn revise(group: GroupId, improvement: u64) {
	Revised::insert(group, (Groups::boundary(group).unwrap(), improvement));
	Emission::terms_changed(group);
}

/// Takes tokens from an account and does what a handler does with them.
pub(crate) fn take(number: u8, amount: u128) -> crate::CreditOf<Test> {
	<Balances as Balanced<AccountId32>>::withdraw(
		&account(number),
		amount,
		frame_support::traits::tokens::Precision::Exact,
		frame_support::traits::tokens::Preservation::Preserve,
		frame_support::traits::tokens::Fortitude::Polite,
	)
	.expect("the account has so much")
}

/// The chain at block 0: the groups 0 to 3 without stake, and accounts 1 to 100 with [`ENDOWMENT`].
pub(crate) fn new_test_ext() -> sp_io::TestExternalities {
	chain(ENDOWMENT)
}

/// The same chain, with another balance of the accounts.
pub(crate) fn chain(endowment: u128) -> sp_io::TestExternalities {
	let storage = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: (1..=100).map(|number| (account(number), endowment)).collect(),
			..Default::default()
		},
		..Default::default()
	}
	.build_storage();
	let mut chain: sp_io::TestExternalities = storage.expect("the genesis state is valid").into();
	chain.execute_with(|| (0..4).for_each(create_group));
	chain
}

/// Runs a test on the chain and checks afterwards what must always hold.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		Emission::do_try_state().expect("the state stays consistent");
	});
}
