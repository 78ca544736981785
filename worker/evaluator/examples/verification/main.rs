//! Measures what the papers on Proof-of-Deep-Learning and Proof of Training count, and prints it beside their
//! numbers. `scripts/bench verify` runs it, with the costs on the chain on standard input.
//!
//! A validation is all that a member of a committee does for one candidate, but for the download. It draws
//! the round's records and hashes the checkpoint. The evaluator's process loads and evaluates it, for the
//! score and for the condition, and the transcript is hashed. The data set is generated, and lies on disk as
//! evaluators keep it.

mod chain;
mod data;
mod items;
mod table;
mod validate;

use anyhow::{bail, Context, Result};
use chain::ChainCosts;
use data::{Material, Sizes};
use descent_evaluator::{EvaluationPool, PoolOptions};
use items::Items;
use serde::Serialize;
use std::{path::PathBuf, thread::available_parallelism};
use validate::{validate, Validations};

/// Number of records that PoDL counts for Speech Commands.
const RECORDS: u64 = 105_000;
/// Number of records of a quick run.
const QUICK_RECORDS: u64 = 10_500;
/// Records that a round draws, and validations on so many: the default of groups first, then a tenth of the
/// data set, which is about what Speech Commands sets aside for tests, and all of it.
const VALIDATIONS: [(u32, u32); 3] = [(1_024, 1_000), (10_500, 5), (105_000, 1)];
/// The same in a quick run.
const QUICK_VALIDATIONS: [(u32, u32); 2] = [(1_024, 20), (10_500, 1)];

struct Options {
	quick: bool,
	json: bool,
	folder: PathBuf,
}

/// Everything that was measured.
#[derive(Serialize)]
struct Report {
	quick: bool,
	/// Number of threads that compute.
	threads: usize,
	sizes: Sizes,
	validations: Vec<Validations>,
	items: Items,
	chain: ChainCosts,
}

fn options(arguments: Vec<String>) -> Result<Options> {
	let mut options = Options { quick: false, json: false, folder: std::env::temp_dir() };
	let mut arguments = arguments.into_iter();
	while let Some(argument) = arguments.next() {
		match argument.as_str() {
			"--quick" => options.quick = true,
			"--json" => options.json = true,
			"--folder" => options.folder = arguments.next().context("--folder needs a value")?.into(),
			other => bail!("unknown option '{other}'; there are --quick, --json and --folder"),
		}
	}
	Ok(options)
}

fn measure(options: &Options) -> Result<Report> {
	let chain = ChainCosts::read()?;
	let (records, validations) = match options.quick {
		true => (QUICK_RECORDS, &QUICK_VALIDATIONS[..]),
		false => (RECORDS, &VALIDATIONS[..]),
	};
	let folder = tempfile::tempdir_in(&options.folder)?;
	eprintln!("making a data set of {records} records");
	let material = Material::new(folder.path(), records)?;
	let pool = EvaluationPool::start(&PoolOptions::new(folder.path())?)?;
	let validations = validations.iter().map(|(records, count)| validate(&material, &pool, *records, *count));
	let validations = validations.collect::<Result<_>>()?;
	pool.stop();
	eprintln!("hashing, sorting, and opening a test set");
	Ok(Report {
		quick: options.quick,
		threads: available_parallelism()?.into(),
		sizes: material.sizes()?,
		validations,
		items: Items::measure(&material)?,
		chain,
	})
}

fn main() -> Result<()> {
	let arguments: Vec<_> = std::env::args().skip(1).collect();
	// The pool starts this program once more, as the process that reads checkpoints.
	if arguments == ["child"] {
		return descent_evaluator::child::run();
	}
	let options = options(arguments)?;
	let report = measure(&options)?;
	if options.json {
		println!("{}", serde_json::to_string_pretty(&report)?);
	} else {
		print!("{}", table::text(&report));
	}
	Ok(())
}
