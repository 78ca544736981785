//! `descent-worker test`: measures one checkpoint on one data file.

use anyhow::{Context, Result};
use clap::Args;
use descent_console::screen;
use descent_dataset::{DeltaLimits, Description, Loss, Set};
use descent_model::{evaluate, Checkpoint, Drawn, EvaluationRules};
use descent_protocol::{Metric, Score};
use serde::Serialize;
use sp_core::H256;
use std::path::PathBuf;

const EXAMPLES: &str = "Example:
  descent-worker test --description mnist.json --checkpoint head.safetensors --data test.parquet";

/// Measure one checkpoint on all records of one data file.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Options {
	/// The model description, a JSON file.
	#[arg(long, value_name = "FILE")]
	description: PathBuf,
	/// The checkpoint, a safetensors file.
	#[arg(long, value_name = "FILE")]
	checkpoint: PathBuf,
	/// The records, a delta file that only adds.
	#[arg(long, value_name = "FILE")]
	data: PathBuf,
	/// Threads that measure; all cores if absent.
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
	threads: Option<u16>,
	/// Print the result as JSON.
	#[arg(long)]
	json: bool,
}

/// Scores of a checkpoint on all records.
#[derive(Debug, PartialEq, Serialize)]
struct Report {
	records: u64,
	loss: f64,
	/// Share of records whose class is predicted, absent if the model has no classes.
	#[serde(skip_serializing_if = "Option::is_none")]
	accuracy: Option<f64>,
}

/// Measures a checkpoint and prints its scores.
pub(crate) fn run(options: Options) -> Result<()> {
	if let Some(threads) = options.threads {
		descent_model::set_threads(threads.into());
	}
	let report = measure(&options)?;
	if options.json {
		screen::json(&report);
		return Ok(());
	}
	let accuracy =
		report.accuracy.map_or_else(String::new, |accuracy| format!(", accuracy {:.2} %", accuracy * 100.0));
	screen::line(&format!("{} records: loss {:.6}{accuracy}", report.records, report.loss));
	Ok(())
}

fn measure(options: &Options) -> Result<Report> {
	let description = Description::read(&options.description)
		.with_context(|| format!("{} is not a usable model description", options.description.display()))?;
	let model = Checkpoint::load(&description, &options.checkpoint)
		.with_context(|| format!("{} is not a checkpoint of this model", options.checkpoint.display()))?;
	let folder = tempfile::tempdir().context("cannot make a temporary directory; set TMPDIR")?;
	let set = Set::apply(
		folder.path(),
		None,
		&options.data,
		H256::zero(),
		&description.schema(),
		&DeltaLimits::default(),
	)
	.with_context(|| format!("{} cannot be used", options.data.display()))?;
	let records: Vec<u64> = (0..set.len()).collect();
	let drawn = Drawn { set: &set, positions: &records };
	let score = |metric| -> Result<Score> {
		Ok(evaluate(&model, &drawn, &EvaluationRules::informal(metric), || false)?.score)
	};
	let error = match description.loss() {
		Loss::CrossEntropy => Some(score(Metric::Error)?),
		Loss::Mse => None,
	};
	Ok(Report {
		records: set.len(),
		loss: score(Metric::Loss)?.to_f64(),
		accuracy: error.map(|error| 1.0 - error.to_f64()),
	})
}
