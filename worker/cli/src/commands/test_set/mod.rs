//! The commands `descent test-set ..`.

pub(crate) mod close;
mod event;
mod folder;
pub(crate) mod get;
mod journal;
pub(crate) mod open;
pub(crate) mod opening;
pub(crate) mod release;
mod releaser;
pub(crate) mod seal;
mod sealing;
pub(crate) mod show;

use crate::{args::Global, output::Output};
use anyhow::Result;
use clap::{Args, Subcommand};
use descent_client::{Client, GroupKey};
use descent_protocol::GroupId;

#[derive(Debug, Subcommand)]
pub(crate) enum TestSetCommand {
	/// Check test sets, seal them and draw their keys, without a network
	Seal(seal::Seal),
	/// Open a series of sealed test sets on the chain
	Open(Box<open::Open>),
	/// Release the key of the next set in each round, in time
	Release(release::Release),
	/// Show a series of sealed test sets, and the set of a round
	Show(show::Show),
	/// Fetch the set that a round was measured on, and open it with its released key
	Get(get::Get),
	/// Close a series and take back the rest of its bond
	Close(close::Close),
}

impl TestSetCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Seal(command) => command.run(output).await,
			Self::Open(command) => command.run(global, output).await,
			Self::Release(command) => command.run(global, output).await,
			Self::Show(command) => command.run(global, output).await,
			Self::Get(command) => command.run(global, output).await,
			Self::Close(command) => command.run(global, output).await,
		}
	}
}

/// A group that is named by an option, as the series has the place of what is acted on.
#[derive(Clone, Debug, Args)]
struct GroupOption {
	/// Number of the group, or its name if no other group has it
	#[arg(long, value_name = "GROUP", value_parser = group_key)]
	group: Option<GroupKey>,
}

fn group_key(text: &str) -> Result<GroupKey, String> {
	Ok(GroupKey::from(text))
}

impl GroupOption {
	/// Returns the group's number, if one is given.
	async fn find(&self, client: &Client) -> Result<Option<GroupId>> {
		match &self.group {
			None => Ok(None),
			Some(key) => Ok(Some(client.find_group(key).await?)),
		}
	}
}
