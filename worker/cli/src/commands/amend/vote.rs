//! The commands `descent amend vote` and `withdraw`.

use crate::{
	args::{Global, Signing},
	commands::{ballot, submit::submit},
	output::Output,
	positional::{AmendmentArg, GroupArg},
};
use anyhow::Result;
use clap::Args;
use descent_client::Call;

const VOTE_EXAMPLES: &str = "Examples:
  descent amend vote 0 2 --key-file ~/.descent/key
  descent amend vote 0 2 --against --key-file ~/.descent/key

Any number of amendments can be approved at a time. Your stake counts as it is when the voting period \
closes; not approving and being against are the same.";

#[derive(Debug, Args)]
#[command(after_help = VOTE_EXAMPLES)]
pub(crate) struct Vote {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	amendment: AmendmentArg,
	/// Take your approval back
	#[arg(long)]
	against: bool,
	#[command(flatten)]
	signing: Signing,
}

impl Vote {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let (group, amendment) = (self.group.id(global).await?, self.amendment.value()?);
		let call = Call::vote_amendment(group, amendment, !self.against);
		let what = if self.against { "Not approved" } else { "Approved" };
		submit(global, &self.signing, output, &call, |block| {
			format!("{what}: amendment {amendment} of group {group}, in block {block}.")
		})
		.await
	}
}

const WITHDRAW_EXAMPLES: &str = "Example:
  descent amend withdraw 0 2 --key-file ~/.descent/key

Its deposit is returned.";

#[derive(Debug, Args)]
#[command(after_help = WITHDRAW_EXAMPLES)]
pub(crate) struct Withdraw {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	amendment: AmendmentArg,
	#[command(flatten)]
	signing: Signing,
}

impl Withdraw {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let amendment = self.amendment.value()?;
		let call = Call::withdraw_amendment(self.group.id(global).await?, amendment);
		let item = format!("amendment {amendment}");
		ballot::withdraw(global, &self.signing, output, &call, &item).await
	}
}
