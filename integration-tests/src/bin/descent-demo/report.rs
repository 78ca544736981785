//! Output of the demo: as lines, as JSON, or as lines above a live view.

use crate::{live::Live, names::Names, snapshot::Snapshot, text};
use descent_protocol::{
	view::{BlockEvents, ChainEvent},
	BlockNumber, DeltaVerdict,
};
use serde::Serialize;
use std::{
	fmt,
	io::{stdout, IsTerminal, Write},
};

/// Results of the demo when all rounds were settled.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Summary {
	/// Rounds settled.
	pub(crate) rounds: u32,
	/// Rounds won, by trainer.
	pub(crate) wins: Vec<(String, u32)>,
	/// CID of the head.
	pub(crate) head: String,
	/// Number of deltas in the data set of the last round.
	pub(crate) dataset_version: u32,
	/// Names and amounts of those that were paid, by their role.
	pub(crate) earned: Vec<(Role, Vec<(String, String)>)>,
	/// Name of the trainer that has claimed its rewards, and their amount.
	pub(crate) claimed: (String, String),
	/// The head's score, by the committee.
	pub(crate) loss: f64,
	/// Share of the 10,000 test images that the head classifies correctly.
	pub(crate) accuracy: f64,
	/// The block on which all nodes agree.
	pub(crate) block: BlockNumber,
	/// Nodes that agree.
	pub(crate) nodes: usize,
	/// Accounts whose balances make up the issuance.
	pub(crate) accounts: usize,
	/// The issuance, in the token's smallest unit.
	pub(crate) issuance: String,
	pub(crate) minted: String,
	pub(crate) burned: String,
}

/// A reason to be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
	/// Paid for rounds that it won.
	Trainers,
	/// Paid for deltas that were applied.
	Proposers,
	/// Paid for measurements.
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

/// Prints the events and the results of the demo.
pub(crate) enum Report {
	/// Line by line.
	Plain,
	/// As JSON, line by line.
	Json,
	/// Line by line, above a view of the network that is drawn again and again.
	Live(Box<Live>),
}

impl Report {
	/// Returns the form that fits the options and the terminal.
	pub(crate) fn new(json: bool) -> Self {
		match json {
			true => Self::Json,
			false if stdout().is_terminal() => {
				Live::new().map_or(Self::Plain, |live| Self::Live(Box::new(live)))
			}
			false => Self::Plain,
		}
	}

	/// Prints a step of the demo.
	pub(crate) fn step(&mut self, text: &str) {
		match self {
			Self::Json => json(&serde_json::json!({"event": "step", "text": text})),
			_ => self.line(text),
		}
	}

	/// Prints a command as it is typed.
	pub(crate) fn command(&mut self, command: &str) {
		match self {
			Self::Json => json(&serde_json::json!({"event": "command", "text": command})),
			_ => text::typed(command).iter().for_each(|line| self.line(line)),
		}
	}

	/// Prints what a command has printed.
	pub(crate) fn output(&mut self, output: &str) {
		match self {
			Self::Json => json(&serde_json::json!({"event": "output", "text": output.trim_end()})),
			_ => {
				for line in output.trim_end().lines().flat_map(text::wrapped) {
					self.line(&format!("  {line}"));
				}
			}
		}
	}

	/// Prints a result: as JSON with the name of an event, or as these lines.
	pub(crate) fn result(&mut self, event: &str, result: &impl Serialize, lines: &[String]) {
		match self {
			Self::Json => {
				let mut value = serde_json::to_value(result).unwrap_or_default();
				value["event"] = event.into();
				json(&value);
			}
			_ => lines.iter().for_each(|line| self.line(line)),
		}
	}

	/// Prints the events of a block.
	pub(crate) fn events(&mut self, block: &BlockEvents, names: &Names) {
		for event in &block.events {
			match self {
				Self::Json => json(&EventLine { block: block.block, event }),
				_ => {
					if let Some(text) = sentence(event, names) {
						self.line(&format!("#{:<4} {text}", block.block));
					}
				}
			}
		}
	}

	/// Draws the state of the network, where there is a live view.
	pub(crate) fn snapshot(&mut self, snapshot: &Snapshot, names: &Names) {
		if let Self::Live(live) = self {
			live.draw(snapshot, names);
		}
	}

	/// Prints the results of a demo that has succeeded, a line for each check.
	pub(crate) fn checked(&mut self, summary: &impl Serialize, lines: &[String]) {
		self.clear();
		let lines: Vec<String> = lines.iter().map(|line| format!("✓ {line}")).collect();
		self.result("summary", summary, &lines);
	}

	/// Removes the live view: all later output is plain.
	pub(crate) fn clear(&mut self) {
		if let Self::Live(live) = self {
			live.clear();
			*self = Self::Plain;
		}
	}

	fn line(&mut self, text: &str) {
		match self {
			Self::Live(live) => live.line(text),
			// A closed pipe has no reader, which is no reason to fail.
			_ => drop(writeln!(stdout(), "{text}")),
		}
	}
}

impl Summary {
	/// Returns the results in words, a line for each check.
	pub(crate) fn lines(&self) -> Vec<String> {
		let Self { rounds, head, loss, accuracy, block, nodes, accounts, dataset_version, .. } = self;
		let mut lines = vec![
			format!("{rounds} rounds settled; won by: {}", listed(&self.wins)),
			format!("head {head}, measured loss {loss:.6}"),
			format!("{:.2}% of 10,000 test images are classified correctly", accuracy * 100.0),
			format!("{nodes} nodes agree on block {block} and on the head"),
			format!("the data set is at version {dataset_version}: what the majority voted for was applied"),
		];
		let earned = self.earned.iter();
		lines.extend(earned.map(|(role, amounts)| format!("{role} have earned: {}", listed(amounts))));
		let (name, amount) = &self.claimed;
		lines.push(format!("{name} has claimed {amount}"));
		lines.push(format!(
			"{accounts} accounts hold exactly the {} issued: genesis + {} minted - {} burned",
			self.issuance, self.minted, self.burned
		));
		lines
	}
}

/// Returns names with their values, separated by commas.
fn listed(entries: &[(String, impl fmt::Display)]) -> String {
	let entries: Vec<String> = entries.iter().map(|(name, has)| format!("{name} {has}")).collect();
	entries.join(", ")
}

#[derive(Serialize)]
struct EventLine<'a> {
	block: BlockNumber,
	#[serde(flatten)]
	event: &'a ChainEvent,
}

fn json(value: &impl Serialize) {
	if let Ok(line) = serde_json::to_string(value) {
		drop(writeln!(stdout(), "{line}"));
	}
}

/// Returns an event in words; `None` for the many small steps that would hide the others.
fn sentence(event: &ChainEvent, names: &Names) -> Option<String> {
	match event {
		ChainEvent::Attested { .. }
		| ChainEvent::Opened { .. }
		| ChainEvent::AlarmMissing { .. }
		| ChainEvent::Staked { .. }
		| ChainEvent::Voted { proposal: None, .. }
		| ChainEvent::Checked { verdict: DeltaVerdict::Invalid(_) | DeltaVerdict::Unavailable, .. }
		| ChainEvent::AmendmentProposed { .. }
		| ChainEvent::AmendmentVoted { .. }
		| ChainEvent::AmendmentEnded { .. } => None,
		event => Some(format!("{}: {}", event.subject(), event.describe(names))),
	}
}
