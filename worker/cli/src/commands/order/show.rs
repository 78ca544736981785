//! The command `descent order show`.

use super::{free, rounds, THOUSANDTH};
use crate::{args::Global, output::Output, positional::GroupArg, table::table};
use anyhow::Result;
use clap::Args;
use descent_client::format_amount;
use descent_protocol::{view::OrderView, BlockNumber, GroupId};

const EXAMPLES: &str = "Examples:
  descent order show 0
  descent order show 0 --json | jq '.[].left'

An order pays for improvement below the best score so far, down to its target. What is left can be returned \
when the order is over: descent order refund.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Show {
	#[command(flatten)]
	group: GroupArg,
}

impl Show {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let client = global.connect().await?;
		let group = self.group.id(global).await?;
		let orders = client.orders(group).await?;
		let now = client.best_block().await?.number;
		output.print(&orders, |output| show(output, group, &orders, now))
	}
}

fn show(output: &Output, group: GroupId, orders: &[OrderView], now: BlockNumber) -> String {
	if orders.is_empty() {
		return format!("Nobody has ordered improvement of group {group}; descent order create does.");
	}
	let rows: Vec<_> = orders.iter().map(|order| row(order, now)).collect();
	let heads = ["left", "a 0.001", "bonus", "best so far", "target", "rounds", "client", "free"];
	table(output, heads, &rows)
}

fn row(order: &OrderView, now: BlockNumber) -> [String; 8] {
	let why = if order.paused { ", paused as the rules change" } else { "" };
	[
		format_amount(order.left),
		format_amount(order.price.saturating_mul(THOUSANDTH)),
		format_amount(order.bonus),
		order.mark.to_string(),
		order.target.to_string(),
		rounds(order),
		order.client.to_string(),
		format!("{}{why}", free(order, now)),
	]
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commands::order::tests::order;

	#[test]
	fn every_order_is_a_line() {
		let paused = OrderView { paused: true, until: 6, free: 120, ..order() };
		let text = show(&Output::new(true), 0, &[order(), paused], 100);
		let lines: Vec<_> = text.lines().collect();
		assert_eq!(lines.len(), 3);
		assert!(lines[1].starts_with("900 NRN  4 NRN    100 NRN  2.275000     2.000000  5 to 204"), "{text}");
		assert!(lines[1].ends_with("at block 41000, in 40900 blocks (1d 10h)"), "{text}");
		assert!(lines[2].ends_with("at block 120, in 20 blocks (1m), paused as the rules change"), "{text}");
		let text = show(&Output::new(true), 7, &[], 100);
		assert!(text.contains("group 7") && text.contains("descent order create"), "{text}");
	}
}
