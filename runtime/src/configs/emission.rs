//! Emission, and the receivers of fees, dust and slashed deposits.

use super::treasury::TreasuryAccount;
use crate::{
	constants::{DAYS, HOURS, NRN, YEARS},
	AccountId, Authorship, Balance, Balances, BlockNumber, Groups, Runtime,
};
use core::iter;
use frame_support::{
	parameter_types,
	traits::{
		fungible::{Balanced, Credit},
		ConstU128, ConstU32, Imbalance, OnUnbalanced,
	},
	PalletId,
};
use sp_runtime::Perbill;

/// Length of the trainers' period.
const EMISSION_PERIOD: BlockNumber = HOURS;
/// Length of the proposers' period.
const VOTING_PERIOD: BlockNumber = 7 * DAYS;
/// Number of blocks after which emission halves.
const ERA: BlockNumber = 4 * YEARS;
/// Smallest amount that a client pays for a round.
const MINIMUM_FUNDING_PER_ROUND: Balance = NRN;
/// Smallest amount of an order.
const MINIMUM_ORDER: Balance = 10 * NRN;
/// Number of blocks for which a funding or an order stays after the last round that it pays for could be
/// settled.
const FUNDING_GRACE: BlockNumber = 100;
/// The treasury's part of fees; the rest, and tips, are the author's.
const TREASURY_PART: Perbill = Perbill::from_percent(20);

parameter_types! {
	/// Number of blocks for which clients' money stays after the last round that it pays for could be
	/// settled.
	///
	/// No preset stores it. Only a genesis and Root can, and Root can replace the whole runtime. A test of a
	/// network does, as it would wait for minutes.
	pub storage FundingGrace: BlockNumber = FUNDING_GRACE;
	/// Source of the account from which rewards are claimed.
	pub const EmissionPalletId: PalletId = PalletId(*b"dsnt/emi");
}

impl pallet_emission::Config for Runtime {
	type Currency = Balances;
	type PalletId = EmissionPalletId;
	type Groups = Groups;
	type EmissionPeriod = ConstU32<EMISSION_PERIOD>;
	type VotingPeriod = ConstU32<VOTING_PERIOD>;
	type EraLength = ConstU32<ERA>;
	type MinimumFundingPerRound = ConstU128<MINIMUM_FUNDING_PER_ROUND>;
	type MinimumOrder = ConstU128<MINIMUM_ORDER>;
	type FundingGrace = FundingGrace;
	type WeightInfo = pallet_emission::weights::SubstrateWeight<Runtime>;
}

/// Burns tokens, and records the amount.
pub(super) type Burn = pallet_emission::Burn<Runtime>;
/// Gives tokens to the treasury.
pub(super) type ToTreasury = pallet_emission::ToAccount<Runtime, TreasuryAccount>;

/// Gives the treasury its part of fees, and the block's author the rest and the tip. While the treasury has
/// no account, a part that is too small to make one goes to the author as well.
pub struct SplitFees;

impl OnUnbalanced<Credit<AccountId, Balances>> for SplitFees {
	fn on_unbalanceds(mut fee_and_tip: impl Iterator<Item = Credit<AccountId, Balances>>) {
		let Some(fee) = fee_and_tip.next() else {
			return;
		};
		let (part, mut rest) = {
			let part = TREASURY_PART.mul_floor(fee.peek());
			fee.split(part)
		};
		if let Err(part) = Balances::resolve(&TreasuryAccount::get(), part) {
			rest.subsume(part);
		}
		for tip in fee_and_tip {
			rest.subsume(tip);
		}
		to_author(rest);
	}

	fn on_unbalanced(fee: Credit<AccountId, Balances>) {
		Self::on_unbalanceds(iter::once(fee));
	}
}

/// Gives tokens to the author of the block. An amount that an author without account can't hold is burned.
fn to_author(amount: Credit<AccountId, Balances>) {
	let refused = match Authorship::author() {
		Some(author) => Balances::resolve(&author, amount).err(),
		None => Some(amount),
	};
	if let Some(amount) = refused {
		Burn::on_unbalanced(amount);
	}
}
