//! Measures steps of the trainer beside PyTorch's, in turns on this machine. `scripts/bench trainer` runs it.

mod eager;
mod models;

use descent_model::{selftest, set_threads, Device, Model, Trainer, TrainingOptions};
use eager::Eager;
use models::Workload;
use serde::Serialize;
use std::{error::Error, process::ExitCode, time::Instant};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Least speed beside PyTorch that is promised.
const PROMISED: f64 = 1.0;
/// Seconds of the steps of one turn.
const TURN: f64 = 1.0;

struct Options {
	threads: usize,
	turns: usize,
	only: String,
	compiles: bool,
	json: bool,
}

fn options() -> Outcome<Options> {
	let threads = std::thread::available_parallelism()?.get();
	let mut options = Options { threads, turns: 9, only: String::new(), compiles: false, json: false };
	let mut arguments = std::env::args().skip(1);
	while let Some(argument) = arguments.next() {
		let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
		match argument.as_str() {
			"--threads" => options.threads = value()?.parse()?,
			"--only" => options.only = value()?,
			"--quick" => options.turns = 3,
			"--compile" => options.compiles = true,
			"--json" => options.json = true,
			other => return Err(format!("unknown option '{other}'").into()),
		}
	}
	Ok(options)
}

/// Measurements of one model.
#[derive(Serialize)]
struct Line {
	model: &'static str,
	parameters: u64,
	/// Number of records of a batch.
	records: usize,
	/// Median of the seconds of a step of the trainer, and of PyTorch.
	seconds: [f64; 2],
	/// Median, least and largest of the seconds of PyTorch over those of the trainer in the same turn.
	ratio: [f64; 3],
}

fn measure(workload: &Workload, options: &Options) -> Outcome<Line> {
	let description = workload.description()?;
	let batch = selftest::records(&description.schema(), workload.records, 1);
	let mut trainer = Trainer::new(Model::new(&description, 1, Device::Cpu)?, TrainingOptions::default())?;
	let mut ours = |steps: u32| -> Outcome<f64> {
		let began = Instant::now();
		for _ in 0..steps {
			trainer.step(&batch)?;
		}
		Ok(began.elapsed().as_secs_f64() / f64::from(steps))
	};
	let mut eager = Eager::start(options.threads, options.compiles)?;
	eager.build(&description, &batch)?;
	ours(2)?;
	let steps = (TURN / ours(1)?).clamp(1.0, 1e4) as u32;
	let (mut seconds, mut ratios) = ([Vec::new(), Vec::new()], Vec::new());
	for turn in 0..options.turns {
		// Whoever is second finds a warmer processor.
		let (own, theirs) = match turn % 2 {
			0 => (ours(steps)?, eager.step(steps)?),
			_ => {
				let theirs = eager.step(steps)?;
				(ours(steps)?, theirs)
			}
		};
		seconds[0].push(own);
		seconds[1].push(theirs);
		ratios.push(theirs / own);
	}
	let parameters = description.plan().parameter_values;
	let seconds = seconds.map(|all| spread(all)[0]);
	Ok(Line { model: workload.name, parameters, records: workload.records, seconds, ratio: spread(ratios) })
}

/// Returns the median, the least and the largest.
fn spread(mut all: Vec<f64>) -> [f64; 3] {
	all.sort_by(f64::total_cmp);
	[all[all.len() / 2], all[0], all[all.len() - 1]]
}

fn run() -> Outcome<bool> {
	let options = options()?;
	set_threads(options.threads);
	let mut lines = Vec::new();
	for workload in models::all().iter().filter(|workload| workload.name.contains(&options.only)) {
		eprintln!("{}", workload.name);
		lines.push(measure(workload, &options)?);
	}
	let other = if options.compiles { "torch.compile" } else { "PyTorch" };
	match options.json {
		true => println!("{}", serde_json::to_string(&lines)?),
		false => {
			println!(
				"{} threads, f32, AdamW; median of {} turns, speed over {other}",
				options.threads, options.turns
			);
			println!("{:<34} {:>10} {:>10} {:>22}", "model, records of a batch", "s a step", other, "speed");
			for Line { model, records, seconds: [ours, theirs], ratio: [median, least, largest], .. } in
				&lines
			{
				let name = format!("{model}, {records}");
				println!("{name:<34} {ours:>10.4} {theirs:>10.4} {median:>8.2} ({least:.2} to {largest:.2})");
			}
		}
	}
	let slow = || lines.iter().filter(|line| line.ratio[0] < PROMISED);
	slow().for_each(|line| eprintln!("below what is promised: {} at {:.3}", line.model, line.ratio[0]));
	Ok(slow().count() == 0)
}

fn main() -> ExitCode {
	match run() {
		Ok(true) => ExitCode::SUCCESS,
		Ok(false) => ExitCode::FAILURE,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		}
	}
}
