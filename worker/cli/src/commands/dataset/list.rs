//! The command `descent dataset list`.

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
use descent_protocol::view::{GroupView, ProposalView};
use indicatif::DecimalBytes;

const EXAMPLES: &str = "Examples:
  descent dataset list 0
  descent dataset list 0 --json | jq '.[] | select(.ending == null)'";

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
		let proposals = client.proposals(group.id).await?;
		output.print(&proposals, |output| show(output, &group, &proposals))
	}
}

fn show(output: &Output, group: &GroupView, proposals: &[ProposalView]) -> String {
	let period = format!(
		"The voting period closes {}. The valid proposal with most stake wins if it has {} of all stake, {} \
		 of {}.",
		format::closes(group),
		group.quorum,
		format_amount(group.quorum.of(group.stake)),
		format_amount(group.stake),
	);
	let open = ["id", "ayes", "of all", "check", "size", "lost", "proposer", "summary"];
	let ended = ["id", "ended", "deposit", "size", "proposer", "summary"];
	ballot::show(
		output,
		period,
		proposals,
		|proposal| proposal.ending.is_none(),
		"No proposal is open; propose one with descent dataset propose.",
		&Columns(open, |proposal: &ProposalView| open_row(group, proposal)),
		&Columns(ended, ended_row),
	)
}

fn open_row(group: &GroupView, proposal: &ProposalView) -> [String; 8] {
	[
		proposal.id.to_string(),
		format_amount(proposal.ayes),
		format::part(proposal.ayes, group.stake),
		proposal.check.as_ref().map_or("-".into(), format::check),
		DecimalBytes(proposal.delta.size).to_string(),
		format::periods(proposal.lost),
		proposal.proposer.to_string(),
		format::short(&proposal.summary, SUMMARY),
	]
}

fn ended_row(proposal: &ProposalView) -> [String; 6] {
	let ending = proposal.ending.as_ref();
	let deposit = format_amount(proposal.deposit);
	[
		proposal.id.to_string(),
		ending.map_or("-".into(), format::proposal_ending),
		ending.map_or(deposit.clone(), |ending| format!("{deposit} {}", format::proposal_price(ending))),
		DecimalBytes(proposal.delta.size).to_string(),
		proposal.proposer.to_string(),
		format::short(&proposal.summary, SUMMARY),
	]
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::fixtures::{self, group, proposal};
	use descent_protocol::{view::ProposalEnding, DeltaFault, RowProblem};

	#[test]
	fn shows_votes_checks_and_prices() {
		let open = proposal();
		let mut valid = proposal();
		valid.id = 4;
		valid.check = Some(fixtures::valid());
		let mut ended = proposal();
		let fault = DeltaFault::Row { row: 7, problem: RowProblem::Duplicate };
		ended.id = 1;
		ended.check = None;
		ended.ending = Some(ProposalEnding::Invalid { fault });
		let text = show(&Output::new(true), &group(), &[open, valid, ended]);
		for part in [
			"closes at block 105, in 35 blocks (1m 45s)",
			"20% of all stake, 300 NRN of 1500 NRN",
			"3   500 NRN  33.33%  checking, attempt 1 until block 120",
			"valid: +5000 -0",
			"12.40 MB",
			"invalid: row 7: the record is in the data set already  50 NRN lost",
			"digits\u{fffd}[2J",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		let text = show(&Output::new(true), &group(), &[]);
		assert!(text.contains("descent dataset propose"), "{text}");
	}
}
