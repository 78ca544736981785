//! Arguments that several commands take.

use crate::parse;
use anyhow::Result;
use clap::Args;
use descent_client::{parse_account, AccountId, Client, Key, Options, DEFAULT_NODE};
use descent_content::Store;
use std::path::PathBuf;

/// Arguments of every command.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
	/// Address of a node's RPC; may be given more than once: where one fails, the next is asked. The variable
	/// takes several with commas between them
	#[arg(
		long = "node",
		global = true,
		value_name = "URL",
		env = "DESCENT_NODE",
		value_delimiter = ',',
		default_value = DEFAULT_NODE
	)]
	pub nodes: Vec<String>,
	/// Print JSON on stdout, and errors as {"error": "..", "code": ".."} on stderr
	#[arg(long, global = true)]
	pub json: bool,
}

impl Global {
	/// A client of the node.
	pub(crate) async fn connect(&self) -> Result<Client> {
		Ok(Client::connect_any(&self.nodes, Options::default()).await?)
	}
}

/// The key that signs a transaction, and the wait for it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Signing {
	/// File with the secret URI to sign with: a phrase, a 0x seed, or //Name of a development chain
	#[arg(long, value_name = "FILE")]
	pub key_file: Option<PathBuf>,
	/// Wait until the block is final, not only until it is made
	#[arg(long)]
	pub finalized: bool,
}

impl Signing {
	pub(crate) fn key(&self) -> Result<Key> {
		Ok(Key::from_file_or_environment(self.key_file.as_deref())?)
	}
}

/// The account to show.
#[derive(Clone, Debug, Args)]
pub(crate) struct AccountArg {
	/// Address of the account; the key's unless given
	#[arg(value_name = "ACCOUNT", value_parser = parse_account, conflicts_with = "key_file")]
	account: Option<AccountId>,
	/// File with the secret URI of the account; without it, DESCENT_SURI
	#[arg(long, value_name = "FILE")]
	key_file: Option<PathBuf>,
}

impl AccountArg {
	pub(crate) fn account(self) -> Result<AccountId> {
		match self.account {
			Some(account) => Ok(account),
			None => Ok(Key::from_file_or_environment(self.key_file.as_deref())?.account()),
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
