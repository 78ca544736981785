//! The commands `descent emission ..`.

use crate::{
	args::Global,
	format,
	output::Output,
	positional::AnyGroupArg,
	table::{fields, table},
};
use anyhow::Result;
use clap::{Args, Subcommand};
use descent_client::format_amount;
use descent_protocol::{
	view::{EmissionView, FundingView, PotView},
	Accumulator, BlockNumber, GroupId, Mark, Stream,
};
use serde::Serialize;
use std::time::SystemTime;

#[derive(Debug, Subcommand)]
pub(crate) enum EmissionCommand {
	/// Show what is minted, when it halves, and what a group gets of it
	Show(Show),
}

impl EmissionCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Show(command) => command.run(global, output).await,
		}
	}
}

const EXAMPLES: &str = "Examples:
  descent emission show
  descent emission show 0

What is minted is divided among groups by stake as it flows; while there is none, nothing is minted. A \
group's part waits in its pot: of the trainers' stream until a round is won, of the proposers' until a \
delta is applied. Days are estimated from a block every 3 seconds.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Show {
	#[command(flatten)]
	group: AnyGroupArg,
}

#[derive(Debug, Serialize)]
struct Shown {
	#[serde(flatten)]
	emission: EmissionView,
	#[serde(skip_serializing_if = "Option::is_none")]
	group: Option<GroupId>,
	#[serde(skip_serializing_if = "Option::is_none")]
	pot: Option<PotView>,
}

impl Show {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let client = global.connect().await?;
		let emission = client.emission().await?;
		let group = self.group.id(global).await?;
		let pot = match group {
			Some(group) => Some(client.pot(group).await?),
			None => None,
		};
		let shown = Shown { emission, group, pot };
		output.print(&shown, |output| show(output, &shown, SystemTime::now()))
	}
}

fn show(output: &Output, shown: &Shown, clock: SystemTime) -> String {
	let emission = &shown.emission;
	let mut parts = vec![schedule(output, emission, clock), streams(output, emission)];
	if let (Some(group), Some(pot)) = (shown.group, &shown.pot) {
		parts.push(group_pot(output, group, emission, pot));
	}
	parts.join("\n\n")
}

fn schedule(output: &Output, emission: &EmissionView, clock: SystemTime) -> String {
	let halving = match emission.next_halving {
		Some(at) => {
			format!("{}, about {}", format::due(at, emission.block), format::day(at, emission.block, clock))
		}
		None => "never: block numbers end before".into(),
	};
	let EmissionView { issuance, genesis, minted, burned, .. } = emission;
	fields(
		output,
		&[
			("issuance", format_amount(*issuance)),
			("of the sale", format_amount(*genesis)),
			("minted", format_amount(*minted)),
			("burned", format_amount(*burned)),
			("stake", format::stake_of_all(emission.stake, *issuance)),
			("halved", times(emission.era)),
			("next halving", halving),
			("at block", emission.block.to_string()),
		],
	)
}

fn times(times: u32) -> String {
	match times {
		0 => "not yet".into(),
		1 => "once".into(),
		times => format!("{times} times"),
	}
}

fn streams(output: &Output, emission: &EmissionView) -> String {
	let rows: Vec<_> = emission
		.streams
		.iter()
		.map(|stream| {
			let ends = stream.since.saturating_add(stream.period);
			[
				stream.stream.to_string(),
				format::span(stream.period),
				format_amount(stream.emission),
				format_amount(stream.flown),
				format::due(ends, emission.block),
			]
		})
		.collect();
	let heads = ["stream", "period", "mints", "of it so far", "ends"];
	table(output, heads, &rows)
}

fn group_pot(output: &Output, group: GroupId, emission: &EmissionView, pot: &PotView) -> String {
	let mut pairs = vec![
		("group", group.to_string()),
		("stake", format::stake(pot.stake, emission.stake)),
		("earns", earns(emission, pot)),
		("shares", format::shares(pot.shares)),
		("next winner", format_amount(pot.winner)),
		("committee", format!("{} in equal parts", format_amount(pot.validators))),
		("keepers", format!("{} put aside", format_amount(pot.keepers))),
		("next delta", format_amount(pot.proposer)),
	];
	if !pot.fundings.is_empty() {
		let fundings = pot.fundings.iter().map(|funding| client_pays(funding, emission.block));
		pairs.push(("clients pay", fundings.collect::<Vec<_>>().join("\n")));
	}
	fields(output, &pairs)
}

/// A group's part of both streams at its stake now.
fn earns(emission: &EmissionView, pot: &PotView) -> String {
	let lines = emission.streams.iter().map(|stream| {
		let (amount, what) = match stream.stream {
			Stream::Trainers => (pot.emission, "rounds"),
			Stream::Proposers => (part(stream.emission, pot.stake, emission.stake), "applied deltas"),
		};
		format!("{} every {} for {what}", format_amount(amount), format::span(stream.period))
	});
	lines.collect::<Vec<_>>().join("\n")
}

/// A stake's part of an amount that is divided among all stake, as the chain divides it.
fn part(amount: u128, stake: u128, total: u128) -> u128 {
	let mut accumulator = Accumulator::default();
	if !accumulator.distribute(amount, total) {
		return 0;
	}
	Mark::default().earn(&accumulator, stake)
}

fn client_pays(funding: &FundingView, now: BlockNumber) -> String {
	let text = format!(
		"{} a round, {} left, by {}",
		format_amount(funding.per_round),
		format_amount(funding.left),
		funding.client
	);
	let why = match funding.paused {
		true => "paused as the rules change",
		false => "notice given",
	};
	match funding.free {
		None => text,
		Some(free) if free > now => format!("{text}; {why}, free {}", format::due(free, now)),
		Some(_) => format!("{text}; {why}, free"),
	}
}

#[cfg(test)]
#[path = "emission_tests.rs"]
mod tests;
