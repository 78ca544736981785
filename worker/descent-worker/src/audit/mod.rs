//! `descent-worker audit`: replays recorded trainings.

mod chain;
mod dataset;
mod folder;
mod report;
mod segment;
mod states;
#[cfg(test)]
mod tests;

use crate::{positional::AnyGroupArg, ExitStatus};
use anyhow::{bail, Context, Result};
use clap::{ArgGroup, Args};
use descent_client::AccountId;
use descent_console::{screen, shutdown, NodeArgs};
use descent_protocol::RoundIndex;
use indicatif::ProgressBar;
use report::{Report, Verdict};
use sp_core::H256;
use std::{
	path::PathBuf,
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc,
	},
};

/// Status of the process if a recording departs from its replay.
const DEPARTS: i32 = 1;
/// Status of the process if not all could be replayed, as for a wrong command line.
const UNCERTAIN: i32 = 2;

const EXAMPLES: &str = "Examples:
  Replay the segments that the committee of round 41 replays:
    descent-worker audit mnist --round 41

  Replay the whole training of one of its candidates:
    descent-worker audit mnist --round 41 --account ACCOUNT --all

  Replay a recording on this machine, on a version of the data set in a trainer's folder:
    descent-worker audit --folder trainer/recordings/41 --model mnist.json --dataset trainer

The status is 0 if all replays, 1 if something departs, and 2 if not all could be replayed.";

/// Replay recorded trainings, and name the first segment and step that departs from its replay.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = EXAMPLES)]
#[command(group = ArgGroup::new("recorded").args(["round", "folder"]).required(true))]
pub(crate) struct Options {
	#[command(flatten)]
	node: NodeArgs,
	#[command(flatten)]
	group: AnyGroupArg,
	/// Round of the group.
	#[arg(long, value_name = "ROUND")]
	round: Option<RoundIndex>,
	/// Account of a candidate; may be given more than once. All candidates of the round if absent.
	#[arg(
		long = "account",
		value_name = "ACCOUNT",
		value_parser = descent_client::parse_account,
		conflicts_with = "folder"
	)]
	accounts: Vec<AccountId>,
	/// Replay all segments, until one departs, in place of the drawn one. Their states are fetched from the
	/// trainer, which serves them for ten rounds. Of a folder all are replayed.
	#[arg(long)]
	all: bool,
	/// Folder of data sets, which `descent dataset checkout` uses as well; descent/datasets in the user's
	/// cache if absent.
	#[arg(long, value_name = "DIR", conflicts_with = "folder")]
	data: Option<PathBuf>,
	/// Most GiB of deltas in that folder, and of recorded states.
	#[arg(
		long,
		value_name = "GIB",
		default_value_t = 64,
		value_parser = clap::value_parser!(u64).range(1..=1 << 20)
	)]
	max_data: u64,
	/// Fetch from providers on this machine and in private networks, too, as a local chain needs it.
	#[arg(
		long,
		env = "DESCENT_ALLOW_PRIVATE",
		value_parser = clap::builder::FalseyValueParser::new()
	)]
	allow_private: bool,
	#[command(flatten)]
	files: Files,
	/// Threads that replay; all cores if absent.
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
	threads: Option<u16>,
	/// Print the result as JSON.
	#[arg(long)]
	json: bool,
}

/// Files on this machine, which need no network.
#[derive(Args, Clone, Debug)]
struct Files {
	/// Folder of a recording on this machine, of which all segments are replayed until one departs.
	#[arg(
		long,
		value_name = "DIR",
		conflicts_with_all = ["group_or_name", "group", "round"],
		requires_all = ["model", "dataset"]
	)]
	folder: Option<PathBuf>,
	/// The model description, a JSON file as it was published.
	#[arg(long, value_name = "FILE", requires = "folder")]
	model: Option<PathBuf>,
	/// The data set: a trainer's folder or that of `descent dataset checkout --data`, which has the version;
	/// or its only delta, a Parquet file.
	#[arg(long, value_name = "PATH", requires = "folder")]
	dataset: Option<PathBuf>,
	/// Root of the trace as the chain shows it, which the folder has to have.
	#[arg(long, value_name = "HASH", requires = "folder")]
	trace: Option<H256>,
}

/// Tells how far an audit is, and whether it is to end.
#[derive(Clone)]
struct Progress {
	bar: ProgressBar,
	stopped: Arc<AtomicBool>,
}

impl Progress {
	fn new() -> Self {
		Self { bar: screen::spinner(), stopped: Arc::default() }
	}

	fn is_stopped(&self) -> bool {
		self.stopped.load(Ordering::Relaxed)
	}
}

/// Replays, and prints what was found.
pub(crate) async fn run(options: Options) -> Result<()> {
	let json = options.json;
	let report = audit(options).await.map_err(|error| ExitStatus { code: UNCERTAIN, error: Some(error) })?;
	if json {
		screen::json(&report);
	} else {
		screen::line(&report.to_string());
	}
	let code = match report.verdict {
		Verdict::Replays => return Ok(()),
		Verdict::Departs => DEPARTS,
		Verdict::Uncertain => UNCERTAIN,
	};
	Err(ExitStatus { code, error: None }.into())
}

async fn audit(options: Options) -> Result<Report> {
	if let Some(threads) = options.threads {
		descent_model::set_threads(threads.into());
	}
	let stop = shutdown::requested()?;
	let progress = Progress::new();
	let (theirs, files) = (progress.clone(), options.files.clone());
	let audited = async move {
		if let Files { folder: Some(folder), model: Some(model), dataset: Some(dataset), trace } = files {
			let audit = move || folder::audit(&folder, &model, &dataset, trace, &theirs);
			return tokio::task::spawn_blocking(audit).await?;
		}
		let group = options.group.value().context("name a group, or a recording with --folder")?;
		let round = options.round.context("name a round of the group with --round")?;
		chain::audit(&options, &group, round, &theirs).await
	};
	let report = tokio::select! {
		report = audited => report,
		() = stop => {
			progress.stopped.store(true, Ordering::Relaxed);
			bail!("stopped; nothing was found out")
		}
	};
	progress.bar.finish_and_clear();
	report
}
