//! Measures evaluations beside PyTorch's `inference_mode`, in turns on this machine. `scripts/bench
//! evaluation` runs it.

#[path = "../shared/models.rs"]
mod models;
#[path = "../shared/options.rs"]
mod options;
#[path = "../shared/pytorch.rs"]
mod pytorch;

use descent_bench::{exit_code, in_turns, print, Comparison, Measurement, Outcome};
use descent_dataset::{Batch, Description};
use descent_model::{evaluate, selftest, set_threads, Checkpoint, EvaluationRules};
use descent_protocol::Metric;
use models::Workload;
use options::Options;
use pytorch::PyTorch;
use serde_json::json;
use sp_core::H256;
use std::{
	cell::RefCell,
	path::{Path, PathBuf},
	process::{Command, ExitCode},
	time::Instant,
};

/// Least speed beside PyTorch in f64 that is promised of an evaluation in a process that runs.
const PROMISED: f64 = 1.0;
/// Has this program evaluate one model once, in a process that begins with it: `--once FILE NAME THREADS`.
const ONCE: &str = "--once";

/// A model with a checkpoint and the records to evaluate it on.
struct Work {
	description: Description,
	checkpoint: Checkpoint,
	records: Batch,
}

impl Work {
	fn new(workload: &Workload, checkpoint: Option<&Path>) -> Outcome<Self> {
		let description = workload.description()?;
		let checkpoint = match checkpoint {
			Some(file) => Checkpoint::load(&description, file)?,
			None => Checkpoint::initial(&description, 1),
		};
		let records = selftest::records(&description.schema(), workload.records[1], 1);
		Ok(Self { description, checkpoint, records })
	}

	/// Returns the seconds of an evaluation, and its score.
	fn evaluate(&self, rules: &EvaluationRules) -> Outcome<(f64, f64)> {
		let began = Instant::now();
		let evaluation = evaluate(&self.checkpoint, &self.records, rules, || false)?;
		Ok((began.elapsed().as_secs_f64(), evaluation.score.0 as f64 / 1e6))
	}
}

/// The rules of a round, and those without the measurement of the condition.
fn rules() -> [EvaluationRules; 2] {
	let round = EvaluationRules::of_round(Metric::Loss, H256::repeat_byte(1));
	[round, EvaluationRules { condition: None, ..round }]
}

fn measure(workload: &Workload, options: &Options) -> Outcome<Vec<Comparison>> {
	let folder = tempfile::tempdir()?;
	let work = Work::new(workload, None)?;
	let file = folder.path().join("checkpoint.safetensors");
	work.checkpoint.save(&file)?;
	let mut pytorch = PyTorch::start(options.threads, &[])?;
	pytorch.build(&work.description, &work.records, Some(&file))?;
	let [round, plain] = rules();
	let (_, score) = work.evaluate(&plain)?;
	let loss = pytorch.ask(&json!({ "loss": "f64" }))?;
	// Something else would be quicker or slower.
	if (score - loss).abs() > 2e-6 {
		return Err(format!("{}: {score} is ours, {loss} is PyTorch's", workload.name).into());
	}
	let pytorch = RefCell::new(pytorch);
	let theirs = |precision: &str| pytorch.borrow_mut().ask(&json!({ "evaluate": precision }));
	let mut measurements: Vec<Box<Measurement>> = vec![
		Box::new(|| Ok(work.evaluate(&plain)?.0)),
		Box::new(|| Ok(work.evaluate(&round)?.0)),
		Box::new(|| theirs("f64")),
		Box::new(|| theirs("f32")),
		Box::new(|| {
			let began = Instant::now();
			let mut command = Command::new(std::env::current_exe()?);
			command.arg(ONCE).arg(&file).arg(workload.name).arg(options.threads.to_string());
			let is_well = command.status()?.success();
			is_well.then(|| began.elapsed().as_secs_f64()).ok_or("the process failed".into())
		}),
		Box::new(|| {
			let began = Instant::now();
			let mut pytorch = PyTorch::start(options.threads, &[])?;
			pytorch.build(&work.description, &work.records, Some(&file))?;
			pytorch.ask(&json!({ "evaluate": "f64" }))?;
			Ok(began.elapsed().as_secs_f64())
		}),
	];
	let seconds = in_turns(options.turns, &mut measurements)?;
	let [plain, round, double, single, cold, cold_double] = &seconds[..] else {
		return Err("a measurement is missing".into());
	};
	let of = |what: &str| format!("{what} {}, {} records", workload.name, workload.records[1]);
	Ok(vec![
		Comparison::new(of("evaluation of"), "PyTorch f64", plain, double, Some(PROMISED)),
		Comparison::new(of("with the condition,"), "PyTorch f64", round, double, None),
		Comparison::new(of("evaluation of"), "PyTorch f32", plain, single, None),
		Comparison::new(of("new process,"), "PyTorch f64", cold, cold_double, None),
	])
}

/// Evaluates once, if the arguments of this process ask for it.
fn once() -> Option<Outcome<bool>> {
	let arguments: Vec<_> = std::env::args().skip(1).collect();
	let [once, file, name, threads] = &arguments[..] else {
		return None;
	};
	let evaluate = || -> Outcome<bool> {
		set_threads(threads.parse()?);
		let all = models::all();
		let workload = all.iter().find(|workload| workload.name == name).ok_or("an unknown model")?;
		Work::new(workload, Some(&PathBuf::from(file)))?.evaluate(&rules()[1])?;
		Ok(true)
	};
	(once == ONCE).then(evaluate)
}

fn run() -> Outcome<bool> {
	let options = Options::read(5, &[])?;
	set_threads(options.threads);
	let mut comparisons = Vec::new();
	for workload in models::all().iter().filter(|workload| workload.name.contains(&options.only)) {
		eprintln!("{}", workload.name);
		comparisons.extend(measure(workload, &options)?);
	}
	eprintln!("{} threads, {} turns", options.threads, options.turns);
	print(&comparisons, options.json)
}

fn main() -> ExitCode {
	exit_code(once().unwrap_or_else(run))
}
