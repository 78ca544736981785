//! Writes large deltas, checks and applies each in a process of its own, and prints the time and memory of
//! each. It fails if one of them exceeds its memory limit. `scripts/bench delta` runs it.

#[path = "../tests/large/mod.rs"]
mod large;

use descent_dataset::Dtype;
use large::{Job, Large, Outcome, Taken, Task};
use serde::Serialize;
use sp_core::H256;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Most memory in MiB that checking or applying a delta may take.
const LIMIT: f64 = 512.0;

/// A delta and its measurements.
#[derive(Serialize)]
struct Line {
	delta: &'static str,
	file_bytes: u64,
	rows: u64,
	check: Taken,
	apply: Taken,
}

struct Options {
	folder: PathBuf,
	gib: f64,
	json: bool,
	/// Task of a measuring process that this process started.
	task: Option<String>,
}

fn options() -> Outcome<Options> {
	let mut options = Options { folder: std::env::temp_dir(), gib: 2.0, json: false, task: None };
	let mut arguments = std::env::args().skip(1);
	while let Some(argument) = arguments.next() {
		let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
		match argument.as_str() {
			"--folder" => options.folder = value()?.into(),
			"--gib" => options.gib = value()?.parse()?,
			"--json" => options.json = true,
			"--task" => options.task = Some(value()?),
			other => return Err(format!("unknown option '{other}'").into()),
		}
	}
	Ok(options)
}

fn measure(task: &Task) -> Outcome<Taken> {
	let output = Command::new(std::env::current_exe()?)
		.args(["--task", &serde_json::to_string(task)?])
		.stderr(Stdio::inherit())
		.output()?;
	if !output.status.success() {
		return Err(format!("the measuring process failed: {}", output.status).into());
	}
	Ok(serde_json::from_slice(&output.stdout)?)
}

fn line(name: &'static str, large: Large, base: H256, folder: &Path) -> Outcome<Line> {
	let delta = folder.join("delta.parquet");
	let rows = large.write(&delta)?;
	let mut task = Task { large, store: folder.into(), base, delta, job: Job::Check };
	let check = measure(&task)?;
	task.job = Job::Apply;
	let apply = measure(&task)?;
	let line = Line { delta: name, file_bytes: task.delta.metadata()?.len(), rows, check, apply };
	eprintln!(
		"{:<44} {:>6.2} GiB {:>11} rows  check {:>6.1} s {:>4.0} MiB  apply {:>6.1} s {:>4.0} MiB",
		line.delta,
		line.file_bytes as f64 / f64::from(1 << 30),
		line.rows,
		line.check.seconds,
		line.check.peak,
		line.apply.seconds,
		line.apply.peak,
	);
	Ok(line)
}

fn run(options: &Options) -> Outcome<bool> {
	let bytes = (options.gib * f64::from(1 << 30)) as u64;
	let adding = |values, dtype, target, record: u64| Large {
		values,
		dtype,
		target,
		from: 0,
		add: bytes / record,
		remove: 0,
	};
	// The longest records that a description may have.
	let long = adding((16 << 20) - 1, Dtype::U8, 0, 16 << 20);
	let images = adding(784, Dtype::F32, 0, 784 * 4 + 33);
	// One id per 97 bytes.
	let small = adding(24, Dtype::F32, 0, 97 + 32);
	let exchange = Large { from: small.add, add: small.add / 2, remove: small.add / 2, ..small.clone() };
	let mut lines = Vec::new();
	for (name, large) in [("adds records of 16 MiB", long), ("adds records of 3 KiB", images)] {
		let folder = tempfile::tempdir_in(&options.folder)?;
		lines.push(line(name, large, H256::zero(), folder.path())?);
	}
	let folder = tempfile::tempdir_in(&options.folder)?;
	lines.push(line("adds records of 97 bytes", small, H256::zero(), folder.path())?);
	let base = lines.last().map_or(H256::zero(), |line| line.apply.root);
	let name = "exchanges half of these for as many others";
	lines.push(line(name, exchange, base, folder.path())?);
	if options.json {
		println!("{}", serde_json::to_string_pretty(&lines)?);
	}
	Ok(lines.iter().all(|line| line.check.peak <= LIMIT && line.apply.peak <= LIMIT))
}

fn main() -> Outcome<ExitCode> {
	let options = options()?;
	if let Some(task) = &options.task {
		let taken = serde_json::from_str::<Task>(task)?.run()?;
		println!("{}", serde_json::to_string(&taken)?);
		return Ok(ExitCode::SUCCESS);
	}
	if run(&options)? {
		return Ok(ExitCode::SUCCESS);
	}
	eprintln!("more than {LIMIT} MiB of memory were taken");
	Ok(ExitCode::FAILURE)
}
