//! The command `descent dataset voters`.

use crate::{
	args::Global,
	commands::ballot,
	output::Output,
	positional::{GroupArg, ProposalArg},
};
use anyhow::Result;
use clap::Args;

const EXAMPLES: &str = "Examples:
  descent dataset voters 0 3
  descent dataset voters 0 3 --json | jq '.[].account'

An account votes for one proposal at a time. There are no votes against one: stake that is not shown votes \
for another proposal or for none. Pending stake does not count in the next close.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Voters {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	proposal: ProposalArg,
}

impl Voters {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let proposal = self.proposal.value()?;
		let client = global.connect().await?;
		let group = client.group(self.group.id(global).await?).await?;
		let voters = client.voters(group.id, proposal).await?;
		let item = format!("proposal {proposal}");
		output.print(&voters, |output| ballot::voters(output, &group, &item, voters.clone()))
	}
}
