//! The command `descent order create`.

use super::{free, rounds, THOUSANDTH};
use crate::{
	args::{Global, Signing},
	commands::submit::{Done, Sender},
	format,
	output::Output,
	parse,
	positional::GroupArg,
	table::fields,
};
use anyhow::{ensure, Context, Result};
use clap::Args;
use descent_client::{format_amount, parse_amount, Call, NewOrder};
use descent_protocol::{
	view::{GroupView, OrderView},
	BlockNumber, GroupId, Score,
};
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  descent order create 0 --amount 1000 --per-thousandth 4 --target 2.0 --rounds 1000 --dry-run
  descent order create poems --amount 1000 --per-thousandth 4 --bonus 100 --from 2.3 --target 2.0 \\
    --rounds 1000 --key-file ~/.descent/key

You pay for measured improvement: each round that is won pays for the gain from the head's score to the \
winner's, both measured on the same records, and divided as the group's shares say. An improvement is paid \
for once, even if chance undoes it. So an order never pays more than its price from the first score down to \
the target, and the bonus, which is set aside for the winner that reaches the target. Then the order ends, \
and the rest is yours to claim. It pays for rounds that begin after it was placed, --rounds of them. What is \
left afterwards comes back with descent order refund. You pay for the rules as they are: if they change, \
the order ends with the rounds that have begun. A group has 16 orders at most; one with a larger --amount \
takes the place of the one with the least money left, which is refunded.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Create {
	#[command(flatten)]
	group: GroupArg,
	/// Amount to pay in, the most that the order can cost: at least 10
	#[arg(long, value_name = "NRN", value_parser = parse_amount)]
	amount: u128,
	/// Amount for each thousandth (0.001) by which the score gets better
	#[arg(long, value_name = "NRN", value_parser = price)]
	per_thousandth: Price,
	/// Amount in addition for the winner that reaches the target
	#[arg(long, value_name = "NRN", default_value = "0", value_parser = parse_amount)]
	bonus: u128,
	/// Score from which on you pay; the head's unless given
	#[arg(long, value_name = "X", value_parser = parse::score)]
	from: Option<Score>,
	/// Score at which you have what you want, and the order ends
	#[arg(long, value_name = "X", value_parser = parse::score)]
	target: Score,
	/// Number of rounds that the order pays for, from the next on
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
	rounds: u32,
	/// Check everything and print what the order would pay, but send nothing
	#[arg(long)]
	dry_run: bool,
	#[command(flatten)]
	signing: Signing,
}

/// The amount for each micro-unit of improvement.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Price(u128);

/// Reads the price of a thousandth, which is that of a thousand micro-units.
fn price(text: &str) -> Result<Price, String> {
	let thousandth = parse_amount(text).map_err(|error| error.to_string())?;
	match (thousandth / THOUSANDTH, thousandth % THOUSANDTH) {
		(0, 0) => Err("a thousandth has to be worth something".into()),
		(price, 0) => Ok(Price(price)),
		_ => Err("write at most nine decimals: the smallest step is 0.000000001 NRN".into()),
	}
}

/// An order that would be placed.
#[derive(Debug, Serialize)]
struct Planned {
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
struct Placed {
	group: GroupId,
	#[serde(skip_serializing_if = "Option::is_none")]
	order: Option<OrderView>,
	#[serde(flatten)]
	done: Done,
}

impl Create {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let group = sender.client.group(self.group.id(global).await?).await?;
		let order = self.order(&group)?;
		let terms = sender.client.pot(group.id).await?.terms;
		let call = Call::order(group.id, &order, terms);
		if self.dry_run {
			let fee = sender.client.fee(&sender.key, &call).await?;
			let free = sender.client.balance(&sender.key.account()).await?.free;
			let planned = plan(group.id, &order, fee, free);
			return output.print(&planned, |output| {
				let text = show_plan(output, &group, &order, fee, free);
				format!("{text}\n\nNothing was sent: this is a dry run.")
			});
		}
		let (_, done) = sender.send(&call).await?;
		let account = sender.key.account();
		let orders = sender.client.orders(group.id).await?;
		// Whoever came after this block may have taken its place already.
		let own = orders.into_iter().find(|order| order.client == account);
		let now = sender.client.best_block().await?.number;
		let placed = Placed { group: group.id, order: own, done };
		output.print(&placed, |_| show(&placed, now))
	}

	/// Returns the order, with the head's score where it begins with none.
	fn order(&self, group: &GroupView) -> Result<NewOrder> {
		let head = group.head.as_ref().map(|head| head.score);
		let from = self.from.or(head).with_context(|| {
			format!("group {} has no head yet: name the score from which on you pay with --from", group.id)
		})?;
		let target = self.target;
		ensure!(
			target < from,
			"the target {target} is not lower than {from}, the score from which on you pay"
		);
		if let Some(head) = head {
			ensure!(target < head, "the head has {head}, which is as good as the target {target}");
		}
		let Price(price) = self.per_thousandth;
		let (amount, bonus, rounds) = (self.amount, self.bonus, self.rounds);
		let is_enough = bonus.checked_add(price).is_some_and(|least| amount >= least);
		ensure!(is_enough, "--amount is less than --bonus and the price of the smallest improvement");
		Ok(NewOrder { amount, price, bonus, from, target, rounds })
	}
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

fn plan(group: GroupId, order: &NewOrder, fee: u128, free: u128) -> Planned {
	let NewOrder { amount, price, bonus, from, target, rounds } = *order;
	let [amount, price, bonus] = [amount, price, bonus].map(|amount| amount.to_string());
	let [most, fee, free] = [most(order), fee, free].map(|amount| amount.to_string());
	Planned { dry_run: true, group, amount, price, bonus, from, target, rounds, most, fee, free }
}

fn show_plan(output: &Output, group: &GroupView, order: &NewOrder, fee: u128, free: u128) -> String {
	let NewOrder { amount, price, bonus, from, target, rounds } = *order;
	let blocks = group.clock.length.saturating_mul(rounds);
	let has = match free.checked_sub(amount.saturating_add(fee)) {
		Some(_) => format_amount(free),
		None => format!("{}, which is not enough", format_amount(free)),
	};
	fields(
		output,
		&[
			("group", group.id.to_string()),
			("pays", format!("{} for each 0.001", format_amount(price.saturating_mul(THOUSANDTH)))),
			("from", from.to_string()),
			("to", format!("{target}, with a bonus of {}", format_amount(bonus))),
			("at most", format_amount(most(order))),
			("suffices for", format!("a gain of {}", reach(order))),
			("divided", format::shares(group.shares)),
			("rounds", format!("the next {rounds}, in {}", format::span(blocks))),
			("you pay in", format_amount(amount)),
			("fee", format_amount(fee)),
			("you have", has),
		],
	)
}

fn show(placed: &Placed, now: BlockNumber) -> String {
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
#[path = "create_tests.rs"]
mod tests;
