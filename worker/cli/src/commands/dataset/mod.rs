mod admit;
pub(crate) mod after;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod checkout;
pub(crate) mod diff;
mod library;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod propose;
mod shelf;
#[cfg(test)]
mod testing;
pub(crate) mod vote;
pub(crate) mod watch;
pub(crate) mod withdraw;
mod work;

use crate::{args::Global, content_ref::open, output::Output};
use anyhow::{Context, Result};
use clap::Subcommand;
use descent_dataset::Description;
use std::path::Path;

/// The longest description that is read, in bytes; what it may hold is bounded further.
pub(crate) const DESCRIPTION_LIMIT: u64 = 1 << 20;

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
	Withdraw(withdraw::Withdraw),
	/// List the proposed deltas of a group and how they ended
	List(list::List),
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
			Self::Log(command) => command.run(global, output).await,
			Self::Watch(command) => command.run(global, output).await,
		}
	}
}

/// Reads and checks a model description.
fn read_description(file: &Path) -> Result<Description> {
	let size = open(file)?.metadata()?.len();
	anyhow::ensure!(size <= DESCRIPTION_LIMIT, "{} is too long for a model description", file.display());
	let json = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
	Description::parse(&json).with_context(|| format!("{} is no model description", file.display()))
}
