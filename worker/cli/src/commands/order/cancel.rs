//! The command `descent order cancel`.

use super::free;
use crate::{
	args::{Global, Signing},
	commands::submit::{Done, Sender},
	output::Output,
	positional::GroupArg,
};
use anyhow::Result;
use clap::Args;
use descent_client::{format_amount, Call};
use descent_protocol::{view::OrderView, BlockNumber, GroupId};
use serde::Serialize;

const EXAMPLES: &str = "Example:
  descent order cancel 0 --key-file ~/.descent/key

Rounds that have begun are still paid for: trainers have begun to work on them. Then what is left is free: \
descent order refund.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Cancel {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	signing: Signing,
}

#[derive(Debug, Serialize)]
struct Cancelled {
	group: GroupId,
	#[serde(skip_serializing_if = "Option::is_none")]
	order: Option<OrderView>,
	#[serde(flatten)]
	done: Done,
}

impl Cancel {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let group = self.group.id(global).await?;
		let (_, done) = sender.send(&Call::cancel_order(group)).await?;
		let account = sender.account();
		let orders = sender.client.orders(group).await?;
		let order = orders.into_iter().find(|order| order.client == account);
		let now = sender.client.best_block().await?.number;
		let cancelled = Cancelled { group, order, done };
		output.print(&cancelled, |_| show(&cancelled, now))
	}
}

fn show(cancelled: &Cancelled, now: BlockNumber) -> String {
	let group = cancelled.group;
	let text = format!("Cancelled your order of group {group} in block {}.", cancelled.done.block);
	let Some(order) = &cancelled.order else {
		return text;
	};
	format!(
		"{text} {} is left, less what rounds before {} pay. It is free {}: descent order refund {group}",
		format_amount(order.left),
		order.until,
		free(order, now)
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commands::order::tests::order;

	#[test]
	fn says_when_the_rest_is_free() {
		let mut cancelled = Cancelled { group: 3, order: None, done: Done::at(9) };
		assert_eq!(show(&cancelled, 9), "Cancelled your order of group 3 in block 9.");
		cancelled.order = Some(OrderView { until: 7, free: 29, ..order() });
		assert_eq!(
			show(&cancelled, 9),
			"Cancelled your order of group 3 in block 9. 900 NRN is left, less what rounds before 7 pay. It \
			 is free at block 29, in 20 blocks (1m): descent order refund 3"
		);
		assert!(show(&cancelled, 29).ends_with("It is free now: descent order refund 3"));
	}
}
