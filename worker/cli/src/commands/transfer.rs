use super::submit::{send, Done};
use crate::{
	args::{Global, Signing},
	output::Output,
};
use anyhow::Result;
use clap::Args;
use descent_client::{format_amount, parse_account, parse_amount, AccountId, Call};
use serde::Serialize;

#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  descent transfer --to 5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty --amount 1.5 \
--key-file ~/.descent/key\n  DESCENT_SURI=//Alice descent transfer --to 5FHn.. --amount 1500p --finalized"
)]
pub(crate) struct Transfer {
	/// Address of the account to send to
	#[arg(long, value_name = "ADDRESS", value_parser = parse_account)]
	to: AccountId,
	/// How much
	#[arg(long, value_name = "NRN", value_parser = parse_amount)]
	amount: u128,
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
		let key = self.signing.key()?;
		let client = global.connect().await?;
		let call = Call::transfer(&self.to, self.amount);
		let (_, done) = send(&client, &key, &call, &self.signing, output).await?;
		let shown = Shown { from: key.account(), to: self.to, amount: self.amount.to_string(), done };
		output.print(&shown, |_| {
			format!("Sent {} to {} in block {}.", format_amount(self.amount), shown.to, shown.done.block)
		})
	}
}
