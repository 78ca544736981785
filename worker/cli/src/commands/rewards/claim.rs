//! The command `descent rewards claim`.

use crate::{
	args::{Global, Signing},
	commands::submit::{Done, Sender},
	output::Output,
};
use anyhow::{ensure, Result};
use clap::Args;
use descent_client::{format_amount, Call};
use serde::Serialize;

const EXAMPLES: &str = "Example:
  descent rewards claim --key-file ~/.descent/key";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Claim {
	#[command(flatten)]
	signing: Signing,
}

/// A claim, and how much it paid.
#[derive(Debug, Serialize)]
struct Claimed {
	amount: String,
	#[serde(flatten)]
	done: Done,
}

impl Claim {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let account = sender.account();
		let before = sender.client.rewards(&account).await?;
		ensure!(
			before.accrued > 0,
			"{account} has nothing to claim: it has earned nothing since it last did"
		);
		let (_, done) = sender.send(&Call::claim()).await?;
		let after = sender.client.rewards(&account).await?;
		let amount = after.claimed.saturating_sub(before.claimed);
		let claimed = Claimed { amount: amount.to_string(), done };
		output.print(&claimed, |_| {
			format!("Claimed {} in block {}.", format_amount(amount), claimed.done.block)
		})
	}
}
