//! What evaluator and trainer both need of a group: its model description, its data sets, and checkpoints, all of them
//! fetched from whoever serves them and none of them trusted.

use crate::{disk::create_directory, ArtifactError, ContentCache, DatasetCache};
use anyhow::{anyhow, ensure, Context, Result};
use descent_content::{FetchError, FetchLimits, Fetcher, Store};
use descent_dataset::{Description, Limits, Set};
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

/// Requests at one time for one candidate or proposed delta. Many of them are fetched side by side, and each request may
/// hold a block of 2 MiB in memory.
const REQUESTS_PER_CANDIDATE: usize = 4;

/// How long to wait for content of which nothing arrives: evaluators work for one group at a time.
const PATIENCE: Duration = Duration::from_secs(15);

/// What may be kept on disk.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
	/// Bytes of fetched and published content.
	pub content: u64,
	/// Of these, bytes that are kept free for candidates.
	pub candidates: u64,
	/// Bytes of data sets.
	pub data: u64,
}

/// Fetches and keeps content, for several threads. All methods block, so they are called from threads that may.
pub struct Artifacts {
	handle: Handle,
	cache: ContentCache,
	fetcher: Fetcher,
	/// Fetches what many are fetched of side by side.
	candidates: Fetcher,
	/// One permit for each MiB of candidates that may be on disk at a time.
	room: Arc<Semaphore>,
	/// All permits.
	rooms: u32,
	sets: DatasetCache,
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
		let limits =
			FetchLimits { max_content_bytes: quota.content, patience: PATIENCE, ..FetchLimits::default() };
		let candidate_limits = FetchLimits { requests: REQUESTS_PER_CANDIDATE, ..limits.clone() };
		let rooms = mebibytes(quota.candidates);
		Ok(Self {
			handle,
			fetcher: Fetcher::new(store.clone(), limits)?,
			candidates: Fetcher::new(store.clone(), candidate_limits)?,
			room: Arc::new(Semaphore::new(usize::try_from(rooms)?)),
			rooms,
			cache: ContentCache::new(store),
			sets: DatasetCache::open(&directory.join("sets"), quota.data)?,
			scratch,
		})
	}

	/// What is here.
	pub fn cache(&self) -> &ContentCache {
		&self.cache
	}

	/// The folder for files that are only needed for a while.
	pub fn scratch(&self) -> &Path {
		&self.scratch
	}

	/// The largest content, in bytes, that there can be room for beside the candidates.
	pub fn largest(&self) -> u64 {
		let candidates = u64::from(self.rooms) << 20;
		self.cache.store().max_bytes().saturating_sub(candidates)
	}

	/// Fetches content, at the latest until `until`.
	pub fn fetch(
		&self,
		content: &ContentRef,
		providers: &[String],
		until: Instant,
	) -> Result<(), FetchError> {
		self.fetch_by(&self.fetcher, content, providers, until)
	}

	fn fetch_by(
		&self,
		fetcher: &Fetcher,
		content: &ContentRef,
		providers: &[String],
		until: Instant,
	) -> Result<(), FetchError> {
		let fetch = async {
			let spare = (self.room.available_permits() as u64) << 20;
			let fetch = fetch(&self.cache, fetcher, *content, providers, spare);
			tokio::time::timeout_at(until.into(), fetch).await
		};
		self.handle.block_on(fetch).unwrap_or_else(|_| Err(late(content)))
	}

	/// Fetches and checks a model description.
	pub fn description(
		&self,
		model: &ContentRef,
		providers: &[String],
		until: Instant,
	) -> Result<Description> {
		let limit = Limits::default().file_bytes as u64;
		ensure!(
			model.size <= limit,
			"the model description has {} bytes; at most {limit} are read",
			model.size
		);
		let _hold = self.cache.hold(vec![*model]);
		self.fetch(model, providers, until).context("the model description cannot be had")?;
		let json = self.cache.store().read(model, limit)?;
		Description::parse(&json).context("the model description cannot be used")
	}

	/// Fetches the deltas that are missing, each from its own providers and from these, and builds the data set. A delta
	/// that has been applied may be forgotten.
	pub fn set(
		&self,
		description: &Description,
		deltas: &[DeltaSource],
		providers: &[String],
		until: Instant,
	) -> Result<Arc<Set>> {
		self.set_in_turn(description, deltas, providers, until, &Mutex::default())
	}

	/// As [`Self::set`], but applies each delta only while it has the turn.
	pub fn set_in_turn(
		&self,
		description: &Description,
		deltas: &[DeltaSource],
		providers: &[String],
		until: Instant,
		turn: &Mutex<()>,
	) -> Result<Arc<Set>> {
		self.sets.build(&description.schema(), deltas, until, |source| {
			let _hold = self.cache.hold(vec![source.delta]);
			self.fetch(&source.delta, &joined(&source.providers, providers), until)
				.context("the data cannot be had")?;
			let path = self.export(&source.delta)?;
			let turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
			Ok(InTurn { path, _turn: turn })
		})
	}

	/// Fetches content into a file that is removed when the path is dropped. Its size is the caller's to check.
	pub fn file(
		&self,
		content: &ContentRef,
		providers: &[String],
		until: Instant,
	) -> Result<tempfile::TempPath, ArtifactError> {
		let _hold = self.cache.hold(vec![*content]);
		self.fetch_by(&self.candidates, content, providers, until)?;
		self.export(content).map_err(ArtifactError::Failed)
	}

	fn export(&self, content: &ContentRef) -> Result<tempfile::TempPath> {
		let path = tempfile::NamedTempFile::new_in(&self.scratch)?.into_temp_path();
		self.cache.store().export_to(content, &path)?;
		Ok(path)
	}

	/// Begins to fetch a candidate, side by side with the others, at the latest until `until`. Whoever begins first is
	/// given room first.
	pub fn begin(&self, checkpoint: ContentRef, providers: Vec<String>, until: Instant) -> Fetching {
		let (cache, fetcher) = (self.cache.clone(), self.candidates.clone());
		// What is too large for any room is refused by the store's quota, which is nobody's fault but this machine's.
		let needed = mebibytes(checkpoint.size).min(self.rooms);
		let mut room = Box::pin(self.room.clone().acquire_many_owned(needed));
		// Asked for here and not in the task, so that the order is that of the calls.
		let asked = room.as_mut().poll(&mut task::Context::from_waker(Waker::noop()));
		let fetch = async move {
			let (room, waited) = match asked {
				Poll::Ready(room) => (Some(room), false),
				Poll::Pending => (tokio::time::timeout_at(until.into(), room).await.ok(), true),
			};
			let Some(Ok(room)) = room else {
				return (None, Err(no_room()));
			};
			let fetch = fetch(&cache, &fetcher, checkpoint, &providers, 0);
			let fetched = match tokio::time::timeout_at(until.into(), fetch).await {
				Ok(fetched) => fetched.map_err(ArtifactError::from),
				Err(_) if waited => Err(no_room()),
				Err(_) => Err(late(&checkpoint).into()),
			};
			// Kept where it failed, too: what came until then takes up room until the candidate has been looked at.
			(Some(room), fetched)
		};
		Fetching(self.handle.spawn(fetch))
	}

	/// Waits for a candidate, and puts it into a file. It is forgotten when that is dropped.
	pub fn fetched(
		&self,
		mut fetching: Fetching,
		checkpoint: &ContentRef,
	) -> Result<Candidate, ArtifactError> {
		let ended = self.handle.block_on(&mut fetching.0);
		let (room, fetched) = ended.map_err(|error| ArtifactError::Failed(error.into()))?;
		fetched?;
		let file = self.export(checkpoint).map_err(ArtifactError::Failed)?;
		Ok(Candidate { file, _room: room })
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
	let theirs = cache.clone();
	let reserve = tokio::task::spawn_blocking(move || theirs.reserve(&content, spare));
	let room = reserve.await.map_err(|error| FetchError::Io(error.into()))??;
	fetcher.fetch(&content, providers, |progress| room.fill(progress)).await
}

