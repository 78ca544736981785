//! The command `descent round list`.

use crate::{args::Global, content_ref::Reference, output::Output, positional::GroupArg, table::table};
use anyhow::Result;
use clap::Args;
use descent_client::format_amount;
use descent_protocol::{view::RoundSummary, RoundIndex};

const EXAMPLES: &str = "Examples:
  descent round list 0
  descent round list 0 --from 100 --json | jq '.[].winner.score'";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct List {
	#[command(flatten)]
	group: GroupArg,
	/// First round to show; a group keeps its last rounds alone
	#[arg(long, value_name = "N", default_value_t = 0)]
	from: RoundIndex,
}

impl List {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let history = global.connect().await?.history(self.group.id(global).await?, self.from).await?;
		output.print(&history, |output| show(output, self.from, &history))
	}
}

fn show(output: &Output, from: RoundIndex, history: &[RoundSummary]) -> String {
	if history.is_empty() {
		return format!("No round from {from} on has been settled with commitments.");
	}
	let rows: Vec<_> = history.iter().map(row).collect();
	let heads = ["round", "commitments", "reveals", "to beat", "score", "reward", "winner", "checkpoint"];
	table(output, heads, &rows)
}

fn row(summary: &RoundSummary) -> [String; 8] {
	let winner = summary.winner.as_ref();
	let none = || "-".to_string();
	[
		summary.round.to_string(),
		summary.commitments.to_string(),
		summary.reveals.to_string(),
		summary.baseline.map_or_else(none, |baseline| baseline.to_string()),
		winner.map_or_else(none, |winner| winner.score.to_string()),
		winner.map_or_else(none, |winner| format_amount(winner.reward)),
		winner.map_or_else(none, |winner| winner.account.to_string()),
		winner.map_or_else(none, |winner| Reference::from(winner.checkpoint).to_string()),
	]
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::AccountId;
	use descent_protocol::{view::WinnerView, ContentRef, Score};

	#[test]
	fn every_settled_round_is_a_line() {
		let winner = WinnerView {
			account: AccountId::new([1; 32]),
			checkpoint: ContentRef::raw(b"x").unwrap(),
			score: Score(71_234),
			reward: 2_500_000_000_000,
		};
		let won = RoundSummary {
			round: 3,
			model_version: 0,
			dataset_version: 0,
			commitments: 2,
			reveals: 1,
			baseline: None,
			winner: Some(winner),
		};
		let lost = RoundSummary { round: 4, baseline: Some(Score(71_234)), winner: None, ..won.clone() };
		let text = show(&Output::new(true), 3, &[won, lost]);
		let cells = |line: usize| -> Vec<String> {
			let line = text.lines().nth(line).unwrap();
			line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).take(6).map(Into::into).collect()
		};
		assert_eq!(cells(1), ["3", "2", "1", "-", "0.071234", "2.5 NRN"]);
		assert_eq!(cells(2), ["4", "2", "1", "0.071234", "-", "-"]);
		assert!(show(&Output::new(true), 5, &[]).contains("from 5 on"));
	}
}
