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
use tokio::runtime::Handle;

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
		Ok(Self {
			handle,
			fetcher: Fetcher::new(store.clone(), limits)?,
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

fn export(store: &Store, content: &ContentRef, directory: &Path) -> Result<tempfile::TempPath> {
	let path = tempfile::NamedTempFile::new_in(directory)?.into_temp_path();
	store.export_to(content, &path)?;
	Ok(path)
}

/// The moment that lies so far ahead.
pub fn within(duration: Duration) -> Instant {
	Instant::now() + duration
}
