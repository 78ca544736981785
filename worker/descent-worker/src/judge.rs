//! `descent-worker judge`: what a group's head makes of a proposed delta.

mod report;

use crate::{
	network::connect,
	positional::{AnyGroupArg, AnyProposalArg},
};
use anyhow::{anyhow, bail, ensure, Context, Result};
use clap::{ArgGroup, Args};
use descent_artifacts::{DatasetClient, DatasetStep, OnStep};
use descent_console::{screen, shutdown, NodeArgs};
use descent_dataset::{DeltaLimits, DeltaSample, Description, Sampled, Set};
use descent_evaluator::{
	evaluation_set::{check_size, load},
	judgement::Judgement,
};
use descent_protocol::{
	view::{GroupView, ProposalView},
	ProposalId,
};
use indicatif::DecimalBytes;
use report::Report;
use sp_core::H256;
use std::{
	future::Future,
	path::{Path, PathBuf},
	sync::Arc,
};

const EXAMPLES: &str = "Examples:
  The worst records of a proposal, with their pictures:
    descent-worker judge mnist 3 --png worst.png

  The same before anything is proposed, with files on this machine:
    descent-worker judge --description mnist.json --checkpoint head.safetensors --own train.parquet \\
      --delta more.parquet --png worst.png

Records with wrong labels have a high loss, as the head predicts another label with confidence. Records of a
kind that the head has not seen have one, too: look at the worst before you vote. Below each picture stands
its label, or label>prediction in red where the head disagrees.";

/// Measure the head on the records that a proposed delta adds, beside as many of the data set's own.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = EXAMPLES)]
#[command(group = ArgGroup::new("case").args(["proposal_number", "proposal", "delta"]).required(true))]
pub(crate) struct Options {
	#[command(flatten)]
	node: NodeArgs,
	#[command(flatten)]
	group: AnyGroupArg,
	#[command(flatten)]
	proposal: AnyProposalArg,
	#[command(flatten)]
	files: Files,
	/// Most records that are measured of the delta, and of the data set.
	#[arg(
		long,
		value_name = "N",
		default_value_t = 500,
		value_parser = clap::value_parser!(u32).range(1..=100_000)
	)]
	records: u32,
	/// Number of the worst records that are shown.
	#[arg(
		long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000)
	)]
	worst: u16,
	/// Seed that draws the records; random if absent, so that a proposer can't know which are measured.
	#[arg(long, value_name = "N")]
	seed: Option<u64>,
	/// PNG file for the pictures of the worst records, where the input has the shape of pictures.
	#[arg(long, value_name = "FILE")]
	png: Option<PathBuf>,
	/// Folder of data sets, which `descent dataset checkout` uses as well; descent/datasets in the user's
	/// cache if absent.
	#[arg(long, value_name = "DIR")]
	data: Option<PathBuf>,
	/// Most GiB of deltas in that folder.
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
	/// Threads that measure; all cores if absent.
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
	threads: Option<u16>,
	/// Print the result as JSON.
	#[arg(long)]
	json: bool,
}

/// Files on this machine, which need no network.
#[derive(Args, Clone, Debug)]
struct Files {
	/// A delta file in place of a proposal.
	#[arg(
		long,
		value_name = "FILE",
		conflicts_with_all = ["group_or_name", "group", "proposal_number", "proposal"],
		requires_all = ["description", "checkpoint", "own"]
	)]
	delta: Option<PathBuf>,
	/// The model description, a JSON file.
	#[arg(long, value_name = "FILE", requires = "delta")]
	description: Option<PathBuf>,
	/// The checkpoint, a safetensors file.
	#[arg(long, value_name = "FILE", requires = "delta")]
	checkpoint: Option<PathBuf>,
	/// The data set's own records, a delta file that only adds.
	#[arg(long, value_name = "FILE", requires = "delta")]
	own: Option<PathBuf>,
}

