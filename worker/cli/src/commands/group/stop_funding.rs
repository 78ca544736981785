//! The commands `descent group stop-funding` and `refund`.

use crate::{
	args::{Global, Signing},
	commands::submit::{submit, Done, Sender},
	format,
	output::Output,
	positional::GroupArg,
};
use anyhow::Result;
use clap::Args;
use descent_client::{format_amount, Call};
use descent_protocol::{view::FundingView, BlockNumber, GroupId};
use serde::Serialize;

const STOP_FUNDING_EXAMPLES: &str = "Example:
  descent group stop-funding 0 --key-file ~/.descent/key

Rounds that have begun are still paid for: trainers have begun to work on them. Then what is left is free: \
descent group refund.";

#[derive(Debug, Args)]
#[command(after_help = STOP_FUNDING_EXAMPLES)]
pub(crate) struct StopFunding {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	signing: Signing,
}

#[derive(Debug, Serialize)]
struct Stopped {
	group: GroupId,
	#[serde(skip_serializing_if = "Option::is_none")]
	funding: Option<FundingView>,
	#[serde(flatten)]
	done: Done,
}

impl StopFunding {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let group = self.group.id(global).await?;
		let call = Call::stop_funding(group);
		let (_, done) = sender.send(&call).await?;
		let account = sender.account();
		let fundings = sender.client.pot(group).await?.fundings;
		let funding = fundings.into_iter().find(|funding| funding.client == account);
		let now = sender.client.best_block().await?.number;
		let stopped = Stopped { group, funding, done };
		output.print(&stopped, |_| show(&stopped, now))
	}
}

fn show(stopped: &Stopped, now: BlockNumber) -> String {
	let group = stopped.group;
	let text = format!("Gave notice to group {group} in block {}.", stopped.done.block);
	let Some(funding) = &stopped.funding else {
		return text;
	};
	let when = match funding.free {
		Some(free) if free > now => format::due(free, now),
		_ => "now".into(),
	};
	format!(
		"{text} {} is left, less what rounds that have begun pay. It is free {when}: descent group refund \
		 {group}",
		format_amount(funding.left)
	)
}

const REFUND_EXAMPLES: &str = "Example:
  descent group refund 0 --key-file ~/.descent/key

Give notice first: descent group stop-funding. A funding that is paused because the rules \
change needs no notice.";

#[derive(Debug, Args)]
#[command(after_help = REFUND_EXAMPLES)]
pub(crate) struct Refund {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	signing: Signing,
}

impl Refund {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let group = self.group.id(global).await?;
		submit(global, &self.signing, output, &Call::refund(group), |block| {
			format!("Took back what was left of your funding of group {group} in block {block}.")
		})
		.await
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::{AccountId, UNIT};

	#[test]
	fn says_when_it_is_free() {
		let mut stopped = Stopped { group: 3, funding: None, done: Done::at(9) };
		assert_eq!(show(&stopped, 9), "Gave notice to group 3 in block 9.");
		stopped.funding = Some(FundingView {
			client: AccountId::new([1; 32]),
			left: UNIT,
			per_round: UNIT,
			free: Some(29),
			paused: false,
		});
		assert!(
			show(&stopped, 9).ends_with("It is free at block 29, in 20 blocks (1m): descent group refund 3")
		);
		assert!(show(&stopped, 29).ends_with("It is free now: descent group refund 3"));
	}
}
