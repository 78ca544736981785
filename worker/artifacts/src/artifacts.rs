//! The artifacts of a group that evaluator and trainer both need: its model description, its data sets and
//! its checkpoints. They are fetched from providers, none of which is trusted.

mod test_sets;

use crate::{
	contact::Contact, disk::create_directory, fetch_description, room::Room, room::Seat, ArtifactError,
	ContentCache, DatasetCache, FetchWindow, Fetching, Source, VersionBuilder,
};
use anyhow::{Context, Result};
use descent_content::{FetchError, FetchLimits, Fetcher, ProbeError, Store};
use descent_dataset::{Description, Set};
use descent_protocol::{
	evaluation::{DeltaSource, KeptLeaf},
	ContentRef,
};
use std::{
	path::{Path, PathBuf},
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::{Duration, Instant},
};
use tokio::{runtime::Handle, task::JoinSet};

pub use test_sets::{SealedSource, SealedTestSet, MAX_TEST_SET_BYTES, MAX_TEST_SET_DISK_BYTES};

/// Requests at one time for one candidate or proposed delta. Many of them are fetched side by side, and each
/// request may hold a block of 2 MiB in memory.
const REQUESTS_PER_CANDIDATE: usize = 4;

/// Longest time in which no block of content arrives: evaluators work for one group at a time.
const PATIENCE: Duration = Duration::from_secs(15);

/// Content that nobody has. A gateway that is asked for it answers that it is not there.
const NOTHING: &[u8] = b"descent: is anybody there?";

