//! The commands `descent dataset ..`.

mod base;
mod blocking;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod checkout;
mod data;
pub(crate) mod diff;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod log;
mod preflight;
pub(crate) mod propose;
pub(crate) mod sample;
mod sheet;
pub(crate) mod show;
#[cfg(test)]
mod testing;
mod tokenizer;
pub(crate) mod vote;
pub(crate) mod voters;
pub(crate) mod watch;

use crate::{args::Global, output::Output};
use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum DatasetCommand {
	/// Make a delta file of tables, IDX files, images or two versions of a table
	Build(Box<build::Build>),
	/// Check a delta file as validators do, without a network
	Check(check::Check),
	/// Fetch a version of a group's data set and write it as a Parquet file
	Checkout(checkout::Checkout),
	/// Show what two versions of a group's data set do not have in common
	Diff(diff::Diff),
	/// Propose a delta to a group's stakeholders
	Propose(Box<propose::Propose>),
	/// Vote for a proposed delta, or take the vote back
	Vote(vote::Vote),
	/// Take back a proposal of your own
	Withdraw(vote::Withdraw),
	/// List the proposed deltas of a group and how they ended
	List(list::List),
	/// Show a proposed delta: what it says, where it is, its check, its votes and what happens at the close
	Show(show::Show),
	/// Fetch a proposed delta and write it to a file
	Get(get::Get),
	/// Look at some records of a proposed delta or of the data set: as a table, pictures as a PNG sheet
	Sample(Box<sample::Sample>),
	/// Show who votes for a proposed delta, and with which stake
	Voters(voters::Voters),
	/// Show the deltas that make a group's data set
	Log(log::Log),
	/// Follow the proposals and votes of a group
	Watch(watch::Watch),
}

impl DatasetCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Build(command) => command.run(output).await,
			Self::Check(command) => command.run(output).await,
			Self::Checkout(command) => command.run(global, output).await,
			Self::Diff(command) => command.run(global, output).await,
			Self::Propose(command) => command.run(global, output).await,
			Self::Vote(command) => command.run(global, output).await,
			Self::Withdraw(command) => command.run(global, output).await,
			Self::List(command) => command.run(global, output).await,
			Self::Show(command) => command.run(global, output).await,
			Self::Get(command) => command.run(global, output).await,
			Self::Sample(command) => command.run(global, output).await,
			Self::Voters(command) => command.run(global, output).await,
			Self::Log(command) => command.run(global, output).await,
			Self::Watch(command) => command.run(global, output).await,
		}
	}
}