/// All that is needed to judge.
struct Case {
	description: Description,
	/// The words for the new records, as `proposal 3 of group 0`.
	what: String,
	/// The words for the checkpoint.
	judge: String,
	checkpoint: PathBuf,
	delta: PathBuf,
	own: Arc<Set>,
	/// Removes the files when dropped.
	_folder: tempfile::TempDir,
}

/// Judges a delta and prints the result.
pub(crate) async fn run(options: Options) -> Result<()> {
	if let Some(threads) = options.threads {
		descent_model::set_threads(threads.into());
	}
	let folder = tempfile::tempdir().context("cannot make a temporary directory; set TMPDIR")?;
	let case = match options.files.clone() {
		Files {
			delta: Some(delta),
			description: Some(description),
			checkpoint: Some(checkpoint),
			own: Some(own),
		} => {
			tokio::task::spawn_blocking(move || local(folder, delta, &description, checkpoint, &own))
				.await??
		}
		_ => or_stopped(proposed(folder, &options)).await??,
	};
	let report =
		or_stopped(tokio::task::spawn_blocking(move || judge(&case, &options).map(|r| (r, options))));
	let (report, options) = report.await???;
	if options.json {
		screen::json(&report);
	} else {
		screen::line(&report.text());
	}
	Ok(())
}

/// Waits for work, or ends when the process is asked to stop.
async fn or_stopped<T>(work: impl Future<Output = T>) -> Result<T> {
	let stop = shutdown::requested()?;
	tokio::select! {
		result = work => Ok(result),
		() = stop => bail!("stopped; nothing was written"),
	}
}

/// Opens files on this machine.
fn local(
	folder: tempfile::TempDir,
	delta: PathBuf,
	description: &Path,
	checkpoint: PathBuf,
	own: &Path,
) -> Result<Case> {
	let named = |file: &Path, what: &str| format!("{} is not {what}", file.display());
	let description =
		Description::read(description).with_context(|| named(description, "a usable model description"))?;
	let (schema, limits) = (description.schema(), DeltaLimits::default());
	let set = Set::apply(folder.path(), None, own, H256::zero(), &schema, &limits)
		.with_context(|| named(own, "a delta for this model that only adds"))?;
	Ok(Case {
		what: delta.display().to_string(),
		judge: checkpoint.display().to_string(),
		description,
		checkpoint,
		delta,
		own: Arc::new(set),
		_folder: folder,
	})
}

/// Fetches a proposal, the head and the newest version of the data set.
async fn proposed(folder: tempfile::TempDir, options: &Options) -> Result<Case> {
	let (Some(group), Some(proposal)) = (options.group.value(), options.proposal.value()) else {
		bail!("name a group and a proposal of it, or files with --delta and --checkpoint");
	};
	let client = connect(&options.node).await?;
	let group = client.group(client.find_group(&group).await?).await?;
	let proposal = find(&group, client.proposals(group.id).await?, proposal)?;
	let head = group.head.clone().with_context(|| {
		format!("group {} has no head yet, so nothing can judge: wait until a round is won", group.id)
	})?;
	let log = client.dataset_log(group.id, 1).await?;
	let data = options.data.clone().or_else(DatasetClient::default_folder);
	let data = data.context("neither XDG_CACHE_HOME nor HOME is set: name a folder with --data")?;
	let bar = screen::spinner();
	let on_step = steps(&bar);
	let limit = options.max_data << 30;
	let dataset = DatasetClient::open(&group, log, &data, limit, options.allow_private, &on_step).await?;
	check_size(dataset.description(), &head.checkpoint).map_err(|error| anyhow!("the head: {error}"))?;
	let (checkpoint, delta) = (folder.path().join("head"), folder.path().join("delta"));
	dataset.content("head", &head.checkpoint, &head.providers, &checkpoint, &on_step).await?;
	dataset.content("proposed delta", &proposal.delta, &proposal.providers, &delta, &on_step).await?;
	ensure!(dataset.newest() > 0, "group {} has no data set yet to compare with", group.id);
	let own = dataset.version(dataset.newest(), &on_step).await?;
	bar.finish_and_clear();
	Ok(Case {
		description: dataset.description().clone(),
		what: format!("proposal {} of group {}", proposal.id, group.id),
		judge: format!("the head of round {}", head.round),
		checkpoint,
		delta,
		own,
		_folder: folder,
	})
}

