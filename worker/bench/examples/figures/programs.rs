//! The programs that measure, and what they print.

use descent_bench::{Comparison, Outcome, Spread};
use serde::{Deserialize, Serialize};
use std::process::{Command, Stdio};

/// Most of a training that recording it may add, and most of all training that a member's replays may take.
pub(crate) const MOST: f64 = 0.01;
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
	pub recorder: Vec<Recorder>,
}

/// The cost of recording a training, and of replays.
#[derive(Serialize, Deserialize)]
pub(crate) struct Recorder {
	pub model: String,
	/// The least, median and largest part that a recorder adds to a training.
	pub overhead: [f64; 3],
	/// The time of a member's replays in a round, over the training of 3 and of 30 trainers.
	pub verification: [f64; 2],
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
			recorder: printed("replay_margins", &options(quick, &["--overhead"]))?,
		})
	}

	/// Returns what is compared with another program.
	pub(crate) fn comparisons(&self) -> Vec<Comparison> {
		[&self.trainer[..], &self.evaluation, &self.content].concat()
	}

	/// Returns what is not as it is promised.
	pub(crate) fn missed(&self) -> Vec<String> {
		let comparisons = self.comparisons().into_iter().filter(|comparison| !comparison.is_kept());
		let slow = comparisons.map(|Comparison { work, other, speed, .. }| {
			format!("{work}, beside {other}, at {:.3}", speed.median)
		});
		let dear = self.recorder.iter().filter(|recorder| {
			recorder.overhead[1] > MOST || recorder.verification.iter().any(|part| *part > MOST)
		});
		let dear = dear.map(|recorder| format!("recording or replaying {}", recorder.model));
		slow.chain(dear).collect()
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