/// Most gateways that are asked whether there is a network.
const MAX_ASKED: usize = 16;

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
	/// Room on disk for candidates.
	room: Arc<Room>,
	max_candidates: u64,
	contact: Contact,
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
		let cache = ContentCache::new(store.clone());
		Ok(Self {
			handle,
			fetcher: Fetcher::new(store.clone(), limits)?,
			candidates: Fetcher::new(store, candidate_limits)?,
			room: Room::new(cache.clone(), quota.candidates),
			max_candidates: quota.candidates,
			contact: Contact::default(),
			cache,
			datasets: DatasetCache::open(&directory.join("sets"), quota.data)?,
			scratch,
		})
	}

	/// Tells the URL at which other evaluators reach the content, as they may be told to ask it.
	pub fn set_gateway(&mut self, gateway: Option<&str>) {
		let served = |fetcher: &Fetcher| fetcher.clone().served_at(gateway.map(str::to_owned));
		(self.fetcher, self.candidates) = (served(&self.fetcher), served(&self.candidates));
	}

	/// Has deltas read by `builder` from now on, instead of in this process.
	pub fn set_builder(&mut self, builder: Arc<dyn VersionBuilder>) {
		self.datasets.set_builder(builder);
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
		self.cache.store().max_bytes().saturating_sub(self.max_candidates)
	}

	/// Fetches content, at the latest until `until`.
	pub fn fetch(
		&self,
		content: &ContentRef,
		providers: &[String],
		until: Instant,
	) -> Result<(), FetchError> {
		self.handle.block_on(self.fetch_by(&self.fetcher, content, providers, &[], until))
	}

	async fn fetch_by(
		&self,
		fetcher: &Fetcher,
		content: &ContentRef,
		providers: &[String],
		peers: &[String],
		until: Instant,
	) -> Result<(), FetchError> {
		let own = self.cache.clone();
		let (content, spare) = (*content, self.room.spare());
		let reserve = tokio::task::spawn_blocking(move || own.reserve(&content, spare));
		let reservation = reserve.await.map_err(|error| FetchError::Io(error.into()))??;
		let fetcher = fetcher.until(until.into());
		let fetch = fetcher.fetch_with_peers(&content, providers, peers, |progress| {
			self.contact.progress(progress);
			reservation.fill(progress);
		});
		let fetched = fetch.await;
		self.contact.ended(&fetched);
		fetched
	}

	/// Returns the number of times that a provider was heard of. Where it does not grow while content is
	/// fetched, there may be no network.
	pub fn contacts(&self) -> u64 {
		self.contact.count()
	}

	/// Returns true if any of these gateways answers by HTTP until `until`, whatever it says.
	pub fn is_heard_of(&self, gateways: &[String], until: Instant) -> bool {
		let before = self.contact.count();
		let Some(nothing) = ContentRef::raw(NOTHING) else {
			return false;
		};
		self.handle.block_on(async {
			let mut asked = JoinSet::new();
			for gateway in gateways.iter().take(MAX_ASKED) {
				let (gateway, contact) = ([gateway.clone()], self.contact.clone());
				let fetcher = self.candidates.until(until.into());
				asked.spawn(async move { contact.ended(&fetcher.fetch(&nothing, &gateway, |_| {}).await) });
			}
			asked.join_all().await;
		});
		self.contact.count() > before
	}

	/// Fetches a leaf from each keeper itself, all side by side, until `until`. What is here already does not
	/// count. Returns `visit` of the bytes in the order of the leaves, `None` for a keeper none of whose
	/// gateways serves its leaf.
	pub fn leaves<T: Send + 'static>(
		&self,
		leaves: &[KeptLeaf],
		until: Instant,
		visit: impl Fn(&KeptLeaf, &[u8]) -> T + Clone + Send + 'static,
	) -> Vec<Option<T>> {
		self.handle.block_on(async {
			let fetched = leaves.iter().map(|leaf| {
				let (fetcher, contact) = (self.candidates.clone(), self.contact.clone());
				let (leaf, visit) = (leaf.clone(), visit.clone());
				tokio::spawn(async move {
					for gateway in &leaf.providers {
						let number = leaf.leaf.into();
						let fetched = fetcher.leaf(&leaf.content, number, gateway, until.into()).await;
						if !matches!(fetched, Err(ProbeError::Unreachable(_) | ProbeError::Slow(_))) {
							contact.heard();
						}
						match fetched {
							Ok(bytes) => return Some(visit(&leaf, &bytes)),
							Err(error) => {
								let keeper = &leaf.keeper;
								tracing::info!(%keeper, gateway, "does not serve a leaf: {error}");
							}
						}
					}
					None
				})
			});
			let tasks: Vec<_> = fetched.collect();
			let mut all = Vec::with_capacity(tasks.len());
			for task in tasks {
				all.push(task.await.ok().flatten());
			}
			all
		})
	}

	/// Fetches and checks a model description.
	pub fn description(
		&self,
		model: &ContentRef,
		providers: &[String],
		until: Instant,
	) -> Result<Description> {
		let _pin = self.cache.hold(vec![*model]);
		let fetch = self.fetch_by(&self.fetcher, model, providers, &[], until);
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
		self.set_in_turn(description, deltas, providers, (until, until), &Mutex::default())
	}

	/// Builds a data set as [`Self::set`] does, but applies each delta only while it holds `turn`. There is
	/// one time to fetch, and another one to build.
	pub fn set_in_turn(
		&self,
		description: &Description,
		deltas: &[DeltaSource],
		providers: &[String],
		(until, built_until): (Instant, Instant),
		turn: &Mutex<()>,
	) -> Result<Arc<Set>> {
		self.datasets.build(&description.schema(), deltas, built_until, |source| {
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
		self.handle.block_on(self.fetch_by(&self.candidates, content, providers, &[], until))?;
		self.export(content).map_err(ArtifactError::Failed)
	}

	fn export(&self, content: &ContentRef) -> Result<tempfile::TempPath> {
		let path = tempfile::NamedTempFile::new_in(&self.scratch)?.into_temp_path();
		self.cache.store().link_to(content, &path)?;
		Ok(path)
	}

	/// Begins to fetch a candidate, side by side with the others. Candidates share room on disk in the order
	/// of their ranks, and those of one rank in the order of the calls.
	pub fn begin(&self, source: Source, window: FetchWindow) -> Fetching {
		let tools = (self.cache.clone(), self.candidates.clone(), &self.room, self.contact.clone());
		Fetching::begin(&self.handle, tools, source, window)
	}

	/// Waits for a candidate and writes it to a file, which is removed when the result is dropped.
	pub fn fetched(&self, fetching: Fetching) -> Result<Candidate, ArtifactError> {
		let content = *fetching.content();
		let seat = self.handle.block_on(fetching.taken())?;
		let file = self.export(&content).map_err(ArtifactError::Failed)?;
		Ok(Candidate { file, _seat: seat })
	}

	/// Waits until one of two has arrived or failed.
	pub fn either_over(&self, one: &mut Fetching, other: &mut Fetching) {
		self.handle.block_on(async {
			tokio::select! {
				() = one.over() => {}
				() = other.over() => {}
			}
		});
	}
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

/// A fetched candidate, in a file that is removed when this is dropped. Its room on disk is given back then,
/// so the content is discarded before, if it is of no more use.
#[derive(Debug)]
pub struct Candidate {
	/// The checkpoint.
	pub file: tempfile::TempPath,
	_seat: Arc<Seat>,
}

/// Returns the instant that lies this far ahead.
pub fn within(duration: Duration) -> Instant {
	Instant::now() + duration
}

#[cfg(test)]
#[path = "artifacts_tests.rs"]
mod tests;
