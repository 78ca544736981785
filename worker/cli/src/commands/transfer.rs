//! The command `descent transfer`.

use super::submit::{Done, Sender};
use crate::{
	args::{Global, Signing},
	output::Output,
	positional::{AmountArg, RecipientArg},
};
use anyhow::Result;
use clap::Args;
use descent_client::{format_amount, AccountId, Call};
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  descent transfer 5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty 1.5 --key-file ~/.descent/key
  DESCENT_SURI=//Alice descent transfer 5FHn.. 1500p --finalized";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Transfer {
	#[command(flatten)]
	to: RecipientArg,
	#[command(flatten)]
	amount: AmountArg,
	#[command(flatten)]
	signing: Signing,
}

#[derive(Debug, Serialize)]
struct Shown {
	from: AccountId,
	to: AccountId,
	amount: String,
	#[serde(flatten)]
	done: Done,
}

impl Transfer {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let (to, amount) = (self.to.value()?, self.amount.value()?);
		let (_, done) = sender.send(&Call::transfer(&to, amount)).await?;
		let shown = Shown { from: sender.account(), to, amount: amount.to_string(), done };
		output.print(&shown, |_| {
			format!("Sent {} to {} in block {}.", format_amount(amount), shown.to, shown.done.block)
		})
	}
}
