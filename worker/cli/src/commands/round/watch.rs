use crate::{
	args::Global,
	commands::{events, follow::follow},
	output::Output,
	positional::GroupArg,
};
use anyhow::Result;
use clap::Args;
use descent_protocol::{
	view::{BlockEvents, ChainEvent, EventTopic, GroupView},
	BlockNumber, Clock, Phase,
};
use std::ops::ControlFlow;

/// Columns of an event's subject, `round 2`.
const SUBJECT: usize = 10;

const EXAMPLES: &str = "\
Examples:
  descent round watch 0
  descent round watch 0 --rounds 3 --json

Stops on ctrl-c, or after --rounds settlements. With --json, a line for every block in which something \
happened.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
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
		let mut group = client.group(self.group.id(global).await?).await?;
		let stream = client.events(Some(group.id), EventTopic::Rounds, !self.best).await?;
		let spinner = output.spinner(&position(&group, group.block));
		let mut settled = 0u32;
		follow(stream, &spinner, output, async |block: BlockEvents| {
			spinner.set_message(position(&group, block.block));
			spinner.suspend(|| events::print(output, &block, SUBJECT))?;
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
	let settled = block.events.iter().filter(|event| matches!(event, ChainEvent::Settled { .. }));
	u32::try_from(settled.count()).unwrap_or(u32::MAX)
}

/// Returns the phases of two rounds at a block: the one that takes commitments, and the one before it.
fn position(group: &GroupView, block: BlockNumber) -> String {
	let Some(round) = group.clock.round_at(block) else {
		let Clock { first, start, .. } = group.clock;
		return format!("block {block}: round {first} begins at block {start}");
	};
	let commit = phase(&group.clock, round, block);
	let previous = round.checked_sub(1).and_then(|previous| phase(&group.clock, previous, block));
	let phases = commit.into_iter().chain(previous);
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

#[cfg(test)]
mod tests {
	use super::*;
	use crate::fixtures::group;
	use descent_client::AccountId;
	use descent_protocol::{Outcome, Score};

	#[test]
	fn says_where_the_rounds_stand() {
		let group = group();
		assert_eq!(position(&group, 2), "block 2: round 0 begins at block 5");
		assert_eq!(position(&group, 5), "block 5: round 0 commit, 18 blocks left");
		assert_eq!(
			position(&group, 26),
			"block 26: round 1 commit, 17 blocks left, round 0 reveal, 4 blocks left"
		);
		assert_eq!(position(&group, 42), "block 42: round 1 commit, 1 blocks left");
	}

	#[test]
	fn every_event_is_a_line_and_settlements_count() {
		let account = AccountId::new([1; 32]);
		let ended = ChainEvent::Ended {
			group: 7,
			round: 2,
			account: account.clone(),
			outcome: Outcome::Refuted,
			measured: Some(Score(900_000)),
			reward: 0,
			slashed: 10_000_000_000_000,
		};
		let settled =
			ChainEvent::Settled { group: 7, round: 2, winner: None, score: None, baseline: Some(Score(5)) };
		let output = Output::new(true);
		assert_eq!(
			events::line(&output, 9, &ended, SUBJECT),
			format!("      9  round 2     {account} refuted, measured 0.900000, lost 10 NRN")
		);
		assert_eq!(
			events::line(&output, 9, &settled, SUBJECT),
			"      9  round 2     settled: no winner, to beat was 0.000005"
		);
		let block = BlockEvents { block: 9, hash: Default::default(), events: vec![ended, settled] };
		assert_eq!(settlements(&block), 1);
	}
}
