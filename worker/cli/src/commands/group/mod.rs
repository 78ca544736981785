//! The commands `descent group ..`, and `close` itself.

mod costs;
pub(crate) mod create;
pub(crate) mod fund;
pub(crate) mod list;
pub(crate) mod options;
pub(crate) mod pretrained;
pub(crate) mod recipe;
pub(crate) mod show;
pub(crate) mod stop_funding;
mod work_reward;

use super::submit::submit;
use crate::{
	args::{Global, Signing},
	output::Output,
	positional::GroupArg,
};
use anyhow::Result;
use clap::{Args, Subcommand};
use descent_client::Call;

#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
	/// Create a training group
	Create(Box<create::Create>),
	/// List the training groups
	List(list::List),
	/// Show a training group
	Show(show::Show),
	/// Close a voting period that is over, should the chain not have done so itself
	Close(Close),
	/// Pay for a group's rounds, as a client who wants its model
	Fund(fund::Fund),
	/// Pay for no more rounds of a group than have begun
	StopFunding(stop_funding::StopFunding),
	/// Take back what is left of what you paid for a group's rounds
	Refund(stop_funding::Refund),
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

const CLOSE_EXAMPLES: &str = "Example:
  descent group close 0 --key-file ~/.descent/key

Voting periods close by themselves, by an alarm on chain. Where it could not be set, anybody closes the \
period, free of charge where there was something to close.";

#[derive(Debug, Args)]
#[command(after_help = CLOSE_EXAMPLES)]
pub(crate) struct Close {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	signing: Signing,
}

impl Close {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let group = self.group.id(global).await?;
		submit(global, &self.signing, output, &Call::close_period(group), |block| {
			format!("Closed the voting period of group {group} in block {block}.")
		})
		.await
	}
}
