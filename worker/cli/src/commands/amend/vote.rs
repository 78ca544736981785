//! The commands `descent amend vote` and `withdraw`.

use crate::{
	args::{Global, GroupArg, Signing},
	commands::{ballot, submit::submit},
	output::Output,
};
use anyhow::Result;
use clap::Args;
use descent_client::Call;
use descent_protocol::AmendmentId;

const VOTE_EXAMPLES: &str = "Examples:
  descent amend vote --group 0 --amendment 2 --key-file ~/.descent/key
  descent amend vote --group 0 --amendment 2 --against --key-file ~/.descent/key

Any number of amendments can be approved at a time. Your stake counts as it is when the voting period \
closes; not approving and being against are the same.";

#[derive(Debug, Args)]
#[command(after_help = VOTE_EXAMPLES)]
pub(crate) struct Vote {
	#[command(flatten)]
	group: GroupArg,
	/// Number of the amendment
	#[arg(long, value_name = "A")]
	amendment: AmendmentId,
	/// Take your approval back
	#[arg(long)]
	against: bool,
	#[command(flatten)]
	signing: Signing,
}

impl Vote {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let (group, amendment) = (self.group.group, self.amendment);
		let call = Call::vote_amendment(group, amendment, !self.against);
		let what = if self.against { "Not approved" } else { "Approved" };
		submit(global, &self.signing, output, &call, |block| {
			format!("{what}: amendment {amendment} of group {group}, in block {block}.")
		})
		.await
	}
}

const WITHDRAW_EXAMPLES: &str = "Example:
  descent amend withdraw --group 0 --amendment 2 --key-file ~/.descent/key

Its deposit is returned.";

#[derive(Debug, Args)]
#[command(after_help = WITHDRAW_EXAMPLES)]
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
