//! Reads of how a node does.

use crate::{Client, Error, Result};
use serde::Deserialize;
use sp_core::H256;
use subxt::{dynamic, rpcs::client::rpc_params};

/// The state of a node, as it tells itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeHealth {
	/// Number of nodes that it is connected to.
	pub peers: u32,
	/// True while it fetches blocks that others have had for long.
	pub is_syncing: bool,
	/// False for a chain of one node, which needs no others.
	pub should_have_peers: bool,
}

impl Client {
	/// The state of the node that is asked at the moment.
	///
	/// # Errors
	/// Fails if the node can't be asked.
	pub async fn health(&self) -> Result<NodeHealth> {
		self.request("system_health", rpc_params![]).await
	}

	/// The version of the node's program.
	///
	/// # Errors
	/// Fails if the node can't be asked.
	pub async fn node_version(&self) -> Result<String> {
		self.request("system_version", rpc_params![]).await
	}

	/// The time of a block, as its author's clock had it, in milliseconds since 1970.
	///
	/// # Errors
	/// Fails if the node can't be asked, or has forgotten the block's state.
	pub async fn time_of(&self, block: H256) -> Result<u64> {
		let at = self.at(block).await?;
		let now = at.storage().fetch(dynamic::storage::<(), u64>("Timestamp", "Now"), ()).await;
		let now = now.map_err(|error| self.unreadable(error))?;
		now.decode().map_err(|error| Error::Answer(error.to_string()))
	}
}
