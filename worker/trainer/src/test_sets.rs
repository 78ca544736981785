//! Hidden test sets: their sealed files are fetched before anything is committed, and opened once their keys
//! are released.

use anyhow::{Context, Result};
use descent_artifacts::{joined, within, ArtifactError, Artifacts, SealedSource, SealedTestSet};
use descent_dataset::{Description, Set};
use descent_protocol::{evaluation::TestSetSource, ContentRef};
use std::{
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	thread,
	time::{Duration, Instant},
};

/// Longest time to fetch a sealed file.
const FETCH_LIMIT: Duration = Duration::from_secs(3600);
/// Longest time to build a test set once it is open.
const BUILD_LIMIT: Duration = Duration::from_secs(3600);
/// Pause after a set that could not be had.
const RETRY: Duration = Duration::from_secs(10);
/// Sets that are kept: those of two open rounds and of the current one, and the one after.
const KEPT: usize = 4;

/// The sealed test sets that this trainer holds.
pub(crate) struct TestSets {
	artifacts: Arc<Artifacts>,
	/// The one that was asked for last in front.
	held: Vec<Held>,
}

/// A sealed test set that was asked for.
struct Held {
	manifest: ContentRef,
	index: u16,
	state: Arc<Mutex<State>>,
}

enum State {
	Fetching {
		since: Instant,
	},
	Here(SealedTestSet),
	/// It is broken whatever its key is, as everybody finds.
	Broken,
	Failed {
		reason: String,
		at: Instant,
	},
}

impl TestSets {
	pub(crate) fn new(artifacts: Arc<Artifacts>) -> Self {
		Self { artifacts, held: Vec::new() }
	}

	/// Begins to fetch a sealed test set in the background, unless it is here. Returns the content that has
	/// to stay on disk.
	///
	/// # Errors
	/// The reason that it is not here.
	pub(crate) fn hold(&mut self, source: SealedSource) -> Result<Vec<ContentRef>, String> {
		let is_asked_for = |held: &Held| (held.manifest, held.index) == (source.manifest, source.index);
		let known = self.held.iter().position(is_asked_for);
		let held = match known.map(|known| self.held.remove(known)) {
			Some(held) if !held.is_due_again() => held,
			_ => Held::fetch(&self.artifacts, source),
		};
		let answer = held.answer();
		self.held.insert(0, held);
		self.held.truncate(KEPT);
		answer
	}

	/// Opens a test set and builds it; `None` if it is broken. Both block, on a thread of their own.
	pub(crate) async fn open(
		&self,
		description: Arc<Description>,
		test_set: TestSetSource,
		group: &[String],
	) -> Result<Option<Arc<Set>>> {
		let TestSetSource { manifest, index, key, providers } = test_set;
		let providers = joined(&providers, group);
		let source = SealedSource { manifest, index, providers, peers: Vec::new() };
		let artifacts = self.artifacts.clone();
		let opened = tokio::task::spawn_blocking(move || {
			let ends = (within(FETCH_LIMIT), within(FETCH_LIMIT + BUILD_LIMIT));
			artifacts.test_set(&description, &source, &key, ends)
		});
		match opened.await? {
			Ok(set) => Ok(Some(set)),
			Err(ArtifactError::Invalid(reason) | ArtifactError::IllConditioned(reason)) => {
				tracing::warn!("the hidden test set {index} is broken, and the public one counts: {reason}");
				Ok(None)
			}
			Err(error) => Err(error).context("the round's hidden test set cannot be opened"),
		}
	}
}

impl Held {
	fn fetch(artifacts: &Arc<Artifacts>, source: SealedSource) -> Self {
		let state = Arc::new(Mutex::new(State::Fetching { since: Instant::now() }));
		let held = Self { manifest: source.manifest, index: source.index, state: state.clone() };
		let artifacts = artifacts.clone();
		let fetch = move || {
			let fetched = artifacts.prefetch_test_set(&source, artifacts.largest(), within(FETCH_LIMIT));
			*lock(&state) = match fetched {
				Ok(sealed) => State::Here(sealed),
				Err(ArtifactError::Invalid(reason) | ArtifactError::IllConditioned(reason)) => {
					let index = source.index;
					tracing::warn!(
						"the sealed test set {index} is broken, and the public one counts: {reason}"
					);
					State::Broken
				}
				Err(error) => State::Failed { reason: format!("{error:#}"), at: Instant::now() },
			};
		};
		let started = thread::Builder::new().name("test-set".into()).spawn(fetch);
		if let Err(error) = started {
			*lock(&held.state) = State::Failed { reason: error.to_string(), at: Instant::now() };
		}
		held
	}

	/// Returns true if another attempt is due.
	fn is_due_again(&self) -> bool {
		matches!(&*lock(&self.state), State::Failed { at, .. } if at.elapsed() >= RETRY)
	}

	fn answer(&self) -> Result<Vec<ContentRef>, String> {
		let what = format!("the sealed test set {} of the group's series", self.index);
		match &*lock(&self.state) {
			State::Here(sealed) => Ok(sealed.content().into()),
			State::Broken => Ok(vec![self.manifest]),
			State::Fetching { since } => {
				Err(format!("{what} is not here: it is being fetched for {} s", since.elapsed().as_secs()))
			}
			State::Failed { reason, .. } => Err(format!("{what} cannot be had: {reason}")),
		}
	}
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
	state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "test_sets_tests.rs"]
mod tests;
