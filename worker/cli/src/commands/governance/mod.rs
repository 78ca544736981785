//! The commands `descent governance ..`, and `payout` itself.

pub(crate) mod apply;
pub(crate) mod close;
mod code;
mod motion;
mod outcome;
pub(crate) mod propose;
pub(crate) mod show;
mod stalled;
pub(crate) mod vote;

use super::submit::submit;
use crate::{
	args::{Global, Signing},
	output::Output,
};
use anyhow::Result;
use clap::{Args, Subcommand};
use descent_client::Call;

#[derive(Debug, Subcommand)]
pub(crate) enum GovernanceCommand {
	/// Show the technical committee, its motions and the treasury
	Show(show::Show),
	/// Make a motion, as a member of the committee
	#[command(subcommand)]
	Propose(propose::Propose),
	/// Vote on a motion, as a member of the committee
	Vote(vote::Vote),
	/// End the vote on a motion that is decided, and carry it out where it was approved
	Close(close::Close),
	/// Pay out what was approved from the treasury
	Payout(Payout),
	/// Bring in a runtime that was authorized
	Apply(apply::Apply),
}

impl GovernanceCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Show(command) => command.run(global, output).await,
			Self::Propose(command) => command.run(global, output).await,
			Self::Vote(command) => command.run(global, output).await,
			Self::Close(command) => command.run(global, output).await,
			Self::Payout(command) => command.run(global, output).await,
			Self::Apply(command) => command.run(global, output).await,
		}
	}
}

const PAYOUT_EXAMPLES: &str = "Example:
  descent governance payout 3 --key-file ~/.descent/key

The number is told when the motion is closed. Anybody may, free of charge where something is paid.";

#[derive(Debug, Args)]
#[command(after_help = PAYOUT_EXAMPLES)]
pub(crate) struct Payout {
	/// Number of the payment
	#[arg(value_name = "NUMBER")]
	spend: u32,
	#[command(flatten)]
	signing: Signing,
}

impl Payout {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let spend = self.spend;
		submit(global, &self.signing, output, &Call::payout(spend), |block| {
			format!("Paid out payment {spend} in block {block}.")
		})
		.await
	}
}
