//! Adds up all money of a chain.

mod events;
mod state;

use crate::Rpc;
use anyhow::{ensure, Result};
use descent_client::AccountId;
use descent_protocol::{view::GroupView, Share};
use serde_json::json;
use sp_core::H256;
use std::collections::{BTreeMap, BTreeSet};
use subxt::{
	client::{ClientAtBlock, OnlineClientAtBlockImpl},
	SubstrateConfig,
};

/// All money of the chain at a finalized block, in the smallest unit (10^-12 NRN).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
	/// Number of the block.
	pub block: u32,
	/// Issuance at genesis.
	pub genesis: u128,
	/// Issuance at the block.
	pub issuance: u128,
	/// Total minted since genesis, as the chain records it.
	pub minted: u128,
	/// Total burned since genesis, as the chain records it.
	pub burned: u128,
	/// Balance of each account, free and held.
	pub accounts: BTreeMap<AccountId, u128>,
	/// Total held, by the accounts.
	pub held: u128,
	/// Total held for each reason, which is named with its pallet: `Groups.Stake`.
	pub holds: BTreeMap<String, u128>,
	/// Total held that the pallets record, for some of the reasons.
	pub recorded: BTreeMap<String, u128>,
	/// Rewards that each account has earned since genesis, claimed or not.
	pub earned: BTreeMap<AccountId, u128>,
	/// Rewards that each account has earned and not claimed.
	pub accrued: BTreeMap<AccountId, u128>,
	/// Rewards paid to each winner of rounds and proposer of deltas since genesis, by the events.
	pub rewards: BTreeMap<AccountId, u128>,
	/// Rewards paid to each proposer of applied deltas since genesis, by the events.
	pub proposers: BTreeMap<AccountId, u128>,
	/// Rewards paid to members of committees since genesis, by the events.
	pub to_members: u128,
	/// Rewards paid to keepers since genesis, by the events.
	pub to_keepers: u128,
	/// The money of orders.
	pub orders: Orders,
	/// The bonds of series of hidden test sets.
	pub series: SeriesBonds,
	/// Total slashed of deposits since genesis, by the events.
	pub slashed: u128,
	/// Slashes of the bonds of validators since genesis, by the events.
	pub slashes: Vec<Slash>,
	/// Fees for data that the chain keeps permanently and for committees, since genesis and by the events.
	pub kept: u128,
	/// The rounds of groups to which somebody has committed.
	pub committed: BTreeSet<(u32, u32)>,
	/// Fees of transactions since genesis, by the events, without tips.
	pub fees: u128,
	/// Part of these fees that the treasury got: a fifth of each, except for amounts too small to create its
	/// account.
	pub fees_to_treasury: u128,
	/// Smallest balance of an account.
	pub existential_deposit: u128,
	/// Growth of the treasury since genesis.
	pub treasury: u128,
}

/// The money that clients have paid in for improvement of models.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
	/// Total paid in since genesis, by the events.
	pub paid_in: u128,
	/// Total paid to pots since genesis, by the events.
	pub paid: u128,
	/// Rests of fulfilled orders, which accrued to their clients, by the events.
	pub accrued: u128,
	/// Rests of other orders, which were returned to their clients, by the events.
	pub refunded: u128,
	/// Total left in the orders at the block.
	pub left: u128,
}

impl Orders {
	/// Checks that what was paid in is paid, returned or left.
	fn check(&self, block: u32) -> Result<()> {
		let Self { paid_in, paid, accrued, refunded, left } = self;
		ensure!(
			*paid_in == paid + accrued + refunded + left,
			"at block {block} {paid_in} were paid in for orders, but {paid} were paid, {accrued} and \
			 {refunded} returned, and {left} are left"
		);
		Ok(())
	}
}

/// The bonds that requesters have put up for series of hidden test sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesBonds {
	/// Total of the bonds that series began with since genesis, by the events.
	pub opened: u128,
	/// Total paid into pots for rounds that were missed, by the events.
	pub missed: u128,
	/// Total lost with broken sets, by the events.
	pub slashed: u128,
	/// Total returned with the close of series, by the events.
	pub returned: u128,
	/// Total left of the bonds of open series at the block.
	pub left: u128,
}

impl SeriesBonds {
	/// Checks that what was put up is paid, lost, returned or left.
	fn check(&self, block: u32) -> Result<()> {
		let Self { opened, missed, slashed, returned, left } = self;
		ensure!(
			*opened == missed + slashed + returned + left,
			"at block {block} {opened} were put up for series, but {missed} were paid for missed rounds, \
			 {slashed} slashed and {returned} returned, and {left} are left"
		);
		Ok(())
	}
}

/// An offence for which a validator lost a part of its bond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slash {
	/// Block at which the offence was found.
	pub block: u32,
	/// The validator.
	pub account: AccountId,
	/// Amount that the validator lost.
	pub amount: u128,
	/// Fraction of the bond that the amount was.
	pub share: Share,
}

