//! The races of the book as tables, for people and for programs.

use crate::{
	columns::Table,
	race::{total, Race, Steps, Strategy, Sum, ROUND},
};
use descent_protocol::Score;
use serde_json::{json, Value};

/// Runs of each race.
const RUNS: u64 = 50;
/// Hours of a race.
const WEEK: u32 = 168;
/// The minimum improvement of a race, unless it is varied, in micro-units: 0.001.
const MINIMUM: u64 = 1_000;
/// The leader's lead, in micro-units: 0.1.
const LEAD: u64 = 100_000;
/// Number of other trainers, unless it is varied.
const OTHERS: usize = 3;
/// Improvement of each of the others in an hour, unless it is varied, in micro-units: 0.0012.
const PACE: u64 = 1_200;
/// The deposit of a commitment, unless it is varied, in NRN.
const DEPOSIT: u64 = 10;
/// NRN that a group mints for its winner in an hour, as in the book's example.
const EMISSION: u64 = 2_000;
/// NRN that clients pay the winner for each micro-unit of the minimum improvement, in thousandths.
const PRICE: u64 = 24;

/// The leader's strategies, with the headings of their columns.
const STRATEGIES: [(Strategy, &str); 5] = [
	(Strategy::AtOnce, "at once"),
	(Strategy::Drip(1), "one minimum a round"),
	(Strategy::Drip(10), "ten minima a round"),
	(Strategy::Least, "the least that wins"),
	(Strategy::Answer, "only if another wins"),
];

/// A race, and the sums of its runs for each of [`STRATEGIES`].
pub(crate) struct Outcome {
	/// The race.
	pub race: Race,
	/// Rounds in an hour.
	pub rounds_an_hour: u32,
	/// The deposit of a commitment, in NRN.
	pub deposit: u64,
	/// The leader's results.
	pub sums: [Sum; 5],
}

impl Outcome {
	fn new(race: Race, rounds_an_hour: u32, deposit: u64) -> Self {
		let race = Race { rounds: WEEK * rounds_an_hour, ..race };
		let sums = STRATEGIES.map(|(strategy, _)| total(race, strategy, RUNS));
		Self { race, rounds_an_hour, deposit, sums }
	}

	/// NRN that the leader earned in a run, less what it lost of deposits.
	fn earned(&self, sum: &Sum) -> u64 {
		let emission = sum.emission * EMISSION / u64::from(self.rounds_an_hour) / ROUND;
		let paid_by_clients = sum.payments * PRICE * self.race.minimum / 1_000;
		(emission + paid_by_clients).saturating_sub(sum.withheld * self.deposit / 2) / RUNS
	}
}

/// Rounds of ten minutes with these trainers.
fn race(others: usize, pace: u64, steps: u64) -> Race {
	Race { minimum: MINIMUM, lead: LEAD, others, pace, steps: Steps(steps), rounds: 0 }
}

/// Races with few and many, slow and fast trainers.
pub(crate) fn gains() -> Vec<Outcome> {
	let paces = [MINIMUM / 10, MINIMUM, 5 * MINIMUM];
	let races = [1, 3, 10].into_iter().flat_map(|others| paces.map(|pace| race(others, pace, 1)));
	races.map(|race| Outcome::new(race, 6, DEPOSIT)).collect()
}

/// Races of the same trainers in groups with other rules: rounds in an hour, the minimum improvement, and the
/// deposit.
pub(crate) fn choices() -> Vec<Outcome> {
	let rules = [
		(6, MINIMUM, DEPOSIT),
		(1, MINIMUM, DEPOSIT),
		(30, MINIMUM, DEPOSIT),
		(6, 10 * MINIMUM, DEPOSIT),
		(6, 100 * MINIMUM, DEPOSIT),
		(6, MINIMUM, 700),
		(6, 10 * MINIMUM, 700),
	];
	let outcome = |(rounds, minimum, deposit)| {
		let race = Race { minimum, ..race(OTHERS, PACE / u64::from(rounds), 1) };
		Outcome::new(race, rounds, deposit)
	};
	rules.map(outcome).into()
}

/// Races in which winners are paid for the size of what they improve.
pub(crate) fn sizes() -> Vec<Outcome> {
	[1, 10, 100].map(|steps| Outcome::new(race(OTHERS, PACE / 6, steps), 6, DEPOSIT)).into()
}

fn headings(first: &[&str]) -> Vec<String> {
	first.iter().copied().chain(STRATEGIES.map(|(_, name)| name)).map(str::to_owned).collect()
}

/// A loss in micro-units, without zeros behind its last digit.
fn loss(micro: u64) -> String {
	let digits = format!("{}.{:06}", micro / Score::UNIT, micro % Score::UNIT);
	digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A mean over runs, rounded.
fn mean(sum: u64, unit: u64) -> u64 {
	(sum + unit * RUNS / 2) / (unit * RUNS)
}

/// A sum of runs as payments and rounds of emission.
fn pay(sum: &Sum) -> String {
	format!("{} / {}", mean(sum.payments, 1), mean(sum.emission, ROUND))
}

/// The leader's pay, a row for each race.
pub(crate) fn gains_table(outcomes: &[Outcome]) -> Table {
	let mut rows = vec![headings(&["others", "each makes in a round"])];
	for Outcome { race, sums, .. } in outcomes {
		let cells = vec![race.others.to_string(), loss(race.pace)];
		rows.push([cells, sums.iter().map(pay).collect()].concat());
	}
	Table(rows)
}

/// The leader's pay in NRN, a row for each choice of rules.
pub(crate) fn choices_table(outcomes: &[Outcome]) -> Table {
	let mut rows = vec![headings(&["a round", "minimum", "deposit"])];
	for outcome in outcomes {
		let minutes = 60 / outcome.rounds_an_hour;
		let cells =
			vec![format!("{minutes} minutes"), loss(outcome.race.minimum), outcome.deposit.to_string()];
		rows.push([cells, outcome.sums.iter().map(|sum| outcome.earned(sum).to_string()).collect()].concat());
	}
	Table(rows)
}

/// The leader's pay by the size of improvements in NRN, a row for each number of steps.
pub(crate) fn sizes_table(outcomes: &[Outcome]) -> Table {
	let mut rows = vec![headings(&["most steps paid"])];
	for outcome in outcomes {
		let cells = vec![outcome.race.steps.0.to_string()];
		rows.push([cells, outcome.sums.iter().map(|sum| outcome.earned(sum).to_string()).collect()].concat());
	}
	Table(rows)
}

/// Everything, as sums of all runs.
pub(crate) fn json(tables: &[(&str, &[Outcome])]) -> Value {
	let sum = |((_, name), sum): (&(Strategy, &str), &Sum)| {
		json!({
			"strategy": name,
			"wins": sum.wins,
			"payments": sum.payments,
			"emission_in_millionths_of_a_round": sum.emission,
			"rounds_ahead": sum.duration,
			"rounds_withheld": sum.withheld,
		})
	};
	let outcome = |Outcome { race, sums, .. }: &Outcome| {
		json!({
			"minimum": race.minimum,
			"lead": race.lead,
			"others": race.others,
			"pace": race.pace,
			"steps": race.steps.0,
			"rounds": race.rounds,
			"sums": STRATEGIES.iter().zip(sums).map(sum).collect::<Vec<_>>(),
		})
	};
	let tables = tables.iter().map(|(name, outcomes)| {
		((*name).to_owned(), outcomes.iter().map(outcome).collect::<Vec<_>>().into())
	});
	json!({"runs": RUNS, "tables": tables.collect::<serde_json::Map<_, _>>()})
}
