use crate::{
	args::{Global, GroupArg},
	commands::follow::follow,
	output::{Output, Style},
};
use anyhow::Result;
use clap::Args;
use descent_client::format_amount;
use descent_protocol::{
	view::{BlockEvents, GroupView, RoundEvent},
	BlockNumber, Clock, Outcome, Phase,
};
use std::ops::ControlFlow;

#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  descent round watch --group 0\n  descent round watch --group 0 --rounds 3 --json\n\nStops on ctrl-c, or \
after --rounds settlements. With --json, a line for every block in which something happened."
)]
pub(crate) struct Watch {
	#[command(flatten)]
	group: GroupArg,
	/// Stop after this many settled rounds
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
	rounds: Option<u32>,
	/// Follow the best chain, sooner but subject to change, instead of final blocks
	#[arg(long)]
	best: bool,
}

impl Watch {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let client = global.connect().await?;
		let mut group = client.group(self.group.group).await?;
		let events = client.events(Some(group.id), !self.best).await?;
		let spinner = output.spinner(&position(&group, group.block));
		let mut settled = 0u32;
		follow(events, &spinner, output, async |block: BlockEvents| {
			spinner.set_message(position(&group, block.block));
			spinner.suspend(|| print(output, &block))?;
			let settlements = settlements(&block);
			settled = settled.saturating_add(settlements);
			if self.rounds.is_some_and(|rounds| settled >= rounds) {
				return Ok(ControlFlow::Break(()));
			}
			if settlements > 0 {
				// Its rules may have been amended.
				group = client.group(group.id).await?;
			}
			Ok(ControlFlow::Continue(()))
		})
		.await
	}
}

fn settlements(block: &BlockEvents) -> u32 {
	let settled = block.events.iter().filter(|event| matches!(event, RoundEvent::Settled { .. }));
	u32::try_from(settled.count()).unwrap_or(u32::MAX)
}

fn print(output: &Output, block: &BlockEvents) -> Result<()> {
	if block.events.is_empty() {
		return Ok(());
	}
	output.print(block, |output| {
		let lines = block.events.iter().map(|event| line(output, block.block, event));
		lines.collect::<Vec<_>>().join("\n")
	})
}

/// Where the rounds stand at a block: the one that takes commitments, and the one before that is being judged.
fn position(group: &GroupView, block: BlockNumber) -> String {
	let Some(round) = group.clock.round_at(block) else {
		let Clock { first, start, .. } = group.clock;
		return format!("block {block}: round {first} begins at block {start}");
	};
	let commit = phase(&group.clock, round, block);
	let judged = round.checked_sub(1).and_then(|previous| phase(&group.clock, previous, block));
	let phases = commit.into_iter().chain(judged);
	format!("block {block}: {}", phases.collect::<Vec<_>>().join(", "))
}

/// The phase of a round that is not over, and how many blocks it still takes.
fn phase(clock: &Clock, round: u32, block: BlockNumber) -> Option<String> {
	let windows = clock.windows(round)?;
	let phase = windows.phase(block);
	let end = match phase {
		Phase::Waiting => windows.commit.start,
		Phase::Commit => windows.commit.end,
		Phase::Seed => windows.reveal.start,
		Phase::Reveal => windows.reveal.end,
		Phase::Attest => windows.attest.end,
		Phase::Open => windows.open.end,
		Phase::Settle => return None,
	};
	Some(format!("round {round} {phase}, {} blocks left", end.saturating_sub(block)))
}

fn line(output: &Output, block: BlockNumber, event: &RoundEvent) -> String {
	let head = |round: &u32| output.paint(Style::Dim, &format!("{block:>7}  round {round:<4}"));
	match event {
		RoundEvent::Committed { round, account, .. } => format!("{}  {account} committed", head(round)),
		RoundEvent::Displaced { round, account, .. } => {
			format!("{}  {account} was displaced by a larger deposit", head(round))
		}
		RoundEvent::Revealed { round, account, claim, .. } => {
			format!("{}  {account} revealed and claims {claim}", head(round))
		}
		RoundEvent::Attested { round, member, .. } => format!("{}  member {member} attested", head(round)),
		RoundEvent::Opened { round, member, .. } => format!("{}  member {member} opened", head(round)),
		RoundEvent::Ended { round, account, outcome, measured, reward, slashed, .. } => {
			let style = match outcome {
				Outcome::Won => Style::Good,
				Outcome::Refuted | Outcome::Unrevealed => Style::Bad,
				_ => Style::Bold,
			};
			let mut text =
				format!("{}  {account} {}", head(round), output.paint(style, &outcome.to_string()));
			if let Some(measured) = measured {
				text.push_str(&format!(", measured {measured}"));
			}
			if *reward > 0 {
				text.push_str(&format!(", earned {}", format_amount(*reward)));
			}
			if *slashed > 0 {
				text.push_str(&format!(", lost {}", format_amount(*slashed)));
			}
			text
		}
		RoundEvent::AlarmMissing { group, round } => format!(
			"{}  will not settle itself: descent round settle --group {group} --round {round}",
			head(round)
		),
		RoundEvent::Settled { round, winner, score, baseline, .. } => {
			let result = match (winner, score) {
				(Some(winner), Some(score)) => format!("won by {winner} with {score}"),
				_ => "no winner".into(),
			};
			let bar = baseline.map_or(String::new(), |baseline| format!(", to beat was {baseline}"));
			format!("{}  settled: {result}{bar}", head(round))
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::fixtures::group;
	use descent_client::AccountId;
	use descent_protocol::Score;

	#[test]
	fn says_where_the_rounds_stand() {
		let group = group();
		assert_eq!(position(&group, 2), "block 2: round 0 begins at block 5");
		assert_eq!(position(&group, 5), "block 5: round 0 commit, 20 blocks left");
		assert_eq!(
			position(&group, 26),
			"block 26: round 1 commit, 19 blocks left, round 0 reveal, 4 blocks left"
		);
		assert_eq!(position(&group, 44), "block 44: round 1 commit, 1 blocks left");
	}

	#[test]
	fn every_event_is_a_line_and_settlements_count() {
		let account = AccountId::new([1; 32]);
		let ended = RoundEvent::Ended {
			group: 7,
			round: 2,
			account: account.clone(),
			outcome: Outcome::Refuted,
			measured: Some(Score(900_000)),
			reward: 0,
			slashed: 10_000_000_000_000,
		};
		let settled =
			RoundEvent::Settled { group: 7, round: 2, winner: None, score: None, baseline: Some(Score(5)) };
		let output = Output::new(true);
		assert_eq!(
			line(&output, 9, &ended),
			format!("      9  round 2     {account} refuted, measured 0.900000, lost 10 NRN")
		);
		assert_eq!(
			line(&output, 9, &settled),
			"      9  round 2     settled: no winner, to beat was 0.000005"
		);
		let block = BlockEvents { block: 9, hash: Default::default(), events: vec![ended, settled] };
		assert_eq!(settlements(&block), 1);
	}
}
