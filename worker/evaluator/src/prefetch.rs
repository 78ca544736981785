//! Sealed test sets that are fetched ahead of their rounds. Nothing waits for them: a set that is not here by
//! then is fetched with the round.

use super::metrics::Metrics;
use anyhow::Result;
use descent_artifacts::{within, ArtifactError, Artifacts, SealedSource};
use descent_protocol::evaluation::PrefetchRequest;
use std::{
	collections::VecDeque,
	sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
	thread,
	time::Duration,
};

/// Requests that may wait, one for each group. Of more, the oldest is dropped.
pub(crate) const WAITING: usize = 8;
/// Sets that are fetched side by side, none of them of the same group.
pub(crate) const FETCHERS: usize = 4;
/// The part of the room on disk that one set may take. All together leave half of it to the evaluations.
const SHARE: u64 = 2 * FETCHERS as u64;
/// Longest time for one set.
const LIMIT: Duration = Duration::from_secs(600);

/// The requests that wait, and those that are worked on.
#[derive(Debug, Default)]
pub(crate) struct PrefetchQueue {
	inner: Mutex<Inner>,
	wake: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
	/// The oldest in front.
	waiting: VecDeque<PrefetchRequest>,
	running: Vec<PrefetchRequest>,
	closed: bool,
}

impl PrefetchQueue {
	/// Queues a request in place of the one of the same group that waits, unless it is being worked on.
	pub(crate) fn submit(&self, request: PrefetchRequest) {
		let mut inner = self.lock();
		inner.waiting.retain(|waiting| waiting.group != request.group);
		if inner.running.contains(&request) {
			return;
		}
		if inner.waiting.len() >= WAITING {
			inner.waiting.pop_front();
		}
		inner.waiting.push_back(request);
		self.wake.notify_one();
	}

	/// Waits for the oldest request of a group that has none running, and marks it as running; `None` once
	/// the service is closed.
	pub(crate) fn next(&self) -> Option<PrefetchRequest> {
		let mut inner = self.lock();
		loop {
			if inner.closed {
				return None;
			}
			let runs = |group| inner.running.iter().any(|running| running.group == group);
			let first = inner.waiting.iter().position(|waiting| !runs(waiting.group));
			if let Some(request) = first.and_then(|first| inner.waiting.remove(first)) {
				inner.running.push(request.clone());
				return Some(request);
			}
			inner = self.wake.wait(inner).unwrap_or_else(PoisonError::into_inner);
		}
	}

	/// Ends a request that runs.
	pub(crate) fn finish(&self, request: &PrefetchRequest) {
		self.lock().running.retain(|running| running != request);
		// The next request of this group may have waited for this one.
		self.wake.notify_all();
	}

	/// Lets [`Self::next`] end.
	pub(crate) fn close(&self) {
		self.lock().closed = true;
		self.wake.notify_all();
	}

	fn lock(&self) -> MutexGuard<'_, Inner> {
		// every critical section leaves the state valid at each step
		self.inner.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

/// Starts the threads that fetch. They end once the queue is closed.
pub(crate) fn start(
	queue: &Arc<PrefetchQueue>,
	artifacts: &Arc<Artifacts>,
	metrics: &Arc<Metrics>,
) -> Result<Vec<thread::JoinHandle<()>>> {
	let fetcher = |_| -> Result<thread::JoinHandle<()>> {
		let (queue, artifacts, metrics) = (queue.clone(), artifacts.clone(), metrics.clone());
		let thread = thread::Builder::new().name("test-sets".into());
		Ok(thread.spawn(move || {
			while let Some(request) = queue.next() {
				let outcome = fetch(&artifacts, &request);
				metrics.prefetches.with_label_values(&[outcome]).inc();
				queue.finish(&request);
			}
		})?)
	};
	(0..FETCHERS).map(fetcher).collect()
}

/// Fetches a set, and returns the outcome's name.
fn fetch(artifacts: &Artifacts, request: &PrefetchRequest) -> &'static str {
	let PrefetchRequest { group, manifest, index, providers } = request.clone();
	let source = SealedSource { manifest, index, providers, peers: Vec::new() };
	let outcome = artifacts.prefetch_test_set(&source, artifacts.largest() / SHARE, within(LIMIT));
	let (name, reason) = match outcome {
		Ok(_) => {
			tracing::info!(group, index, "the next sealed test set is here");
			return "done";
		}
		Err(ArtifactError::Unavailable(reason)) => ("unavailable", reason.to_string()),
		Err(ArtifactError::Invalid(reason) | ArtifactError::IllConditioned(reason)) => ("broken", reason),
		Err(ArtifactError::Failed(error)) => ("failed", format!("{error:#}")),
	};
	tracing::info!(group, index, "the next sealed test set is not here yet, {name}: {reason}");
	name
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_protocol::{ContentRef, GroupId};

	fn request(group: GroupId, index: u16) -> PrefetchRequest {
		let manifest = ContentRef::raw(b"manifest").unwrap();
		PrefetchRequest { group, manifest, index, providers: Vec::new() }
	}

	#[test]
	fn the_latest_of_a_group_waits_and_the_oldest_of_too_many_is_dropped() {
		let queue = PrefetchQueue::default();
		for index in 0..3 {
			queue.submit(request(0, index));
		}
		for group in 1..=WAITING as GroupId {
			queue.submit(request(group, 0));
		}
		assert_eq!(queue.next(), Some(request(1, 0)), "group 0 was the oldest");
		assert_eq!(queue.lock().waiting.len(), WAITING - 1);
		queue.submit(request(0, 7));
		queue.submit(request(0, 8));
		assert_eq!(queue.lock().waiting.back(), Some(&request(0, 8)));
	}

	#[test]
	fn a_group_has_one_running_and_what_runs_is_not_queued_again() {
		let queue = PrefetchQueue::default();
		queue.submit(request(1, 0));
		assert_eq!(queue.next(), Some(request(1, 0)));
		queue.submit(request(1, 0));
		assert!(queue.lock().waiting.is_empty());
		queue.submit(request(1, 1));
		queue.submit(request(2, 0));
		assert_eq!(queue.next(), Some(request(2, 0)));
		queue.finish(&request(1, 0));
		assert_eq!(queue.next(), Some(request(1, 1)));
		queue.close();
		assert_eq!(queue.next(), None);
	}
}
