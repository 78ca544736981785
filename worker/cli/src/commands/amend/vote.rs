use crate::{
	args::{Global, GroupArg, Signing},
	commands::submit::submit,
	output::Output,
};
use anyhow::Result;
use clap::Args;
use descent_client::Call;
use descent_protocol::AmendmentId;

#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  descent amend vote --group 0 --amendment 2 --key-file ~/.descent/key\n  descent amend vote --group 0 \
--amendment 2 --against --key-file ~/.descent/key\n\nAny number of amendments can be approved at a time. Your stake counts as it is when the \
voting period closes; not approving and being against are the same."
)]
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
