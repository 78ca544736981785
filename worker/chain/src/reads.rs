//! What the chain shows: groups, rounds, standings, money.

use crate::{Client, Error, Result};
use descent_protocol::{
	view::{Explanation, GroupView, RoundView, StandingView},
	GroupId, RoundIndex,
};
use serde::{Deserialize, Serialize};
use sp_core::{crypto::AccountId32, H256};
use subxt::{
	dynamic::{self, At, Value},
	rpcs::client::rpc_params,
};

/// Groups asked for at a time.
const PAGE: u32 = 100;

/// What an account has, in the token's smallest unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
	/// What it can spend.
	pub free: u128,
	/// What is held, as deposits.
	pub held: u128,
}

impl Client {
	/// All groups, in the order of their creation.
	///
	/// # Errors
	/// Where the node can't be asked.
	pub async fn groups(&self) -> Result<Vec<GroupView>> {
		let mut groups = Vec::<GroupView>::new();
		loop {
			let from = match groups.last().map(|group| group.id.checked_add(1)) {
				None => 0,
				Some(Some(next)) => next,
				Some(None) => return Ok(groups),
			};
			let page: Vec<GroupView> = self.request("training_groups", rpc_params![from, PAGE]).await?;
			let Some(last) = page.last() else {
				return Ok(groups);
			};
			if last.id < from {
				return Err(Error::Answer(format!("groups from {from} on begin before it")));
			}
			groups.extend(page);
		}
	}

	/// A group as it stands at the best block.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group.
	pub async fn group(&self, group: GroupId) -> Result<GroupView> {
		self.group_at(group, None).await
	}

	/// A group as it stood at a block, or at the best block. Nodes forget the state of old blocks.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group, or the state of the block is gone.
	pub async fn group_at(&self, group: GroupId, at: Option<H256>) -> Result<GroupView> {
		self.request("training_group", rpc_params![group, at]).await
	}

	/// A round of a group as it stands at the best block.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group, or the round is forgotten.
	pub async fn round(&self, group: GroupId, round: RoundIndex) -> Result<RoundView> {
		self.round_at(group, round, None).await
	}

	/// A round of a group as it stood at a block, or at the best block.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group, or the round or the state of the block are forgotten.
	pub async fn round_at(&self, group: GroupId, round: RoundIndex, at: Option<H256>) -> Result<RoundView> {
		self.request("training_round", rpc_params![group, round, at])
			.await
	}

	/// How the trainers of a group have done.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group.
	pub async fn leaderboard(&self, group: GroupId) -> Result<Vec<StandingView>> {
		self.request("training_leaderboard", rpc_params![group]).await
	}

	/// Why an account's commitment in a round ended as it did, or what it waits for.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group, or the round is forgotten.
	pub async fn explain(
		&self,
		group: GroupId,
		round: RoundIndex,
		account: &AccountId32,
	) -> Result<Explanation> {
		self.request("training_explain", rpc_params![group, round, account.to_string()])
			.await
	}

	/// What an account has at the best block; nothing where it does not exist.
	///
	/// # Errors
	/// Where the node can't be asked, or has no pallet System.
	pub async fn balance(&self, account: &AccountId32) -> Result<Balance> {
		let at = self.at(self.best_block().await?.hash).await?;
		let key: &[u8; 32] = account.as_ref();
		let address = dynamic::storage::<([u8; 32],), Value>("System", "Account");
		let entry = at.storage().try_fetch(address, (*key,)).await;
		let Some(entry) = entry.map_err(|error| self.unreadable(error))? else {
			return Ok(Balance::default());
		};
		let info = entry.decode().map_err(|error| Error::Answer(error.to_string()))?;
		let amount = |field: &str| {
			let amount = info.at("data").at(field).and_then(Value::as_u128);
			amount.ok_or_else(|| Error::Answer(format!("an account without {field}")))
		};
		Ok(Balance {
			free: amount("free")?,
			held: amount("reserved")?,
		})
	}

	/// All of the token that there is at the best block, in its smallest unit.
	///
	/// # Errors
	/// Where the node can't be asked, or has no pallet Balances.
	pub async fn issuance(&self) -> Result<u128> {
		let at = self.at(self.best_block().await?.hash).await?;
		let address = dynamic::storage::<(), u128>("Balances", "TotalIssuance");
		let entry = at.storage().fetch(address, ()).await;
		let entry = entry.map_err(|error| self.unreadable(error))?;
		entry.decode().map_err(|error| Error::Answer(error.to_string()))
	}
}
