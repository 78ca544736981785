//! All money of a chain, added up.

mod events;
mod state;

use crate::Rpc;
use anyhow::{ensure, Result};
use descent_client::AccountId;
use descent_protocol::Share;
use sp_core::H256;
use std::collections::BTreeMap;
use subxt::{
	client::{ClientAtBlock, OnlineClientAtBlockImpl},
	SubstrateConfig,
};

/// All money of the chain at a finalized block, in its smallest unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
	/// The block.
	pub block: u32,
	/// Issued at genesis.
	pub genesis: u128,
	/// Issued at the block.
	pub issuance: u128,
	/// Minted since genesis, as the chain has it.
	pub minted: u128,
	/// Burned since genesis, as the chain has it.
	pub burned: u128,
	/// What each account has, free and held.
	pub accounts: BTreeMap<AccountId, u128>,
	/// What of that is held, by the accounts.
	pub held: u128,
	/// What is held, by its reasons, each with its pallet: `Groups.Stake`.
	pub holds: BTreeMap<String, u128>,
	/// What the pallets say that they hold, for some of the reasons.
	pub recorded: BTreeMap<String, u128>,
	/// What each account has earned since genesis: claimed or not.
	pub earned: BTreeMap<AccountId, u128>,
	/// What each account has earned and not claimed.
	pub accrued: BTreeMap<AccountId, u128>,
	/// What each winner of rounds and proposer of deltas was paid since genesis, by the events.
	pub rewards: BTreeMap<AccountId, u128>,
	/// What each proposer of applied deltas was paid since genesis, by the events.
	pub proposers: BTreeMap<AccountId, u128>,
	/// What members of committees were paid since genesis, by the events.
	pub to_members: u128,
	/// What was taken of deposits since genesis, by the events.
	pub slashed: u128,
	/// What was taken of the bonds of validators since genesis, by the events.
	pub slashes: Vec<Slash>,
	/// What was taken for what the chain keeps for ever since genesis, by the events.
	pub kept: u128,
	/// What was paid for transactions since genesis, by the events, without tips.
	pub fees: u128,
	/// What the treasury got of that: a fifth of each fee, but nothing that is too little to make its account.
	pub fees_to_treasury: u128,
	/// The least that an account holds.
	pub existential_deposit: u128,
	/// By how much the treasury has grown since genesis.
	pub treasury: u128,
}

/// An offence that cost a validator a part of its bond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slash {
	/// The block in which it was found.
	pub block: u32,
	/// The validator.
	pub account: AccountId,
	/// How much it lost.
	pub amount: u128,
	/// Which part of its bond that was.
	pub share: Share,
}

impl Audit {
	/// Checks that balances make up the issuance, that minting and burning explain it, that everything held is held for a
	/// reason and as its pallet says, that winners and proposers have earned what they were paid, and that what was slashed
	/// or taken for what is kept is in the treasury, together with its part of the fees.
	///
	/// # Errors
	/// Says which does not add up, with the numbers.
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
			"at block {block} {issuance} are issued, but genesis issued {genesis}, {minted} were minted and {burned} burned"
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
		let paid = self.rewards.values().sum::<u128>() + self.to_members;
		ensure!(
			earned == paid,
			"at block {block} {earned} were earned, but {paid} paid to winners, proposers and members of committees"
		);
		ensure!(
			earned <= *minted,
			"at block {block} {earned} were earned, but {minted} minted, and nobody funds a group"
		);
		let bonds: u128 = self.slashes.iter().map(|slash| slash.amount).sum();
		ensure!(
			self.treasury == self.slashed + bonds + self.kept + self.fees_to_treasury,
			"at block {block} the treasury has got {}, but {} were taken of deposits, {bonds} of bonds, {} for what is kept, and \
			 {} of fees",
			self.treasury,
			self.slashed,
			self.kept,
			self.fees_to_treasury
		);
		Ok(())
	}

	/// Notes a fee, after everything that happened before it.
	fn note_fee(&mut self, fee: u128) {
		self.fees += fee;
		let part = fee / 5;
		let is_there = self.fees_to_treasury + self.kept + self.slashed > 0 || !self.slashes.is_empty();
		if is_there || part >= self.existential_deposit {
			self.fees_to_treasury += part;
		}
	}

	/// What an account has and could claim.
	pub fn wealth(&self, account: &AccountId) -> u128 {
		let of = |amounts: &BTreeMap<AccountId, u128>| amounts.get(account).copied().unwrap_or_default();
		of(&self.accounts) + of(&self.accrued)
	}
}

/// Adds up all money at a finalized block, and the events of every block up to it; the node has to keep their states
/// (`--state-pruning archive`, or less than 256 blocks). Reads the chain by its metadata alone.
///
/// # Errors
/// Where the node can't be read. Whether it adds up is for [`Audit::check`] to say.
pub async fn audit(rpc: &Rpc, block: H256) -> Result<Audit> {
	let chain = rpc.chain().await?;
	let mut audit = state::read(&chain, block).await?;
	for number in 1..=audit.block {
		events::read(&chain.at_block(number).await?, &mut audit).await?;
	}
	Ok(audit)
}

type At = ClientAtBlock<SubstrateConfig, OnlineClientAtBlockImpl<SubstrateConfig>>;

#[cfg(test)]
mod tests;
