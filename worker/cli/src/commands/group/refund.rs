use crate::{
	args::{Global, Signing},
	commands::submit::send,
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
		let (key, client) = (self.signing.key()?, global.connect().await?);
		let call = Call::refund(self.group);
		let (_, done) = send(&client, &key, &call, &self.signing, output).await?;
		output.print(&done, |_| {
			format!(
				"Took back what was left of your funding of group {} in block {}.",
				self.group, done.block
			)
		})
	}
}
