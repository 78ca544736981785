pub mod close;
pub mod create;
pub mod list;
pub mod show;

use crate::{args::Global, output::Output};
use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum GroupCommand {
	/// Create a training group
	Create(Box<create::Create>),
	/// List the training groups
	List(list::List),
	/// Show a training group
	Show(show::Show),
	/// Close a voting period that is over, should the chain not have done so itself
	Close(close::Close),
}

impl GroupCommand {
	pub async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Create(command) => command.run(global, output).await,
			Self::List(command) => command.run(global, output).await,
			Self::Show(command) => command.run(global, output).await,
			Self::Close(command) => command.run(global, output).await,
		}
	}
}
