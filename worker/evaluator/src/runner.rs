//! The threads that run jobs.

use super::{queue::JobQueue, request::Request};
use anyhow::{anyhow, Result};
use std::{
	panic::{catch_unwind, AssertUnwindSafe},
	time::Instant,
};

/// Runs the jobs of one kind.
pub(crate) trait JobRunner<R: Request>: Send + 'static {
	/// Returns the outcome of a request. `progress` is told the number of checkpoints measured so far. The
	/// node does not need the outcome after `over`.
	///
	/// # Errors
	/// Fails only for reasons that neither a candidate nor a delta is to blame for.
	fn run(&mut self, request: &R, over: Instant, progress: &dyn Fn(u32)) -> Result<R::Outcome>;
}

/// Runs jobs until the queue is closed.
pub(crate) fn work<R: Request>(jobs: &JobQueue<R>, mut runner: impl JobRunner<R>) {
	while let Some(task) = jobs.next() {
		tracing::debug!(id = ?task.id, "{} begins", R::KIND);
		let began = Instant::now();
		let progress = |measured| jobs.progress(&task.id, measured);
		// libtorch's errors are panics; one request must not end the service for all others
		let outcome = catch_unwind(AssertUnwindSafe(|| runner.run(&task.request, task.over, &progress)))
			.unwrap_or_else(|panic| Err(anyhow!("the {} failed: {}", R::KIND, message(panic.as_ref()))));
		jobs.finish(task.id, outcome, began.elapsed());
	}
}

/// Returns the message of a panic.
fn message(panic: &(dyn std::any::Any + Send)) -> String {
	let text = panic.downcast_ref::<String>().map(String::as_str);
	let text = text.or(panic.downcast_ref::<&str>().copied());
	text.unwrap_or("no reason is known").chars().take(500).collect()
}
