//! The data set of a group, fetched from those who serve it.

use super::{
	shelf::{check_log, Shelf},
	work::{or_stopped, until_stopped},
};
use crate::{output::Output, parse};
use anyhow::{ensure, Context, Result};
use clap::Args;
use descent_client::Client;
use descent_content::{FetchLimits, Fetcher, Store};
use descent_dataset::{Description, Limits, Set};
use descent_protocol::{
	view::{GroupView, LogEntryView},
	ContentRef, GroupId, MAX_DELTA_SIZE,
};
use std::{
	env,
	ffi::OsString,
	path::{Path, PathBuf},
	time::Duration,
};

/// Longest time for one delta: as long as something arrives, whoever waits decides.
const DEADLINE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Where data sets are kept.
#[derive(Clone, Debug, Args)]
pub(super) struct DataArg {
	/// Folder to keep deltas and versions in, so that the next version needs only what is new; without it a folder
	/// descent/datasets in the user's cache
	#[arg(long, value_name = "DIR")]
	data: Option<PathBuf>,
	/// The most that the deltas there may take up
	#[arg(long, value_name = "BYTES", default_value = "64G", value_parser = parse::bytes)]
	data_limit: u64,
}

impl DataArg {
	fn folder(&self) -> Result<PathBuf> {
		match &self.data {
			Some(folder) => Ok(folder.clone()),
			None => cache(env::var_os("XDG_CACHE_HOME"), env::var_os("HOME"))
				.context("neither XDG_CACHE_HOME nor HOME is set: name a folder with --data"),
		}
	}
}

/// The user's cache, as the XDG Base Directory Specification has it: a relative path is none.
fn cache(cache: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
	let cache = cache.map(PathBuf::from).filter(|path| path.is_absolute());
	let home = home.filter(|home| !home.is_empty());
	let folder = cache.or_else(|| Some(Path::new(&home?).join(".cache")))?;
	Some(folder.join("descent/datasets"))
}

/// A group's data set, of which any version can be had.
pub(super) struct Library {
	/// The group.
	pub group: GroupView,
	log: Vec<LogEntryView>,
	fetcher: Fetcher,
	shelf: Shelf,
	scratch: PathBuf,
}

impl Library {
	/// Reads a group's log, and fetches the model description, which names the columns.
	pub(super) async fn open(
		client: &Client,
		group: GroupId,
		data: &DataArg,
		output: &Output,
	) -> Result<Self> {
		let group = client.group(group).await?;
		let log = client.dataset_log(group.id, 1).await?;
		check_log(&log)?;
		let (folder, limit) = (data.folder()?, data.data_limit);
		let scratch = folder.join("scratch");
		let store = {
			let scratch = scratch.clone();
			let content = folder.join("content");
			until_stopped(move || {
				// the store is locked, so that what lies in scratch is nobody's
				let store = Store::open(content, limit)?;
				if scratch.exists() {
					std::fs::remove_dir_all(&scratch)?;
				}
				std::fs::create_dir_all(&scratch)?;
				Ok(store)
			})
			.await?
		};
		let limits =
			FetchLimits { max_content_bytes: MAX_DELTA_SIZE, deadline: DEADLINE, ..FetchLimits::default() };
		let fetcher = Fetcher::new(store.clone(), limits)?;
		let longest = Limits::default().file_bytes as u64;
		ensure!(
			group.model.size <= longest,
			"the model description has {} bytes; at most {longest} are read",
			group.model.size
		);
		fetch(&fetcher, &group.model, &group.providers, "model description", output).await?;
		let json = store.read(&group.model, longest)?;
		let description = Description::parse(&json).context("the model description cannot be used")?;
		Ok(Self {
			shelf: Shelf::open(&folder.join("sets"), &description.schema())?,
			group,
			log,
			fetcher,
			scratch,
		})
	}

	/// The number of the newest version.
	pub(super) fn newest(&self) -> u32 {
		self.log.last().map_or(0, |entry| entry.version)
	}

	/// Fetches the deltas of a version that are not here, and builds it.
	pub(super) async fn version(&self, version: u32, output: &Output) -> Result<Set> {
		let there = usize::try_from(version).ok().and_then(|count| self.log.get(..count));
		let log = there.filter(|log| !log.is_empty()).with_context(|| {
			format!(
				"group {} has the versions 1 to {}, but no version {version}",
				self.group.id,
				self.newest()
			)
		})?;
		let (shelf, entries) = (self.shelf.clone(), log.to_vec());
		let spinner = output.spinner("looking for what is here already");
		let start = until_stopped(move || shelf.start(&entries)).await;
		spinner.finish_and_clear();
		let start = start?;
		for entry in &log[start.done..] {
			let mut providers = entry.providers.clone();
			providers.extend(self.group.providers.iter().cloned());
			let what = format!("delta {}", entry.version);
			fetch(&self.fetcher, &entry.delta, &providers, &what, output).await?;
		}
		let (shelf, entries) = (self.shelf.clone(), log.to_vec());
		let (store, scratch) = (self.fetcher.store().clone(), self.scratch.clone());
		let spinner = output.spinner("building");
		let set = {
			let spinner = spinner.clone();
			until_stopped(move || {
				shelf.build(start, &entries, |entry| {
					spinner.set_message(format!("building version {}", entry.version));
					let file = tempfile::NamedTempFile::new_in(&scratch)?.into_temp_path();
					store.export_to(&entry.delta, &file)?;
					Ok(file)
				})
			})
			.await
		};
		spinner.finish_and_clear();
		set
	}
}

async fn fetch(
	fetcher: &Fetcher,
	content: &ContentRef,
	providers: &[String],
	what: &str,
	output: &Output,
) -> Result<()> {
	let bar = output.byte_bar(content.size, &format!("fetching {what}"));
	let fetch = fetcher.fetch(content, providers, |progress| bar.set_position(progress.done));
	let fetched = or_stopped(fetch).await;
	bar.finish_and_clear();
	fetched?.with_context(|| format!("the {what} cannot be had"))
}

#[cfg(test)]
#[path = "library_tests.rs"]
mod tests;
