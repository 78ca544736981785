use crate::{
	args::Global,
	commands::{events, follow::follow},
	format,
	output::Output,
	positional::GroupArg,
};
use anyhow::Result;
use clap::Args;
use descent_protocol::{
	view::{BlockEvents, ChainEvent, EventTopic, GroupView},
	BlockNumber,
};
use std::ops::ControlFlow;

/// Columns of an event's subject, `amendment 2`.
const SUBJECT: usize = 13;

const EXAMPLES: &str = "\
Examples:
  descent dataset watch 0
  descent dataset watch 0 --periods 1 --json

Stops on ctrl-c, or after --periods closes. With --json, a line for every block in which something \
happened.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Watch {
	#[command(flatten)]
	group: GroupArg,
	/// Stop after this many voting periods have closed
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
	periods: Option<u32>,
	/// Follow the best chain, sooner but subject to change, instead of final blocks
	#[arg(long)]
	best: bool,
}

impl Watch {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let client = global.connect().await?;
		let mut group = client.group(self.group.id(global).await?).await?;
		let stream = client.events(Some(group.id), EventTopic::Votes, !self.best).await?;
		let spinner = output.spinner(&position(&group, group.block));
		let mut closed = 0u32;
		follow(stream, &spinner, output, async |block: BlockEvents| {
			spinner.suspend(|| events::print(output, &block, SUBJECT))?;
			for event in &block.events {
				if let ChainEvent::PeriodClosed { next, .. } = event {
					closed = closed.saturating_add(1);
					group.closes = *next;
				}
			}
			spinner.set_message(position(&group, block.block));
			Ok(if self.periods.is_some_and(|periods| closed >= periods) {
				ControlFlow::Break(())
			} else {
				ControlFlow::Continue(())
			})
		})
		.await
	}
}

fn position(group: &GroupView, block: BlockNumber) -> String {
	format!("block {block}: the voting period closes {}", format::due(group.closes, block))
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::{AccountId, UNIT};
	use descent_protocol::{
		view::{AmendmentEnding, ProposalEnding},
		ContentRef, DeltaReport, DeltaVerdict,
	};

	#[test]
	fn every_event_is_a_line() {
		let account = AccountId::new([1; 32]);
		let group = 7;
		let report = DeltaReport { added: 5_000, removed: 3, records: 9, root: Default::default() };
		for (event, expected) in [
			(
				ChainEvent::Staked { group, account: account.clone(), stake: UNIT, total: 4 * UNIT },
				format!("stake          {account} has 1 NRN, 25% of all stake"),
			),
			(
				ChainEvent::Proposed {
					group,
					proposal: 3,
					account: account.clone(),
					delta: ContentRef::raw(&[0; 4000]).unwrap(),
				},
				format!("delta 3        {account} proposed 4.00 kB"),
			),
			(
				ChainEvent::Voted { group, account: account.clone(), proposal: Some(3), stake: UNIT },
				format!("delta 3        {account} votes for it with 1 NRN"),
			),
			(
				ChainEvent::Voted { group, account: account.clone(), proposal: None, stake: UNIT },
				format!("vote           {account} took its vote back"),
			),
			(
				ChainEvent::Checked { group, proposal: 3, version: 2, verdict: DeltaVerdict::Valid(report) },
				"delta 3        on version 2 valid: +5000 -3".into(),
			),
			(
				ChainEvent::ProposalEnded {
					group,
					proposal: 3,
					account: account.clone(),
					ending: ProposalEnding::Unavailable,
					reward: 0,
					slashed: 50 * UNIT,
				},
				format!("delta 3        of {account} unavailable: nobody served it, lost 50 NRN"),
			),
			(
				ChainEvent::AmendmentVoted {
					group,
					amendment: 2,
					account: account.clone(),
					aye: false,
					stake: UNIT,
				},
				format!("amendment 2    {account} does not approve it any more, with 1 NRN"),
			),
			(
				ChainEvent::AmendmentEnded {
					group,
					amendment: 2,
					ending: AmendmentEnding::Adopted { from: 12 },
				},
				"amendment 2    adopted: from round 12 on".into(),
			),
			(
				ChainEvent::PeriodClosed { group, next: 29 },
				"period         closed; the next at block 29, in 20 blocks (1m)".into(),
			),
		] {
			assert_eq!(events::line(&Output::new(true), 9, &event, SUBJECT), format!("      9  {expected}"));
		}
	}
}
