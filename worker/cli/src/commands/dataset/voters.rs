//! The command `descent dataset voters`.

use crate::{
	args::{Global, GroupArg},
	commands::ballot,
	output::Output,
};
use anyhow::Result;
use clap::Args;
use descent_protocol::ProposalId;

const EXAMPLES: &str = "Examples:
  descent dataset voters --group 0 --proposal 3
  descent dataset voters --group 0 --proposal 3 --json | jq '.[].account'

An account votes for one proposal at a time. There are no votes against one: stake that is not shown votes \
for another proposal or for none. Pending stake does not count in the next close.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Voters {
	#[command(flatten)]
	group: GroupArg,
	/// Number of the proposal, which has to be open
	#[arg(long, value_name = "P")]
	proposal: ProposalId,
}

impl Voters {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let client = global.connect().await?;
		let group = client.group(self.group.group).await?;
		let voters = client.voters(group.id, self.proposal).await?;
		let item = format!("proposal {}", self.proposal);
		output.print(&voters, |output| ballot::voters(output, &group, &item, voters.clone()))
	}
}
