//! The commands `descent amend ..`.

pub(crate) mod list;
pub(crate) mod model;
pub(crate) mod propose;
pub(crate) mod show;
pub(crate) mod vote;
pub(crate) mod voters;

use crate::{args::Global, output::Output};
use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum AmendCommand {
	/// Propose to change a group's rules
	Propose(Box<propose::Propose>),
	/// Approve an amendment, or take the approval back
	Vote(vote::Vote),
	/// Take back an amendment of your own
	Withdraw(vote::Withdraw),
	/// List the amendments of a group and how they ended
	List(list::List),
	/// Show an amendment: the rules before and after, its votes and what happens at the close
	Show(show::Show),
	/// Show who approves an amendment, and with which stake
	Voters(voters::Voters),
}

impl AmendCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Propose(command) => command.run(global, output).await,
			Self::Vote(command) => command.run(global, output).await,
			Self::Withdraw(command) => command.run(global, output).await,
			Self::List(command) => command.run(global, output).await,
			Self::Show(command) => command.run(global, output).await,
			Self::Voters(command) => command.run(global, output).await,
		}
	}
}
