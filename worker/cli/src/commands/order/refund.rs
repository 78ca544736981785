//! The command `descent order refund`.

use crate::{
	args::{Global, Signing},
	commands::submit::submit,
	output::Output,
	positional::{AnyAccountArg, GroupArg},
};
use anyhow::Result;
use clap::Args;
use descent_client::Call;

const EXAMPLES: &str = "Examples:
  descent order refund 0 --key-file ~/.descent/key
  descent order refund 0 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --key-file ~/.descent/key

An order is over when its last round can be settled and the time for that has passed: descent order show \
says when. The rest goes to the client, whoever sends this.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Refund {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	client: AnyAccountArg,
	#[command(flatten)]
	signing: Signing,
}

impl Refund {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let group = self.group.id(global).await?;
		let client = match self.client.value() {
			Some(client) => client,
			None => self.signing.key()?.account(),
		};
		submit(global, &self.signing, output, &Call::refund_order(group, &client), |block| {
			format!("Returned the rest of the order of group {group} to {client} in block {block}.")
		})
		.await
	}
}
