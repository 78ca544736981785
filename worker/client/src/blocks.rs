//! Blocks, as far as a client has to know them.

use crate::{Client, Error, Result};
use descent_protocol::BlockNumber;
use serde::{Deserialize, Serialize};
use sp_core::H256;
use subxt::rpcs::client::rpc_params;

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
	/// Its number.
	pub number: BlockNumber,
	/// Its hash.
	pub hash: H256,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
	parent_hash: H256,
	number: String,
}

impl Header {
	fn number(&self) -> Result<BlockNumber> {
		let digits = self.number.strip_prefix("0x").unwrap_or(&self.number);
		BlockNumber::from_str_radix(digits, 16)
			.map_err(|_| Error::Answer(format!("block number {}", self.number)))
	}
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Health {
	is_syncing: bool,
}

#[derive(Deserialize)]
struct SignedBlock {
	block: Body,
}

#[derive(Deserialize)]
struct Body {
	header: Header,
	extrinsics: Vec<String>,
}

/// A block with what is in it.
pub(crate) struct FullBlock {
	pub(crate) block: Block,
	pub(crate) parent: H256,
	/// The encoded extrinsics in hex, with `0x`.
	pub(crate) extrinsics: Vec<String>,
}

impl Client {
	/// The best block: the last one of the chain that the node would build on.
	///
	/// # Errors
	/// Where the node can't be asked.
	pub async fn best_block(&self) -> Result<Block> {
		let hash: H256 = self.request("chain_getBlockHash", rpc_params![]).await?;
		self.block(hash).await
	}

	/// The last block that is final.
	///
	/// # Errors
	/// Where the node can't be asked.
	pub async fn finalized_block(&self) -> Result<Block> {
		let hash: H256 = self.request("chain_getFinalizedHead", rpc_params![]).await?;
		self.block(hash).await
	}

	/// The hash of the best chain's block of this number; `None` where there is none yet.
	///
	/// # Errors
	/// Where the node can't be asked.
	pub async fn block_hash(&self, number: BlockNumber) -> Result<Option<H256>> {
		self.request("chain_getBlockHash", rpc_params![number]).await
	}

	/// Returns true if the node is catching up with its chain, so that its best block is an old one.
	///
	/// # Errors
	/// Where the node can't be asked.
	pub async fn is_syncing(&self) -> Result<bool> {
		let health: Health = self.request("system_health", rpc_params![]).await?;
		Ok(health.is_syncing)
	}

	async fn block(&self, hash: H256) -> Result<Block> {
		let header: Option<Header> = self.request("chain_getHeader", rpc_params![hash]).await?;
		let header = header.ok_or_else(|| Error::Answer(format!("no header of block {hash:?}")))?;
		Ok(Block { number: header.number()?, hash })
	}

	pub(crate) async fn full_block(&self, hash: H256) -> Result<FullBlock> {
		let block: Option<SignedBlock> = self.request("chain_getBlock", rpc_params![hash]).await?;
		let Body { header, extrinsics } =
			block.ok_or_else(|| Error::Answer(format!("no block {hash:?}")))?.block;
		let block = Block { number: header.number()?, hash };
		Ok(FullBlock { block, parent: header.parent_hash, extrinsics })
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_health_of_a_node_is_read_as_nodes_write_it() {
		let json = serde_json::json!({ "peers": 3, "isSyncing": true, "shouldHavePeers": true });
		assert!(serde_json::from_value::<Health>(json).unwrap().is_syncing);
	}

	#[test]
	fn headers_are_read_as_nodes_write_them() {
		let json = serde_json::json!({
			"parentHash": H256::repeat_byte(7), "number": "0x1a", "stateRoot": H256::zero(), "digest": { "logs": [] },
		});
		let header: Header = serde_json::from_value(json).unwrap();
		assert_eq!((header.number(), header.parent_hash), (Ok(26), H256::repeat_byte(7)));
		for number in ["", "0x", "0xzz", "0x100000000", "-1"] {
			let header = Header { parent_hash: H256::zero(), number: number.into() };
			assert!(matches!(header.number(), Err(Error::Answer(_))), "{number}");
		}
	}
}
