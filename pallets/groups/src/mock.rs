//! A chain whose groups' rounds are twelve blocks long and whose voting periods are twenty.

// The casts are the macro's.
#![allow(clippy::as_conversions)]

use crate::{self as pallet_groups, Closed, GroupObserver, GroupRules, NewGroup};
use descent_protocol::{
	Clock, ContentRef, EvaluationPolicy, GroupId, Metric, Providers, Share, Shares, Stake,
};
use frame_support::{
	assert_ok, parameter_types,
	traits::{tokens::imbalance::ResolveTo, ConstU128, ConstU32},
	weights::Weight,
};
use sp_runtime::{AccountId32, BuildStorage};

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
	pub type Groups = pallet_groups::Pallet<Test>;
}

type Block = frame_system::mocking::MockBlockU32<Test>;

descent_support::mock_system!(runtime: Test, block: Block, existential_deposit: ConstU128<1>, dust: ());

descent_support::mock_scheduler!(runtime: Test, per_block: ConstU32<2>);

/// The notifications of the observer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notification {
	Created(GroupId, u8, ContentRef),
	Stake(GroupId, u8, u128, u128),
	Terms(GroupId),
	Closed(GroupId, u128, Share),
}

parameter_types! {
	pub static Notified: Vec<Notification> = Vec::new();
	pub Treasury: AccountId32 = account(TREASURY);
	/// The most records of an evaluation.
	pub static MaxEvaluationRecords: u32 = 1_000;
	/// The answer of the observer when a period closes.
	pub static DeltasStay: bool = false;
	/// The version of the model that the observer saw ahead when a period closed last.
	pub static ModelAtClose: Option<u32> = None;
}

/// The weight that the observer returns for a close.
pub const USED_BY_DELTAS: Weight = Weight::from_parts(1_000, 10);

pub struct Observer;

impl Observer {
	fn note(notification: Notification) {
		Notified::mutate(|notified| notified.push(notification));
	}
}

impl GroupObserver<AccountId32, u128> for Observer {
	fn created(group: GroupId, owner: &AccountId32, dataset: ContentRef, _: &Providers) {
		Self::note(Notification::Created(group, number(owner), dataset));
	}

	fn stake_changed(group: GroupId, who: &AccountId32, before: Stake<u128>, after: Stake<u128>) {
		Self::note(Notification::Stake(group, number(who), before.all, after.all));
	}

	fn terms_changed(group: GroupId) {
		Self::note(Notification::Terms(group));
	}

	fn period_closed(group: GroupId, total: u128, quorum: Share) -> Closed {
		Self::note(Notification::Closed(group, total, quorum));
		let rules = Groups::boundary(group).and_then(|round| Groups::rules(group, round));
		ModelAtClose::set(rules.map(|rules| rules.model_version));
		Closed { stay: DeltasStay::get(), weight: USED_BY_DELTAS }
	}

	fn period_closed_weight() -> Weight {
		USED_BY_DELTAS.saturating_mul(9)
	}
}

/// The longest round, in blocks.
pub const MAXIMUM_ROUND_LENGTH: u32 = 200;
/// The deposit of a group.
pub const GROUP_DEPOSIT: u128 = 100;
/// The deposit of an amendment.
pub const AMENDMENT_DEPOSIT: u128 = 50;
/// The fee that an adopted amendment pays from it.
pub const ADOPTION_FEE: u128 = 7;
/// The account that fees go to.
pub const TREASURY: u8 = 250;
/// The smallest stake.
pub const MINIMUM_STAKE: u128 = 10;
/// Number of periods that an amendment may lose.
pub const LIFETIME: u32 = 4;

impl pallet_groups::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Scheduler = Scheduler;
	type Observer = Observer;
	type TestSets = ();
	type Slash = ResolveTo<Treasury, Balances>;
	type GroupDeposit = ConstU128<GROUP_DEPOSIT>;
	type MinimumCommitmentDeposit = ConstU128<5>;
	type MaxEvaluationRecords = MaxEvaluationRecords;
	type MaxReveal = ConstU32<20>;
	type MinimumWindow = ConstU32<2>;
	type MinimumCommitteeSeats = ConstU32<22>;
	type MaximumRoundLength = ConstU32<MAXIMUM_ROUND_LENGTH>;
	type MinimumStake = ConstU128<MINIMUM_STAKE>;
	type MinimumVotingPeriod = ConstU32<5>;
	type MaximumVotingPeriod = ConstU32<100>;
	type AmendmentDeposit = ConstU128<AMENDMENT_DEPOSIT>;
	type AdoptionFee = ConstU128<ADOPTION_FEE>;
	type AmendmentLifetime = ConstU32<LIFETIME>;
	type WeightInfo = ();
}

/// The balance of every account at first.
pub const ENDOWMENT: u128 = 1_000_000;
/// The account that creates groups.
pub const OWNER: u8 = 100;
/// The stake of the owner of a group.
pub const FOUNDING_STAKE: u128 = 100;
/// The length of a voting period, in blocks.
pub const PERIOD: u32 = 20;
/// The windows of the groups. Round 0 takes commitments in blocks 10 to 21.
pub const CLOCK: Clock = Clock { first: 0, start: 10, length: 12, reveal: 3, attest: 5, open: 2 };

pub fn signed(number: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(number))
}

pub fn new_group() -> NewGroup<u128> {
	NewGroup {
		name: b"digits".to_vec().try_into().unwrap(),
		model: ContentRef::raw(b"model").unwrap(),
		dataset: ContentRef::raw(b"data").unwrap(),
		providers: vec![b"http://127.0.0.1:8080".to_vec().try_into().unwrap()].try_into().unwrap(),
		metric: Metric::Loss,
		policy: EvaluationPolicy::Training { records: 100 },
		minimum_improvement: 1_000,
		target: None,
		clock: CLOCK,
		deposit: 5,
		shares: Shares::default(),
		stake: FOUNDING_STAKE,
		voting_period: PERIOD,
		quorum: Share::percent(20),
		optional_rules: Default::default(),
	}
}

/// A chain without groups, on which the accounts 1 to 100 have [`ENDOWMENT`].
pub fn new_test_ext() -> sp_io::TestExternalities {
	Notified::set(Vec::new());
	DeltasStay::set(false);
	ModelAtClose::set(None);
	MaxEvaluationRecords::set(1_000);
	let storage = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: (1..=100).map(|number| (account(number), ENDOWMENT)).collect(),
			..Default::default()
		},
		..Default::default()
	}
	.build_storage();
	storage.expect("the genesis state is valid").into()
}

/// Runs a test in block 7 and checks afterwards what must always hold.
pub fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		run_to(7);
		test();
		Groups::do_try_state().expect("the state stays consistent");
	});
}

/// Runs a test in block 1, in which group 0 was created, and checks afterwards what must always hold. Its
/// voting periods close at blocks 21, 41, ..
pub fn with_group(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		run_to(1);
		assert_ok!(Groups::create(signed(OWNER), new_group()));
		test();
		Groups::do_try_state().expect("the state stays consistent");
	});
}
