//! The commands `descent validator chill` and `validate`.

use super::bond::change;
use crate::{
	args::{Global, Signing},
	commands::submit::Sender,
	output::Output,
};
use anyhow::Result;
use clap::Args;
use descent_client::Call;

const CHILL_EXAMPLES: &str = "Example:
  descent validator chill --key-file ~/.descent/key

You validate until the sessions that were planned are over; keep your node running until descent validator \
status says that you are chilled.";

#[derive(Debug, Args)]
#[command(after_help = CHILL_EXAMPLES)]
pub(crate) struct Chill {
	#[command(flatten)]
	signing: Signing,
}

const VALIDATE_EXAMPLES: &str = "Example:
  descent validator validate --key-file ~/.descent/key

For a validator that chilled, was displaced, was chilled for being absent, or has been in jail.";

#[derive(Debug, Args)]
#[command(after_help = VALIDATE_EXAMPLES)]
pub(crate) struct Validate {
	#[command(flatten)]
	signing: Signing,
}

impl Chill {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		change(&sender, &Call::chill(), output, "No candidate").await
	}
}

impl Validate {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		change(&sender, &Call::validate(), output, "A candidate").await
	}
}
