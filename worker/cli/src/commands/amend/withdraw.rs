use crate::{
	args::{Global, GroupArg, Signing},
	commands::ballot,
	output::Output,
};
use anyhow::Result;
use clap::Args;
use descent_client::Call;
use descent_protocol::AmendmentId;

#[derive(Debug, Args)]
#[command(
	after_help = "Example:\n  descent amend withdraw --group 0 --amendment 2 --key-file ~/.descent/key\n\nIts deposit is returned."
)]
pub(crate) struct Withdraw {
	#[command(flatten)]
	group: GroupArg,
	/// Number of the amendment
	#[arg(long, value_name = "A")]
	amendment: AmendmentId,
	#[command(flatten)]
	signing: Signing,
}

impl Withdraw {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let call = Call::withdraw_amendment(self.group.group, self.amendment);
		let item = format!("amendment {}", self.amendment);
		ballot::withdraw(global, &self.signing, output, &call, &item).await
	}
}
