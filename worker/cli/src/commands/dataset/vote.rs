use crate::{
	args::{Global, GroupArg, Signing},
	commands::submit::submit,
	output::Output,
};
use anyhow::Result;
use clap::Args;
use descent_client::Call;
use descent_protocol::ProposalId;

#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  descent dataset vote --group 0 --proposal 3 --key-file ~/.descent/key\n  descent dataset vote --group 0 \
--withdraw --key-file ~/.descent/key\n\nYou vote for one proposal at a time, with your whole stake: a vote for another one takes the place of the \
first. It can be changed until the voting period closes."
)]
pub(crate) struct Vote {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	what: What,
	#[command(flatten)]
	signing: Signing,
}

#[derive(Clone, Copy, Debug, Args)]
#[group(required = true, multiple = false)]
struct What {
	/// Number of the proposal
	#[arg(long, value_name = "P")]
	proposal: Option<ProposalId>,
	/// Take your vote back, whatever it is for
	#[arg(long)]
	withdraw: bool,
}

impl Vote {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let group = self.group.group;
		let call = match self.what.proposal {
			Some(proposal) => Call::vote(group, proposal),
			None => Call::withdraw_vote(group),
		};
		submit(global, &self.signing, output, &call, |block| match self.what.proposal {
			Some(proposal) => format!("Voted for proposal {proposal} of group {group} in block {block}."),
			None => format!("Took the vote in group {group} back in block {block}."),
		})
		.await
	}
}
