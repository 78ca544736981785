use super::bond::change;
use crate::{
	args::{Global, Signing},
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
		let (key, client) = (self.signing.key()?, global.connect().await?);
		change(&client, &key, &Call::chill(), &self.signing, output, "No candidate").await
	}
}

impl Validate {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let (key, client) = (self.signing.key()?, global.connect().await?);
		let call = Call::validate();
		change(&client, &key, &call, &self.signing, output, "A candidate").await
	}
}
