//! The command `descent amend list`.

use crate::{
	args::Global,
	commands::ballot::{self, Columns, SUMMARY},
	format,
	output::Output,
	positional::GroupArg,
};
use anyhow::Result;
use clap::Args;
use descent_client::format_amount;
use descent_protocol::view::{AmendmentView, GroupView};

const EXAMPLES: &str = "Examples:
  descent amend list 0
  descent amend list 0 --json | jq '.[].changes'";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct List {
	#[command(flatten)]
	group: GroupArg,
}

impl List {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let client = global.connect().await?;
		let group = client.group(self.group.id(global).await?).await?;
		let amendments = client.amendments(group.id).await?;
		output.print(&amendments, |output| show(output, &group, &amendments))
	}
}

fn show(output: &Output, group: &GroupView, amendments: &[AmendmentView]) -> String {
	let open = ["id", "ayes", "of all", "needs", "lost", "proposer", "summary", "changes"];
	let ended = ["id", "ended", "proposer", "summary", "changes"];
	ballot::show(
		output,
		format!("The voting period closes {}.", format::closes(group)),
		amendments,
		|amendment| amendment.ending.is_none(),
		"No amendment is open; propose one with descent amend propose.",
		&Columns(open, |amendment: &AmendmentView| open_row(group, amendment)),
		&Columns(ended, ended_row),
	)
}

fn changes(amendment: &AmendmentView) -> String {
	let changes: Vec<_> = amendment.changes.iter().map(format::change).collect();
	changes.join("\n")
}

fn open_row(group: &GroupView, amendment: &AmendmentView) -> [String; 8] {
	[
		amendment.id.to_string(),
		format_amount(amendment.ayes),
		format::part(amendment.ayes, group.stake),
		format::majority(amendment.majority).into(),
		format::periods(amendment.lost),
		amendment.proposer.to_string(),
		format::short(&amendment.summary, SUMMARY),
		changes(amendment),
	]
}

fn ended_row(amendment: &AmendmentView) -> [String; 5] {
	[
		amendment.id.to_string(),
		amendment.ending.as_ref().map_or("-".into(), format::amendment_ending),
		amendment.proposer.to_string(),
		format::short(&amendment.summary, SUMMARY),
		changes(amendment),
	]
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::fixtures::{amendment, group};
	use descent_protocol::view::AmendmentEnding;

	#[test]
	fn shows_what_is_needed_and_what_there_is() {
		let mut ended = amendment();
		ended.id = 1;
		ended.ending = Some(AmendmentEnding::Adopted { from: 12 });
		let text = show(&Output::new(true), &group(), &[amendment(), ended]);
		for part in [
			"closes at block 105, in 35 blocks",
			"2   600 NRN  40%     more than 1/2  1 period",
			"voting period 20 blocks (1m)\n",
			"  quorum 30%\n",
			"adopted: from round 12 on",
			"faster\u{fffd}[2J",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		let text = show(&Output::new(true), &group(), &[]);
		assert!(text.contains("descent amend propose"), "{text}");
	}
}
