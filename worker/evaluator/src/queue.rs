//! The queue of the jobs of one kind.

use super::{metrics::JobMetrics, request::Request, results::Results};
use anyhow::Result;
use descent_artifacts::{ContentCache, PinGuard};
use descent_protocol::{
	evaluation::{Job, JobStatus},
	GroupId,
};
use sp_core::H256;
use std::{
	collections::{HashMap, VecDeque},
	sync::{Condvar, Mutex, MutexGuard, PoisonError},
	time::{Duration, Instant},
};

/// Number of failures remembered, so that a node that asks again learns the reason.
const FAILURES: usize = 256;

/// The jobs of one kind that this service knows: waiting, running, done, failed.
pub(crate) struct JobQueue<R: Request> {
	inner: Mutex<Inner<R>>,
	wake: Condvar,
	limits: Limits,
	cache: ContentCache,
	metrics: JobMetrics,
}

/// Bounds on the jobs of one kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
	/// Jobs that may wait.
	pub queue: usize,
	/// Jobs of one group that may run at a time, so that no group keeps all others waiting.
	pub per_group: usize,
	/// Time after which a failed job may be asked for again.
	pub retry: Duration,
	/// Time that a job is kept waiting after its window is over, as blocks may come late.
	pub grace: Duration,
}

/// A job that waits or runs. The content that it names is pinned meanwhile.
pub(crate) struct Task<R> {
	pub id: H256,
	pub request: R,
	/// End of the window in which the node can use the outcome.
	pub over: Instant,
	/// End of the time to fetch.
	due: Instant,
	_pin: PinGuard,
}

struct Inner<R: Request> {
	queue: Vec<Task<R>>,
	running: HashMap<H256, Running>,
	failures: VecDeque<Failure>,
	results: Results<R::Outcome>,
	closed: bool,
}

struct Running {
	group: GroupId,
	measured: u32,
}

struct Failure {
	id: H256,
	reason: String,
	since: Instant,
}

/// The queue is full: ask again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl<R: Request> JobQueue<R> {
	/// Creates a queue that knows the finished jobs only.
	pub(crate) fn new(
		results: Results<R::Outcome>,
		limits: Limits,
		cache: ContentCache,
		metrics: JobMetrics,
	) -> Self {
		metrics.results.set(results.len() as i64);
		let inner = Inner {
			queue: Vec::new(),
			running: HashMap::new(),
			failures: VecDeque::new(),
			results,
			closed: false,
		};
		Self { inner: Mutex::new(inner), wake: Condvar::new(), limits, cache, metrics }
	}

	/// Returns the job of a request, and queues it unless it is known already.
	pub(crate) fn submit(&self, request: R) -> Result<Job<R::Outcome>, Full> {
		let now = Instant::now();
		let task = Task {
			id: request.id(),
			due: now + request.fetch_time(),
			// The time to fetch is half of the window.
			over: now + request.fetch_time() * 2,
			_pin: self.cache.hold(request.named()),
			request,
		};
		let id = task.id;
		let mut inner = self.lock();
		let failed_lately =
			|failure: &Failure| failure.id != id || failure.since.elapsed() < self.limits.retry;
		inner.failures.retain(failed_lately);
		if let Some(status) = inner.status(&id) {
			return Ok(Job { id, status });
		}
		inner.forget(now, self.limits.grace);
		if inner.queue.len() >= self.limits.queue && !inner.make_room(task.request.group()) {
			return Err(Full);
		}
		inner.queue.push(task);
		self.metrics.queued.set(inner.queue.len() as i64);
		self.wake.notify_one();
		Ok(Job { id, status: JobStatus::Queued })
	}

	/// Returns a job by its id.
	pub(crate) fn get(&self, id: &H256) -> Option<Job<R::Outcome>> {
		let status = self.lock().status(id)?;
		Some(Job { id: *id, status })
	}

	/// Returns the number of jobs that wait.
	pub(crate) fn waiting(&self) -> usize {
		self.lock().queue.len()
	}

	/// Waits for the next job and marks it as running; `None` once the service is closed. It is the one whose
	/// time to fetch ends first, of the groups that have none running if there are such, and else of those
	/// that may have another one.
	pub(crate) fn next(&self) -> Option<Task<R>> {
		let mut inner = self.lock();
		loop {
			if inner.closed {
				return None;
			}
			inner.forget(Instant::now(), self.limits.grace);
			let first = inner.first(self.limits.per_group);
			let task = first.map(|first| inner.queue.remove(first));
			self.metrics.queued.set(inner.queue.len() as i64);
			if let Some(task) = task {
				let group = task.request.group();
				inner.running.insert(task.id, Running { group, measured: 0 });
				return Some(task);
			}
			inner = self.wake.wait(inner).unwrap_or_else(PoisonError::into_inner);
		}
	}

	/// Sets the number of checkpoints that a running job has measured.
	pub(crate) fn progress(&self, id: &H256, measured: u32) {
		if let Some(running) = self.lock().running.get_mut(id) {
			running.measured = measured;
		}
	}

	/// Ends a running job that took the time `took`.
	pub(crate) fn finish(&self, id: H256, outcome: Result<R::Outcome>, took: Duration) {
		self.metrics.seconds.observe(took.as_secs_f64());
		let mut inner = self.lock();
		inner.running.remove(&id);
		let outcome = outcome.and_then(|outcome| inner.results.insert(id, outcome));
		match outcome {
			Ok(()) => self.metrics.done.inc(),
			Err(error) => {
				self.metrics.failed.inc();
				let reason = format!("{error:#}");
				tracing::warn!(?id, "{} failed: {reason}", R::KIND);
				inner.failures.push_back(Failure { id, reason, since: Instant::now() });
				if inner.failures.len() > FAILURES {
					inner.failures.pop_front();
				}
			}
		}
		self.metrics.results.set(inner.results.len() as i64);
	}

	/// Lets [`Self::next`] end. Waiting jobs are dropped, as the node asks for them again.
	pub(crate) fn close(&self) {
		self.lock().closed = true;
		self.wake.notify_all();
	}

	fn lock(&self) -> MutexGuard<'_, Inner<R>> {
		// every critical section leaves the state valid at each step
		self.inner.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

