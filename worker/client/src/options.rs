use sp_core::H256;
use std::time::Duration;

/// The address that a node listens on unless it is told otherwise.
pub const DEFAULT_NODE: &str = "ws://127.0.0.1:9944";

/// Time limits of a client, and the chain that it asks for.
#[derive(Clone, Copy, Debug)]
pub struct Options {
	/// Longest time to connect to the node.
	pub connect_timeout: Duration,
	/// Longest time for the answer to one request.
	pub request_timeout: Duration,
	/// Longest time for which a request that finds no node is repeated. The first connection is tried once
	/// only.
	pub patience: Duration,
	/// Longest time to wait for a transaction's block.
	pub inclusion_timeout: Duration,
	/// Hash of the first block of the chain that the nodes have to be of; that of the first node if absent.
	pub genesis: Option<H256>,
}

impl Default for Options {
	fn default() -> Self {
		Self {
			connect_timeout: Duration::from_secs(10),
			request_timeout: Duration::from_secs(20),
			patience: Duration::from_secs(60),
			inclusion_timeout: Duration::from_secs(300),
			genesis: None,
		}
	}
}
