use super::bond::change;
use crate::{
	args::{Global, Signing},
	commands::submit::Sender,
	output::Output,
};
use anyhow::Result;
use clap::Args;
use descent_client::Call;

#[derive(Debug, Args)]
#[command(
	after_help = "Example:\n  descent validator chill --key-file ~/.descent/key\n\nYou validate until the sessions that were planned are over; \
keep your node running until descent validator status says that you are chilled."
)]
pub(crate) struct Chill {
	#[command(flatten)]
	signing: Signing,
}

#[derive(Debug, Args)]
#[command(
	after_help = "Example:\n  descent validator validate --key-file ~/.descent/key\n\nFor who chilled, was displaced, was chilled for being absent, or has been in jail."
)]
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
