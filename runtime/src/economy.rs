//! What the chain tells about money: what is minted, what groups pay, what was earned, and who has bonded.

use crate::{AccountId, Balance, Emission, Groups, System, Validators};
use alloc::vec::Vec;
use descent_protocol::{
	view::{EmissionView, PotView, RewardsView, ValidatorRules, ValidatorView},
	GroupId,
};
use pallet_groups::{GroupRules, Rules};

pub(crate) fn emission() -> EmissionView {
	Emission::emission_view()
}

/// With the shares of the round that takes commitments, or of the first to come.
pub(crate) fn pot(group: GroupId) -> Option<PotView> {
	let round = Groups::current_round(group, System::block_number())?;
	let rules: Rules<Balance> = Groups::rules(group, round)?;
	Emission::pot_view(group, rules.shares)
}

pub(crate) fn rewards(account: AccountId) -> RewardsView {
	Emission::rewards_view(&account)
}

pub(crate) fn validators() -> Vec<ValidatorView> {
	Validators::validators_view()
}

pub(crate) fn validator(account: AccountId) -> Option<ValidatorView> {
	Validators::validator_view(account)
}

pub(crate) fn validator_rules() -> ValidatorRules {
	Validators::rules_view()
}
