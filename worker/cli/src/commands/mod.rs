//! The commands, one file each.

pub(crate) mod amend;
pub(crate) mod balance;
pub(crate) mod chain_spec;
pub(crate) mod content;
pub(crate) mod dataset;
pub(crate) mod emission;
mod events;
pub(crate) mod explain;
mod follow;
pub(crate) mod governance;
pub(crate) mod group;
pub(crate) mod key;
pub(crate) mod leaderboard;
pub(crate) mod rewards;
pub(crate) mod round;
pub(crate) mod stake;
mod submit;
pub(crate) mod transfer;
pub(crate) mod validator;

use crate::{
	args::{Cli, Command},
	output::Output,
};
use anyhow::Result;

/// Does what the command line says.
pub(crate) async fn run(cli: Cli, output: &Output) -> Result<()> {
	let global = &cli.global;
	match cli.command {
		Command::Key(command) => command.run(output),
		Command::Balance(command) => command.run(global, output).await,
		Command::Transfer(command) => command.run(global, output).await,
		Command::Group(command) => command.run(global, output).await,
		Command::Stake(command) => command.run(global, output).await,
		Command::Amend(command) => command.run(global, output).await,
		Command::Round(command) => command.run(global, output).await,
		Command::Leaderboard(command) => command.run(global, output).await,
		Command::Explain(command) => command.run(global, output).await,
		Command::Content(command) => command.run(output).await,
		Command::Dataset(command) => command.run(global, output).await,
		Command::Rewards(command) => command.run(global, output).await,
		Command::Emission(command) => command.run(global, output).await,
		Command::Validator(command) => command.run(global, output).await,
		Command::Governance(command) => command.run(global, output).await,
		Command::ChainSpec(command) => command.run(output),
	}
}
