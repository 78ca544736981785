//! The folder of data sets on this machine, and the progress of what is fetched and built there.

use super::blocking::or_stopped;
use crate::{args::PrivateArg, output::Output, parse};
use anyhow::{Context, Result};
use clap::Args;
use descent_artifacts::{DatasetClient, DatasetStep, OnStep};
use descent_client::Client;
use descent_dataset::Set;
use descent_protocol::{view::ProposalView, GroupId};
use indicatif::ProgressBar;
use std::{
	path::{Path, PathBuf},
	sync::{Arc, Mutex, PoisonError},
};

/// Options that name the folder of data sets.
#[derive(Clone, Debug, Args)]
pub(super) struct DataArg {
	/// Folder to keep deltas and versions in, so that the next version needs only what is new; without it a
	/// folder descent/datasets in the user's cache
	#[arg(long, value_name = "DIR")]
	data: Option<PathBuf>,
	/// The most that the deltas there may take up
	#[arg(long, value_name = "BYTES", default_value = "64G", value_parser = parse::bytes)]
	data_limit: u64,
	#[command(flatten)]
	private: PrivateArg,
}

impl DataArg {
	fn folder(&self) -> Result<PathBuf> {
		match &self.data {
			Some(folder) => Ok(folder.clone()),
			None => DatasetClient::default_folder()
				.context("neither XDG_CACHE_HOME nor HOME is set: name a folder with --data"),
		}
	}
}

/// Reads a group's log and opens its data set.
pub(super) async fn open(
	client: &Client,
	group: GroupId,
	data: &DataArg,
	output: &Output,
) -> Result<DatasetClient> {
	let group = client.group(group).await?;
	let log = client.dataset_log(group.id, 1).await?;
	let (folder, bars) = (data.folder()?, Bars::new(output));
	let (limit, allow_private, on_step) = (data.data_limit, data.private.allow_private, bars.on_step());
	let opened = or_stopped(DatasetClient::open(&group, log, &folder, limit, allow_private, &on_step)).await;
	bars.clear();
	opened?
}

/// Fetches and builds a version of a data set.
pub(super) async fn version(dataset: &DatasetClient, version: u32, output: &Output) -> Result<Arc<Set>> {
	let bars = Bars::new(output);
	let built = or_stopped(dataset.version(version, &bars.on_step())).await;
	bars.clear();
	built?
}

/// Fetches the delta of a proposal into the file `out`.
pub(super) async fn proposed(
	dataset: &DatasetClient,
	proposal: &ProposalView,
	out: &Path,
	output: &Output,
) -> Result<()> {
	let bars = Bars::new(output);
	let (delta, providers, on_step) = (&proposal.delta, &proposal.providers, bars.on_step());
	let fetched = or_stopped(dataset.content("proposed delta", delta, providers, out, &on_step)).await;
	bars.clear();
	fetched?
}

/// The bar or spinner of the current step, with its title.
type Shown = Option<(String, ProgressBar)>;

#[derive(Clone)]
struct Bars {
	output: Output,
	shown: Arc<Mutex<Shown>>,
}

impl Bars {
	fn new(output: &Output) -> Self {
		Self { output: *output, shown: Arc::default() }
	}

	fn on_step(&self) -> OnStep {
		let bars = self.clone();
		Arc::new(move |step| bars.show(step))
	}

	fn show(&self, step: DatasetStep) {
		let (title, progress) = match step {
			DatasetStep::Description(progress) => ("fetching model description".into(), Some(progress)),
			DatasetStep::Content { what, progress } => (format!("fetching the {what}"), Some(progress)),
			DatasetStep::Searching => ("looking for what is here already".into(), None),
			DatasetStep::Fetching { version, progress } => {
				(format!("fetching delta {version}"), Some(progress))
			}
			DatasetStep::Building { version } => (format!("building version {version}"), None),
		};
		let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
		if shown.as_ref().is_none_or(|(shown, _)| *shown != title) {
			if let Some((_, bar)) = shown.take() {
				bar.finish_and_clear();
			}
			let bar = match progress {
				Some(progress) => self.output.byte_bar(progress.total, &title),
				None => self.output.spinner(&title),
			};
			*shown = Some((title, bar));
		}
		if let (Some((_, bar)), Some(progress)) = (shown.as_ref(), progress) {
			bar.set_position(progress.done);
		}
	}

	fn clear(&self) {
		let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner).take();
		if let Some((_, bar)) = shown {
			bar.finish_and_clear();
		}
	}
}
