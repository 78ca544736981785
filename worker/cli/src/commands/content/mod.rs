//! The commands `descent content ..`.

pub(crate) mod add;
pub(crate) mod get;
pub(crate) mod serve;

use crate::output::Output;
use crate::parse;
use anyhow::Result;
use clap::{Args, Subcommand};
use descent_content::Store;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum ContentCommand {
	/// Add files to a content store and print their references
	Add(add::Add),
	/// Fetch content from gateways, checking every block
	Get(get::Get),
	/// Serve a content store as a trustless gateway
	Serve(serve::Serve),
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

impl ContentCommand {
	pub(crate) async fn run(self, output: &Output) -> Result<()> {
		match self {
			Self::Add(command) => command.run(output).await,
			Self::Get(command) => command.run(output).await,
			Self::Serve(command) => command.run(output).await,
		}
	}
}
