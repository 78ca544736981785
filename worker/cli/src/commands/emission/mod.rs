pub(crate) mod show;

use crate::{args::Global, output::Output};
use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum EmissionCommand {
	/// Show what is minted, when it halves, and what a group gets of it
	Show(show::Show),
}

impl EmissionCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Show(command) => command.run(global, output).await,
		}
	}
}
