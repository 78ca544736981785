//! What the command line says.

use crate::commands::{amend, content, dataset, explain, group, key, leaderboard, round, stake, transfer};
use crate::{commands::balance, parse};
use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use descent_chain::{Client, Key, DEFAULT_NODE};
use descent_content::Store;
use std::path::PathBuf;

/// Groups, rounds, money and keys of the Descent network.
#[derive(Debug, Parser)]
#[command(
	name = "descent",
	version,
	propagate_version = true,
	arg_required_else_help = true
)]
#[command(
	after_help = "Amounts are in neurons, as 1.5 or \"1.5 NRN\", or in the smallest unit, as 1500p. Scores are mean losses or \
error rates with up to six decimals.\n\nA key to sign with comes from --key-file or from the environment variable DESCENT_SURI, \
never from an argument: other users can see arguments."
)]
pub struct Cli {
	#[command(flatten)]
	pub global: Global,
	#[command(subcommand)]
	pub command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub struct Global {
	/// Address of a node's RPC
	#[arg(long, global = true, value_name = "URL", env = "DESCENT_NODE", default_value = DEFAULT_NODE)]
	pub node: String,
	/// Print JSON on stdout, and errors as {"error": ".."} on stderr
	#[arg(long, global = true)]
	pub json: bool,
}

impl Global {
	/// A client of the node.
	pub async fn connect(&self) -> Result<Client> {
		Ok(Client::connect(&self.node).await?)
	}
}

/// Who signs a transaction, and how long to wait for it.
#[derive(Clone, Debug, Args)]
pub struct Signing {
	/// File with the secret URI to sign with: a phrase, a 0x seed, or //Name of a development chain
	#[arg(long, value_name = "FILE")]
	pub key_file: Option<PathBuf>,
	/// Wait until the block is final, not only until it is made
	#[arg(long)]
	pub finalized: bool,
}

impl Signing {
	/// The key.
	pub fn key(&self) -> Result<Key> {
		Ok(Key::from_file_or_environment(self.key_file.as_deref())?)
	}
}

#[derive(Debug, Subcommand)]
pub enum Command {
	/// Keys: make one, show its account
	#[command(subcommand)]
	Key(key::KeyCommand),
	/// Show what an account has
	Balance(balance::Balance),
	/// Send NRN to another account
	Transfer(transfer::Transfer),
	/// Training groups: create one, look at them, close a voting period
	#[command(subcommand)]
	Group(group::GroupCommand),
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
	/// Content: add files to a store, serve it, fetch from others
	#[command(subcommand)]
	Content(content::ContentCommand),
	/// Data sets: make delta files, check them, propose them, vote
	#[command(subcommand)]
	Dataset(dataset::DatasetCommand),
}

/// A group's number.
#[derive(Clone, Copy, Debug, Args)]
pub struct GroupArg {
	/// Number of the group
	#[arg(long, value_name = "N")]
	pub group: descent_protocol::GroupId,
}

/// Where content can be had.
#[derive(Clone, Debug, Args)]
pub struct Providers {
	/// Base address of a gateway that serves the content, as http://host:8080; may be given up to 8 times
	#[arg(long = "provider", value_name = "URL", required = true, value_parser = parse::provider)]
	pub providers: Vec<String>,
}

/// Where files that a command names are imported to.
#[derive(Clone, Debug, Args)]
pub struct ImportArg {
	/// Content store to import the files into; it may be served meanwhile
	#[arg(long, value_name = "DIR")]
	pub store: Option<PathBuf>,
	/// The most that the store may hold
	#[arg(long, value_name = "BYTES", default_value = "64G", value_parser = parse::bytes)]
	pub store_limit: u64,
}

impl ImportArg {
	/// The store, where one was named.
	pub fn open(&self) -> Result<Option<Store>> {
		let open = |directory| Store::open_shared(directory, self.store_limit);
		Ok(self.store.as_ref().map(open).transpose()?)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::{error::ErrorKind, CommandFactory};

	fn parse(line: &str) -> Result<Cli, clap::Error> {
		Cli::try_parse_from(line.split_whitespace())
	}

	#[test]
	fn the_command_line_is_consistent() {
		Cli::command().debug_assert();
	}

	#[test]
	fn every_command_has_an_example() {
		fn visit(command: &clap::Command, path: &str) {
			let path = format!("{path} {}", command.get_name());
			if !command.has_subcommands() {
				let help = command.clone().render_long_help().to_string();
				assert!(
					help.contains(&format!("{} ", path.trim())),
					"no example in:{path}\n{help}"
				);
			}
			command
				.get_subcommands()
				.filter(|sub| sub.get_name() != "help")
				.for_each(|sub| visit(sub, &path));
		}
		visit(&Cli::command(), "");
	}

	#[test]
	fn what_is_documented_is_understood() {
		let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
		for line in [
			"descent key generate --key-file k",
			"descent --json key show --key-file k",
			&format!("descent --node ws://127.0.0.1:9944 balance {alice}"),
			&format!("descent transfer --to {alice} --amount 1.5 --key-file k --json"),
			"descent group list",
			"descent group show --group 0",
			"descent group close --group 0 --key-file k",
			"descent stake add --group 0 --amount 100 --key-file k",
			"descent stake remove --group 0 --all --key-file k",
			"descent stake withdraw --group 0",
			"descent stake show --group 0",
			"descent amend propose --group 0 --voting-period 7d --quorum 20% --summary s",
			"descent amend propose --group 0 --round-length 20 --reveal 4 --attest 8 --open 4 --tolerance 0.0001 \
			 --minimum-improvement 0.001 --records 512 --target none --summary s",
			"descent amend propose --group 0 --model m.json --store s --provider http://a --summary s",
			"descent amend vote --group 0 --amendment 2 --against",
			"descent amend withdraw --group 0 --amendment 2",
			"descent amend list --group 0",
			"descent dataset propose --group 0 --delta d.parquet --store s --provider http://a --summary s",
			"descent dataset vote --group 0 --proposal 3",
			"descent dataset vote --group 0 --withdraw",
			"descent dataset withdraw --group 0 --proposal 3",
			"descent dataset list --group 0",
			"descent dataset log --group 0 --json",
			"descent dataset watch --group 0 --periods 1 --best",
			"descent round show --group 0 --round 3",
			"descent round watch --group 0 --rounds 2",
			"descent round settle --group 0 --round 3",
			"descent leaderboard --group 0",
			&format!("descent explain --group 0 --round 1 --account {alice}"),
			"descent content add --store s a b",
			"descent content serve --store s --listen 127.0.0.1:0",
			"descent dataset build --images i --labels l --from 0 --to 10 --description d --out o.parquet",
			"descent dataset build --table t --input-columns pixel0..pixel783 --target-column y --description d --out o",
			"descent dataset build --folder f --after a --after b --description d --out o --json",
			"descent dataset build --old t --new u --description d --out o",
			"descent dataset check d --description m --after a --after b",
			"descent dataset checkout --group 0 --version 3 --out o --data d",
			"descent dataset diff --group 0 --from 1 --to 3 --ids",
			"descent group create --name m --model m.json --dataset d.parquet --validation v.parquet --provider http://a \
			 --provider http://b --metric loss --records 512 --tolerance 0.0001 --minimum-improvement 0.001 \
			 --round-length 20 --reveal 4 --attest 8 --open 4 --deposit 10 --stake 100 --voting-period 30m --quorum 12.5% \
			 --target 0.05 --store s",
		] {
			parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
		}
	}

	#[test]
	fn wrong_usage_is_told_apart_from_failure() {
		for (line, kind) in [
			("descent balance me", ErrorKind::ValueValidation),
			("descent transfer --amount 1", ErrorKind::MissingRequiredArgument),
			("descent round show --group x", ErrorKind::ValueValidation),
			(
				"descent transfer --to 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --amount -1",
				ErrorKind::UnknownArgument,
			),
			("descent transfer --suri //Alice", ErrorKind::UnknownArgument),
			(
				"descent content serve --store s --listen nowhere",
				ErrorKind::ValueValidation,
			),
			("descent stake add --group 0", ErrorKind::MissingRequiredArgument),
			(
				"descent stake remove --group 0 --amount 1 --all",
				ErrorKind::ArgumentConflict,
			),
			(
				"descent amend propose --group 0 --quorum 20%",
				ErrorKind::MissingRequiredArgument,
			),
			(
				"descent amend propose --group 0 --quorum 0.2 --summary s",
				ErrorKind::ValueValidation,
			),
			(
				"descent amend propose --group 0 --voting-period 1w --summary s",
				ErrorKind::ValueValidation,
			),
			(
				"descent amend vote --group 0 --amendment -1",
				ErrorKind::UnknownArgument,
			),
			(
				"descent dataset vote --group 0",
				ErrorKind::MissingRequiredArgument,
			),
			(
				"descent dataset vote --group 0 --proposal 3 --withdraw",
				ErrorKind::ArgumentConflict,
			),
			(
				"descent dataset log --group 0 --from 0",
				ErrorKind::ValueValidation,
			),
			("descent nothing", ErrorKind::InvalidSubcommand),
		] {
			let error = parse(line).expect_err(line);
			assert_eq!((error.kind(), error.exit_code()), (kind, 2), "{line}");
		}
	}
}
