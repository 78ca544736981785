//! What the command line says.

use crate::commands::{content, dataset, explain, group, key, leaderboard, round, transfer};
use crate::{commands::balance, parse};
use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use descent_chain::{Client, Key, DEFAULT_NODE};
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
	/// Training groups: create one, look at them
	#[command(subcommand)]
	Group(group::GroupCommand),
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
	/// Data sets: make delta files
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
			"descent round show --group 0 --round 3",
			"descent round watch --group 0 --rounds 2",
			"descent round settle --group 0 --round 3",
			"descent leaderboard --group 0",
			&format!("descent explain --group 0 --round 1 --account {alice}"),
			"descent content add --store s a b",
			"descent content serve --store s --listen 127.0.0.1:0",
			"descent dataset mnist --images i --labels l --from 0 --to 10 --description d --out o.parquet",
			"descent group create --name m --model m.json --dataset d.parquet --validation v.parquet --provider http://a \
			 --provider http://b --metric loss --records 512 --tolerance 0.0001 --minimum-improvement 0.001 \
			 --round-length 20 --reveal 4 --attest 8 --open 4 --deposit 10 --store s",
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
			("descent nothing", ErrorKind::InvalidSubcommand),
		] {
			let error = parse(line).expect_err(line);
			assert_eq!((error.kind(), error.exit_code()), (kind, 2), "{line}");
		}
	}
}
