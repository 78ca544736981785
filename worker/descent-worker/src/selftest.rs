//! `descent-worker selftest`: shows that this machine evaluates as all others do.

use anyhow::{ensure, Result};
use clap::Args;
use descent_console::screen;
use descent_kernels::Instructions;
use descent_model::{
	evaluate_with,
	selftest::{self, Case},
	Device, Engine, EvaluationError, EvaluationRules,
};
use descent_protocol::Metric;
use descent_trainer::DeviceChoice;
use serde::Serialize;
use sp_core::H256;
use std::collections::BTreeSet;

const EXAMPLES: &str = "Examples:
  Check this machine, as an evaluator does when it starts:
    descent-worker selftest

  Show each built-in checkpoint under each code path and number of threads:
    descent-worker selftest --matrix

  See if a GPU has the same scores:
    descent-worker selftest --device cuda:0";

/// Numbers of threads that the matrix is computed with.
const THREADS: [usize; 3] = [1, 2, 5];

/// Check that this machine computes evaluations as all others do.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Options {
	/// Evaluate honest checkpoints and checkpoints that amplify rounding errors in every way that this
	/// machine can, and compare the scores.
	#[arg(long)]
	matrix: bool,
	/// Compare a GPU in f64 with the kernels: cuda:N.
	#[arg(long, value_name = "DEVICE", conflicts_with = "matrix")]
	device: Option<DeviceChoice>,
	/// Print the result as JSON.
	#[arg(long)]
	json: bool,
}

/// Result of one checkpoint in all ways.
#[derive(Debug, Serialize)]
struct Row {
	checkpoint: &'static str,
	attack: bool,
	/// Number of different scores and transcripts of the kernels, over instructions and threads.
	kernels: usize,
	/// Number of different scores and transcripts of libtorch in f64, over threads, beside those of the
	/// kernels.
	libtorch: usize,
	/// The score, or the reason for which there is none.
	verdict: String,
}

/// Runs the self-test and prints the result.
pub(crate) fn run(options: &Options) -> Result<()> {
	selftest::check()?;
	if let Some(device) = &options.device {
		let equal = selftest::agrees(Engine::Libtorch(device.resolve()?))?;
		if options.json {
			screen::json(&serde_json::json!({ "equal": equal }));
		}
		ensure!(equal, "this device has other scores than the kernels: it cannot measure claims");
		if !options.json {
			screen::line("This device has the scores of the kernels.");
		}
		return Ok(());
	}
	if !options.matrix {
		let instructions = Instructions::chosen().name();
		if options.json {
			screen::json(&serde_json::json!({ "equal": true, "instructions": instructions }));
		} else {
			screen::line(&format!("This machine evaluates as all others do ({instructions})."));
		}
		return Ok(());
	}
	let honest = selftest::initial(1, 300).into_iter().map(|case| (case, false));
	let attacks = selftest::attacks().into_iter().map(|case| (case, true));
	let mut rows = Vec::new();
	for (case, attack) in honest.chain(attacks) {
		let row = measure(&case, attack)?;
		if !options.json {
			screen::line(&format!(
				"{:40} {} of the kernels, {} with libtorch: {}",
				row.checkpoint,
				count(row.kernels),
				row.libtorch,
				row.verdict
			));
		}
		rows.push(row);
	}
	if options.json {
		screen::json(&rows);
	}
	let bent = rows.iter().filter(|row| row.kernels != 1 || row.attack != (row.verdict == "ill-conditioned"));
	let bent: Vec<_> = bent.map(|row| row.checkpoint).collect();
	ensure!(bent.is_empty(), "these checkpoints are not evaluated as they must be: {}", bent.join(", "));
	Ok(())
}

fn count(results: usize) -> String {
	match results {
		1 => "1 result".into(),
		results => format!("{results} results"),
	}
}

/// Evaluates a checkpoint with each code path, and each number of threads.
fn measure(case: &Case, attack: bool) -> Result<Row> {
	let round = EvaluationRules::of_round(Metric::Loss, H256::repeat_byte(1));
	let plain = EvaluationRules { condition: None, ..round };
	let (mut kernels, mut libtorch) = (BTreeSet::new(), BTreeSet::new());
	let before = Instructions::chosen();
	for threads in THREADS {
		let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
		for instructions in Instructions::ALL.into_iter().filter(|level| level.is_supported()) {
			instructions.choose();
			kernels.insert(pool.install(|| result(Engine::Kernels, case, &plain)));
		}
		descent_model::set_threads(threads);
		libtorch.insert(result(Engine::Libtorch(Device::Cpu), case, &plain));
	}
	before.choose();
	libtorch.extend(kernels.iter().cloned());
	let verdict = match evaluate_with(Engine::Kernels, &case.checkpoint, &case.records, &round, || false) {
		Ok(evaluation) => evaluation.score.to_string(),
		Err(EvaluationError::IllConditioned { .. }) => "ill-conditioned".into(),
		Err(error) => error.to_string(),
	};
	Ok(Row { checkpoint: case.name, attack, kernels: kernels.len(), libtorch: libtorch.len(), verdict })
}

/// Returns score and transcript, or the error, as text.
fn result(engine: Engine, case: &Case, rules: &EvaluationRules) -> String {
	match evaluate_with(engine, &case.checkpoint, &case.records, rules, || false) {
		Ok(evaluation) => format!("{:?}", (evaluation.score, evaluation.transcript)),
		Err(error) => error.to_string(),
	}
}
