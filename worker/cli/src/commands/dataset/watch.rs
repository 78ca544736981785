use crate::{
	args::{Global, GroupArg},
	commands::follow::follow,
	format,
	output::{Output, Style},
};
use anyhow::Result;
use clap::Args;
use descent_client::format_amount;
use descent_protocol::{
	view::{AmendmentEnding, BlockVotes, GroupView, ProposalEnding, VoteEvent},
	BlockNumber, DeltaVerdict,
};
use indicatif::DecimalBytes;
use std::ops::ControlFlow;

#[derive(Debug, Args)]
#[command(
	after_help = "Examples:\n  descent dataset watch --group 0\n  descent dataset watch --group 0 --periods 1 --json\n\nStops on ctrl-c, or \
after --periods closes. With --json, a line for every block in which something happened."
)]
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
		let mut group = client.group(self.group.group).await?;
		let votes = client.subscribe_votes(Some(group.id), !self.best).await?;
		let spinner = output.spinner(&position(&group, group.block));
		let mut closed = 0u32;
		follow(votes, &spinner, output, async |block: BlockVotes| {
			spinner.suspend(|| print(output, &block))?;
			for event in &block.events {
				if let VoteEvent::PeriodClosed { next, .. } = event {
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

fn print(output: &Output, block: &BlockVotes) -> Result<()> {
	if block.events.is_empty() {
		return Ok(());
	}
	output.print(block, |output| {
		let lines = block.events.iter().map(|event| line(output, block.block, event));
		lines.collect::<Vec<_>>().join("\n")
	})
}

fn line(output: &Output, block: BlockNumber, event: &VoteEvent) -> String {
	let delta = |id: u32| format!("delta {id}");
	let amendment = |id: u32| format!("amendment {id}");
	let (what, text) = match event {
		VoteEvent::Staked { account, stake, total, .. } => {
			("stake".into(), format!("{account} has {}", format::stake(*stake, *total)))
		}
		VoteEvent::Proposed { proposal, account, delta: content, .. } => {
			(delta(*proposal), format!("{account} proposed {}", DecimalBytes(content.size)))
		}
		VoteEvent::Voted { account, proposal, stake, .. } => match proposal {
			Some(proposal) => {
				(delta(*proposal), format!("{account} votes for it with {}", format_amount(*stake)))
			}
			None => ("vote".into(), format!("{account} took its vote back")),
		},
		VoteEvent::Checked { proposal, version, verdict, .. } => {
			let style = match verdict {
				DeltaVerdict::Valid(_) => Style::Good,
				DeltaVerdict::Invalid(_) | DeltaVerdict::Unavailable => Style::Bad,
			};
			let found = output.paint(style, &format::verdict(verdict));
			(delta(*proposal), format!("on version {version} {found}"))
		}
		VoteEvent::ProposalEnded { proposal, account, ending, reward, slashed, .. } => {
			let style = match ending {
				ProposalEnding::Applied { .. } => Style::Good,
				_ if *slashed > 0 => Style::Bad,
				_ => Style::Bold,
			};
			let ended = output.paint(style, &format::proposal_ending(ending));
			let mut text = format!("of {account} {ended}");
			if *reward > 0 {
				text.push_str(&format!(", earned {}", format_amount(*reward)));
			}
			if *slashed > 0 {
				text.push_str(&format!(", lost {}", format_amount(*slashed)));
			}
			(delta(*proposal), text)
		}
		VoteEvent::AlarmMissing { group, close } => (
			"period".into(),
			format!("will not close itself: descent group close --group {group}, from block {close} on"),
		),
		VoteEvent::AmendmentProposed { amendment: id, account, .. } => {
			(amendment(*id), format!("{account} proposed it"))
		}
		VoteEvent::AmendmentVoted { amendment: id, account, aye, stake, .. } => {
			let how = if *aye { "approves it" } else { "does not approve it any more" };
			(amendment(*id), format!("{account} {how}, with {}", format_amount(*stake)))
		}
		VoteEvent::AmendmentEnded { amendment: id, ending, .. } => {
			let style = match ending {
				AmendmentEnding::Adopted { .. } => Style::Good,
				_ => Style::Bold,
			};
			(amendment(*id), output.paint(style, &format::amendment_ending(ending)))
		}
		VoteEvent::PeriodClosed { next, .. } => {
			("period".into(), format!("closed; the next {}", format::due(*next, block)))
		}
	};
	let head = output.paint(Style::Dim, &format!("{block:>7}  {what:<13}"));
	format!("{head}  {text}")
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::{AccountId, UNIT};
	use descent_protocol::{ContentRef, DeltaReport};

	#[test]
	fn every_event_is_a_line() {
		let account = AccountId::new([1; 32]);
		let group = 7;
		let report = DeltaReport { added: 5_000, removed: 3, records: 9, root: Default::default() };
		for (event, expected) in [
			(
				VoteEvent::Staked { group, account: account.clone(), stake: UNIT, total: 4 * UNIT },
				format!("stake          {account} has 1 NRN, 25% of all stake"),
			),
			(
				VoteEvent::Proposed {
					group,
					proposal: 3,
					account: account.clone(),
					delta: ContentRef::raw(&[0; 4000]).unwrap(),
				},
				format!("delta 3        {account} proposed 4.00 kB"),
			),
			(
				VoteEvent::Voted { group, account: account.clone(), proposal: Some(3), stake: UNIT },
				format!("delta 3        {account} votes for it with 1 NRN"),
			),
			(
				VoteEvent::Voted { group, account: account.clone(), proposal: None, stake: UNIT },
				format!("vote           {account} took its vote back"),
			),
			(
				VoteEvent::Checked { group, proposal: 3, version: 2, verdict: DeltaVerdict::Valid(report) },
				"delta 3        on version 2 valid: +5000 -3".into(),
			),
			(
				VoteEvent::ProposalEnded {
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
				VoteEvent::AmendmentVoted {
					group,
					amendment: 2,
					account: account.clone(),
					aye: false,
					stake: UNIT,
				},
				format!("amendment 2    {account} does not approve it any more, with 1 NRN"),
			),
			(
				VoteEvent::AmendmentEnded {
					group,
					amendment: 2,
					ending: AmendmentEnding::Adopted { from: 12 },
				},
				"amendment 2    adopted: from round 12 on".into(),
			),
			(
				VoteEvent::PeriodClosed { group, next: 29 },
				"period         closed; the next at block 29, in 20 blocks (1m)".into(),
			),
		] {
			assert_eq!(line(&Output::new(true), 9, &event), format!("      9  {expected}"));
		}
	}
}
