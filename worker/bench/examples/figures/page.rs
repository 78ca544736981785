//! The book's page.

use crate::Report;
use descent_bench::{Comparison, Outcome, Spread};
use std::{fmt::Write, fs, path::Path};

/// Marks around what this program writes.
const MARKS: [&str; 2] = ["<!-- scripts/bench figures --book -->\n", "<!-- end -->"];

/// Writes the figures between the marks of a page.
pub(crate) fn write(page: &Path, report: &Report) -> Outcome<()> {
	let text = fs::read_to_string(page)?;
	let [begin, end] = MARKS;
	let (before, rest) = text.split_once(begin).ok_or("the page has no mark")?;
	let (_, after) = rest.split_once(end).ok_or("the page has no mark of the end")?;
	fs::write(page, format!("{before}{begin}\n{}\n{end}{after}", markdown(report)))?;
	Ok(())
}

fn markdown(report: &Report) -> String {
	let run = if report.quick { " A quick run, of few turns." } else { "" };
	let figures = &report.figures;
	let mut text = format!("Measured on {}.{run}\n", report.machine);
	for (title, comparisons) in [
		("Steps of the trainer", &figures.trainer),
		("Evaluations", &figures.evaluation),
		("Content", &figures.content),
		("Deltas", &figures.deltas),
	] {
		let _ = writeln!(text, "\n## {title}\n\n{HEADINGS}");
		comparisons.iter().for_each(|comparison| text.push_str(&row(comparison)));
	}
	text
}

const HEADINGS: &str = "\
| work | beside | seconds | the other's | speed over it | least and largest | promised |
|---|---|---:|---:|---:|---|---:|";

fn row(comparison: &Comparison) -> String {
	let Comparison { work, other, seconds: [ours, theirs], speed, promised } = comparison;
	let Spread { median, least, largest } = speed;
	let promised = promised.map(|promised| format!("{promised:.1}")).unwrap_or_default();
	format!(
		"| {work} | {other} | {ours:.4} | {theirs:.4} | {median:.2} | {least:.2} to {largest:.2} | \
		 {promised} |\n"
	)
}