impl Audit {
	/// Checks that balances make up the issuance, that minting and burning explain it, that every hold has a
	/// reason and the amount that its pallet records, that winners and proposers have earned their payments,
	/// that orders and the bonds of series have what was paid in and is neither paid nor returned, and that
	/// slashed amounts and fees for kept data are in the treasury, together with its part of the transaction
	/// fees.
	///
	/// # Errors
	/// Names the sum that is wrong, with the numbers.
	pub fn check(&self) -> Result<()> {
		let Self { block, genesis, issuance, minted, burned, .. } = self;
		let balances: u128 = self.accounts.values().sum();
		ensure!(
			balances == *issuance,
			"at block {block} {} accounts hold {balances}, but {issuance} are issued",
			self.accounts.len()
		);
		ensure!(
			genesis + minted == issuance + burned,
			"at block {block} {issuance} are issued, but genesis issued {genesis}, {minted} were \
			 minted and {burned} burned"
		);
		let reasons: u128 = self.holds.values().sum();
		ensure!(
			reasons == self.held,
			"at block {block} {} are held, but there are reasons for {reasons}: {:?}",
			self.held,
			self.holds
		);
		for (reason, recorded) in &self.recorded {
			let held = self.holds.get(reason).copied().unwrap_or_default();
			ensure!(
				held == *recorded,
				"at block {block} {held} are held for {reason}, but its pallet knows of {recorded}"
			);
		}
		for (account, paid) in &self.rewards {
			let earned = self.earned.get(account).copied().unwrap_or_default();
			ensure!(earned >= *paid, "at block {block} {account} has earned {earned}, but was paid {paid}");
		}
		let earned: u128 = self.earned.values().sum();
		let Orders { paid: ordered, accrued, .. } = &self.orders;
		let paid = self.rewards.values().sum::<u128>() + self.to_members + self.to_keepers + accrued;
		ensure!(
			earned == paid,
			"at block {block} {earned} were earned, but {paid} paid to winners, proposers, members of \
			 committees, keepers and clients whose orders are fulfilled"
		);
		let missed = self.series.missed;
		ensure!(
			earned <= minted + ordered + accrued + missed,
			"at block {block} {earned} were earned, but {minted} minted, {ordered} paid by orders and \
			 {missed} by requesters, and nobody funds a group"
		);
		self.orders.check(*block)?;
		self.series.check(*block)?;
		self.check_treasury()
	}

	/// Checks that what was slashed and the fees are in the treasury.
	fn check_treasury(&self) -> Result<()> {
		let bonds: u128 = self.slashes.iter().map(|slash| slash.amount).sum();
		let Self { block, treasury, slashed, kept, fees_to_treasury, .. } = self;
		let series = self.series.slashed;
		ensure!(
			*treasury == slashed + bonds + series + kept + fees_to_treasury,
			"at block {block} the treasury has got {treasury}, but {slashed} were taken of deposits, {bonds} \
			 of bonds, {series} of requesters, {kept} for what is kept, and {fees_to_treasury} of fees"
		);
		Ok(())
	}

	/// Adds a fee, after all events before it.
	fn note_fee(&mut self, fee: u128) {
		self.fees += fee;
		let part = fee / 5;
		let kept = self.kept + self.slashed + self.series.slashed;
		let is_there = self.fees_to_treasury + kept > 0 || !self.slashes.is_empty();
		if is_there || part >= self.existential_deposit {
			self.fees_to_treasury += part;
		}
	}

	/// Total that an account has and could claim.
	pub fn wealth(&self, account: &AccountId) -> u128 {
		let of = |amounts: &BTreeMap<AccountId, u128>| amounts.get(account).copied().unwrap_or_default();
		of(&self.accounts) + of(&self.accrued)
	}
}

/// Adds up all money at a finalized block, and the events of every block up to it. The node has to keep their
/// states (`--state-pruning archive`, or less than 256 blocks). It reads the chain by its metadata alone.
///
/// # Errors
/// Fails if the node cannot be read. [`Audit::check`] finds whether the sums are right.
pub async fn audit(rpc: &Rpc, block: H256) -> Result<Audit> {
	let chain = rpc.chain().await?;
	let mut audit = state::read(&chain, block).await?;
	// No test changes the seats of a group that has rounds.
	let groups: Vec<GroupView> = rpc.call("training_groups", json!([0, 100, block])).await?;
	let seats = groups.iter().map(|group| (group.id, group.optional_rules.committee_seats())).collect();
	for number in 1..=audit.block {
		events::read(&chain.at_block(number).await?, &seats, &mut audit).await?;
	}
	Ok(audit)
}

type At = ClientAtBlock<SubstrateConfig, OnlineClientAtBlockImpl<SubstrateConfig>>;

#[cfg(test)]
mod tests;
