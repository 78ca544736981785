//! Multisig accounts, proxies, and vesting: tokens that are released over time.

use crate::{
	constants::{storage_deposit, NRN},
	Balance, Balances, Runtime, RuntimeCall, RuntimeEvent, System,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::{ConstU128, ConstU32, InstanceFilter, WithdrawReasons};
use scale_info::TypeInfo;
use sp_runtime::traits::{BlakeTwo256, ConvertInto};

/// Largest number of signers of an account.
const MAX_SIGNATORIES: u32 = 100;
/// Deposit of a call that waits for signers: its first block, its first signer and the amount on hold.
const MULTISIG_BASE: Balance = storage_deposit(1, 192);
/// Deposit for each signer that the call needs.
const MULTISIG_SIGNER: Balance = storage_deposit(0, 32);

/// Largest number of proxies of an account.
const MAX_PROXIES: u32 = 32;
/// Deposit of the list of proxies.
const PROXY_BASE: Balance = storage_deposit(1, 64);
/// Deposit of each proxy: an account, its rights and its delay.
const PROXY_ENTRY: Balance = storage_deposit(0, 37);
/// Largest number of calls that an account may have announced to make for others.
const MAX_ANNOUNCEMENTS: u32 = 32;
/// Deposit of the list of announcements.
const PROXY_ANNOUNCEMENT_BASE: Balance = storage_deposit(1, 64);
/// Deposit of each announcement: an account, a hash and a block.
const PROXY_ANNOUNCEMENT_ENTRY: Balance = storage_deposit(0, 68);

/// Smallest amount of a vested transfer. The chain keeps an account's schedules for free, so that each has to
/// be worth it.
const MINIMUM_VESTED_TRANSFER: Balance = NRN;

impl pallet_multisig::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type DepositBase = ConstU128<MULTISIG_BASE>;
	type DepositFactor = ConstU128<MULTISIG_SIGNER>;
	type MaxSignatories = ConstU32<MAX_SIGNATORIES>;
	type WeightInfo = pallet_multisig::weights::SubstrateWeight<Runtime>;
	type BlockNumberProvider = System;
}

/// Calls that an account may make for another.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum ProxyType {
	/// All calls.
	#[default]
	#[codec(index = 0)]
	Any,
	/// All calls about groups, rounds and data sets, and the claim of rewards.
	#[codec(index = 1)]
	Training,
	/// Calls that bond, unbond and set session keys.
	#[codec(index = 2)]
	Validation,
	/// Votes as a member of the technical committee.
	#[codec(index = 3)]
	Governance,
	/// Rejection of calls that others have announced to make for the account.
	#[codec(index = 4)]
	Rejection,
}

impl InstanceFilter<RuntimeCall> for ProxyType {
	fn filter(&self, call: &RuntimeCall) -> bool {
		// The calls in a bundle are filtered one by one.
		let is_bundle = matches!(call, RuntimeCall::Utility(..));
		match self {
			Self::Any => true,
			Self::Training => {
				is_bundle
					|| matches!(
						call,
						RuntimeCall::Groups(..)
							| RuntimeCall::Rounds(..)
							| RuntimeCall::Custody(..)
							| RuntimeCall::Dataset(..)
							| RuntimeCall::Emission(pallet_emission::Call::claim { .. })
					)
			}
			Self::Validation => {
				is_bundle || matches!(call, RuntimeCall::Validators(..) | RuntimeCall::Session(..))
			}
			Self::Governance => is_bundle || matches!(call, RuntimeCall::TechnicalCommittee(..)),
			Self::Rejection => {
				matches!(call, RuntimeCall::Proxy(pallet_proxy::Call::reject_announcement { .. }))
			}
		}
	}

	fn is_superset(&self, other: &Self) -> bool {
		self == &Self::Any || self == other
	}
}

impl pallet_proxy::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type ProxyType = ProxyType;
	type ProxyDepositBase = ConstU128<PROXY_BASE>;
	type ProxyDepositFactor = ConstU128<PROXY_ENTRY>;
	type MaxProxies = ConstU32<MAX_PROXIES>;
	type WeightInfo = pallet_proxy::weights::SubstrateWeight<Runtime>;
	type MaxPending = ConstU32<MAX_ANNOUNCEMENTS>;
	type CallHasher = BlakeTwo256;
	type AnnouncementDepositBase = ConstU128<PROXY_ANNOUNCEMENT_BASE>;
	type AnnouncementDepositFactor = ConstU128<PROXY_ANNOUNCEMENT_ENTRY>;
	type BlockNumberProvider = System;
}

frame_support::parameter_types! {
	/// Uses of tokens that are not released yet: they can be staked, bonded and held, but neither transferred
	/// nor paid as fees.
	pub UnvestedReasons: WithdrawReasons =
		WithdrawReasons::except(WithdrawReasons::TRANSFER | WithdrawReasons::RESERVE);
}

impl pallet_vesting::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type Currency = Balances;
	type BlockNumberToBalance = ConvertInto;
	type MinVestedTransfer = ConstU128<MINIMUM_VESTED_TRANSFER>;
	type WeightInfo = pallet_vesting::weights::SubstrateWeight<Runtime>;
	type UnvestedFundsAllowedWithdrawReasons = UnvestedReasons;
	type BlockNumberProvider = System;
	const MAX_VESTING_SCHEDULES: u32 = 28;
}
