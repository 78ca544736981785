//! Reads of the chain: groups, rounds, standings, votes, money.

mod costs;
mod custody;
mod economy;
mod health;
mod proxies;
mod test_sets;
mod voters;

pub use health::NodeHealth;
pub use proxies::Proxy;

use crate::{Client, Error, Result};
use descent_protocol::{
	view::{
		AmendmentView, Explanation, GroupView, HeadView, LogEntryView, ProposalView, RecordingView,
		RoundSummary, RoundView, StakeView, StandingView,
	},
	GroupId, RoundIndex,
};
use serde::{de::DeserializeOwned, Deserialize, Serialize};
use sp_core::{crypto::AccountId32, H256};
use subxt::{
	dynamic::{self, At, Value},
	rpcs::client::{rpc_params, RpcParams},
};

/// Groups, rounds, or entries of a log, asked for at a time.
const PAGE: u32 = 100;

/// The balance of an account, in the token's smallest unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
	/// The part that it can spend.
	pub free: u128,
	/// The part that is held, as deposits.
	pub held: u128,
}

impl Client {
	/// All groups, in the order of their creation.
	///
	/// # Errors
	/// Where the node can't be asked.
	pub async fn groups(&self) -> Result<Vec<GroupView>> {
		let params = |from| rpc_params![from, PAGE];
		self.pages("training_groups", params, 0, |group: &GroupView| group.id).await
	}

	/// The number of the next group that is created.
	///
	/// # Errors
	/// Where the node can't be asked, or has no groups.
	pub async fn next_group(&self) -> Result<GroupId> {
		let at = self.at(self.best_block().await?.hash).await?;
		let address = dynamic::storage::<(), GroupId>("Groups", "NextGroup");
		let entry = at.storage().try_fetch(address, ()).await;
		// The chain stores no number before there is a group.
		let Some(entry) = entry.map_err(|error| self.unreadable(error))? else {
			return Ok(0);
		};
		entry.decode().map_err(|error| Error::Answer(error.to_string()))
	}

	/// All items from number `from` on, page by page until one is empty.
	async fn pages<T: DeserializeOwned>(
		&self,
		method: &str,
		params: impl Fn(u32) -> RpcParams,
		mut from: u32,
		number: impl Fn(&T) -> u32,
	) -> Result<Vec<T>> {
		let mut items = Vec::new();
		loop {
			let page: Vec<T> = self.request(method, params(from)).await?;
			let Some(last) = page.last().map(&number) else {
				return Ok(items);
			};
			if last < from {
				return Err(Error::Answer(format!("{method} from {from} on begins before it")));
			}
			items.extend(page);
			match last.checked_add(1) {
				Some(next) => from = next,
				None => return Ok(items),
			}
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
		self.request("training_round", rpc_params![group, round, at]).await
	}

	/// The recorded training that came with an account's checkpoint in a round; `None` where there is none.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group, [`Error::Unsupported`] by a node from before recorded
	/// trainings.
	pub async fn recording(
		&self,
		group: GroupId,
		round: RoundIndex,
		account: &AccountId32,
	) -> Result<Option<RecordingView>> {
		self.request("training_recording", rpc_params![group, round, account.to_string()]).await
	}

	/// The results of a group's trainers.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group.
	pub async fn leaderboard(&self, group: GroupId) -> Result<Vec<StandingView>> {
		self.request("training_leaderboard", rpc_params![group]).await
	}

	/// The heads of the models that a group had before the one it trains, the last model's first.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group.
	pub async fn retired_heads(&self, group: GroupId) -> Result<Vec<HeadView>> {
		self.request("training_retiredHeads", rpc_params![group]).await
	}

	/// The settled rounds of a group that are kept, from number `from` on.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group.
	pub async fn history(&self, group: GroupId, from: RoundIndex) -> Result<Vec<RoundSummary>> {
		let params = |from| rpc_params![group, from, PAGE];
		self.pages("training_history", params, from, |summary: &RoundSummary| summary.round).await
	}

	/// The log of a group's data set from the entry that made version `from` on, oldest first: the whole log
	/// from 1 on.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group.
	pub async fn dataset_log(&self, group: GroupId, from: u32) -> Result<Vec<LogEntryView>> {
		let params = |from| rpc_params![group, from, PAGE];
		let version = |entry: &LogEntryView| entry.version;
		self.pages("training_datasetLog", params, from, version).await
	}

	/// The delta proposals of a group: those that are open in their order, then the last that ended, the
	/// newest first.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group.
	pub async fn proposals(&self, group: GroupId) -> Result<Vec<ProposalView>> {
		self.request("training_proposals", rpc_params![group]).await
	}

	/// The amendments of a group: those that are open, then the last that ended, the newest first in both.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group.
	pub async fn amendments(&self, group: GroupId) -> Result<Vec<AmendmentView>> {
		self.request("training_amendments", rpc_params![group]).await
	}

	/// An account's stake in a group and its votes; nothing for an account without stake.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group.
	pub async fn stake(&self, group: GroupId, account: &AccountId32) -> Result<StakeView> {
		self.request("training_stake", rpc_params![group, account.to_string()]).await
	}

	/// The reason for the outcome of an account's commitment in a round, or the event that it waits for.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group, or the round is forgotten.
	pub async fn explain(
		&self,
		group: GroupId,
		round: RoundIndex,
		account: &AccountId32,
	) -> Result<Explanation> {
		self.request("training_explain", rpc_params![group, round, account.to_string()]).await
	}

	/// The balance of an account at the best block; nothing where it does not exist.
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
		Ok(Balance { free: amount("free")?, held: amount("reserved")? })
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
