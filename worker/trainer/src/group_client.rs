//! The chain as the round machine and the loader see it.

use crate::rounds::Chain;
use anyhow::{Context, Result};
use descent_artifacts::dataset_log::LogSource;
use descent_client::{Call, Client, Key, Reveal, Submitted};
use descent_protocol::{
	trace::Recording,
	view::{GroupView, LogEntryView, RoundTestSetView, RoundView},
	BlockNumber, GroupId, RoundIndex,
};
use sp_core::H256;
use tokio::runtime::Handle;

/// Reads a group from a chain, and sends the transactions of one account in it.
#[derive(Clone)]
pub(crate) struct GroupClient {
	client: Client,
	key: Key,
	group: GroupId,
}

impl GroupClient {
	pub(crate) fn new(client: Client, key: Key, group: GroupId) -> Self {
		Self { client, key, group }
	}

	/// Reads the group at the best block.
	pub(crate) async fn group(&self) -> Result<GroupView, descent_client::Error> {
		self.client.group(self.group).await
	}

	/// Returns the log of the group's data set, for threads that may block.
	pub(crate) fn log(&self, handle: Handle) -> ChainLog {
		ChainLog::new(self.client.clone(), self.group, handle)
	}

	/// Logs the result of a transaction once it is in a block. The round shows its effect.
	fn watch(&self, what: &'static str, submitted: Submitted) {
		tokio::spawn(async move {
			match submitted.in_best_block().await {
				Ok(included) => tracing::info!(block = included.block.number, "{what} is in a block"),
				Err(error) => tracing::warn!("{what}: {error}"),
			}
		});
	}
}

impl Chain for GroupClient {
	async fn round(&self, round: RoundIndex) -> Result<RoundView> {
		Ok(self.client.round(self.group, round).await?)
	}

	async fn finalized_seed(&self, round: RoundIndex) -> Result<Option<H256>> {
		let block = self.client.finalized_block().await?;
		let view = self.client.round_at(self.group, round, Some(block.hash)).await?;
		Ok(view.seed)
	}

	async fn test_set(&self, round: RoundIndex) -> Result<Option<RoundTestSetView>> {
		Ok(self.client.round_test_set(self.group, round).await?)
	}

	async fn finalized_test_set(&self, round: RoundIndex) -> Result<(BlockNumber, Option<RoundTestSetView>)> {
		let block = self.client.finalized_block().await?;
		let test_set = self.client.round_test_set_at(self.group, round, Some(block.hash)).await?;
		Ok((block.number, test_set))
	}

	async fn final_hash(&self, number: BlockNumber) -> Result<Option<H256>> {
		if self.client.finalized_block().await?.number < number {
			return Ok(None);
		}
		Ok(self.client.block_hash(number).await?)
	}

	async fn commit(&self, round: RoundIndex, commitment: H256, deposit: u128) -> Result<()> {
		let call = Call::commit(self.group, round, commitment, deposit);
		let submitted = self.client.submit(&self.key, &call).await?;
		self.watch("the commitment", submitted);
		Ok(())
	}

	async fn reveal(&self, round: RoundIndex, reveal: Reveal, recording: Option<Recording>) -> Result<()> {
		let call = match &recording {
			Some(recording) => Call::reveal_recorded(self.group, round, &reveal, recording),
			None => Call::reveal(self.group, round, &reveal),
		};
		let submitted = self.client.submit(&self.key, &call).await?;
		self.watch("the reveal", submitted);
		Ok(())
	}

	async fn settle(&self, round: RoundIndex) -> Result<()> {
		let submitted = self.client.submit(&self.key, &Call::settle(self.group, round)).await?;
		self.watch("the settlement", submitted);
		Ok(())
	}

	async fn claim(&self) -> Result<()> {
		let submitted = self.client.submit(&self.key, &Call::claim()).await?;
		self.watch("the claim of rewards", submitted);
		Ok(())
	}
}

/// The log of a group's data set on a chain. Reads of it block.
pub(crate) struct ChainLog {
	client: Client,
	group: GroupId,
	handle: Handle,
}

impl ChainLog {
	pub(crate) fn new(client: Client, group: GroupId, handle: Handle) -> Self {
		Self { client, group, handle }
	}
}

impl LogSource for ChainLog {
	fn entries(&self, from: u32) -> Result<Vec<LogEntryView>> {
		let (client, group) = (self.client.clone(), self.group);
		// A task of its own is cancelled when the runtime ends; its timers would panic here.
		let read = self.handle.spawn(async move { client.dataset_log(group, from).await });
		Ok(self.handle.block_on(read).context("the trainer ends")??)
	}
}
