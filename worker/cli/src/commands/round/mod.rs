pub(crate) mod settle;
pub(crate) mod show;
pub(crate) mod watch;

use crate::{args::Global, output::Output};
use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum RoundCommand {
	/// Show a round: its windows, commitments and how they ended
	Show(show::Show),
	/// Follow what happens in the rounds of a group
	Watch(watch::Watch),
	/// Settle a round that is due, should the chain not have done so itself
	Settle(settle::Settle),
}

impl RoundCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Show(command) => command.run(global, output).await,
			Self::Watch(command) => command.run(global, output).await,
			Self::Settle(command) => command.run(global, output).await,
		}
	}
}
