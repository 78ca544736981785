//! The commands `descent content ..`.

pub(crate) mod add;
pub(crate) mod check;
pub(crate) mod get;
pub(crate) mod prune;
pub(crate) mod push;
pub(crate) mod serve;

use crate::output::Output;
use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum ContentCommand {
	/// Add files to a content store and print their references
	Add(add::Add),
	/// Check every hash of a content store, and find what is damaged
	Check(check::Check),
	/// Fetch content from gateways, checking every block
	Get(get::Get),
	/// Delete what is left of fetches that were not finished
	Prune(prune::Prune),
	/// Send files to a gateway of others that serves them, or remove them there
	Push(push::Push),
	/// Serve a content store as a trustless gateway
	Serve(serve::Serve),
}

impl ContentCommand {
	pub(crate) async fn run(self, output: &Output) -> Result<()> {
		match self {
			Self::Add(command) => command.run(output).await,
			Self::Check(command) => command.run(output).await,
			Self::Get(command) => command.run(output).await,
			Self::Prune(command) => command.run(output).await,
			Self::Push(command) => command.run(output).await,
			Self::Serve(command) => command.run(output).await,
		}
	}
}
