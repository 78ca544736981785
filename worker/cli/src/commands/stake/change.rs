//! The commands `descent stake add`, `remove` and `withdraw`.

use crate::{
	args::{Global, Signing},
	commands::submit::{Done, Sender},
	format,
	output::Output,
	positional::{AmountArg, GroupArg},
};
use anyhow::{ensure, Result};
use clap::Args;
use descent_client::{format_amount, parse_amount, Call};
use descent_protocol::{view::StakeView, GroupId};
use serde::Serialize;

const ADD_EXAMPLES: &str = "Example:
  descent stake add 0 100 --key-file ~/.descent/key

The new stake counts in everything that you vote for, from the first close on that is half a voting period \
away.";

#[derive(Debug, Args)]
#[command(after_help = ADD_EXAMPLES)]
pub(crate) struct Add {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	amount: AmountArg,
	#[command(flatten)]
	signing: Signing,
}

const REMOVE_EXAMPLES: &str = "Examples:
  descent stake remove 0 40 --key-file ~/.descent/key
  descent stake remove 0 --all --key-file ~/.descent/key

What is removed has no votes from then on. It is free after one voting period: descent stake withdraw.";

#[derive(Debug, Args)]
#[command(after_help = REMOVE_EXAMPLES)]
pub(crate) struct Remove {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	amount: Part,
	#[command(flatten)]
	signing: Signing,
}

#[derive(Clone, Copy, Debug, Args)]
struct Part {
	/// Amount to remove
	#[arg(
		value_name = "NRN",
		value_parser = parse_amount,
		required = true,
		conflicts_with_all = ["amount", "all"]
	)]
	part: Option<u128>,
	#[arg(long, value_name = "NRN", value_parser = parse_amount, hide = true, conflicts_with = "all")]
	amount: Option<u128>,
	/// Remove everything
	#[arg(long)]
	all: bool,
}

const WITHDRAW_EXAMPLES: &str = "Example:
  descent stake withdraw 0 --key-file ~/.descent/key";

#[derive(Debug, Args)]
#[command(after_help = WITHDRAW_EXAMPLES)]
pub(crate) struct Withdraw {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	signing: Signing,
}

/// A change of stake and what there is after it.
#[derive(Debug, Serialize)]
struct Changed {
	#[serde(flatten)]
	stake: StakeView,
	#[serde(flatten)]
	done: Done,
}

impl Add {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let (group, amount) = (self.group.id(global).await?, self.amount.value()?);
		let call = Call::stake(group, amount);
		let what = format!("Staked {}", format_amount(amount));
		change(&sender, group, &call, output, &what).await
	}
}

impl Remove {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let group = self.group.id(global).await?;
		let amount = match self.amount.part.or(self.amount.amount) {
			Some(amount) => amount,
			None => sender.client.stake(group, &sender.account()).await?.stake,
		};
		ensure!(amount > 0, "there is nothing to remove: the stake in group {group} is 0 NRN");
		let what = format!("Removed {}", format_amount(amount));
		let call = Call::unstake(group, amount);
		change(&sender, group, &call, output, &what).await
	}
}

impl Withdraw {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let group = self.group.id(global).await?;
		let call = Call::withdraw(group);
		let what = "Withdrew what had come free";
		change(&sender, group, &call, output, what).await
	}
}

/// Sends a call that changes the signer's stake, and prints what it has then.
async fn change(sender: &Sender<'_>, group: GroupId, call: &Call, output: &Output, what: &str) -> Result<()> {
	let (_, done) = sender.send(call).await?;
	let stake = sender.client.stake(group, &sender.account()).await?;
	let changed = Changed { stake, done };
	output.print(&changed, |_| show(&changed, what))
}

fn show(changed: &Changed, what: &str) -> String {
	let Changed { stake, done } = changed;
	let mut text = format!(
		"{what} in block {}. Stake in group {} now: {}.",
		done.block,
		stake.group,
		format::stake(stake.stake, stake.total)
	);
	if stake.pending > 0 {
		text.push_str(&format!(
			"\n{} of it came too late for the next close, and counts from the one after it on",
			format_amount(stake.pending)
		));
	}
	if let Some(next) = stake.unstaking.first() {
		text.push_str(&format!(
			"\n{} can be withdrawn from block {} on: descent stake withdraw {}",
			format_amount(next.amount),
			next.until,
			stake.group
		));
	}
	text
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;
	use descent_client::{AccountId, UNIT};
	use descent_protocol::view::UnstakingView;

	#[derive(Debug, Parser)]
	struct Line {
		#[command(flatten)]
		remove: Remove,
	}

	#[test]
	fn a_removal_is_of_an_amount_or_of_all() {
		let parse = |line: &str| Line::try_parse_from(format!("remove 0 {line}").split_whitespace());
		let part = |line: &str| parse(line).unwrap().remove.amount.part;
		assert_eq!(part("1.5"), Some(UNIT + UNIT / 2));
		assert_eq!(parse("--amount 1.5").unwrap().remove.amount.amount, Some(UNIT + UNIT / 2));
		assert!(parse("--all").unwrap().remove.amount.all);
		for line in ["", "--amount 1 --all", "1 --all", "1 --amount 1", "--amount 0x1", "--amount", "x"] {
			assert!(parse(line).is_err(), "{line}");
		}
	}

	#[test]
	fn what_is_held_for_longer_is_said() {
		let mut stake = StakeView {
			group: 3,
			account: AccountId::new([1; 32]),
			stake: 50 * UNIT,
			pending: 0,
			total: 200 * UNIT,
			unstaking: vec![],
			delta: None,
			amendments: vec![],
		};
		let done = || Done::at(9);
		let text = show(&Changed { stake: stake.clone(), done: done() }, "Staked 10 NRN");
		assert_eq!(text, "Staked 10 NRN in block 9. Stake in group 3 now: 50 NRN, 25% of all stake.");
		stake.pending = 10 * UNIT;
		let text = show(&Changed { stake: stake.clone(), done: done() }, "Staked 10 NRN");
		assert!(text
			.ends_with("10 NRN of it came too late for the next close, and counts from the one after it on"));
		stake.unstaking = vec![UnstakingView { amount: 40 * UNIT, until: 209 }];
		let changed = Changed { stake, done: done() };
		assert!(show(&changed, "Removed 40 NRN")
			.ends_with("40 NRN can be withdrawn from block 209 on: descent stake withdraw 3"));
		let json = serde_json::to_value(&changed).unwrap();
		assert_eq!((json["stake"].as_str(), json["block"].as_u64()), (Some("50000000000000"), Some(9)));
	}
}
