//! The command `descent explain`.

use crate::{
	args::{Global, GroupArg},
	output::Output,
};
use anyhow::Result;
use clap::Args;
use descent_client::{parse_account, AccountId};
use descent_protocol::RoundIndex;

const EXAMPLES: &str = "Example:
  descent explain --group 0 --round 3 --account 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Explain {
	#[command(flatten)]
	group: GroupArg,
	/// Number of the round
	#[arg(long, value_name = "N")]
	round: RoundIndex,
	/// Address of the trainer's account
	#[arg(long, value_name = "ADDRESS", value_parser = parse_account)]
	account: AccountId,
}

impl Explain {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let explanation =
			global.connect().await?.explain(self.group.group, self.round, &self.account).await?;
		output.print(&explanation, |_| explanation.sentence.clone())
	}
}
