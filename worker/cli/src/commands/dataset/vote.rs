//! The commands `descent dataset vote` and `withdraw`.

use crate::{
	args::{Global, Signing},
	commands::{ballot, submit::submit},
	output::Output,
	positional::{GroupArg, ProposalArg},
};
use anyhow::Result;
use clap::Args;
use descent_client::Call;
use descent_protocol::ProposalId;

const VOTE_EXAMPLES: &str = "Examples:
  descent dataset vote 0 3 --key-file ~/.descent/key
  descent dataset vote 0 --withdraw --key-file ~/.descent/key

You vote for one proposal at a time, with your whole stake: a vote for another one takes the place of the \
first. It can be changed until the voting period closes.";

#[derive(Debug, Args)]
#[command(after_help = VOTE_EXAMPLES)]
pub(crate) struct Vote {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	what: What,
	#[command(flatten)]
	signing: Signing,
}

#[derive(Clone, Copy, Debug, Args)]
struct What {
	/// Number of the proposal
	#[arg(value_name = "PROPOSAL", required = true, conflicts_with_all = ["proposal", "withdraw"])]
	number: Option<ProposalId>,
	#[arg(long, value_name = "PROPOSAL", hide = true, conflicts_with = "withdraw")]
	proposal: Option<ProposalId>,
	/// Take your vote back, whatever it is for
	#[arg(long)]
	withdraw: bool,
}

impl Vote {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let group = self.group.id(global).await?;
		let proposal = self.what.number.or(self.what.proposal);
		let call = match proposal {
			Some(proposal) => Call::vote(group, proposal),
			None => Call::withdraw_vote(group),
		};
		submit(global, &self.signing, output, &call, |block| match proposal {
			Some(proposal) => format!("Voted for proposal {proposal} of group {group} in block {block}."),
			None => format!("Took the vote in group {group} back in block {block}."),
		})
		.await
	}
}

const WITHDRAW_EXAMPLES: &str = "Example:
  descent dataset withdraw 0 3 --key-file ~/.descent/key

Only its proposer can, and only after it has lost a voting period. Its deposit is returned.";

#[derive(Debug, Args)]
#[command(after_help = WITHDRAW_EXAMPLES)]
pub(crate) struct Withdraw {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	proposal: ProposalArg,
	#[command(flatten)]
	signing: Signing,
}

impl Withdraw {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let proposal = self.proposal.value()?;
		let call = Call::withdraw_proposal(self.group.id(global).await?, proposal);
		let item = format!("proposal {proposal}");
		ballot::withdraw(global, &self.signing, output, &call, &item).await
	}
}
