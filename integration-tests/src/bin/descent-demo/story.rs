//! What the demo tells, and the forms in which it does.

use crate::{live::Live, names::Names, snapshot::Snapshot};
use descent_client::format_amount;
use descent_protocol::{
	view::{BlockEvents, BlockVotes, ProposalEnding, RoundEvent, VoteEvent},
	BlockNumber, DeltaVerdict,
};
use serde::Serialize;
use std::{
	fmt,
	io::{stdout, IsTerminal, Write},
};

/// What the demo found when all rounds were settled.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Summary {
	/// Rounds settled.
	pub rounds: u32,
	/// Rounds won, by trainer.
	pub wins: Vec<(String, u32)>,
	/// CID of the head.
	pub head: String,
	/// How many deltas make the data set that the last round was played with.
	pub dataset_version: u32,
	/// What those have earned who were paid: by what they do, their names and amounts.
	pub earned: Vec<(Role, Vec<(String, String)>)>,
	/// Who has claimed its rewards, and how much they were.
	pub claimed: (String, String),
	/// The head's score, by the committee.
	pub loss: f64,
	/// The share of the 10,000 test images that the head classifies rightly.
	pub accuracy: f64,
	/// The block on which all nodes agree.
	pub block: BlockNumber,
	/// Nodes that agree.
	pub nodes: usize,
	/// Accounts whose balances make up the issuance.
	pub accounts: usize,
	/// The issuance, in the token's smallest unit.
	pub issuance: String,
	/// What was minted.
	pub minted: String,
	/// What was burned.
	pub burned: String,
}

/// What somebody is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
	/// It wins rounds.
	Trainers,
	/// Its deltas are applied.
	Proposers,
	/// It measures.
	Validators,
}

impl fmt::Display for Role {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(match self {
			Self::Trainers => "trainers",
			Self::Proposers => "proposers",
			Self::Validators => "validators",
		})
	}
}

/// Tells what happens.
pub(crate) enum Story {
	/// Line by line.
	Plain,
	/// As JSON, line by line.
	Json,
	/// Line by line, above a view of the network that is drawn again and again.
	Live(Box<Live>),
}

impl Story {
	/// The form that fits the options and the terminal.
	pub(crate) fn new(json: bool) -> Self {
		match json {
			true => Self::Json,
			false if stdout().is_terminal() => {
				Live::new().map_or(Self::Plain, |live| Self::Live(Box::new(live)))
			}
			false => Self::Plain,
		}
	}

	/// A step of the demo.
	pub(crate) fn step(&mut self, text: &str) {
		match self {
			Self::Json => json(&serde_json::json!({"event": "step", "text": text})),
			_ => self.line(text),
		}
	}

	/// What happened in a block.
	pub(crate) fn events(&mut self, block: &BlockEvents, names: &Names) {
		for event in &block.events {
			match self {
				Self::Json => json(&Told { block: block.block, event }),
				_ => {
					if let Some(text) = sentence(event, names) {
						self.line(&format!("#{:<4} {text}", block.block));
					}
				}
			}
		}
	}

	/// What stakeholders and proposers did in a block.
	pub(crate) fn votes(&mut self, block: &BlockVotes, names: &Names) {
		for event in &block.events {
			match self {
				Self::Json => json(&Told { block: block.block, event }),
				_ => {
					if let Some(text) = vote(event, names) {
						self.line(&format!("#{:<4} {text}", block.block));
					}
				}
			}
		}
	}

	/// How things stand.
	pub(crate) fn snapshot(&mut self, snapshot: &Snapshot, names: &Names) {
		if let Self::Live(live) = self {
			live.draw(snapshot, names);
		}
	}

	/// The end of a demo in which everything was as it has to be.
	pub(crate) fn summary(&mut self, summary: &Summary) {
		self.clear();
		if let Self::Json = self {
			let mut value = serde_json::to_value(summary).unwrap_or_default();
			value["event"] = "summary".into();
			return json(&value);
		}
		let Summary { rounds, head, loss, accuracy, block, nodes, accounts, dataset_version, .. } = summary;
		let mut lines = vec![
			format!("{rounds} rounds settled; won by: {}", listed(&summary.wins)),
			format!("head {head}, measured loss {loss:.6}"),
			format!("{:.2}% of 10,000 test images are classified rightly", accuracy * 100.0),
			format!("{nodes} nodes agree on block {block} and on the head"),
			format!("the data set is at version {dataset_version}: what the majority voted for was applied"),
		];
		let earned = summary.earned.iter();
		lines.extend(earned.map(|(role, amounts)| format!("{role} have earned: {}", listed(amounts))));
		let (name, amount) = &summary.claimed;
		lines.push(format!("{name} has claimed {amount}"));
		lines.push(format!(
			"{accounts} accounts hold exactly the {} issued: genesis + {} minted - {} burned",
			summary.issuance, summary.minted, summary.burned
		));
		for line in lines {
			self.line(&format!("✓ {line}"));
		}
	}

