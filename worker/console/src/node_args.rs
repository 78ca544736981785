//! The arguments that name the nodes to ask.

use crate::config::{self, Nodes};
use anyhow::Result;
use clap::Args;

/// The nodes of a chain.
#[derive(Args, Clone, Debug)]
pub struct NodeArgs {
	/// Address of a node's RPC; may be given more than once: where one fails, the next is asked. Without it
	/// `DESCENT_NODE`, then the default network of config.toml, then `ws://127.0.0.1:9944`.
	#[arg(long = "node", value_name = "URL", value_delimiter = ',')]
	nodes: Vec<String>,
	/// Name of a network in config.toml, whose nodes are asked; `DESCENT_NETWORK` if absent.
	#[arg(long, value_name = "NAME")]
	network: Option<String>,
}

impl NodeArgs {
	/// Returns the nodes to ask; the one at the address `default` where none is named.
	///
	/// # Errors
	/// Those of [`config::nodes`].
	pub fn nodes(&self, default: &str) -> Result<Nodes> {
		config::nodes(&self.nodes, self.network.as_deref(), default)
	}
}
