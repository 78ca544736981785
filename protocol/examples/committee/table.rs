//! The results as tables, for people and for programs.

use crate::{
	columns::Table,
	load::{Load, ROUND, VALIDATORS},
	odds::{Odds, PERCENT, SEATS},
	Simulation,
};
use serde_json::{json, Value};

/// The odds, a row for each part of bonds and a column for each number of seats.
pub(crate) fn odds(odds: &[Odds]) -> Table {
	let headings = SEATS.map(|seats| format!("{seats} seats"));
	let mut rows = vec![[vec!["liars' bonds".to_owned()], headings.to_vec()].concat()];
	for percent in PERCENT {
		let of_row = odds.iter().filter(|odds| odds.percent == percent);
		let cell = |odds: &Odds| format!("{} / {}", chance(odds.accepts_lie), chance(odds.refuses_truth));
		rows.push([vec![format!("{percent}%")], of_row.map(cell).collect()].concat());
	}
	Table(rows)
}

/// The work, a row for each number of groups.
pub(crate) fn loads(loads: &[Load]) -> Table {
	let headings = [
		"groups",
		"seats of the smallest bond",
		"of the largest",
		"seats a validator",
		"rounds it measures",
		"its answers a block",
		"most reports a block",
	];
	let mut rows = vec![headings.map(str::to_owned).to_vec()];
	for load in loads {
		rows.push(vec![
			load.groups.to_string(),
			load.seats_of_smallest.to_string(),
			load.seats_of_largest.to_string(),
			decimal(load.seats, VALIDATORS),
			decimal(load.memberships, VALIDATORS),
			decimal(load.answers, ROUND * VALIDATORS),
			load.most_reports.to_string(),
		]);
	}
	Table(rows)
}

/// Everything.
pub(crate) fn json(simulation: &Simulation) -> Value {
	let odds = |odds: &Odds| {
		json!({
			"percent": odds.percent,
			"seats": odds.seats,
			"accepts_lie": odds.accepts_lie,
			"refuses_truth": odds.refuses_truth,
		})
	};
	let load = |load: &Load| {
		json!({
			"groups": load.groups,
			"seats_of_smallest": load.seats_of_smallest,
			"seats_of_largest": load.seats_of_largest,
			"seats": load.seats,
			"memberships": load.memberships,
			"answers": load.answers,
			"most_reports": load.most_reports,
		})
	};
	json!({
		"odds": simulation.odds.iter().map(odds).collect::<Vec<_>>(),
		"loads": simulation.loads.iter().map(load).collect::<Vec<_>>(),
	})
}

/// A probability with two digits.
fn chance(chance: f64) -> String {
	if chance >= 0.1 {
		format!("{:.0}%", chance * 100.0)
	} else if chance >= 0.001 {
		format!("{:.1}%", chance * 100.0)
	} else {
		format!("{chance:.0e}")
	}
}

/// A quotient with two decimals, rounded.
fn decimal(sum: u64, parts: u32) -> String {
	let hundredths = (sum * 100 + u64::from(parts) / 2) / u64::from(parts);
	format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
