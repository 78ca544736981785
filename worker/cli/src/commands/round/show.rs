//! The command `descent round show`.

use crate::{
	args::Global,
	commands::recording::{self, Recorded},
	output::{Output, Style},
	positional::{AnyRoundArg, GroupArg},
	table::{fields, table},
};
use anyhow::{Context, Result};
use clap::Args;
use descent_client::format_amount;
use descent_protocol::{
	view::{CandidateView, RoundView},
	Outcome,
};
use serde::Serialize;
use std::ops::Range;

const EXAMPLES: &str = "Examples:
  descent round show 0
  descent round show 0 3";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Show {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	round: AnyRoundArg,
}

/// A round, and the recorded trainings of its candidates where its group asks for them.
#[derive(Debug, Serialize)]
struct Shown {
	#[serde(flatten)]
	round: RoundView,
	#[serde(skip_serializing_if = "Vec::is_empty")]
	recordings: Vec<Recorded>,
}

impl Show {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let client = global.connect().await?;
		let group = self.group.id(global).await?;
		let round = match self.round.value() {
			Some(round) => round,
			None => {
				let begun = client.group(group).await?.round;
				begun.with_context(|| format!("group {group} has not begun; name a round"))?
			}
		};
		let round = client.round(group, round).await?;
		let recordings = recording::of_round(&client, &round).await?;
		let shown = Shown { round, recordings };
		output.print(&shown, |output| {
			let recordings = recording::list(output, &shown.recordings);
			format!("{}\n\n{recordings}", show(output, &shown.round))
		})
	}
}

fn show(output: &Output, view: &RoundView) -> String {
	let windows = &view.windows;
	let attested = view.committee.iter().filter(|member| member.attested).count();
	let opened = view.committee.iter().filter(|member| member.opened).count();
	let mut pairs = vec![
		("round", format!("{} of group {}", view.round, view.group)),
		("phase", format!("{} at block {}", output.paint(Style::Bold, &view.phase.to_string()), view.block)),
		("model", format!("version {}", view.model_version)),
		("data set", format!("version {}", view.dataset_version)),
		("commit", window(&windows.commit)),
		("seed", format!("block {}", windows.seed)),
		("scores", if view.dithered { "dithered by the seed" } else { "rounded half to even" }.into()),
		("reveal", window(&windows.reveal)),
		("attest", window(&windows.attest)),
		("open", window(&windows.open)),
		("settle", format!("block {}", windows.settle)),
	];
	if !view.committee.is_empty() {
		pairs.push((
			"committee",
			format!("{} members, {attested} attested, {opened} opened", view.committee.len()),
		));
	}
	if view.settled {
		if let Some(baseline) = view.baseline {
			pairs.push(("to beat", baseline.to_string()));
		}
		pairs.push(("winner", view.winner.as_ref().map_or("none".into(), |winner| winner.to_string())));
	}
	let mut text = fields(output, &pairs);
	if view.candidates.is_empty() {
		text.push_str("\n\nNo commitments.");
	} else {
		let rows: Vec<_> = view.candidates.iter().map(row).collect();
		let heads = ["account", "deposit", "claim", "measured", "outcome", "earned", "lost"];
		text.push_str("\n\n");
		text.push_str(&table(output, heads, &rows));
	}
	text
}

/// The blocks of a window, the last one included.
fn window(blocks: &Range<u32>) -> String {
	format!("blocks {} to {}", blocks.start, blocks.end.saturating_sub(1))
}

fn row(candidate: &CandidateView) -> [String; 7] {
	let score = |score: Option<descent_protocol::Score>| score.map_or("-".into(), |score| score.to_string());
	[
		candidate.account.to_string(),
		format_amount(candidate.deposit),
		score(candidate.reveal.as_ref().map(|reveal| reveal.claim)),
		score(candidate.measured),
		candidate.outcome.map_or("-".into(), |outcome: Outcome| outcome.to_string()),
		format_amount(candidate.reward),
		format_amount(candidate.slashed),
	]
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::AccountId;
	use descent_protocol::{
		view::{MemberView, RevealView},
		Clock, ContentRef, Phase, Score,
	};

	fn view() -> RoundView {
		let clock = Clock { first: 0, start: 5, length: 20, reveal: 4, attest: 8, open: 4 };
		RoundView {
			group: 0,
			round: 1,
			phase: Phase::Settle,
			windows: clock.windows(1).unwrap(),
			model_version: 1,
			dataset_version: 3,
			minimum_improvement: 1000,
			seed: None,
			dithered: true,
			settled: true,
			baseline: None,
			winner: Some(AccountId::new([1; 32])),
			candidates: vec![CandidateView {
				account: AccountId::new([1; 32]),
				commitment: Default::default(),
				deposit: 10_000_000_000_000,
				reveal: Some(RevealView {
					checkpoint: ContentRef::raw(b"x").unwrap(),
					claim: Score(70_000),
					providers: vec![],
				}),
				measured: Some(Score(70_001)),
				tally: None,
				outcome: Some(Outcome::Won),
				reward: 2_000_000_000_000,
				slashed: 0,
			}],
			committee: vec![MemberView { account: AccountId::new([9; 32]), attested: true, opened: false }],
			block: 70,
		}
	}

	#[test]
	fn a_round_without_recordings_reads_as_ever() {
		let json = serde_json::to_value(Shown { round: view(), recordings: vec![] }).unwrap();
		assert_eq!(json, serde_json::to_value(view()).unwrap());
	}

	#[test]
	fn shows_windows_and_endings() {
		let text = show(&Output::new(true), &view());
		for part in [
			"model      version 1",
			"data set   version 3",
			"blocks 25 to 42",
			"block 45",
			"blocks 46 to 49",
			"1 members, 1 attested, 0 opened",
			"0.070000",
			"0.070001",
			"won",
			"2 NRN",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		assert!(text.contains("scores     dithered by the seed"), "{text}");
		let text = show(&Output::new(true), &RoundView { candidates: vec![], dithered: false, ..view() });
		assert!(text.contains("scores     rounded half to even"), "{text}");
		assert!(text.ends_with("No commitments."));
	}
}