impl<R: Request> Inner<R> {
	/// Drops the jobs whose window is over: they would only keep others waiting.
	fn forget(&mut self, now: Instant, grace: Duration) {
		self.queue.retain(|task| now < task.over + grace);
	}

	/// Returns the position of the waiting job that is to run first.
	fn first(&self, per_group: usize) -> Option<usize> {
		let running = |task: &Task<R>| {
			let running = self.running.values();
			running.filter(|running| running.group == task.request.group()).count()
		};
		let queued =
			self.queue.iter().enumerate().map(|(position, task)| (running(task), task.due, position));
		let allowed = queued.filter(|(running, ..)| *running < per_group);
		let first = allowed.min_by_key(|(running, due, position)| (*running > 0, *due, *position));
		first.map(|(.., first)| first)
	}

	/// Makes room for a job of a group by dropping the last one of the group that has most waiting; the node
	/// will ask for it again. No group can fill the queue for all others.
	fn make_room(&mut self, group: GroupId) -> bool {
		let waiting = |group| self.queue.iter().filter(|task| task.request.group() == group).count();
		let queued = self.queue.iter().enumerate();
		let last = queued.max_by_key(|(position, task)| (waiting(task.request.group()), task.due, *position));
		let Some((last, task)) = last else {
			return false;
		};
		let gives_way = waiting(task.request.group()) > waiting(group).saturating_add(1);
		if gives_way {
			self.queue.remove(last);
		}
		gives_way
	}

	fn status(&self, id: &H256) -> Option<JobStatus<R::Outcome>> {
		if let Some(outcome) = self.results.get(id) {
			return Some(JobStatus::Done(outcome.clone()));
		}
		if let Some(Running { measured, .. }) = self.running.get(id) {
			return Some(JobStatus::Running { measured: *measured });
		}
		if self.queue.iter().any(|task| task.id == *id) {
			return Some(JobStatus::Queued);
		}
		let failure = self.failures.iter().rev().find(|failure| failure.id == *id)?;
		Some(JobStatus::Failed { reason: failure.reason.clone() })
	}
}
