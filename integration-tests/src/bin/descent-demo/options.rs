use anyhow::{ensure, Result};
use clap::Parser;
use std::path::PathBuf;

/// Most rounds of a private competition: each needs a test set of 500 images.
const MOST_HIDDEN: u32 = 19;

/// Trains a model on MNIST with a network of real processes on this machine, and checks the result.
#[derive(Clone, Debug, Parser)]
#[command(name = "descent-demo", version, max_term_width = 100)]
pub(crate) struct Options {
	/// Number of validators, each with its evaluator.
	#[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=6))]
	pub validators: u8,
	/// Number of trainers; their optimizers are sgd, adam and adamw in turn.
	#[arg(long, value_name = "M", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=8))]
	pub trainers: u8,
	/// Number of rounds to settle before the result is checked [default: 6, with --hidden 3].
	#[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(1..=200))]
	rounds: Option<u16>,
	/// Play a private competition: a client's hidden test sets, three winners a round, an order that pays for
	/// improvement.
	#[arg(long)]
	pub hidden: bool,
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

impl Options {
	/// Returns the number of rounds to settle.
	pub(crate) fn rounds(&self) -> u32 {
		self.rounds.map_or(if self.hidden { 3 } else { 6 }, u32::from)
	}

	/// Checks what no single option tells.
	///
	/// # Errors
	/// Fails if there are too few test images for the rounds.
	pub(crate) fn check(&self) -> Result<()> {
		ensure!(
			!self.hidden || self.rounds() <= MOST_HIDDEN,
			"with --hidden there are test images for {MOST_HIDDEN} rounds at most"
		);
		Ok(())
	}
}
