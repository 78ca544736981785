//! The commands `descent keeper ..`.

pub(crate) mod check;
pub(crate) mod leave;
pub(crate) mod show;

use crate::{args::Global, output::Output};
use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum KeeperCommand {
	/// Show the keepers of a group, and the check of what they serve
	Show(show::Show),
	/// Open a check of what the keepers of a group serve
	Check(check::Check),
	/// Give up the seat of a keeper, whose deposit is returned
	Leave(leave::Leave),
}

impl KeeperCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Show(command) => command.run(global, output).await,
			Self::Check(command) => command.run(global, output).await,
			Self::Leave(command) => command.run(global, output).await,
		}
	}
}
