//! The commands `descent rewards ..`.

pub(crate) mod claim;
pub(crate) mod show;

use crate::{args::Global, output::Output};
use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum RewardsCommand {
	/// Show what an account has earned and what of it is not claimed
	Show(show::Show),
	/// Claim all that you have earned
	Claim(claim::Claim),
}

impl RewardsCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Show(command) => command.run(global, output).await,
			Self::Claim(command) => command.run(global, output).await,
		}
	}
}
