//! The book's page.

use crate::{programs::Recorder, Report};
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
	] {
		let _ = writeln!(text, "\n## {title}\n\n{HEADINGS}");
		comparisons.iter().for_each(|comparison| text.push_str(&row(comparison)));
	}
	let _ = write!(text, "\n## Recording and replaying\n\n{RECORDER}");
	figures.recorder.iter().for_each(|recorder| text.push_str(&recorder_row(recorder)));
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
		"| {work} | {other} | {ours:.4} | {theirs:.4} | {median:.2} | {least:.2} to {largest:.2} | {promised} |\n"
	)
}

const RECORDER: &str = "\
| model | a recorder adds | least and largest | a member's replays, of the training of 3 | of 30 trainers |
|---|---:|---|---:|---:|
";

fn recorder_row(recorder: &Recorder) -> String {
	let [least, median, largest] = recorder.overhead.map(|part| part * 100.0);
	let [few, many] = recorder.verification.map(|part| part * 100.0);
	format!("| {} | {median:.2}% | {least:.2}% to {largest:.2}% | {few:.2}% | {many:.3}% |\n", recorder.model)
}

/// The cost of recording, for people.
pub(crate) fn recorder_text(recorders: &[Recorder]) -> String {
	let mut text = format!("{:<34} {:>15} {:>20}\n", "model", "a recorder adds", "a member's replays");
	for Recorder { model, overhead, verification } in recorders {
		let [few, many] = verification.map(|part| part * 100.0);
		let adds = format!("{:.2}%", overhead[1] * 100.0);
		let replays = format!("{few:.2}%, {many:.3}%");
		let _ = writeln!(text, "{model:<34} {adds:>15} {replays:>20}");
	}
	text
}
