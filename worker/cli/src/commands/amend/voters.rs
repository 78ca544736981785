//! The command `descent amend voters`.

use crate::{
	args::{Global, GroupArg},
	commands::ballot,
	output::Output,
};
use anyhow::Result;
use clap::Args;
use descent_protocol::AmendmentId;

const EXAMPLES: &str = "Examples:
  descent amend voters --group 0 --amendment 3
  descent amend voters --group 0 --amendment 3 --json | jq '.[].account'

There are no votes against an amendment: stake that is not shown does not approve it. Pending stake does not \
count in the next close.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Voters {
	#[command(flatten)]
	group: GroupArg,
	/// Number of the amendment, which has to be open
	#[arg(long, value_name = "A")]
	amendment: AmendmentId,
}

impl Voters {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let client = global.connect().await?;
		let group = client.group(self.group.group).await?;
		let voters = client.amendment_voters(group.id, self.amendment).await?;
		let item = format!("amendment {}", self.amendment);
		output.print(&voters, |output| ballot::voters(output, &group, &item, voters.clone()))
	}
}
