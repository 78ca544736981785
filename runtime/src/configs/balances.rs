//! The token, and the fees of transactions.

use super::emission::{Burn, SplitFees};
use crate::{
	constants::{EXISTENTIAL_DEPOSIT, MICRO_NRN, MILLI_NRN},
	Balance, Balances, Runtime, RuntimeEvent, RuntimeFreezeReason, RuntimeHoldReason, System,
};
use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU32, ConstU8, VariantCountOf},
	weights::{
		constants::ExtrinsicBaseWeight, ConstantMultiplier, WeightToFeeCoefficient, WeightToFeeCoefficients,
		WeightToFeePolynomial,
	},
};
use pallet_transaction_payment::{FungibleAdapter, Multiplier, TargetedFeeAdjustment};
use sp_runtime::{traits::One, FixedPointNumber, Perbill, Perquintill};

impl pallet_balances::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeHoldReason = RuntimeHoldReason;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
	type Balance = Balance;
	type DustRemoval = Burn;
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type AccountStore = System;
	type ReserveIdentifier = [u8; 8];
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxLocks = ConstU32<50>;
	type MaxReserves = ();
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type DoneSlashHandler = ();
}

/// The smallest transaction costs a thousandth of a neuron for the work that it makes; heavier ones cost in
/// proportion.
pub struct WeightToFee;

impl WeightToFeePolynomial for WeightToFee {
	type Balance = Balance;

	fn polynomial() -> WeightToFeeCoefficients<Balance> {
		let base = Balance::from(ExtrinsicBaseWeight::get().ref_time()).max(1);
		[WeightToFeeCoefficient {
			degree: 1,
			negative: false,
			coeff_integer: MILLI_NRN.checked_div(base).unwrap_or_default(),
			coeff_frac: Perbill::from_rational(MILLI_NRN.checked_rem(base).unwrap_or_default(), base),
		}]
		.into_iter()
		.collect()
	}
}

/// Each byte of a transaction costs a millionth of a neuron.
type LengthToFee = ConstantMultiplier<Balance, ConstU128<MICRO_NRN>>;

parameter_types! {
	/// Fullness of blocks above which fees rise.
	pub const TargetBlockFullness: Perquintill = Perquintill::from_percent(25);
	/// Speed at which fees rise: about 30% a day of full blocks.
	pub AdjustmentVariable: Multiplier = Multiplier::saturating_from_rational(1, 100_000);
	/// Smallest multiplier: that of empty blocks.
	pub MinimumMultiplier: Multiplier = Multiplier::one();
	/// Largest multiplier: a hundred times the smallest.
	pub MaximumMultiplier: Multiplier = Multiplier::saturating_from_integer(100);
}

impl pallet_transaction_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type OnChargeTransaction = FungibleAdapter<Balances, SplitFees>;
	type WeightToFee = WeightToFee;
	type LengthToFee = LengthToFee;
	type FeeMultiplierUpdate = TargetedFeeAdjustment<
		Runtime,
		TargetBlockFullness,
		AdjustmentVariable,
		MinimumMultiplier,
		MaximumMultiplier,
	>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}
