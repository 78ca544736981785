use crate::{
	args::{Global, GroupArg, Signing},
	commands::submit::send,
	output::Output,
};
use anyhow::Result;
use clap::Args;
use descent_client::Call;
use descent_protocol::RoundIndex;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  descent round settle --group 0 --round 3 --key-file ~/.descent/key")]
pub(crate) struct Settle {
	#[command(flatten)]
	group: GroupArg,
	/// Number of the round
	#[arg(long, value_name = "N")]
	round: RoundIndex,
	#[command(flatten)]
	signing: Signing,
}

impl Settle {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let key = self.signing.key()?;
		let client = global.connect().await?;
		let call = Call::settle(self.group.group, self.round);
		let (_, done) = send(&client, &key, &call, &self.signing, output).await?;
		output.print(&done, |_| format!("Settled round {} in block {}.", self.round, done.block))
	}
}