fn find(group: &GroupView, proposals: Vec<ProposalView>, id: ProposalId) -> Result<ProposalView> {
	let known: Vec<_> = proposals.iter().map(|proposal| proposal.id.to_string()).collect();
	proposals.into_iter().find(|proposal| proposal.id == id).with_context(|| {
		format!(
			"group {} has no proposal {id}, or has forgotten it; those it has: {}",
			group.id,
			known.join(", ")
		)
	})
}

/// Tells the steps of fetching on a spinner.
fn steps(bar: &indicatif::ProgressBar) -> OnStep {
	let bar = bar.clone();
	Arc::new(move |step| {
		let (what, progress) = match step {
			DatasetStep::Description(progress) => ("fetching the model description".into(), Some(progress)),
			DatasetStep::Content { what, progress } => (format!("fetching the {what}"), Some(progress)),
			DatasetStep::Searching => ("looking for what is here already".into(), None),
			DatasetStep::Fetching { version, progress } => {
				(format!("fetching delta {version}"), Some(progress))
			}
			DatasetStep::Building { version } => (format!("building version {version}"), None),
		};
		let bytes = progress.map_or_else(String::new, |progress| {
			format!(": {} of {}", DecimalBytes(progress.done), DecimalBytes(progress.total))
		});
		bar.set_message(format!("{what}{bytes}"));
	})
}

/// Draws records, measures them and draws the sheet.
fn judge(case: &Case, options: &Options) -> Result<Report> {
	let schema = case.description.schema();
	let seed = options.seed.unwrap_or_else(rand::random);
	let drawn_by = H256::from_low_u64_be(seed);
	let checkpoint = load(&case.description, &case.checkpoint)
		.map_err(|error| anyhow!("{} is not a checkpoint of this model: {error}", case.judge))?;
	let bar = screen::spinner();
	bar.set_message("reading the delta");
	let new = DeltaSample::draw(&case.delta, &schema, drawn_by, options.records, |_| ())
		.with_context(|| format!("{} is not a delta for this model", case.what))?;
	ensure!(
		!new.records.is_empty(),
		"{} adds no records, it removes {}: there is nothing to judge",
		case.what,
		new.removed
	);
	let count = u32::try_from(new.records.len()).unwrap_or(u32::MAX);
	let own: Vec<Sampled> = case.own.sample(drawn_by, count)?;
	bar.set_message(format!("measuring {count} new records and {} own ones", own.len()));
	let judgement = Judgement::of(&checkpoint, &new.records, &own, options.worst.into())?;
	bar.finish_and_clear();
	let mut report = Report::new(&schema, &case.what, &case.judge, &new, &judgement, seed);
	if let Some(png) = &options.png {
		report::write(png, &report::sheet(&schema, &judgement.worst)?)?;
		report.png = Some(png.clone());
	}
	Ok(report)
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::{error::ErrorKind, Parser};

	#[derive(Debug, Parser)]
	struct Line {
		#[command(flatten)]
		options: Options,
	}

	#[test]
	fn a_proposal_or_files_are_judged() {
		let parse = |line: &str| Line::try_parse_from(format!("judge {line}").split_whitespace());
		let files = "--delta d --description m --checkpoint c --own o";
		for line in ["0 3 --png w.png --seed 1", "--group mnist --proposal 3", files] {
			parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
		}
		for (line, kind) in [
			("", ErrorKind::MissingRequiredArgument),
			("0", ErrorKind::MissingRequiredArgument),
			("--delta d --description m --checkpoint c", ErrorKind::MissingRequiredArgument),
			(&format!("{files} 0 3"), ErrorKind::ArgumentConflict),
			("0 3 --worst 0", ErrorKind::ValueValidation),
		] {
			assert_eq!(parse(line).unwrap_err().kind(), kind, "{line}");
		}
	}
}
