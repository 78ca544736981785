pub(crate) mod close;
pub(crate) mod create;
pub(crate) mod fund;
pub(crate) mod list;
pub(crate) mod refund;
pub(crate) mod show;
pub(crate) mod stop_funding;

use crate::{args::Global, output::Output};
use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
	/// Create a training group
	Create(Box<create::Create>),
	/// List the training groups
	List(list::List),
	/// Show a training group
	Show(show::Show),
	/// Close a voting period that is over, should the chain not have done so itself
	Close(close::Close),
	/// Pay for a group's rounds, as a client who wants its model
	Fund(fund::Fund),
	/// Pay for no more rounds of a group than have begun
	StopFunding(stop_funding::StopFunding),
	/// Take back what is left of what you paid for a group's rounds
	Refund(refund::Refund),
}

impl GroupCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Create(command) => command.run(global, output).await,
			Self::List(command) => command.run(global, output).await,
			Self::Show(command) => command.run(global, output).await,
			Self::Close(command) => command.run(global, output).await,
			Self::Fund(command) => command.run(global, output).await,
			Self::StopFunding(command) => command.run(global, output).await,
			Self::Refund(command) => command.run(global, output).await,
		}
	}
}
