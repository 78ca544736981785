//! The artifacts of a group that evaluator and trainer both need: its model description, its data sets and
//! its checkpoints. They are fetched from providers, none of which is trusted.

use crate::{disk::create_directory, fetch_description, ArtifactError, ContentCache, DatasetCache};
use anyhow::{anyhow, Context, Result};
use descent_content::{FetchError, FetchLimits, Fetcher, Store};
use descent_dataset::{Description, Set};
use descent_protocol::{evaluation::DeltaSource, ContentRef};
use std::{
	future::Future,
	path::{Path, PathBuf},
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	task::{self, Poll, Waker},
	time::{Duration, Instant},
};
use tokio::{
	runtime::Handle,
	sync::{OwnedSemaphorePermit, Semaphore},
	task::JoinHandle,
};

/// Requests at one time for one candidate or proposed delta. Many of them are fetched side by side, and each
/// request may hold a block of 2 MiB in memory.
const REQUESTS_PER_CANDIDATE: usize = 4;

/// Longest time in which no block of content arrives: evaluators work for one group at a time.
const PATIENCE: Duration = Duration::from_secs(15);

/// Bounds on the bytes kept on disk, and on the providers that are asked.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
	/// Bytes of fetched and published content.
	pub content: u64,
	/// Of these, bytes that are kept free for candidates.
	pub candidates: u64,
	/// Bytes of data sets.
	pub data: u64,
	/// Allows providers on this machine and in private networks, which a local chain needs.
	pub allow_private: bool,
}

/// Fetches and keeps content, for several threads. All methods block, so call them from threads that may
/// block.
pub struct Artifacts {
	handle: Handle,
	cache: ContentCache,
	fetcher: Fetcher,
	/// Fetches candidates and proposed deltas, many of them side by side.
	candidates: Fetcher,
	/// One permit for each MiB of candidates that may be on disk at a time.
	permits: Arc<Semaphore>,
	max_permits: u32,
	datasets: DatasetCache,
	scratch: PathBuf,
}

impl Artifacts {
	/// Opens the directories below `directory`; `handle` is the runtime that fetches run on.
	pub fn open(directory: &Path, quota: Quota, handle: Handle) -> Result<Self> {
		let content = directory.join("content");
		create_directory(&content)?;
		let store = Store::open(content, quota.content)?;
		let scratch = directory.join("scratch");
		if scratch.exists() {
			std::fs::remove_dir_all(&scratch)
				.with_context(|| format!("cannot remove {}", scratch.display()))?;
		}
		create_directory(&scratch)?;
		let limits = FetchLimits {
			max_content_bytes: quota.content,
			patience: PATIENCE,
			allow_private: quota.allow_private,
			..FetchLimits::default()
		};
		let candidate_limits = FetchLimits { requests: REQUESTS_PER_CANDIDATE, ..limits.clone() };
		let max_permits = mebibytes(quota.candidates);
		Ok(Self {
			handle,
			fetcher: Fetcher::new(store.clone(), limits)?,
			candidates: Fetcher::new(store.clone(), candidate_limits)?,
			permits: Arc::new(Semaphore::new(usize::try_from(max_permits)?)),
			max_permits,
			cache: ContentCache::new(store),
			datasets: DatasetCache::open(&directory.join("sets"), quota.data)?,
			scratch,
		})
	}

	/// Returns the cache of fetched content.
	pub fn cache(&self) -> &ContentCache {
		&self.cache
	}

	/// Returns the folder for temporary files.
	pub fn scratch(&self) -> &Path {
		&self.scratch
	}

	/// Returns the size in bytes of the largest content that fits beside the candidates.
	pub fn largest(&self) -> u64 {
		let candidates = u64::from(self.max_permits) << 20;
		self.cache.store().max_bytes().saturating_sub(candidates)
	}

	/// Fetches content, at the latest until `until`.
	pub fn fetch(
		&self,
		content: &ContentRef,
		providers: &[String],
		until: Instant,
	) -> Result<(), FetchError> {
		self.handle.block_on(self.fetch_by(&self.fetcher, content, providers, until))
	}

	async fn fetch_by(
		&self,
		fetcher: &Fetcher,
		content: &ContentRef,
		providers: &[String],
		until: Instant,
	) -> Result<(), FetchError> {
		let spare = (self.permits.available_permits() as u64) << 20;
		let fetcher = fetcher.until(until.into());
		let fetch = fetch(&self.cache, &fetcher, *content, providers, spare);
		tokio::time::timeout_at(until.into(), fetch).await.unwrap_or_else(|_| Err(late(content)))
	}

	/// Fetches and checks a model description.
	pub fn description(
		&self,
		model: &ContentRef,
		providers: &[String],
		until: Instant,
	) -> Result<Description> {
		let _pin = self.cache.hold(vec![*model]);
		let fetch = self.fetch_by(&self.fetcher, model, providers, until);
		Ok(self.handle.block_on(fetch_description(self.cache.store(), model, fetch))?)
	}

	/// Fetches the deltas that are missing, each from its own providers and from these, and builds the data
	/// set. A delta that has been applied may be forgotten.
	pub fn set(
		&self,
		description: &Description,
		deltas: &[DeltaSource],
		providers: &[String],
		until: Instant,
	) -> Result<Arc<Set>> {
		self.set_in_turn(description, deltas, providers, until, &Mutex::default())
	}

	/// Builds a data set as [`Self::set`] does, but applies each delta only while it holds `turn`.
	pub fn set_in_turn(
		&self,
		description: &Description,
		deltas: &[DeltaSource],
		providers: &[String],
		until: Instant,
		turn: &Mutex<()>,
	) -> Result<Arc<Set>> {
		self.datasets.build(&description.schema(), deltas, until, |source| {
			let _pin = self.cache.hold(vec![source.delta]);
			self.fetch(&source.delta, &joined(&source.providers, providers), until)
				.context("the data cannot be had")?;
			let path = self.export(&source.delta)?;
			let turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
			Ok(InTurn { path, _turn: turn })
		})
	}

