//! The binary `descent-worker`: everything off chain that computes.
//!
//! - `evaluate` measures checkpoints for the validator beside it.
//! - `train` trains a group's model, competes in its rounds and serves its checkpoints.
//! - `test` measures one checkpoint on one data file.

mod device;
mod disk;
mod evaluate;
mod exam;
#[cfg(test)]
mod fixture;
mod materials;
mod screen;
mod sets;
mod shutdown;
mod test;
mod train;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

const EXAMPLES: &str = "Examples:
  descent-worker evaluate --data ~/.local/share/descent/evaluator
  descent-worker train --group 0 --key-file trainer.key --data ~/.local/share/descent/trainer
  descent-worker test --description mnist.json --checkpoint head.safetensors --data test.parquet

RUST_LOG sets what is logged, as in RUST_LOG=descent_worker=debug. Each command's --help has more examples.";

/// Train models, or measure them, for a Descent chain.
#[derive(Parser, Debug)]
#[command(name = "descent-worker", version, after_help = EXAMPLES)]
struct Arguments {
	#[command(subcommand)]
	command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
	Evaluate(evaluate::Options),
	Train(train::Options),
	Test(test::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
	let arguments = Arguments::parse();
	screen::start_logging();
	match run(arguments.command).await {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("descent-worker: {error:#}");
			ExitCode::FAILURE
		}
	}
}

async fn run(command: Command) -> Result<()> {
	match command {
		Command::Evaluate(options) => evaluate::run(options).await,
		Command::Train(options) => train::run(options).await,
		Command::Test(options) => tokio::task::spawn_blocking(|| test::run(options)).await?,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;

	#[test]
	fn the_command_line_is_consistent() {
		Arguments::command().debug_assert();
	}
}
