use clap::Parser;
use std::path::PathBuf;

/// Trains a model on MNIST with a network of real processes on this machine, and checks the result.
#[derive(Clone, Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Options {
	/// Number of validators, each with its evaluator.
	#[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=6))]
	pub validators: u8,
	/// Number of trainers; their optimizers are sgd, adam and adamw in turn.
	#[arg(long, value_name = "M", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=8))]
	pub trainers: u8,
	/// Number of rounds to settle before the result is checked.
	#[arg(long, value_name = "K", default_value_t = 6)]
	#[arg(value_parser = clap::value_parser!(u16).range(1..=200))]
	pub rounds: u16,
	/// Leave the network running after the demo until Ctrl-C, and keep its folder.
	#[arg(long)]
	pub keep: bool,
	/// Folder for the network's data, logs and results, which must be empty or new and is kept [default: a
	/// temporary one, or with --keep one below .demo].
	#[arg(long, value_name = "DIR")]
	pub directory: Option<PathBuf>,
	/// Write one line of JSON for every event, and a summary at the end.
	#[arg(long)]
	pub json: bool,
}
