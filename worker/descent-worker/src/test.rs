//! `descent-worker test`: measures one checkpoint on one data file.

use anyhow::{ensure, Context, Result};
use clap::Args;
use descent_console::screen;
use descent_dataset::{DeltaLimits, Description, Limits, Loss, Set};
use descent_model::{evaluate_set, Device, Model};
use descent_protocol::{Metric, Score};
use serde::Serialize;
use sp_core::H256;
use std::{
	fs::File,
	io::Read,
	path::{Path, PathBuf},
};

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

/// What a checkpoint was measured to be.
#[derive(Debug, PartialEq, Serialize)]
struct Report {
	records: u64,
	loss: f64,
	/// Absent where the model has no classes.
	#[serde(skip_serializing_if = "Option::is_none")]
	accuracy: Option<f64>,
}

/// Measures and prints.
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
	let description = Description::parse(&read(&options.description)?)
		.with_context(|| format!("{} is no usable model description", options.description.display()))?;
	let model = Model::load(&description, &options.checkpoint, Device::Cpu)
		.with_context(|| format!("{} is no checkpoint of this model", options.checkpoint.display()))?;
	let folder = tempfile::tempdir().context("no temporary directory can be made; set TMPDIR")?;
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
	let score =
		|metric| -> Result<Score> { Ok(evaluate_set(&model, &set, &records, metric, || false)?.score) };
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

/// Reads a description, or as much of a file as no description has.
fn read(path: &Path) -> Result<Vec<u8>> {
	let limit = Limits::default().file_bytes as u64;
	let mut json = Vec::new();
	let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
	file.take(limit + 1).read_to_end(&mut json).with_context(|| format!("cannot read {}", path.display()))?;
	ensure!(
		json.len() as u64 <= limit,
		"{} has more than the {limit} bytes that a description may have",
		path.display()
	);
	Ok(json)
}
