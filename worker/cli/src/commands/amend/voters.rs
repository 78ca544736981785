//! The command `descent amend voters`.

use crate::{
	args::Global,
	commands::ballot,
	output::Output,
	positional::{AmendmentArg, GroupArg},
};
use anyhow::Result;
use clap::Args;

const EXAMPLES: &str = "Examples:
  descent amend voters 0 3
  descent amend voters 0 3 --json | jq '.[].account'

There are no votes against an amendment: stake that is not shown does not approve it. Pending stake does not \
count in the next close.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Voters {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	amendment: AmendmentArg,
}

impl Voters {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let amendment = self.amendment.value()?;
		let client = global.connect().await?;
		let group = client.group(self.group.id(global).await?).await?;
		let voters = client.amendment_voters(group.id, amendment).await?;
		let item = format!("amendment {amendment}");
		output.print(&voters, |output| ballot::voters(output, &group, &item, voters.clone()))
	}
}
