//! The treasury: a part of the fees, and all that is slashed. The technical committee spends it.

use super::committee::Majority;
use crate::{
	constants::{DAYS, NRN},
	AccountId, Balance, Balances, BlockNumber, Runtime, RuntimeEvent, System, Treasury,
};
use frame_support::{
	parameter_types,
	traits::{
		tokens::{PayFromAccount, UnityAssetBalanceConversion},
		ConstU128, ConstU32, EitherOf, MapSuccess,
	},
	PalletId,
};
use frame_system::{EnsureRoot, EnsureRootWithSuccess};
use sp_runtime::{
	traits::{IdentityLookup, Replace},
	Permill,
};

/// Largest amount that a majority of the committee spends at once. Root spends more.
const MAX_SPEND: Balance = 100_000 * NRN;
/// Time in which an approved amount can be paid out.
const PAYOUT_PERIOD: BlockNumber = 30 * DAYS;
/// Interval in which the treasury reports its balance.
const SPEND_PERIOD: BlockNumber = 7 * DAYS;

parameter_types! {
	/// Source of the treasury's account.
	pub const TreasuryPalletId: PalletId = PalletId(*b"dsnt/tre");
	/// The treasury's account.
	pub TreasuryAccount: AccountId = Treasury::account_id();
	/// Largest amount that Root spends.
	pub const UnlimitedSpend: Balance = Balance::MAX;
	/// Share of unspent tokens that is burned: none.
	pub const NoBurn: Permill = Permill::zero();
}

impl pallet_treasury::Config for Runtime {
	type Currency = Balances;
	type RejectOrigin = EnsureRoot<AccountId>;
	type RuntimeEvent = RuntimeEvent;
	type SpendPeriod = ConstU32<SPEND_PERIOD>;
	type Burn = NoBurn;
	type PalletId = TreasuryPalletId;
	type BurnDestination = ();
	type WeightInfo = pallet_treasury::weights::SubstrateWeight<Runtime>;
	type SpendFunds = ();
	type MaxApprovals = ConstU32<0>;
	type SpendOrigin = EitherOf<
		EnsureRootWithSuccess<AccountId, UnlimitedSpend>,
		MapSuccess<Majority, Replace<ConstU128<MAX_SPEND>>>,
	>;
	type AssetKind = ();
	type Beneficiary = AccountId;
	type BeneficiaryLookup = IdentityLookup<AccountId>;
	type Paymaster = PayFromAccount<Balances, TreasuryAccount>;
	type BalanceConverter = UnityAssetBalanceConversion;
	type PayoutPeriod = ConstU32<PAYOUT_PERIOD>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
	type BlockNumberProvider = System;
}
