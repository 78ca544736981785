//! An order before and after it is placed, in words and for scripts.

use super::{free, rounds, THOUSANDTH};
use crate::{
	commands::submit::{Done, Sender},
	format,
	output::Output,
	table::fields,
};
use anyhow::Result;
use descent_client::{format_amount, NewOrder};
use descent_protocol::{
	view::{GroupView, OrderView},
	BlockNumber, GroupId, Score, Shares,
};
use serde::Serialize;

/// An order that would be placed.
#[derive(Debug, Serialize)]
pub(super) struct Planned {
	dry_run: bool,
	group: GroupId,
	amount: String,
	price: String,
	bonus: String,
	from: Score,
	target: Score,
	rounds: u32,
	/// The most that it pays, whatever the rounds.
	most: String,
	fee: String,
	/// Amount that the account can spend now.
	free: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Placed {
	group: GroupId,
	#[serde(skip_serializing_if = "Option::is_none")]
	order: Option<OrderView>,
	#[serde(flatten)]
	done: Done,
}

/// Reads the order that was placed, and the number of the best block.
pub(super) async fn placed(sender: &Sender<'_>, group: GroupId, done: Done) -> Result<(Placed, BlockNumber)> {
	let account = sender.account();
	let orders = sender.client.orders(group).await?;
	// Whoever came after this block may have taken its place already.
	let order = orders.into_iter().find(|order| order.client == account);
	let now = sender.client.best_block().await?.number;
	Ok((Placed { group, order, done }, now))
}

/// The most that an order pays, whatever the rounds.
fn most(order: &NewOrder) -> u128 {
	let way = u128::from(order.from.0.saturating_sub(order.target.0));
	way.saturating_mul(order.price).saturating_add(order.bonus).min(order.amount)
}

/// The improvement that the money suffices for.
fn reach(order: &NewOrder) -> Score {
	let money = order.amount.saturating_sub(order.bonus);
	let gain = money.checked_div(order.price).and_then(|gain| u64::try_from(gain).ok());
	Score(gain.unwrap_or(u64::MAX).min(order.from.0.saturating_sub(order.target.0)))
}

pub(super) fn plan(group: GroupId, order: &NewOrder, fee: u128, free: u128) -> Planned {
	let NewOrder { amount, price, bonus, from, target, rounds } = *order;
	let [amount, price, bonus] = [amount, price, bonus].map(|amount| amount.to_string());
	let [most, fee, free] = [most(order), fee, free].map(|amount| amount.to_string());
	Planned { dry_run: true, group, amount, price, bonus, from, target, rounds, most, fee, free }
}

pub(super) fn show_plan(
	output: &Output,
	group: &GroupView,
	order: &NewOrder,
	fee: u128,
	free: u128,
) -> String {
	let mut lines = vec![("group", group.id.to_string())];
	lines.extend(terms(order, group.clock.length, group.shares));
	lines.push(("fee", format_amount(fee)));
	lines.push(("you have", has(free, order.amount.saturating_add(fee))));
	fields(output, &lines)
}

/// The lines that say what an order pays for.
pub(super) fn terms(order: &NewOrder, round: BlockNumber, shares: Shares) -> [(&'static str, String); 8] {
	let NewOrder { amount, price, bonus, from, target, rounds } = *order;
	let blocks = round.saturating_mul(rounds);
	[
		("pays", format!("{} for each 0.001", format_amount(price.saturating_mul(THOUSANDTH)))),
		("from", from.to_string()),
		("to", format!("{target}, with a bonus of {}", format_amount(bonus))),
		("at most", format_amount(most(order))),
		("suffices for", format!("a gain of {}", reach(order))),
		("divided", format::shares(shares)),
		("rounds", format!("the next {rounds}, in {}", format::span(blocks))),
		("you pay in", format_amount(amount)),
	]
}

/// The amount that an account has, and a warning if it needs more.
pub(super) fn has(free: u128, needed: u128) -> String {
	match free.checked_sub(needed) {
		Some(_) => format_amount(free),
		None => format!("{}, which is not enough", format_amount(free)),
	}
}

pub(super) fn show(placed: &Placed, now: BlockNumber) -> String {
	let group = placed.group;
	let text = format!("Ordered improvement of group {group} in block {}.", placed.done.block);
	let Some(order) = &placed.order else {
		return text;
	};
	format!(
		"{text} It pays {} for each 0.001 from {} down to {}, in rounds {}. What is left then is free {}: \
		 descent order refund {group}",
		format_amount(order.price.saturating_mul(THOUSANDTH)),
		order.mark,
		order.target,
		rounds(order),
		free(order, now)
	)
}

#[cfg(test)]
#[path = "plan_tests.rs"]
pub(crate) mod tests;