/// A file, for whoever has the turn.
struct InTurn<'a> {
	path: tempfile::TempPath,
	_turn: MutexGuard<'a, ()>,
}

impl AsRef<Path> for InTurn<'_> {
	fn as_ref(&self) -> &Path {
		&self.path
	}
}

/// Providers of content and of its group, none of them twice.
pub fn joined(own: &[String], group: &[String]) -> Vec<String> {
	let mut all = own.to_vec();
	all.extend(group.iter().filter(|provider| !own.contains(provider)).cloned());
	all
}

/// A candidate that is being fetched. Nobody waits for it once this is dropped.
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
	_room: Option<OwnedSemaphorePermit>,
}

fn late(content: &ContentRef) -> FetchError {
	FetchError::Unavailable { content: *content, done: 0, reason: "nobody served all of it in time".into() }
}

/// Others took the disk for so long that too little time was left: nothing that a candidate is to blame for.
fn no_room() -> ArtifactError {
	ArtifactError::Failed(anyhow!(
		"the candidates before it left no room on disk in time: raise --max-content"
	))
}

/// MiB that so many bytes take up, at least one.
fn mebibytes(bytes: u64) -> u32 {
	u32::try_from(bytes.div_ceil(1 << 20)).unwrap_or(u32::MAX).clamp(1, u32::MAX >> 4)
}

/// The moment that lies so far ahead.
pub fn within(duration: Duration) -> Instant {
	Instant::now() + duration
}

#[cfg(test)]
#[path = "artifacts_tests.rs"]
mod tests;
