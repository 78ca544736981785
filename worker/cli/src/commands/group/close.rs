use crate::{
	args::{Global, GroupArg, Signing},
	commands::submit::submit,
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
		let group = self.group.group;
		submit(global, &self.signing, output, &Call::close_period(group), |block| {
			format!("Closed the voting period of group {group} in block {block}.")
		})
		.await
	}
}
