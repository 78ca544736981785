//! The commands `descent model ..`.

mod card;
mod check;
mod export;
mod get;
mod gpt2;
mod new;
mod provenance;
mod template;
mod wanted;

use crate::{args::Global, output::Output};
use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
	/// Fetch the best checkpoint of a group and its model description
	Get(get::Get),
	/// Write a folder that Python reads: weights, configuration, model card
	Export(export::Export),
	/// Say how a checkpoint was made, back to its initial weights, where trainings are recorded
	Provenance(provenance::Provenance),
	/// Check a model description and show its layers and tensors
	Check(check::Check),
	/// Print a model description to begin with
	#[command(subcommand)]
	New(new::NewCommand),
}

impl ModelCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Get(command) => command.run(global, output).await,
			Self::Export(command) => command.run(global, output).await,
			Self::Provenance(command) => command.run(global, output).await,
			Self::Check(command) => command.run(output),
			Self::New(command) => command.run(output),
		}
	}
}
