//! The data set of one group, fetched from its providers and built on disk.

use crate::{
	dataset_log::{check_log, sources},
	fetch_description, joined, within, DatasetCache,
};
use anyhow::{anyhow, Context, Result};
use descent_content::{FetchLimits, Fetcher, Progress, Store};
use descent_dataset::{Description, Set};
use descent_protocol::{
	view::{GroupView, LogEntryView},
	ContentRef, GroupId, MAX_DELTA_SIZE,
};
use std::{
	env,
	ffi::OsString,
	path::{Path, PathBuf},
	sync::Arc,
	time::Duration,
};

/// Longest time for one delta or version: as long as blocks arrive, the caller decides.
const DEADLINE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Progress of a [`DatasetClient`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatasetStep {
	/// The model description is being fetched.
	Description(Progress),
	/// Versions on disk are being read.
	Searching,
	/// Content that is no version of the data set is being fetched: a proposed delta, or a checkpoint.
	Content {
		/// The content in words.
		what: &'static str,
		/// Its bytes.
		progress: Progress,
	},
	/// The delta of a version is being fetched.
	Fetching {
		/// The version.
		version: u32,
		/// Bytes of the delta.
		progress: Progress,
	},
	/// A version is being built.
	Building {
		/// The version.
		version: u32,
	},
}

/// Callback that is told each step.
pub type OnStep = Arc<dyn Fn(DatasetStep) + Send + Sync>;

/// Client for the versions of one group's data set. It keeps deltas and versions in a folder, which no other
/// process may use meanwhile.
pub struct DatasetClient {
	group: GroupId,
	providers: Vec<String>,
	log: Vec<LogEntryView>,
	description: Description,
	fetcher: Fetcher,
	cache: Arc<DatasetCache>,
	scratch: PathBuf,
}

impl DatasetClient {
	/// Checks a group's whole log, opens the folder, and fetches the model description, which names the
	/// columns. The deltas in the folder take up at most `max_bytes`. Providers on this machine and in
	/// private networks are asked only if `allow_private`.
	pub async fn open(
		group: &GroupView,
		log: Vec<LogEntryView>,
		folder: &Path,
		max_bytes: u64,
		allow_private: bool,
		on_step: &OnStep,
	) -> Result<Self> {
		check_log(&[], &log)?;
		let path = folder.to_path_buf();
		let (store, cache) = on_thread(move || open_folder(&path, max_bytes)).await?;
		let limits = FetchLimits {
			max_content_bytes: MAX_DELTA_SIZE,
			deadline: DEADLINE,
			allow_private,
			..FetchLimits::default()
		};
		let fetcher = Fetcher::new(store.clone(), limits)?;
		on_step(DatasetStep::Description(Progress { total: group.model.size, ..Progress::default() }));
		let progress = |progress| on_step(DatasetStep::Description(progress));
		let fetch = fetcher.fetch(&group.model, &group.providers, progress);
		let description = fetch_description(&store, &group.model, fetch).await?;
		Ok(Self {
			group: group.id,
			providers: group.providers.clone(),
			log,
			description,
			fetcher,
			cache: Arc::new(cache),
			scratch: folder.join("scratch"),
		})
	}

	/// Returns the folder `descent/datasets` in the user's cache; `None` where neither `XDG_CACHE_HOME` nor
	/// `HOME` is set.
	pub fn default_folder() -> Option<PathBuf> {
		cache(env::var_os("XDG_CACHE_HOME"), env::var_os("HOME"))
	}

	/// Returns the number of the newest version, 0 if there is none.
	pub fn newest(&self) -> u32 {
		self.log.last().map_or(0, |entry| entry.version)
	}

	/// Returns the description of the group's model, which names the columns.
	pub fn description(&self) -> &Description {
		&self.description
	}

	/// Fetches content from `providers` and the group's, and writes it to the file `out` once every block of
	/// it was checked against the reference. `what` is the content in words.
	///
	/// # Errors
	/// Fails if no provider serves it, it is longer than a delta may be, or the disk is full.
	pub async fn content(
		&self,
		what: &'static str,
		content: &ContentRef,
		providers: &[String],
		out: &Path,
		on_step: &OnStep,
	) -> Result<()> {
		let report = |progress| on_step(DatasetStep::Content { what, progress });
		report(Progress { total: content.size, ..Progress::default() });
		let fetched = self.fetcher.fetch(content, &joined(providers, &self.providers), report).await;
		fetched.with_context(|| format!("the {what} cannot be had"))?;
		let (store, content, out) = (self.fetcher.store().clone(), *content, out.to_path_buf());
		on_thread(move || Ok(store.export_to(&content, out)?)).await
	}

	/// Fetches the deltas of a version that are missing, and builds it.
	///
	/// # Errors
	/// Fails if the version is not in the log, no provider serves a delta, or the disk is full.
	pub async fn version(&self, version: u32, on_step: &OnStep) -> Result<Arc<Set>> {
		let log = self.entries(version)?;
		on_step(DatasetStep::Searching);
		let (cache, schema, entries) = (self.cache.clone(), self.description.schema(), log.to_vec());
		let done = on_thread(move || cache.verify(&schema, &sources(&entries))).await?;
		for entry in &log[done..] {
			self.fetch(entry, on_step).await?;
		}
		let (cache, schema, entries) = (self.cache.clone(), self.description.schema(), log.to_vec());
		let (store, scratch) = (self.fetcher.store().clone(), self.scratch.clone());
		let on_step = on_step.clone();
		on_thread(move || {
			cache.build_log(&schema, &entries, within(DEADLINE), |entry| {
				on_step(DatasetStep::Building { version: entry.version });
				let file = tempfile::NamedTempFile::new_in(&scratch)?.into_temp_path();
				store.export_to(&entry.delta, &file)?;
				Ok(file)
			})
		})
		.await
	}

	fn entries(&self, version: u32) -> Result<&[LogEntryView]> {
		let entries = usize::try_from(version).ok().and_then(|count| self.log.get(..count));
		entries.filter(|entries| !entries.is_empty()).with_context(|| {
			format!("group {} has the versions 1 to {}, but no version {version}", self.group, self.newest())
		})
	}

	async fn fetch(&self, entry: &LogEntryView, on_step: &OnStep) -> Result<()> {
		let version = entry.version;
		let report = |progress| on_step(DatasetStep::Fetching { version, progress });
		report(Progress { total: entry.delta.size, ..Progress::default() });
		let providers = joined(&entry.providers, &self.providers);
		let fetched = self.fetcher.fetch(&entry.delta, &providers, report).await;
		fetched.with_context(|| format!("the delta {version} cannot be had"))
	}
}

/// The folder in the user's cache. By the XDG Base Directory Specification a relative path does not count.
fn cache(cache: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
	let cache = cache.map(PathBuf::from).filter(|path| path.is_absolute());
	let home = home.filter(|home| !home.is_empty());
	let folder = cache.or_else(|| Some(Path::new(&home?).join(".cache")))?;
	Some(folder.join("descent/datasets"))
}

/// Opens the store of deltas and the versions in a folder, and empties its scratch folder.
fn open_folder(folder: &Path, max_bytes: u64) -> Result<(Store, DatasetCache)> {
	// The store is locked, so that no other process uses the scratch folder.
	let store = Store::open(folder.join("content"), max_bytes)?;
	let scratch = folder.join("scratch");
	if scratch.exists() {
		std::fs::remove_dir_all(&scratch)?;
	}
	std::fs::create_dir_all(&scratch)?;
	// Versions of the data set are not bounded: the user asked for them.
	Ok((store, DatasetCache::open(&folder.join("sets"), u64::MAX)?))
}

/// Does work that blocks on a thread of its own. If the returned future is dropped, the thread is left
/// behind; the runtime does not wait for it when it ends.
pub async fn on_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
	let (done, ended) = tokio::sync::oneshot::channel();
	std::thread::Builder::new().spawn(move || drop(done.send(work())))?;
	ended.await.map_err(|_| anyhow!("the work ended before it was done"))?
}

#[cfg(test)]
#[path = "dataset_client_tests.rs"]
mod tests;
