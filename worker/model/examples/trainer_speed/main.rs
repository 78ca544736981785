//! Measures steps of the trainer beside PyTorch's, in turns on this machine. `scripts/bench trainer` runs it.

#[path = "../shared/models.rs"]
mod models;
#[path = "../shared/options.rs"]
mod options;
#[path = "../shared/pytorch.rs"]
mod pytorch;

use descent_bench::{exit_code, in_turns, print, Comparison, Outcome};
use descent_model::{selftest, set_threads, Device, Model, Trainer, TrainingOptions};
use models::Workload;
use options::Options;
use pytorch::PyTorch;
use serde_json::json;
use std::{cell::RefCell, process::ExitCode, time::Instant};

/// Least speed beside PyTorch that is promised.
const PROMISED: f64 = 1.0;
/// Seconds of the steps of one turn.
const TURN: f64 = 1.0;
/// Has `torch.compile` compile the models of PyTorch.
const COMPILE: &str = "--compile";

fn measure(workload: &Workload, options: &Options) -> Outcome<Comparison> {
	let description = workload.description()?;
	let batch = selftest::records(&description.schema(), workload.records[0], 1);
	let trainer = Trainer::new(Model::new(&description, 1, Device::Cpu)?, TrainingOptions::default())?;
	let trainer = RefCell::new(trainer);
	let ours = |steps: u32| -> Outcome<f64> {
		let began = Instant::now();
		for _ in 0..steps {
			trainer.borrow_mut().step(&batch)?;
		}
		Ok(began.elapsed().as_secs_f64() / f64::from(steps))
	};
	let (own, other) = match options.own.iter().any(|own| own == COMPILE) {
		true => (&[COMPILE][..], "torch.compile"),
		false => (&[][..], "PyTorch"),
	};
	let mut pytorch = PyTorch::start(options.threads, own)?;
	pytorch.build(&description, &batch, None)?;
	ours(2)?;
	pytorch.ask(&json!({ "steps": 0 }))?;
	let steps = (TURN / ours(1)?).clamp(1.0, 1e4) as u32;
	let seconds = in_turns(
		options.turns,
		&mut [
			Box::new(|| ours(steps)),
			Box::new(|| Ok(pytorch.ask(&json!({ "steps": steps }))? / f64::from(steps))),
		],
	)?;
	let work = format!("step of {}, batch of {}", workload.name, workload.records[0]);
	Ok(Comparison::new(work, other, &seconds[0], &seconds[1], Some(PROMISED)))
}

fn run() -> Outcome<bool> {
	let options = Options::read(9, &[COMPILE])?;
	set_threads(options.threads);
	let mut comparisons = Vec::new();
	for workload in models::all().iter().filter(|workload| workload.name.contains(&options.only)) {
		eprintln!("{}", workload.name);
		comparisons.push(measure(workload, &options)?);
	}
	eprintln!("{} threads, f32, AdamW, {} turns", options.threads, options.turns);
	print(&comparisons, options.json)
}

fn main() -> ExitCode {
	exit_code(run())
}
