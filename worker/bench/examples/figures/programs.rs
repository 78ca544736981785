//! The programs that measure, and what they print.

use descent_bench::{Comparison, Outcome, Spread};
use serde::{Deserialize, Serialize};
use std::process::{Command, Stdio};

/// Least speed of imports and fetches over what bounds them.
const CONTENT: f64 = 0.8;
/// Models of a quick run.
const QUICK: [&str; 2] = ["perceptron", "convnet"];

/// All figures.
#[derive(Serialize)]
pub(crate) struct Figures {
	pub trainer: Vec<Comparison>,
	pub evaluation: Vec<Comparison>,
	pub content: Vec<Comparison>,
	pub deltas: Vec<Comparison>,
}

#[derive(Deserialize)]
struct ContentReport {
	mib: usize,
	lines: Vec<ContentLine>,
}

#[derive(Deserialize)]
struct ContentLine {
	what: String,
	seconds: f64,
	ratio: Spread,
	is_ours: bool,
}

impl Figures {
	/// Runs all programs.
	pub(crate) fn measure(quick: bool) -> Outcome<Self> {
		Ok(Self {
			trainer: models("trainer_speed", quick)?,
			evaluation: models("evaluation_speed", quick)?,
			content: content(quick)?,
			deltas: printed("delta_speed", &options(quick, &[]))?,
		})
	}

	/// Returns what is compared with another program.
	pub(crate) fn comparisons(&self) -> Vec<Comparison> {
		[&self.trainer[..], &self.evaluation, &self.content, &self.deltas].concat()
	}
}

fn options<'a>(quick: bool, further: &[&'a str]) -> Vec<&'a str> {
	let quick = quick.then_some("--quick");
	["--json"].into_iter().chain(quick).chain(further.iter().copied()).collect()
}

fn models(program: &str, quick: bool) -> Outcome<Vec<Comparison>> {
	if !quick {
		return printed(program, &options(quick, &[]));
	}
	let of = |model: &str| printed::<Vec<Comparison>>(program, &options(quick, &["--only", model]));
	Ok(QUICK.map(of).into_iter().collect::<Outcome<Vec<_>>>()?.concat())
}

fn content(quick: bool) -> Outcome<Vec<Comparison>> {
	let ContentReport { mib, lines } = printed("content_speed", &options(quick, &[]))?;
	let ours = lines.into_iter().filter(|line| line.is_ours);
	let comparison = |ContentLine { what, seconds, ratio, .. }| {
		let other = if what == "import" { "b2sum" } else { "the slower of b2sum and curl" };
		Comparison {
			work: format!("{what}, {mib} MiB"),
			other: other.into(),
			seconds: [seconds, seconds * ratio.median],
			speed: ratio,
			promised: Some(CONTENT),
		}
	};
	Ok(ours.map(comparison).collect())
}

/// Runs a program beside this one, and reads what it prints. One that finds a promise broken ends with an
/// error, and prints all the same.
fn printed<T: for<'de> Deserialize<'de>>(program: &str, arguments: &[&str]) -> Outcome<T> {
	eprintln!("== {program} {}", arguments.join(" "));
	let path = std::env::current_exe()?.with_file_name(program);
	let output = Command::new(&path).args(arguments).stderr(Stdio::inherit()).output()?;
	serde_json::from_slice(&output.stdout)
		.map_err(|error| format!("{} printed no figures, see above: {error}", path.display()).into())
}
