//! Arguments that several commands take.

use crate::parse;
use anyhow::Result;
use clap::Args;
use descent_client::{parse_account, AccountId, Client, Key, Options, DEFAULT_NODE, H256};
use descent_console::config::{self, Nodes};
use descent_content::Store;
use std::path::{Path, PathBuf};

/// Arguments of every command.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
	/// Address of a node's RPC; may be given more than once: where one fails, the next is asked. Without it
	/// DESCENT_NODE, which takes several with commas between them, then the default network of config.toml,
	/// then ws://127.0.0.1:9944
	#[arg(long = "node", global = true, value_name = "URL", value_delimiter = ',')]
	pub nodes: Vec<String>,
	/// Name of a network in config.toml, whose nodes are asked; DESCENT_NETWORK if absent
	#[arg(long, global = true, value_name = "NAME")]
	pub network: Option<String>,
	/// Print JSON on stdout, and errors as {"error": "..", "code": ".."} on stderr
	#[arg(long, global = true)]
	pub json: bool,
}

impl Global {
	/// The nodes to ask.
	pub(crate) fn nodes(&self) -> Result<Nodes> {
		config::nodes(&self.nodes, self.network.as_deref(), DEFAULT_NODE)
	}

	/// A client of the nodes.
	pub(crate) async fn connect(&self) -> Result<Client> {
		let Nodes { urls, genesis } = self.nodes()?;
		let options = Options { genesis: genesis.map(H256), ..Options::default() };
		Ok(Client::connect_any(&urls, options).await?)
	}
}

/// The key that signs a transaction, the account that it signs for, and the wait for it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Signing {
	/// File with the secret URI to sign with: a phrase, a 0x seed, or //Name of a development chain; or a key
	/// as polkadot-js exports it. Without it DESCENT_SURI, or else the key of config.toml
	#[arg(long, value_name = "FILE")]
	pub key_file: Option<PathBuf>,
	/// Account to act for: the key's account is one of its proxies, and pays the fee
	#[arg(long, value_name = "ACCOUNT", value_parser = parse_account)]
	pub proxy_for: Option<AccountId>,
	/// Show what would be sent, what it costs, and if the chain would take it now; send nothing
	#[arg(long)]
	pub dry_run: bool,
	/// Wait until the block is final, not only until it is made
	#[arg(long)]
	pub finalized: bool,
}

impl Signing {
	pub(crate) fn key(&self) -> Result<Key> {
		Ok(key(self.key_file.as_deref())?.acting_for(self.proxy_for.clone()))
	}
}

/// The key of a file; without one that of the environment, or else the user's.
pub(crate) fn key(file: Option<&Path>) -> Result<Key> {
	Ok(Key::from_file_or_environment(config::key_file(file)?.as_deref())?)
}

/// The account to show.
#[derive(Clone, Debug, Args)]
pub(crate) struct AccountArg {
	/// Address of the account; the key's unless given
	#[arg(value_name = "ACCOUNT", value_parser = parse_account, conflicts_with = "key_file")]
	account: Option<AccountId>,
	/// File with the key of the account; without it DESCENT_SURI, or else the key of config.toml
	#[arg(long, value_name = "FILE")]
	key_file: Option<PathBuf>,
}

impl AccountArg {
	pub(crate) fn account(self) -> Result<AccountId> {
		match self.account {
			Some(account) => Ok(account),
			None => Ok(key(self.key_file.as_deref())?.account()),
		}
	}
}

/// Gateways that serve content.
#[derive(Clone, Debug, Args)]
pub(crate) struct Providers {
	/// Base address of a gateway that serves the content, as http://host:8080; may be given up to 8 times
	#[arg(long = "provider", value_name = "URL", required = true, value_parser = parse::provider)]
	pub providers: Vec<String>,
}

/// Permission to fetch content from private addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
pub(crate) struct PrivateArg {
	/// Fetch from providers on this machine and in private networks, too, as a local chain needs it
	#[arg(
		long,
		env = "DESCENT_ALLOW_PRIVATE",
		value_parser = clap::builder::FalseyValueParser::new()
	)]
	pub allow_private: bool,
}

/// The content store into which a command imports files.
#[derive(Clone, Debug, Args)]
pub(crate) struct ImportArg {
	/// Content store to import the files into; it may be served meanwhile
	#[arg(long, value_name = "DIR")]
	pub store: Option<PathBuf>,
	/// Size limit of the store
	#[arg(long, value_name = "BYTES", default_value = "64G", value_parser = parse::bytes)]
	pub store_limit: u64,
}

impl ImportArg {
	/// Opens the store, if one was named.
	pub(crate) fn open(&self) -> Result<Option<Store>> {
		let open = |directory| Store::open_shared(directory, self.store_limit);
		Ok(self.store.as_ref().map(open).transpose()?)
	}
}

/// The content store of a command.
#[derive(Clone, Debug, Args)]
pub(crate) struct StoreArg {
	/// Directory of the content store; it may be served meanwhile
	#[arg(long, value_name = "DIR")]
	pub store: PathBuf,
	/// Size limit of the store
	#[arg(long, value_name = "BYTES", default_value = "64G", value_parser = parse::bytes)]
	pub store_limit: u64,
}

impl StoreArg {
	/// Opens the store, off the threads that serve requests.
	pub(crate) async fn open(self) -> Result<Store> {
		Ok(tokio::task::spawn_blocking(move || Store::open_shared(&self.store, self.store_limit)).await??)
	}
}
