use crate::{
	args::{Global, Signing},
	commands::submit::submit,
	output::Output,
};
use anyhow::Result;
use clap::Args;
use descent_client::Call;

#[derive(Debug, Args)]
#[command(
	after_help = "Example:\n  descent governance payout 3 --key-file ~/.descent/key\n\nThe number is told when the motion is closed. Anybody may, \
free of charge where something is paid."
)]
pub(crate) struct Payout {
	/// Number of the payment
	#[arg(value_name = "NUMBER")]
	spend: u32,
	#[command(flatten)]
	signing: Signing,
}

impl Payout {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let spend = self.spend;
		submit(global, &self.signing, output, &Call::payout(spend), |block| {
			format!("Paid out payment {spend} in block {block}.")
		})
		.await
	}
}
