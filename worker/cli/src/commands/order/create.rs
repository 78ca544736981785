//! The command `descent order create`.

use super::{
	plan::{placed, show, show_plan},
	with_group::NewGroupArgs,
	THOUSANDTH,
};
use crate::{
	args::{Global, Signing},
	commands::submit::Sender,
	output::Output,
	parse,
	positional::OrderedGroupArg,
};
use anyhow::{ensure, Context, Result};
use clap::Args;
use descent_client::{parse_amount, Call, NewOrder};
use descent_protocol::Score;

const EXAMPLES: &str = "Examples:
  descent order create 0 --amount 1000 --per-thousandth 4 --target 2.0 --rounds 1000 --dry-run
  descent order create poems --amount 1000 --per-thousandth 4 --bonus 100 --from 2.3 --target 2.0 \\
    --rounds 1000 --key-file ~/.descent/key
  descent order create --model mnist.json --dataset train.parquet --sealed series \\
    --otherwise validation.parquet --reveal 60 --attest 80 --provider http://203.0.113.7:8080 \\
    --store ~/.descent/content --amount 1000 --per-thousandth 0.5 \\
    --from 2.3 --target 0.3 --rounds 100 --key-file ~/.descent/key

You pay for measured improvement: each round that is won pays for the gain from the head's score to the \
winner's, both measured on the same records, and divided as the group's shares say. An improvement is paid \
for once, even if chance undoes it. So an order never pays more than its price from the first score down to \
the target, and the bonus, which is set aside for the winner that reaches the target. Then the order ends, \
and the rest is yours to claim. It pays for rounds that begin after it was placed, --rounds of them. What is \
left afterwards comes back with descent order refund. You pay for the rules as they are: if they change, \
the order ends with the rounds that have begun. A group has 16 orders at most; one with a larger --amount \
takes the place of the one with the least money left, which is refunded.

With --model and --dataset in place of GROUP the command creates the group, too. With --sealed it also opens \
a series of the hidden test sets in that folder. One transaction does all of it or nothing. Its options are \
those of descent group create. With --dry-run it prints all costs.";

#[derive(Debug, Args)]
#[command(
	after_help = EXAMPLES,
	mut_arg("model", |model| model.required(false).requires("dataset").requires("providers")),
	mut_arg("dataset", |dataset| dataset.required(false)),
	mut_arg("providers", |providers| providers.required(false))
)]
pub(crate) struct Create {
	#[command(flatten)]
	group: OrderedGroupArg,
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
	#[command(flatten)]
	signing: Signing,
	#[command(flatten)]
	new_group: NewGroupArgs,
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

impl Create {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let Some(group) = self.group.id(global).await? else {
			let order = self.order("the new group", None)?;
			let sender = Sender::connect(global, &self.signing, output).await?;
			return self.new_group.run(&order, &sender, output).await;
		};
		let sender = Sender::connect(global, &self.signing, output).await?;
		let group = sender.client.group(group).await?;
		let head = group.head.as_ref().map(|head| head.score);
		let order = self.order(&format!("group {}", group.id), head)?;
		let terms = sender.client.pot(group.id).await?.terms;
		let call = Call::order(group.id, &order, terms);
		if sender.is_dry() {
			let fee = sender.fee(&call).await?;
			let free = sender.client.balance(&sender.account()).await?.free;
			output.note(&show_plan(output, &group, &order, fee, free));
		}
		let (_, done) = sender.send(&call).await?;
		let (placed, now) = placed(&sender, group.id, done).await?;
		output.print(&placed, |_| show(&placed, now))
	}

	/// Returns the order, with the head's score where it begins with none.
	fn order(&self, group: &str, head: Option<Score>) -> Result<NewOrder> {
		let from = self.from.or(head).with_context(|| {
			format!("{group} has no head yet: name the score from which on you pay with --from")
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

#[cfg(test)]
#[path = "create_tests.rs"]
mod tests;
