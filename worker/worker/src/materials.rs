//! What evaluator and trainer both need of a group: its model description, its data sets, and checkpoints, all of them
//! fetched from whoever serves them and none of them trusted.

use crate::{disk::create_directory, exam::Refusal, sets::Sets};
use anyhow::{ensure, Context, Result};
use descent_content::{FetchError, FetchLimits, Fetcher, Store};
use descent_data::{Description, Limits, Set};
use descent_protocol::ContentRef;
use std::{
	path::{Path, PathBuf},
	sync::Arc,
	time::{Duration, Instant},
};
use tokio::{
	runtime::Handle,
	sync::{OwnedSemaphorePermit, Semaphore},
	task::JoinHandle,
};

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
	fetcher: Arc<Fetcher>,
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
		store.gc()?;
		let scratch = directory.join("scratch");
		if scratch.exists() {
			std::fs::remove_dir_all(&scratch)
				.with_context(|| format!("cannot remove {}", scratch.display()))?;
		}
		create_directory(&scratch)?;
		let limits = FetchLimits {
			max_content_bytes: quota.content,
			..FetchLimits::default()
		};
		let rooms = mebibytes(quota.content / 2);
		Ok(Self {
			handle,
			fetcher: Arc::new(Fetcher::new(store.clone(), limits)?),
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
		self.handle.block_on(fetch).unwrap_or_else(|_| {
			Err(FetchError::Unavailable {
				content: *content,
				done: 0,
				reason: "nobody served all of it in time".into(),
			})
		})
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
		let (fetcher, room) = (self.fetcher.clone(), self.room.clone());
		// What is too large for any room is refused by the store's quota, which is nobody's fault but this machine's.
		let needed = mebibytes(checkpoint.size).min(self.rooms);
		let fetch = async move {
			let room = room.acquire_many_owned(needed).await;
			fetcher.fetch(&checkpoint, &providers, |_| ()).await?;
			Ok(room.expect("the semaphore is never closed"))
		};
		let late = move |_| FetchError::Unavailable {
			content: checkpoint,
			done: 0,
			reason: "nobody served all of it in time".into(),
		};
		Fetching(
			self.handle
				.spawn(async move { tokio::time::timeout_at(until.into(), fetch).await.map_err(late)? }),
		)
	}

	/// Waits for a candidate, and puts it into a file. It is forgotten when that is dropped.
	pub fn fetched(&self, mut fetching: Fetching, checkpoint: &ContentRef) -> Result<Candidate, Refusal> {
		let room = self.handle.block_on(&mut fetching.0);
		let room = room.map_err(|error| Refusal::Failed(error.into()))??;
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
		for pin in self.store.pins() {
			if !kept.contains(&pin) {
				self.store.remove(&pin)?;
			}
		}
		self.store.gc()?;
		Ok(())
	}
}

/// A candidate that is being fetched. Nobody waits for it once this is dropped.
pub struct Fetching(JoinHandle<Result<OwnedSemaphorePermit, FetchError>>);

impl Drop for Fetching {
	fn drop(&mut self) {
		self.0.abort();
	}
}

/// A fetched candidate, in a file that is removed when this is dropped.
pub struct Candidate {
	/// The checkpoint.
	pub file: tempfile::TempPath,
	_room: OwnedSemaphorePermit,
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
