//! Measures how far trainings depart from their replays: honest ones in f64, f32 and bf16, on machines with
//! other instructions, and those that leave out some of the work. `scripts/bench replay` runs it. With
//! `--overhead` it measures what recording and replaying cost beside the training; `scripts/bench overhead`
//! does that.

mod cases;
mod data;
mod measure;
mod noise;
mod overhead;
mod replaying;
mod table;
mod training;

use anyhow::{bail, Context, Result};
use measure::{limits, measure, Row, Sizes, BATCH};
use serde::Serialize;
use std::{ops::Range, path::PathBuf, thread::available_parallelism, time::Instant};

struct Options {
	quick: bool,
	large: bool,
	json: bool,
	/// True if costs are measured, and no departures.
	overhead: bool,
	mnist: Option<PathBuf>,
	/// Only models whose name has this text.
	only: String,
}

/// Everything that was measured.
#[derive(Serialize)]
struct Report {
	quick: bool,
	/// Number of threads that compute.
	threads: usize,
	/// Number of steps of a segment.
	steps: u16,
	/// Number of records of a batch.
	batch: u32,
	/// The limits that seeds draw for trainings in f64, f32 and bf16, in billionths.
	limits: [Range<u64>; 3],
	seconds: f64,
	rows: Vec<Row>,
}

fn options(arguments: Vec<String>) -> Result<Options> {
	let mut options = Options {
		quick: false,
		large: false,
		json: false,
		overhead: false,
		mnist: None,
		only: String::new(),
	};
	let mut arguments = arguments.into_iter();
	while let Some(argument) = arguments.next() {
		match argument.as_str() {
			"--quick" => options.quick = true,
			"--large" => options.large = true,
			"--json" => options.json = true,
			"--overhead" => options.overhead = true,
			"--mnist" => options.mnist = Some(arguments.next().context("--mnist needs a folder")?.into()),
			"--only" => options.only = arguments.next().context("--only needs a text")?,
			other => {
				bail!(
					"unknown option '{other}'; there are --quick, --large, --json, --overhead, --only TEXT \
					 and --mnist DIR"
				)
			}
		}
	}
	Ok(options)
}

fn report(options: &Options) -> Result<Report> {
	let began = Instant::now();
	let sizes = match options.quick {
		true => Sizes { records: 4_000, steps: 50, trained: vec![0] },
		false => Sizes { records: 20_000, steps: 200, trained: vec![0, 4] },
	};
	let mut cases = cases::cases(options.quick, options.mnist.as_deref(), options.large);
	cases.retain(|case| case.model.contains(&options.only));
	let mut rows = Vec::new();
	for (number, case) in (1..).zip(&cases) {
		eprintln!("{number} of {}: {}, {}", cases.len(), case.model, case.optimizer.name);
		let folder = tempfile::tempdir()?;
		let trained = if case.is_large { vec![0] } else { sizes.trained.clone() };
		rows.extend(measure(case, &Sizes { trained, ..sizes }, folder.path())?);
	}
	Ok(Report {
		quick: options.quick,
		threads: available_parallelism()?.into(),
		steps: sizes.steps,
		batch: BATCH,
		limits: limits(),
		seconds: began.elapsed().as_secs_f64(),
		rows,
	})
}

/// Measures what recording costs, of each model with its first optimizer.
fn overhead(options: &Options) -> Result<()> {
	let sizes = match options.quick {
		true => overhead::Sizes { records: 4_000, steps: 50, segments: 4, times: 3 },
		false => overhead::Sizes { records: 20_000, steps: 200, segments: 5, times: 7 },
	};
	let mut cases = cases::cases(options.quick, options.mnist.as_deref(), options.large);
	cases.dedup_by(|after, before| after.model == before.model);
	cases.retain(|case| case.model.contains(&options.only));
	let mut rows = Vec::new();
	for (number, case) in (1..).zip(&cases) {
		eprintln!("{number} of {}: {}, {}", cases.len(), case.model, case.optimizer.name);
		rows.push(overhead::measure(case, &sizes, tempfile::tempdir()?.path())?);
	}
	match options.json {
		true => println!("{}", serde_json::to_string_pretty(&rows)?),
		false => print!("{}", overhead::text(&rows, &sizes)),
	}
	Ok(())
}

fn main() -> Result<()> {
	let arguments: Vec<_> = std::env::args().skip(1).collect();
	// Libraries choose their instructions when they are loaded, so each choice needs a process of its own.
	if let [child, folder, threads] = &arguments[..] {
		if child == "child" {
			return replaying::child(folder.as_ref(), threads.parse()?);
		}
	}
	let options = options(arguments)?;
	if options.overhead {
		return overhead(&options);
	}
	let report = report(&options)?;
	if options.json {
		println!("{}", serde_json::to_string_pretty(&report)?);
	} else {
		print!("{}", table::text(&report));
	}
	Ok(())
}
