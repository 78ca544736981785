use super::{queue::JobQueue, request::Request};
use anyhow::{anyhow, Result};
use std::{
	panic::{catch_unwind, AssertUnwindSafe},
	time::Instant,
};

/// Does what is asked for.
pub(crate) trait JobRunner<R: Request>: Send + 'static {
	/// What comes of a request. `progress` is told the number of checkpoints measured so far. Fails only for what nothing that
	/// is to be looked at is to blame for. From `over` on nobody needs it.
	fn judge(&mut self, request: &R, over: Instant, progress: &dyn Fn(u32)) -> Result<R::Outcome>;
}

/// Works on jobs until there are no more.
pub(crate) fn work<R: Request>(jobs: &JobQueue<R>, mut judge: impl JobRunner<R>) {
	while let Some(task) = jobs.next() {
		tracing::debug!(id = ?task.id, "{} begins", R::KIND);
		let began = Instant::now();
		let progress = |measured| jobs.progress(&task.id, measured);
		// libtorch's errors are panics; one request must not end the service for all others
		let outcome = catch_unwind(AssertUnwindSafe(|| judge.judge(&task.request, task.over, &progress)))
			.unwrap_or_else(|panic| Err(anyhow!("the {} failed: {}", R::KIND, words(panic.as_ref()))));
		jobs.finish(task.id, outcome, began.elapsed());
	}
}

/// What a panic said.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
	let text = panic.downcast_ref::<String>().map(String::as_str);
	let text = text.or(panic.downcast_ref::<&str>().copied());
	text.unwrap_or("no reason is known").chars().take(500).collect()
}
