use crate::{
	args::{Global, GroupArg, Signing},
	commands::ballot,
	output::Output,
};
use anyhow::Result;
use clap::Args;
use descent_client::Call;
use descent_protocol::ProposalId;

#[derive(Debug, Args)]
#[command(
	after_help = "Example:\n  descent dataset withdraw --group 0 --proposal 3 --key-file ~/.descent/key\n\nOnly its proposer can, and only \
after it has lost a voting period. Its deposit is returned."
)]
pub(crate) struct Withdraw {
	#[command(flatten)]
	group: GroupArg,
	/// Number of the proposal
	#[arg(long, value_name = "P")]
	proposal: ProposalId,
	#[command(flatten)]
	signing: Signing,
}

impl Withdraw {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let call = Call::withdraw_proposal(self.group.group, self.proposal);
		let item = format!("proposal {}", self.proposal);
		ballot::withdraw(global, &self.signing, output, &call, &item).await
	}
}
