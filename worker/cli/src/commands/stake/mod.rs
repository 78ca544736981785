//! The commands `descent stake ..`.

pub(crate) mod change;
pub(crate) mod show;

use crate::{args::Global, output::Output};
use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum StakeCommand {
	/// Put NRN at stake in a group: they stay yours, are held, and are the weight of your votes
	Add(change::Add),
	/// Take stake out of a group: its votes are gone at once, the NRN are held for one more voting period
	Remove(change::Remove),
	/// Free what was removed a voting period ago
	Withdraw(change::Withdraw),
	/// Show an account's stake in a group, and what it votes for
	Show(show::Show),
}

impl StakeCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Add(command) => command.run(global, output).await,
			Self::Remove(command) => command.run(global, output).await,
			Self::Withdraw(command) => command.run(global, output).await,
			Self::Show(command) => command.run(global, output).await,
		}
	}
}
