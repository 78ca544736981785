//! The command line as a whole: all commands, and what runs each.

use crate::{
	args::Global,
	commands::{
		amend, balance, chain_spec, content, dashboard, dataset, doctor, emission, explain, governance,
		group, keeper, key, leaderboard, model, order, programs, proxy, rewards, round, stake, test_set,
		transfer, validator,
	},
	output::Output,
};
use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

const NOTES: &str = "Amounts are in neurons, as 1.5 or \"1.5 NRN\", or in the smallest unit, as 1500p. \
Scores are mean losses or error rates with up to six decimals.

A group is named by its number, or by its name if no other group has it.

The exit status is 0, or 1 for a failure, 2 for wrong usage, 3 where no node can be asked, and 4 where the \
chain refused the call.

A key to sign with comes from --key-file, from the environment variable DESCENT_SURI, or from the file \
config.toml in ~/.config/descent, never from an argument: other users can see arguments. The same file names \
networks:

  network = \"main\"
  key_file = \"~/keys/mine\"
  [networks.main]
  nodes = [\"wss://a.example.org\", \"wss://b.example.org\"]
  genesis = \"0x..\"

A command that signs takes --dry-run, and --proxy-for where the key is another account's proxy.";

/// Groups, rounds, money and keys of the Descent network.
#[derive(Debug, Parser)]
#[command(name = "descent", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = NOTES)]
pub(crate) struct Cli {
	#[command(flatten)]
	pub global: Global,
	#[command(subcommand)]
	pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
	/// Keys: make one, import one, show its account
	#[command(subcommand)]
	Key(key::KeyCommand),
	/// Show what an account has
	Balance(balance::Balance),
	/// Send NRN to another account
	Transfer(transfer::Transfer),
	/// Proxies: accounts that act for yours with keys of their own
	#[command(subcommand)]
	Proxy(proxy::ProxyCommand),
	/// Training groups: create one, look at them, close a voting period
	#[command(subcommand)]
	Group(group::GroupCommand),
	/// Keepers: who serves a group's content, and checks of what they serve
	#[command(subcommand)]
	Keeper(keeper::KeeperCommand),
	/// Orders: pay for improvement of a group's model, look at them, end one
	#[command(subcommand)]
	Order(order::OrderCommand),
	/// Stake in a group: add to it, take it out, look at it
	#[command(subcommand)]
	Stake(stake::StakeCommand),
	/// Rules of a group: propose to change them, vote
	#[command(subcommand)]
	Amend(amend::AmendCommand),
	/// Rounds of a group: look at one, follow them, settle one
	#[command(subcommand)]
	Round(round::RoundCommand),
	/// Show how the trainers of a group have done
	Leaderboard(leaderboard::Leaderboard),
	/// Say why a commitment was paid or not
	Explain(explain::Explain),
	/// Models: take a group's model home, check and write descriptions
	#[command(subcommand)]
	Model(model::ModelCommand),
	/// Content: add files to a store, serve it, fetch from others
	#[command(subcommand)]
	Content(content::ContentCommand),
	/// Data sets: make delta files, check them, propose them, vote
	#[command(subcommand)]
	Dataset(dataset::DatasetCommand),
	/// Serve a page that shows groups, rounds, votes and money in a browser
	Dashboard(dashboard::Dashboard),
	/// Look for what keeps this machine from its part in the network, and say what to do
	Doctor(doctor::Doctor),
	/// Hidden test sets: seal them, open a series, release its keys
	#[command(subcommand)]
	TestSet(test_set::TestSetCommand),
	/// Rewards: what an account has earned, claim it
	#[command(subcommand)]
	Rewards(rewards::RewardsCommand),
	/// Emission: what is minted, when it halves, what a group gets of it
	#[command(subcommand)]
	Emission(emission::EmissionCommand),
	/// Validators: bond, set keys, look at them
	#[command(subcommand)]
	Validator(validator::ValidatorCommand),
	/// Governance: what the technical committee moves, votes on and carries out
	#[command(subcommand)]
	Governance(governance::GovernanceCommand),
	/// Make the specification of a chain whose issuance is what a sale sold
	ChainSpec(Box<chain_spec::ChainSpec>),
	/// Print the completions of a shell
	Completions(programs::Completions),
	/// Write man pages
	Man(programs::Man),
}

impl Cli {
	/// Runs the command.
	pub(crate) async fn run(self, output: &Output) -> Result<()> {
		let global = &self.global;
		match self.command {
			Command::Key(command) => command.run(output),
			Command::Balance(command) => command.run(global, output).await,
			Command::Transfer(command) => command.run(global, output).await,
			Command::Proxy(command) => command.run(global, output).await,
			Command::Group(command) => command.run(global, output).await,
			Command::Keeper(command) => command.run(global, output).await,
			Command::Order(command) => command.run(global, output).await,
			Command::Stake(command) => command.run(global, output).await,
			Command::Amend(command) => command.run(global, output).await,
			Command::Round(command) => command.run(global, output).await,
			Command::Leaderboard(command) => command.run(global, output).await,
			Command::Explain(command) => command.run(global, output).await,
			Command::Model(command) => command.run(global, output).await,
			Command::Content(command) => command.run(output).await,
			Command::Dataset(command) => command.run(global, output).await,
			Command::Dashboard(command) => command.run(global, output).await,
			Command::Doctor(command) => command.run(global, output).await,
			Command::TestSet(command) => command.run(global, output).await,
			Command::Rewards(command) => command.run(global, output).await,
			Command::Emission(command) => command.run(global, output).await,
			Command::Validator(command) => command.run(global, output).await,
			Command::Governance(command) => command.run(global, output).await,
			Command::ChainSpec(command) => command.run(output),
			Command::Completions(command) => command.run(Self::command()),
			Command::Man(command) => command.run(Self::command()),
		}
	}
}

#[cfg(test)]
#[path = "cli_tests.rs"]
mod tests;