	/// Fetches content into a file that is removed when the path is dropped. The caller checks its size.
	pub fn file(
		&self,
		content: &ContentRef,
		providers: &[String],
		until: Instant,
	) -> Result<tempfile::TempPath, ArtifactError> {
		let _pin = self.cache.hold(vec![*content]);
		self.handle.block_on(self.fetch_by(&self.candidates, content, providers, until))?;
		self.export(content).map_err(ArtifactError::Failed)
	}

	fn export(&self, content: &ContentRef) -> Result<tempfile::TempPath> {
		let path = tempfile::NamedTempFile::new_in(&self.scratch)?.into_temp_path();
		self.cache.store().export_to(content, &path)?;
		Ok(path)
	}

	/// Begins to fetch a candidate, side by side with the others, at the latest until `until`. Candidates are
	/// given room on disk in the order of the calls.
	pub fn begin(&self, checkpoint: ContentRef, providers: Vec<String>, until: Instant) -> Fetching {
		let (cache, fetcher) = (self.cache.clone(), self.candidates.clone());
		// A candidate larger than all permits is refused by the store's quota, which is this machine's fault.
		let needed = mebibytes(checkpoint.size).min(self.max_permits);
		let mut permit = Box::pin(self.permits.clone().acquire_many_owned(needed));
		// Polled here and not in the task, so that permits are given in the order of the calls.
		let asked = permit.as_mut().poll(&mut task::Context::from_waker(Waker::noop()));
		let fetch = async move {
			let (permit, waited) = match asked {
				Poll::Ready(permit) => (Some(permit), false),
				Poll::Pending => (tokio::time::timeout_at(until.into(), permit).await.ok(), true),
			};
			let Some(Ok(permit)) = permit else {
				return (None, Err(no_room()));
			};
			let fetcher = fetcher.until(until.into());
			let fetch = fetch(&cache, &fetcher, checkpoint, &providers, 0);
			let fetched = match tokio::time::timeout_at(until.into(), fetch).await {
				Ok(fetched) => fetched.map_err(ArtifactError::from),
				Err(_) if waited => Err(no_room()),
				Err(_) => Err(late(&checkpoint).into()),
			};
			// Kept after a failure, too: the blocks that came take up room until the candidate has been
			// looked at.
			(Some(permit), fetched)
		};
		Fetching(self.handle.spawn(fetch))
	}

	/// Waits for a candidate and writes it to a file, which is removed when the result is dropped.
	pub fn fetched(
		&self,
		mut fetching: Fetching,
		checkpoint: &ContentRef,
	) -> Result<Candidate, ArtifactError> {
		let ended = self.handle.block_on(&mut fetching.0);
		let (permit, fetched) = ended.map_err(|error| ArtifactError::Failed(error.into()))?;
		fetched?;
		let file = self.export(checkpoint).map_err(ArtifactError::Failed)?;
		Ok(Candidate { file, _permit: permit })
	}
}

/// Fetches content after making room for it, and for `spare` bytes more.
async fn fetch(
	cache: &ContentCache,
	fetcher: &Fetcher,
	content: ContentRef,
	providers: &[String],
	spare: u64,
) -> Result<(), FetchError> {
	let own = cache.clone();
	let reserve = tokio::task::spawn_blocking(move || own.reserve(&content, spare));
	let reservation = reserve.await.map_err(|error| FetchError::Io(error.into()))??;
	fetcher.fetch(&content, providers, |progress| reservation.fill(progress)).await
}

/// A file together with the turn to apply it.
struct InTurn<'a> {
	path: tempfile::TempPath,
	_turn: MutexGuard<'a, ()>,
}

impl AsRef<Path> for InTurn<'_> {
	fn as_ref(&self) -> &Path {
		&self.path
	}
}

/// Returns the providers of content and those of its group, none of them twice.
pub fn joined(own: &[String], group: &[String]) -> Vec<String> {
	let mut all = own.to_vec();
	all.extend(group.iter().filter(|provider| !own.contains(provider)).cloned());
	all
}

/// A candidate that is being fetched. The fetch stops when this is dropped.
pub struct Fetching(JoinHandle<(Option<OwnedSemaphorePermit>, Result<(), ArtifactError>)>);

impl Drop for Fetching {
	fn drop(&mut self) {
		self.0.abort();
	}
}

/// A fetched candidate, in a file that is removed when this is dropped.
pub struct Candidate {
	/// The checkpoint.
	pub file: tempfile::TempPath,
	_permit: Option<OwnedSemaphorePermit>,
}

fn late(content: &ContentRef) -> FetchError {
	FetchError::Unavailable {
		content: *content,
		done: 0,
		reason: "no provider served all of it in time".into(),
		answered: false,
	}
}

/// Error of a candidate that got no room on disk in time because of those before it: it is not to blame.
fn no_room() -> ArtifactError {
	ArtifactError::Failed(anyhow!(
		"the candidates before it left no room on disk in time: raise --max-content"
	))
}

/// Returns the MiB that this many bytes take up, at least one.
fn mebibytes(bytes: u64) -> u32 {
	u32::try_from(bytes.div_ceil(1 << 20)).unwrap_or(u32::MAX).clamp(1, u32::MAX >> 4)
}

/// Returns the instant that lies this far ahead.
pub fn within(duration: Duration) -> Instant {
	Instant::now() + duration
}

#[cfg(test)]
#[path = "artifacts_tests.rs"]
mod tests;
