//! What people use to look after their accounts: accounts of several signers, accounts that act for others, and tokens
//! that are released over time.

use crate::{
	constants::{storage_deposit, NRN},
	Balance, Balances, Runtime, RuntimeCall, RuntimeEvent, System,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::{ConstU128, ConstU32, InstanceFilter, WithdrawReasons};
use scale_info::TypeInfo;
use sp_runtime::traits::{BlakeTwo256, ConvertInto};

/// The most signers of an account.
const MAX_SIGNATORIES: u32 = 100;
/// What a call that waits for signers holds: when it began, who began it and what is held.
const MULTISIG_BASE: Balance = storage_deposit(1, 192);
/// What it holds for each signer that it needs.
const MULTISIG_SIGNER: Balance = storage_deposit(0, 32);

/// The most accounts that may act for one.
const MAX_PROXIES: u32 = 32;
/// What the list of them holds.
const PROXY_BASE: Balance = storage_deposit(1, 64);
/// What each of them holds: an account, what it may do, and its delay.
const PROXY_ENTRY: Balance = storage_deposit(0, 37);
/// The most calls that one account may have announced to make for others.
const MAX_ANNOUNCEMENTS: u32 = 32;
/// What the list of them holds.
const PROXY_ANNOUNCEMENT_BASE: Balance = storage_deposit(1, 64);
/// What each of them holds: an account, a hash and a block.
const PROXY_ANNOUNCEMENT_ENTRY: Balance = storage_deposit(0, 68);

/// The least that is transferred to be released over time. It stays with the receiver and pays for nothing: that the
/// schedules of an account are kept has to be worth it.
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

/// What an account may do for another.
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
	/// Everything.
	#[default]
	#[codec(index = 0)]
	Any,
	/// Whatever concerns groups, rounds and data sets, and claim what it has earned.
	#[codec(index = 1)]
	Training,
	/// Bond, unbond and set session keys.
	#[codec(index = 2)]
	Validation,
	/// Vote as a member of the technical committee.
	#[codec(index = 3)]
	Governance,
	/// Reject calls that others have announced to make for it.
	#[codec(index = 4)]
	Rejection,
}

impl InstanceFilter<RuntimeCall> for ProxyType {
	fn filter(&self, call: &RuntimeCall) -> bool {
		// What is in a bundle is filtered by itself.
		let is_bundle = matches!(call, RuntimeCall::Utility(..));
		match self {
			Self::Any => true,
			Self::Training => {
				is_bundle
					|| matches!(
						call,
						RuntimeCall::Groups(..)
							| RuntimeCall::Rounds(..)
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
	/// What is not released yet can be staked, bonded and held, but neither be transferred nor pay fees.
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
