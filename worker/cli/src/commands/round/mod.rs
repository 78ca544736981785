//! The commands `descent round ..`, and `settle` itself.

pub(crate) mod list;
pub(crate) mod show;
pub(crate) mod watch;

use super::submit::submit;
use crate::{
	args::{Global, Signing},
	output::Output,
	positional::{GroupArg, RoundArg},
};
use anyhow::Result;
use clap::{Args, Subcommand};
use descent_client::Call;

#[derive(Debug, Subcommand)]
pub(crate) enum RoundCommand {
	/// List the rounds that were settled: what had to be beaten, who won, and the checkpoint
	List(list::List),
	/// Show a round: its windows, commitments and how they ended
	Show(show::Show),
	/// Follow what happens in the rounds of a group
	Watch(watch::Watch),
	/// Settle a round that is due, should the chain not have done so itself
	Settle(Settle),
}

impl RoundCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::List(command) => command.run(global, output).await,
			Self::Show(command) => command.run(global, output).await,
			Self::Watch(command) => command.run(global, output).await,
			Self::Settle(command) => command.run(global, output).await,
		}
	}
}

const SETTLE_EXAMPLES: &str = "Example:
  descent round settle 0 3 --key-file ~/.descent/key";

#[derive(Debug, Args)]
#[command(after_help = SETTLE_EXAMPLES)]
pub(crate) struct Settle {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	round: RoundArg,
	#[command(flatten)]
	signing: Signing,
}

impl Settle {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let round = self.round.value()?;
		submit(global, &self.signing, output, &Call::settle(self.group.id(global).await?, round), |block| {
			format!("Settled round {round} in block {block}.")
		})
		.await
	}
}
