use crate::{
	args::{Global, GroupArg, Signing},
	commands::submit::send,
	output::Output,
};
use anyhow::Result;
use clap::Args;
use descent_client::Call;

#[derive(Debug, Args)]
#[command(
	after_help = "Example:\n  descent group close --group 0 --key-file ~/.descent/key\n\nVoting periods close by themselves, by an \
alarm on chain. Where it could not be set, anybody closes the period, free of charge where there was something to close."
)]
pub(crate) struct Close {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	signing: Signing,
}

impl Close {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let key = self.signing.key()?;
		let client = global.connect().await?;
		let group = self.group.group;
		let (_, done) = send(&client, &key, &Call::close_period(group), &self.signing, output).await?;
		output.print(&done, |_| format!("Closed the voting period of group {group} in block {}.", done.block))
	}
}
