//! A chain with four validators and a group, whose content and whose keepers' pot are what a test says.

// The casts are the macro's.
#![allow(clippy::as_conversions, clippy::arithmetic_side_effects)]

use crate::{self as pallet_custody, ContentMark, KeptContent};
use descent_protocol::{
	divide_custody,
	view::{KeptKind, KeptView},
	BlockNumber, Clock, Codec, ContentRef, EvaluationPolicy, GroupId, Metric, Providers, RoundIndex, Shares,
};
use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, OneSessionHandler},
};
use pallet_evaluators::{AuthorityPair, BlockRandomness};
use pallet_groups::{GroupRules, KeeperRewards, Rules};
use sp_core::{Pair, H256};
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
	pub type Evaluators = pallet_evaluators::Pallet<Test>;
	#[runtime::pallet_index(5)]
	pub type Custody = pallet_custody::Pallet<Test>;
}

descent_support::mock_transactions!(runtime: Test, block: Block);
descent_support::mock_system!(runtime: Test, block: Block, existential_deposit: ConstU128<1>, dust: ());

descent_support::mock_scheduler!(runtime: Test, per_block: ConstU32<8>);

/// The randomness of a block is a function of its number.
pub struct Randomness;

impl BlockRandomness for Randomness {
	fn randomness_at(block: u32) -> Option<[u8; 32]> {
		(block <= System::block_number()).then(|| sp_io::hashing::blake2_256(&block.to_le_bytes()))
	}
}

impl pallet_evaluators::Config for Test {
	type Tasks = Custody;
	type Bonds = ();
	type Performance = ();
	type Scheduler = Scheduler;
	type WeightInfo = ();
}

impl pallet_custody::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Groups = Groups;
	type Content = Content;
	type Committees = Evaluators;
	type Gateways = ();
	type Randomness = Randomness;
	type Rewards = Rewards;
	type Slash = ();
	type BlockTime = ConstU64<3_000>;
	type MinimumDeposit = ConstU128<DEPOSIT>;
	type SeatFee = ConstU128<SEAT_FEE>;
	type AttestWindow = ConstU32<ATTEST>;
	type OpenWindow = ConstU32<OPEN>;
	type WeightInfo = ();
}

/// The balance of every account at first.
pub const ENDOWMENT: u128 = 10_000;
/// The least deposit of a keeper.
pub const DEPOSIT: u128 = 100;
/// The least that a check pays for each seat.
pub const SEAT_FEE: u128 = 2;
pub const ATTEST: BlockNumber = 6;
pub const OPEN: BlockNumber = 4;
/// Number of blocks from the opening of a check to its decision.
pub const LENGTH: BlockNumber = 3 + ATTEST + OPEN;
const CLOCK: Clock = Clock { first: 0, start: 10, length: 40, reveal: 4, attest: 10, open: 10 };

parameter_types! {
	/// The keepers' pot.
	pub static Pot: u128 = 1_000_000;
	/// The payments to accounts, in order.
	pub static Paid: Vec<(u8, u128)> = Vec::new();
	/// The sizes of what is kept, in bytes.
	pub static Sizes: Vec<u64> = vec![500, 5 << 20];
}

pub struct Rewards;

impl KeeperRewards<AccountId32, u128> for Rewards {
	fn due(_: GroupId) -> u128 {
		Pot::get()
	}

	fn custody_checked(_: GroupId, served: &[AccountId32], keepers: u32, members: &[AccountId32]) -> u128 {
		if served.is_empty() {
			return 0;
		}
		let (for_members, each) = divide_custody(Pot::get(), keepers);
		let member = for_members.checked_div(members.len() as u128).unwrap_or_default();
		let paid = served.iter().map(|keeper| (number(keeper), each));
		let paid: Vec<_> = paid.chain(members.iter().map(|account| (number(account), member))).collect();
		Pot::mutate(|pot| *pot -= paid.iter().map(|(_, amount)| amount).sum::<u128>());
		Paid::mutate(|all| all.extend(paid));
		each
	}
}

pub struct Content;

impl KeptContent for Content {
	fn mark(group: GroupId) -> Option<ContentMark> {
		Groups::boundary(group)?;
		let dataset_version = Sizes::get().len() as u32;
		Some(ContentMark { revision: 0, dataset_version, heads: Default::default() })
	}

	fn kept(_: GroupId, mark: &ContentMark) -> Vec<KeptView> {
		let kept = Sizes::get().into_iter().take(mark.dataset_version as usize);
		let view = |size: u64| KeptView {
			content: ContentRef {
				digest: H256::from_low_u64_be(size),
				codec: if size > 1 << 20 { Codec::UnixFs } else { Codec::Raw },
				size,
			},
			kind: KeptKind::Delta,
			providers: Vec::new(),
		};
		kept.map(view).collect()
	}
}

/// Groups 0 and 1.
pub struct Groups;

impl GroupRules<u128> for Groups {
	fn rules(_: GroupId, _: RoundIndex) -> Option<Rules<u128>> {
		Some(Rules {
			model: ContentRef::raw(b"model").unwrap(),
			model_version: 0,
			providers: Default::default(),
			metric: Metric::Loss,
			policy: EvaluationPolicy::Training { records: 100 },
			minimum_improvement: 1_000,
			target: None,
			clock: CLOCK,
			deposit: 5,
			shares: Shares::default(),
			optional_rules: Default::default(),
		})
	}

	fn tolerance(_: GroupId, _: RoundIndex) -> u64 {
		0
	}

	fn round_at(_: GroupId, block: BlockNumber) -> Option<RoundIndex> {
		CLOCK.round_at(block)
	}

	fn boundary(group: GroupId) -> Option<RoundIndex> {
		(group < 2).then(|| CLOCK.round_at(System::block_number()).map_or(0, |round| round + 1))
	}

	fn longest_reveal() -> BlockNumber {
		0
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn put_group(_: Clock, _: u128) -> GroupId {
		0
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn put_rule(_: GroupId, _: descent_protocol::OptionalRule) {
		unreachable!("its benchmarks need no rules")
	}
}

pub fn signed(number: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(number))
}

/// The addresses of a keeper.
pub fn providers(number: u8) -> Providers {
	let address = format!("http://10.0.0.{number}:8080").into_bytes();
	vec![address.try_into().unwrap()].try_into().unwrap()
}

pub fn held(number: u8) -> u128 {
	use frame_support::traits::fungible::InspectHold;
	Balances::balance_on_hold(&crate::HoldReason::Keeper.into(), &account(number))
}

/// The chain in block 1, with validators 200 to 203, and accounts 1 to 40 with [`ENDOWMENT`].
pub fn new_test_ext() -> sp_io::TestExternalities {
	Pot::set(1_000_000);
	Paid::set(Vec::new());
	Sizes::set(vec![500, 5 << 20]);
	let storage = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: (1..=40).map(|number| (account(number), ENDOWMENT)).collect(),
			..Default::default()
		},
		..Default::default()
	};
	let mut chain: sp_io::TestExternalities =
		storage.build_storage().expect("the genesis state is valid").into();
	chain.execute_with(|| {
		run_to(1);
		let validators: Vec<_> = (200..204)
			.map(|number| (account(number), AuthorityPair::from_seed(&[number; 32]).public()))
			.collect();
		let keys = || validators.iter().map(|(account, key)| (account, key.clone()));
		Evaluators::on_new_session(true, keys(), keys());
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
		Custody::do_try_state().expect("the state stays consistent");
	});
}
