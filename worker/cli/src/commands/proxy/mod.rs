//! The commands `descent proxy ..`: accounts that act for another one.

mod change;
mod list;

use crate::{args::Global, output::Output};
use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum ProxyCommand {
	/// Let another account make calls for yours
	Add(change::Add),
	/// No longer let another account make calls for yours
	Remove(change::Remove),
	/// Show the accounts that make calls for one
	List(list::List),
}

impl ProxyCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Add(add) => add.run(global, output).await,
			Self::Remove(remove) => remove.run(global, output).await,
			Self::List(list) => list.run(global, output).await,
		}
	}
}
