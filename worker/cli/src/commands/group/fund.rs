//! The command `descent group fund`.

use crate::{
	args::{Global, Signing},
	commands::submit::{Done, Sender},
	output::Output,
	positional::GroupArg,
};
use anyhow::{ensure, Result};
use clap::Args;
use descent_client::{format_amount, parse_amount, Call};
use descent_protocol::GroupId;
use serde::Serialize;

const EXAMPLES: &str = "Example:
  descent group fund 0 100 --per-round 2.5 --key-file ~/.descent/key

Each round that somebody wins is worth that much more, divided as the group's shares say, until what you \
paid is used up. Rounds that nobody wins cost nothing. Funding a group again adds to what is left; what a \
round is worth can be raised, not lowered. It ends with descent group stop-funding, after which descent \
group refund takes back what is left. You pay for the rules as they are: if the group changes the model, \
the records that it is measured on, the improvement, the target, the length of rounds or the shares, your \
funding is paused, and nothing is paid for rounds by the new rules. Then take it back with descent group \
refund, or go on by funding the group again, with 0 if you like. 16 clients at most fund a group; a larger \
amount per round takes the place of the smallest, which is refunded.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Fund {
	#[command(flatten)]
	group: GroupArg,
	/// Amount to pay in all
	#[arg(value_name = "NRN", value_parser = parse_amount)]
	amount: u128,
	/// Part of the amount that is paid for each round with a winner, at least 1
	#[arg(long, value_name = "NRN", value_parser = parse_amount)]
	per_round: u128,
	#[command(flatten)]
	signing: Signing,
}

#[derive(Debug, Serialize)]
struct Funded {
	group: GroupId,
	left: String,
	per_round: String,
	#[serde(flatten)]
	done: Done,
}

impl Fund {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		ensure!(self.per_round > 0, "a round is worth something: --per-round is at least 1 NRN");
		let sender = Sender::connect(global, &self.signing, output).await?;
		let group = self.group.id(global).await?;
		let terms = sender.client.pot(group).await?.terms;
		let call = Call::fund(group, self.amount, self.per_round, terms);
		let (_, done) = sender.send(&call).await?;
		let account = sender.account();
		let fundings = sender.client.pot(group).await?.fundings;
		let own = fundings.into_iter().find(|funding| funding.client == account);
		// Whoever came after this block may have taken its place already.
		let left = own.map_or(0, |funding| funding.left);
		let funded = Funded { group, left: left.to_string(), per_round: self.per_round.to_string(), done };
		output.print(&funded, |_| show(&funded, left, self.per_round))
	}
}

fn show(funded: &Funded, left: u128, per_round: u128) -> String {
	let rounds = left.checked_div(per_round).map_or(String::new(), |rounds| match rounds {
		1 => ": enough for 1 round".into(),
		rounds => format!(": enough for {rounds} rounds"),
	});
	format!(
		"Funded group {} in block {}. Each round that somebody wins is worth {} more. Left: {}{rounds}.",
		funded.group,
		funded.done.block,
		format_amount(per_round),
		format_amount(left)
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::UNIT;

	#[test]
	fn says_for_how_long_it_lasts() {
		let funded = Funded { group: 3, left: String::new(), per_round: String::new(), done: Done::at(9) };
		assert_eq!(
			show(&funded, 10 * UNIT, 4 * UNIT),
			"Funded group 3 in block 9. Each round that somebody wins is worth 4 NRN more. Left: 10 NRN: \
			 enough for 2 rounds."
		);
		assert!(show(&funded, 4 * UNIT, 4 * UNIT).ends_with("enough for 1 round."));
		assert!(show(&funded, UNIT, 0).ends_with("Left: 1 NRN."));
	}
}
