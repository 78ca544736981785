//! `descent-worker test`: measures one checkpoint, on one data file or as a group's committee would.

use crate::{network::nodes, positional::AnyGroupArg};
use anyhow::{Context, Result};
use clap::Args;
use descent_client::GroupKey;
use descent_console::{screen, NodeArgs};
use descent_dataset::{DeltaLimits, Description, Loss, Set};
use descent_model::{evaluate, Checkpoint, Drawn, EvaluationRules};
use descent_protocol::{Metric, RoundIndex, Score};
use descent_trainer::RehearsalSettings;
use serde::Serialize;
use sp_core::H256;
use std::path::PathBuf;

/// Largest size of content, and of data sets, on disk.
const MAX_BYTES: u64 = 64 << 30;
const NEEDED: &str = "--description and --data are needed, or a group";

const EXAMPLES: &str = "Examples:
  Would this checkpoint win a round of the group?
    descent-worker test mnist --checkpoint mine.safetensors

  The same on the hidden test set of a round whose key is released:
    descent-worker test mnist --checkpoint mine.safetensors --round 41

  Its loss on all records of a file, without a chain:
    descent-worker test --description mnist.json --checkpoint head.safetensors --data test.parquet";

/// Measure one checkpoint: as the committee of a group's round would, on random draws, beside the head; or on
/// all records of one data file.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Options {
	#[command(flatten)]
	group: AnyGroupArg,
	/// The model description, a JSON file.
	#[arg(
		long,
		value_name = "FILE",
		required_unless_present_any = ["group_or_name", "group"],
		conflicts_with_all = ["group_or_name", "group"]
	)]
	description: Option<PathBuf>,
	/// The checkpoint, a safetensors file.
	#[arg(long, value_name = "FILE")]
	checkpoint: PathBuf,
	/// The records, a delta file that only adds.
	#[arg(
		long,
		value_name = "FILE",
		required_unless_present_any = ["group_or_name", "group"],
		conflicts_with_all = ["group_or_name", "group"]
	)]
	data: Option<PathBuf>,
	/// Threads that measure; all cores if absent.
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
	threads: Option<u16>,
	/// Print the result as JSON.
	#[arg(long)]
	json: bool,
	#[command(flatten)]
	rehearsal: RehearsalOptions,
}

/// Options of a measurement by a group's rules.
#[derive(Args, Clone, Debug)]
struct RehearsalOptions {
	#[command(flatten)]
	node: NodeArgs,
	/// Draws of as many records as a round has, with a group.
	#[arg(
		long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000)
	)]
	draws: u16,
	/// Past round of a group with hidden test sets, whose records are drawn again in place of those draws:
	/// from its hidden test set if the key is released, and else from the group's public validation set.
	#[arg(long, value_name = "ROUND", conflicts_with_all = ["draws", "description"])]
	round: Option<RoundIndex>,
	/// Directory for content and data sets, with a group, so that they are fetched once; a temporary one if
	/// absent. One process at a time may use it.
	#[arg(long, value_name = "DIR", conflicts_with = "description")]
	cache: Option<PathBuf>,
	/// Fetch from providers on this machine and in private networks, too, as a local chain needs it.
	#[arg(
		long,
		env = "DESCENT_ALLOW_PRIVATE",
		value_parser = clap::builder::FalseyValueParser::new()
	)]
	allow_private: bool,
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
pub(crate) async fn run(options: Options) -> Result<()> {
	if let Some(threads) = options.threads {
		descent_model::set_threads(threads.into());
	}
	if let Some(group) = options.group.value() {
		return rehearse(group, options).await;
	}
	tokio::task::spawn_blocking(move || report(&options)).await?
}

/// Measures a checkpoint by a group's rules.
async fn rehearse(group: GroupKey, options: Options) -> Result<()> {
	let RehearsalOptions { node, draws, round, cache, allow_private } = options.rehearsal;
	let (nodes, genesis) = nodes(&node)?;
	let temporary = tempfile::tempdir().context("cannot make a temporary directory; set TMPDIR")?;
	let settings = RehearsalSettings {
		nodes,
		genesis,
		group,
		checkpoint: options.checkpoint,
		cache: cache.unwrap_or_else(|| temporary.path().into()),
		draws,
		round,
		max_content: MAX_BYTES,
		max_data: MAX_BYTES,
		allow_private,
	};
	let rehearsal = descent_trainer::rehearse(settings).await?;
	if options.json {
		screen::json(&rehearsal);
	} else {
		screen::line(&rehearsal.to_string());
	}
	Ok(())
}

/// Measures a checkpoint on a data file and prints its scores.
fn report(options: &Options) -> Result<()> {
	let report = measure(options)?;
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
	let (description, data) = options.description.as_ref().zip(options.data.as_ref()).context(NEEDED)?;
	let description = Description::read(description)
		.with_context(|| format!("{} is not a usable model description", description.display()))?;
	let model = Checkpoint::load(&description, &options.checkpoint)
		.with_context(|| format!("{} is not a checkpoint of this model", options.checkpoint.display()))?;
	let folder = tempfile::tempdir().context("cannot make a temporary directory; set TMPDIR")?;
	let set =
		Set::apply(folder.path(), None, data, H256::zero(), &description.schema(), &DeltaLimits::default())
			.with_context(|| format!("{} cannot be used", data.display()))?;
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
