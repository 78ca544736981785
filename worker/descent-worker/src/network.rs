//! The connection to a chain, and the key that signs, as the arguments and the configuration name them.

use anyhow::Result;
use clap::Args;
use descent_client::{parse_account, AccountId, Client, Key, Options, DEFAULT_NODE, H256};
use descent_console::{config, NodeArgs};
use std::path::PathBuf;

/// The nodes to ask, and the genesis of their chain if it is known.
pub(crate) fn nodes(arguments: &NodeArgs) -> Result<(Vec<String>, Option<H256>)> {
	let nodes = arguments.nodes(DEFAULT_NODE)?;
	Ok((nodes.urls, nodes.genesis.map(H256)))
}

/// Connects to the nodes.
pub(crate) async fn connect(arguments: &NodeArgs) -> Result<Client> {
	let (urls, genesis) = nodes(arguments)?;
	Ok(Client::connect_any(&urls, Options { genesis, ..Options::default() }).await?)
}

/// The key that signs.
#[derive(Args, Clone, Debug)]
pub(crate) struct KeyArgs {
	/// File with the secret URI to sign with, or with a key as polkadot-js exports it. Without it
	/// `DESCENT_SURI`, or else the key of config.toml.
	#[arg(long, value_name = "FILE")]
	key_file: Option<PathBuf>,
	/// Account to act for: the key's account is one of its proxies, and pays the fees.
	#[arg(long, value_name = "ACCOUNT", value_parser = parse_account)]
	proxy_for: Option<AccountId>,
}

impl KeyArgs {
	pub(crate) fn key(&self) -> Result<Key> {
		let file = config::key_file(self.key_file.as_deref())?;
		Ok(Key::from_file_or_environment(file.as_deref())?.acting_for(self.proxy_for.clone()))
	}
}