	/// Takes the live view away, so that what follows is plain output.
	pub(crate) fn clear(&mut self) {
		if let Self::Live(live) = self {
			live.clear();
			*self = Self::Plain;
		}
	}

	fn line(&mut self, text: &str) {
		match self {
			Self::Live(live) => live.line(text),
			// Nobody reads any more when the pipe is closed.
			_ => drop(writeln!(stdout(), "{text}")),
		}
	}
}

/// Names with what each of them has.
fn listed(entries: &[(String, impl fmt::Display)]) -> String {
	let entries: Vec<String> = entries.iter().map(|(name, has)| format!("{name} {has}")).collect();
	entries.join(", ")
}

#[derive(Serialize)]
struct Told<'a, Event> {
	block: BlockNumber,
	#[serde(flatten)]
	event: &'a Event,
}

fn json(value: &impl Serialize) {
	if let Ok(line) = serde_json::to_string(value) {
		drop(writeln!(stdout(), "{line}"));
	}
}

/// What somebody did about the data set in words, where it is worth some.
fn vote(event: &VoteEvent, names: &Names) -> Option<String> {
	Some(match event {
		VoteEvent::Proposed { proposal, account, delta, .. } => {
			format!("{} proposes delta {proposal}, {} bytes", names.of(account), delta.size)
		}
		VoteEvent::Voted { account, proposal: Some(proposal), stake, .. } => {
			format!("{} votes for delta {proposal} with {}", names.of(account), format_amount(*stake))
		}
		VoteEvent::Checked { proposal, verdict: DeltaVerdict::Valid(report), .. } => {
			format!(
				"delta {proposal} was checked: it adds {} records and removes {}",
				report.added, report.removed
			)
		}
		VoteEvent::ProposalEnded {
			proposal,
			account,
			ending: ProposalEnding::Applied { version },
			reward,
			..
		} => format!(
			"delta {proposal} wins and makes version {version} of the data set; {} is paid {}",
			names.of(account),
			format_amount(*reward)
		),
		VoteEvent::ProposalEnded { proposal, account, ending, slashed, .. } => format!(
			"delta {proposal} ends: {ending:?}; {} loses {}",
			names.of(account),
			format_amount(*slashed)
		),
		VoteEvent::PeriodClosed { next, .. } => {
			format!("the voting period closes; the next one at block {next}")
		}
		_ => return None,
	})
}

/// An event in words, where it is worth some.
fn sentence(event: &RoundEvent, names: &Names) -> Option<String> {
	Some(match event {
		RoundEvent::Committed { round, account, .. } => {
			format!("round {round}: {} has committed", names.of(account))
		}
		RoundEvent::Displaced { round, account, .. } => {
			format!("round {round}: {} lost its place", names.of(account))
		}
		RoundEvent::Revealed {
			round,
			account,
			claim,
			..
		} => {
			format!("round {round}: {} reveals and claims {claim}", names.of(account))
		}
		RoundEvent::Ended {
			round,
			account,
			outcome,
			measured,
			reward,
			slashed,
			..
		} => {
			let measured = measured
				.map(|score| format!(", measured {score}"))
				.unwrap_or_default();
			let reward = if *reward > 0 {
				format!(", earned {}", format_amount(*reward))
			} else {
				String::new()
			};
			let slashed = if *slashed > 0 {
				format!(", loses {}", format_amount(*slashed))
			} else {
				String::new()
			};
			format!(
				"round {round}: {} {outcome}{measured}{reward}{slashed}",
				names.of(account)
			)
		}
		RoundEvent::Settled {
			round,
			winner,
			score,
			baseline,
			..
		} => match (winner, score, baseline) {
			(Some(winner), Some(score), None) => {
				format!(
					"round {round} settled: {} is the first head, with {score}",
					names.of(winner)
				)
			}
			(Some(winner), Some(score), Some(baseline)) => format!(
				"round {round} settled: {} is the head with {score}; the one before scored {baseline} on the same records",
				names.of(winner)
			),
			(_, _, Some(baseline)) => {
				format!(
					"round {round} settled: nobody beat the head, which scored {baseline} on the same records"
				)
			}
			_ => format!("round {round} settled: nobody won"),
		},
		RoundEvent::Attested { .. } | RoundEvent::Opened { .. } | RoundEvent::AlarmMissing { .. } => return None,
	})
}
