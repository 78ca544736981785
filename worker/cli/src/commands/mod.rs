//! The commands, one file each.

pub mod amend;
pub mod balance;
pub mod chain_spec;
pub mod content;
pub mod dataset;
pub mod emission;
pub mod explain;
mod follow;
pub mod governance;
pub mod group;
pub mod key;
pub mod leaderboard;
pub mod rewards;
pub mod round;
pub mod stake;
mod submit;
pub mod transfer;
pub mod validator;

use crate::{
	args::{Cli, Command},
	output::Output,
};
use anyhow::Result;

/// Does what the command line says.
pub async fn run(cli: Cli, output: &Output) -> Result<()> {
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
