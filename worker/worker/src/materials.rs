//! What evaluator and trainer both need of a group: its model description, its data sets, and checkpoints, all of them
//! fetched from whoever serves them and none of them trusted.

use crate::{disk::create_directory, exam::Refusal, sets::Sets};
use anyhow::{anyhow, ensure, Context, Result};
use descent_content::{FetchError, FetchLimits, Fetcher, Store};
use descent_data::{Description, Limits, Set};
use descent_protocol::ContentRef;
use std::{
	future::Future,
	path::{Path, PathBuf},
	sync::Arc,
	task::{self, Poll, Waker},
	time::{Duration, Instant},
};
use tokio::{
	runtime::Handle,
	sync::{OwnedSemaphorePermit, Semaphore},
	task::JoinHandle,
};

/// Requests at one time for one candidate. All of a round's are fetched side by side, and each request may hold a block
/// of 2 MiB in memory.
const REQUESTS_PER_CANDIDATE: usize = 4;

/// How long to wait for content of which nothing arrives: evaluators work for one group at a time.
const PATIENCE: Duration = Duration::from_secs(15);

/// What may be kept on disk.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
	/// Bytes of fetched and published content.
	pub content: u64,
	/// Bytes of data sets.
	pub data: u64,
}

/// Fetches and keeps content. All methods block, so they are called from threads that may.
pub struct Materials {
	handle: Handle,
	store: Store,
	fetcher: Fetcher,
	/// Fetches candidates.
	candidates: Fetcher,
	/// One permit for each MiB of candidates that may be on disk at a time.
	room: Arc<Semaphore>,
	/// All permits.
	rooms: u32,
	sets: Sets,
	scratch: PathBuf,
}

impl Materials {
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
			..FetchLimits::default()
		};
		let candidate_limits = FetchLimits {
			requests: REQUESTS_PER_CANDIDATE,
			..limits.clone()
		};
		let rooms = mebibytes(quota.content / 2);
		Ok(Self {
			handle,
			fetcher: Fetcher::new(store.clone(), limits)?,
			candidates: Fetcher::new(store.clone(), candidate_limits)?,
			room: Arc::new(Semaphore::new(usize::try_from(rooms)?)),
			rooms,
			store,
			sets: Sets::open(&directory.join("sets"), quota.data)?,
			scratch,
		})
	}

	/// The store that everything is fetched into.
	pub fn store(&self) -> &Store {
		&self.store
	}

	/// Fetches content, at the latest until `until`.
	pub fn fetch(
		&self,
		content: &ContentRef,
		providers: &[String],
		until: Instant,
	) -> Result<(), FetchError> {
		let fetch = async {
			let fetch = self.fetcher.fetch(content, providers, |_| ());
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
		self.fetch(model, providers, until)
			.context("the model description cannot be had")?;
		let json = self.store.read(model, limit)?;
		Description::parse(&json).context("the model description cannot be used")
	}

	/// Fetches the deltas that are missing and builds the data set.
	pub fn set(
		&mut self,
		description: &Description,
		deltas: &[ContentRef],
		providers: &[String],
		until: Instant,
	) -> Result<Arc<Set>> {
		let (handle, store, fetcher, scratch) = (&self.handle, &self.store, &self.fetcher, &self.scratch);
		self.sets.build(&description.schema(), deltas, |delta| {
			let fetch = async {
				let fetch = fetcher.fetch(delta, providers, |_| ());
				tokio::time::timeout_at(until.into(), fetch).await
			};
			handle
				.block_on(fetch)
				.context("the data cannot be had in time")?
				.context("the data cannot be had")?;
			export(store, delta, scratch)
		})
	}

	/// Begins to fetch a candidate, side by side with the others, at the latest until `until`. Whoever begins first is
	/// given room first.
	pub fn begin(&self, checkpoint: ContentRef, providers: Vec<String>, until: Instant) -> Fetching {
		let fetcher = self.candidates.clone();
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
			let fetch = fetcher.fetch(&checkpoint, &providers, |_| ());
			let fetched = match tokio::time::timeout_at(until.into(), fetch).await {
				Ok(fetched) => fetched.map_err(Refusal::from),
				Err(_) if waited => Err(no_room()),
				Err(_) => Err(late(&checkpoint).into()),
			};
			// Kept where it failed, too: what came until then takes up room until the candidate has been looked at.
			(Some(room), fetched)
		};
		Fetching(self.handle.spawn(fetch))
	}

	/// Waits for a candidate, and puts it into a file. It is forgotten when that is dropped.
	pub fn fetched(&self, mut fetching: Fetching, checkpoint: &ContentRef) -> Result<Candidate, Refusal> {
		let ended = self.handle.block_on(&mut fetching.0);
		let (room, fetched) = ended.map_err(|error| Refusal::Failed(error.into()))?;
		fetched?;
		let file = export(&self.store, checkpoint, &self.scratch).map_err(Refusal::Failed)?;
		Ok(Candidate { file, _room: room })
	}

	/// Fetches a checkpoint, into a file that is removed when the path is dropped. Its size is the caller's to check.
	pub fn checkpoint(
		&self,
		checkpoint: &ContentRef,
		providers: &[String],
		until: Instant,
	) -> Result<tempfile::TempPath, Refusal> {
		self.fetch(checkpoint, providers, until)?;
		export(&self.store, checkpoint, &self.scratch).map_err(Refusal::Failed)
	}

	/// Forgets all content but this.
	pub fn retain(&self, kept: &[ContentRef]) -> Result<()> {
		self.store.retain(kept)?;
		Ok(())
	}
}

/// A candidate that is being fetched. Nobody waits for it once this is dropped.
pub struct Fetching(JoinHandle<(Option<OwnedSemaphorePermit>, Result<(), Refusal>)>);

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
	FetchError::Unavailable {
		content: *content,
		done: 0,
		reason: "nobody served all of it in time".into(),
	}
}

/// Others took the disk for so long that too little time was left: nothing that a candidate is to blame for.
fn no_room() -> Refusal {
	Refusal::Failed(anyhow!(
		"the candidates before it left no room on disk in time: raise --max-content"
	))
}

/// MiB that so many bytes take up, at least one.
fn mebibytes(bytes: u64) -> u32 {
	u32::try_from(bytes.div_ceil(1 << 20))
		.unwrap_or(u32::MAX)
		.clamp(1, u32::MAX >> 4)
}

fn export(store: &Store, content: &ContentRef, directory: &Path) -> Result<tempfile::TempPath> {
	let path = tempfile::NamedTempFile::new_in(directory)?.into_temp_path();
	store.export_to(content, &path)?;
	Ok(path)
}

/// The moment that lies so far ahead.
pub fn within(duration: Duration) -> Instant {
	Instant::now() + duration
}

#[cfg(test)]
#[path = "materials_tests.rs"]
mod tests;
