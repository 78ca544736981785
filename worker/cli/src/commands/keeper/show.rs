//! The command `descent keeper show`.

use crate::{args::Global, output::Output, positional::GroupArg, table::table};
use anyhow::{Context, Result};
use clap::Args;
use descent_client::format_amount;
use descent_protocol::{
	view::{CustodyView, KeeperView},
	BlockNumber, MAX_MISSED_CHECKS,
};

const EXAMPLES: &str = "Examples:
  descent keeper show 0
  descent keeper show 0 --json | jq '.keepers[].account'

Keepers serve all that a group needs, for the part of its earnings that is put aside for them: \
descent-worker keep. A check that a committee makes pays those that serve. One that misses three in a row \
loses its deposit.";

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
		let custody = client.custody(group).await?;
		let custody = custody.context("this chain has no keepers yet: its runtime is from before them")?;
		let now = client.best_block().await?.number;
		output.print(&custody, |output| show(output, &custody, now))
	}
}

fn show(output: &Output, custody: &CustodyView, now: BlockNumber) -> String {
	let CustodyView { group, keepers, .. } = custody;
	if keepers.is_empty() {
		let waits = format_amount(custody.due);
		return format!("Group {group} has no keepers. {waits} waits for them: descent-worker keep {group}");
	}
	let rows: Vec<_> = keepers.iter().map(row).collect();
	let keepers = table(output, ["keeper", "deposit", "missed", "gateways"], &rows);
	format!("{keepers}\n{}", check(custody, now))
}

fn row(keeper: &KeeperView) -> [String; 4] {
	let leaving = if keeper.leaving { ", leaves" } else { "" };
	[
		keeper.account.to_string(),
		format_amount(keeper.deposit),
		format!("{} of {MAX_MISSED_CHECKS}{leaving}", keeper.missed),
		keeper.providers.join(" "),
	]
}

/// The check that goes on, or what the next one waits for.
fn check(custody: &CustodyView, now: BlockNumber) -> String {
	let due = format_amount(custody.due);
	match &custody.check {
		Some(check) => {
			let decided = crate::format::due(check.open.end, now);
			format!("Check {} is decided {decided}, and pays {due}.", check.number)
		}
		None if custody.due < custody.least => {
			let least = format_amount(custody.least);
			format!("{due} waits for keepers. The next check waits until that is {least}.")
		}
		None => format!("{due} waits for keepers: descent keeper check {}", custody.group),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::{AccountId, UNIT};
	use descent_protocol::view::CustodyCheckView;

	fn custody() -> CustodyView {
		let keeper = |number: u8, missed| KeeperView {
			account: AccountId::new([number; 32]),
			deposit: 5 * UNIT,
			providers: vec![format!("http://203.0.113.{number}:8080")],
			since: 1,
			missed,
			leaving: missed > 0,
		};
		CustodyView {
			group: 3,
			keepers: vec![keeper(1, 0), keeper(2, 1)],
			checks: 7,
			check: None,
			due: 2 * UNIT,
			least: UNIT,
			deposit: 5 * UNIT,
		}
	}

	#[test]
	fn every_keeper_is_a_line() {
		let text = show(&Output::new(true), &custody(), 100);
		let lines: Vec<_> = text.lines().collect();
		assert_eq!(lines.len(), 4, "{text}");
		assert!(lines[1].contains("0 of 3") && lines[1].ends_with("http://203.0.113.1:8080"), "{text}");
		assert!(lines[2].contains("1 of 3, leaves"), "{text}");
		assert_eq!(lines[3], "2 NRN waits for keepers: descent keeper check 3");
	}

	#[test]
	fn says_what_the_next_check_waits_for() {
		let poor = CustodyView { due: UNIT / 2, ..custody() };
		assert_eq!(check(&poor, 100), "0.5 NRN waits for keepers. The next check waits until that is 1 NRN.");
		let open = CustodyCheckView { number: 8, attest: 90..110, open: 110..120 };
		let open = CustodyView { check: Some(open), ..custody() };
		assert_eq!(check(&open, 100), "Check 8 is decided at block 120, in 20 blocks (1m), and pays 2 NRN.");
		let none = CustodyView { keepers: Vec::new(), ..custody() };
		let text = show(&Output::new(true), &none, 100);
		assert_eq!(text, "Group 3 has no keepers. 2 NRN waits for them: descent-worker keep 3");
	}
}
