//! The measurements as a table.

use crate::{measure::Row, replaying::COMMITTEE, Report};
use descent_protocol::trace::DEPARTURE_UNIT;

/// Columns in front of the cheats, and behind them.
const COLUMNS: ([&str; 6], [&str; 5]) = (
	["model", "optimizer", "before", "f64", "f32", "bf16"],
	["s", "weights", "losses", "too far", "may pass"],
);

/// Returns a departure as a share of the way.
fn share(departure: u64) -> String {
	match departure as f64 / DEPARTURE_UNIT as f64 {
		share if departure == 0 || share >= 0.001 => format!("{share:.3}"),
		share => format!("{share:.1e}"),
	}
}

fn names(names: &[&str]) -> String {
	if names.is_empty() {
		"-".into()
	} else {
		names.join(", ")
	}
}

fn line(row: &Row) -> Vec<String> {
	let [f64, f32, bf16] = row.honest();
	let most =
		|of: fn(&crate::measure::OnMachine) -> u64| row.machines.iter().map(of).max().unwrap_or_default();
	let mut line = vec![row.model.clone(), row.optimizer.into(), row.trained.to_string()];
	line.extend([share(f64), share(f32), share(bf16)]);
	line.extend(row.cheats.iter().map(|(_, departure)| share(*departure)));
	let committee = row.machines.iter().find(|machine| machine.machine == COMMITTEE);
	line.push(committee.map_or(String::new(), |committee| format!("{:.2}", committee.seconds)));
	line.push(format!("{} of {}", most(|machine| machine.other_weights), row.weights));
	line.push(most(|machine| machine.other_losses).to_string());
	line.extend([names(&row.too_far), names(&row.may_pass)]);
	line
}

/// The table, with an explanation above it and the limits below.
pub(crate) fn text(report: &Report) -> String {
	let cheats = report.rows.first().map_or(&[][..], |row| &row.cheats);
	let mut headings: Vec<String> = COLUMNS.0.map(Into::into).into();
	headings.extend(cheats.iter().map(|(name, _)| (*name).into()));
	headings.extend(COLUMNS.1.map(String::from));
	let lines: Vec<_> = std::iter::once(headings).chain(report.rows.iter().map(line)).collect();
	let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(String::len).max();
	let widths: Vec<_> = (0..).map_while(width).collect();
	let mut text = format!(
		"{}{} steps a segment, batches of {}, {} threads, {:.0} s in all\n\
		 before: segments that were trained before\n\
		 f64, f32, bf16: the largest departure of an honest training on any of the machines\n\
		 s: seconds of a committee's replay\n\
		 weights, losses: of the training in f64, the most that a machine rounds otherwise\n\
		 too far: precisions in which an honest training departs by the smallest limit or more\n\
		 may pass: cheats that depart by less than the largest limit of f32\n\n",
		if report.quick { "quick run: " } else { "" },
		report.steps,
		report.batch,
		report.threads,
		report.seconds,
	);
	for line in lines {
		let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
		text += cells.collect::<Vec<_>>().join("  ").trim_end();
		text.push('\n');
	}
	let [f64, f32, bf16] = &report.limits;
	let range = |range: &std::ops::Range<u64>| format!("{} to {}", share(range.start), share(range.end));
	text += &format!("\nlimits: {} in f64, {} in f32, {} in bf16\n", range(f64), range(f32), range(bf16));
	let kept = report.rows.iter().filter(|row| row.too_far.is_empty()).count();
	text + &format!("margin kept by honest trainings in {kept} of {} rows\n", report.rows.len())
}
