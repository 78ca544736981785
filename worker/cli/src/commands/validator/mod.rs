//! The commands `descent validator ..`.

pub(crate) mod bond;
pub(crate) mod gateway;
pub(crate) mod keys;
pub(crate) mod list;
pub(crate) mod standing;
pub(crate) mod status;

use crate::{args::Global, output::Output};
use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum ValidatorCommand {
	/// Bond NRN: an account with a large enough bond is a candidate, and the candidates with the largest
	/// bonds validate
	Bond(bond::Bond),
	/// Take NRN out of your bond; they are held for an unbonding period
	Unbond(bond::Unbond),
	/// Free what was unbonded an unbonding period ago
	Withdraw(bond::Withdraw),
	/// Be no candidate any more, and keep your bond
	Chill(standing::Chill),
	/// Be a candidate again
	Validate(standing::Validate),
	/// Show how an account stands as a validator
	Status(status::Status),
	/// List the validators of this session and the candidates
	List(list::List),
	/// Show your session keys, or have your node make new ones and set them
	Keys(keys::Keys),
	/// Show the address at which you serve to other validators what you have fetched, or set it
	Gateway(gateway::Gateway),
}

impl ValidatorCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Bond(command) => command.run(global, output).await,
			Self::Unbond(command) => command.run(global, output).await,
			Self::Withdraw(command) => command.run(global, output).await,
			Self::Chill(command) => command.run(global, output).await,
			Self::Validate(command) => command.run(global, output).await,
			Self::Status(command) => command.run(global, output).await,
			Self::List(command) => command.run(global, output).await,
			Self::Keys(command) => command.run(global, output).await,
			Self::Gateway(command) => command.run(global, output).await,
		}
	}
}
