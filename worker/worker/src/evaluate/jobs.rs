use super::{metrics::Metrics, results::Results};
use anyhow::Result;
use descent_protocol::{
	evaluation::{EvaluationRequest, Job, JobStatus},
	request_id, Ballot,
};
use sp_core::H256;
use std::{
	collections::VecDeque,
	sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
	time::{Duration, Instant},
};

/// Failures remembered, so that whoever asks learns the reason.
const FAILURES: usize = 256;

/// The evaluations that this service knows: waiting, being measured, done, failed.
pub struct Jobs {
	inner: Mutex<Inner>,
	wake: Condvar,
	queue_limit: usize,
	/// A failed evaluation may be asked for again after this long.
	retry: Duration,
	metrics: Arc<Metrics>,
}

struct Inner {
	queue: VecDeque<(H256, EvaluationRequest)>,
	running: Option<(H256, u32)>,
	failures: VecDeque<Failure>,
	results: Results,
	closed: bool,
}

struct Failure {
	id: H256,
	reason: String,
	since: Instant,
}

/// The queue is full: ask again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Jobs {
	/// No job but the finished ones.
	pub fn new(results: Results, queue_limit: usize, retry: Duration, metrics: Arc<Metrics>) -> Self {
		let inner = Inner {
			queue: VecDeque::new(),
			running: None,
			failures: VecDeque::new(),
			results,
			closed: false,
		};
		Self {
			inner: Mutex::new(inner),
			wake: Condvar::new(),
			queue_limit,
			retry,
			metrics,
		}
	}

	/// The job of a request, queued now unless it is known already.
	pub fn submit(&self, request: EvaluationRequest) -> Result<Job, Full> {
		let id = request_id(&request);
		let mut inner = self.lock();
		let failed_lately = |failure: &Failure| failure.id != id || failure.since.elapsed() < self.retry;
		inner.failures.retain(failed_lately);
		if let Some(status) = inner.status(&id) {
			return Ok(Job { id, status });
		}
		if inner.queue.len() >= self.queue_limit {
			return Err(Full);
		}
		inner.queue.push_back((id, request));
		self.metrics.queued.set(inner.queue.len() as i64);
		self.wake.notify_one();
		Ok(Job {
			id,
			status: JobStatus::Queued,
		})
	}

	/// A job as it stands; `None` where there is none of this id.
	pub fn get(&self, id: &H256) -> Option<Job> {
		let status = self.lock().status(id)?;
		Some(Job { id: *id, status })
	}

	/// Jobs waiting.
	pub fn waiting(&self) -> usize {
		self.lock().queue.len()
	}

	/// Waits for the next job and marks it as running; `None` once the service is closed.
	pub fn next(&self) -> Option<(H256, EvaluationRequest)> {
		let mut inner = self.lock();
		loop {
			if inner.closed {
				return None;
			}
			if let Some((id, request)) = inner.queue.pop_front() {
				inner.running = Some((id, 0));
				self.metrics.queued.set(inner.queue.len() as i64);
				return Some((id, request));
			}
			inner = self.wake.wait(inner).unwrap_or_else(PoisonError::into_inner);
		}
	}

	/// Says how far the running job is.
	pub fn progress(&self, measured: u32) {
		if let Some((_, running)) = &mut self.lock().running {
			*running = measured;
		}
	}

	/// Ends the running job.
	pub fn finish(&self, outcome: Result<Ballot>) {
		let mut inner = self.lock();
		let Some((id, _)) = inner.running.take() else {
			return;
		};
		let outcome = outcome.and_then(|ballot| inner.results.insert(id, ballot));
		match outcome {
			Ok(()) => self.metrics.jobs.with_label_values(&["done"]).inc(),
			Err(error) => {
				self.metrics.jobs.with_label_values(&["failed"]).inc();
				let reason = format!("{error:#}");
				tracing::warn!(?id, "evaluation failed: {reason}");
				inner.failures.push_back(Failure {
					id,
					reason,
					since: Instant::now(),
				});
				if inner.failures.len() > FAILURES {
					inner.failures.pop_front();
				}
			}
		}
		self.metrics.results.set(inner.results.len() as i64);
	}

	/// Lets [`Self::next`] end; what waits is dropped, as it will be asked for again.
	pub fn close(&self) {
		self.lock().closed = true;
		self.wake.notify_all();
	}

	fn lock(&self) -> MutexGuard<'_, Inner> {
		// every critical section leaves the state valid at each step
		self.inner.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

impl Inner {
	fn status(&self, id: &H256) -> Option<JobStatus> {
		if let Some(ballot) = self.results.get(id) {
			return Some(JobStatus::Done {
				ballot: ballot.clone(),
			});
		}
		if let Some((_, measured)) = self.running.filter(|(running, _)| running == id) {
			return Some(JobStatus::Running { measured });
		}
		if self.queue.iter().any(|(queued, _)| queued == id) {
			return Some(JobStatus::Queued);
		}
		let failure = self.failures.iter().rev().find(|failure| failure.id == *id)?;
		Some(JobStatus::Failed {
			reason: failure.reason.clone(),
		})
	}
}
