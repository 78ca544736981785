use crate::{
	args::{Global, Signing},
	commands::submit::submit,
	output::Output,
};
use anyhow::Result;
use clap::Args;
use descent_client::Call;
use descent_protocol::GroupId;

#[derive(Debug, Args)]
#[command(
	after_help = "Example:\n  descent group refund 0 --key-file ~/.descent/key\n\nGive notice first: descent group stop-funding."
)]
pub(crate) struct Refund {
	/// Number of the group
	#[arg(value_name = "N")]
	group: GroupId,
	#[command(flatten)]
	signing: Signing,
}

impl Refund {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let group = self.group;
		submit(global, &self.signing, output, &Call::refund(group), |block| {
			format!("Took back what was left of your funding of group {group} in block {block}.")
		})
		.await
	}
}
