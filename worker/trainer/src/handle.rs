use super::training_loop::{Settings, TrainingLoop, TrainingTask};
use anyhow::{Context, Result};
use descent_protocol::Score;
use sp_core::H256;
use std::{
	fmt,
	panic::{catch_unwind, AssertUnwindSafe},
	path::PathBuf,
	sync::{
		atomic::{AtomicBool, AtomicUsize, Ordering},
		mpsc::{self, Sender},
		Arc, Mutex, MutexGuard, PoisonError,
	},
	thread,
};
use tokio::sync::oneshot;

/// The best checkpoint since the last one was taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Snapshot {
	/// What it scores on the holdout.
	pub score: Score,
	/// The last head that was met, by its digest, and what that scores on the holdout.
	pub head: Option<(H256, Score)>,
}

/// How the training goes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Status {
	/// Batches learnt from.
	pub steps: u64,
	/// Batches in the last second.
	pub rate: f64,
	/// The training loss, smoothed.
	pub loss: f64,
	/// The best score on the holdout since the last snapshot.
	pub best: Option<Score>,
	/// The head's score on the holdout.
	pub head: Option<Score>,
}

impl fmt::Display for Status {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		write!(f, "step {} ({:.0}/s), loss {:.4}", self.steps, self.rate, self.loss)?;
		if let Some(best) = self.best {
			write!(f, ", holdout {best}")?;
		}
		if let Some(head) = self.head {
			write!(f, ", head {head}")?;
		}
		Ok(())
	}
}

/// A training that goes on, on a thread of its own, until the last handle is dropped.
#[derive(Clone)]
pub(crate) struct TrainingHandle {
	commands: Sender<Command>,
	shared: Arc<Shared>,
}

/// What learner and training share.
#[derive(Default)]
pub(crate) struct Shared {
	status: Mutex<Status>,
	resting: AtomicUsize,
	stopped: AtomicBool,
}

impl Shared {
	/// How it goes, to be read or changed.
	pub(crate) fn status(&self) -> MutexGuard<'_, Status> {
		self.status.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Whether the training is to leave the processor to others.
	pub(crate) fn is_resting(&self) -> bool {
		self.resting.load(Ordering::Relaxed) > 0
	}
}

/// What the training is asked to do between two steps.
pub(crate) enum Command {
	/// Puts the best checkpoint since the last time into a file.
	Snapshot(PathBuf, oneshot::Sender<Result<Option<Snapshot>>>),
	/// Meets a new head, in a file that is removed afterwards.
	Head(H256, tempfile::TempPath),
	/// Goes on with other records.
	TrainingTask(TrainingTask),
}

/// Keeps the training from computing until it is dropped.
pub(crate) struct Rest(Arc<Shared>);

impl Drop for Rest {
	fn drop(&mut self) {
		self.0.resting.fetch_sub(1, Ordering::Relaxed);
	}
}

const STOPPED: &str = "the training has stopped because of an error";

impl TrainingHandle {
	/// Starts to train.
	pub(crate) fn start(task: TrainingTask, settings: Settings) -> Result<Self> {
		let (commands, received) = mpsc::channel();
		let (ready, begun) = mpsc::channel();
		let shared = Arc::new(Shared::default());
		let theirs = shared.clone();
		let run = move || {
			let course = match TrainingLoop::new(task, settings, theirs.clone()) {
				Ok(course) => course,
				Err(error) => {
					// whoever started it may have gone
					let _ = ready.send(Err(error));
					return;
				}
			};
			let _ = ready.send(Ok(()));
			// libtorch's errors may be panics
			let ended = catch_unwind(AssertUnwindSafe(|| course.run(&received)));
			theirs.stopped.store(true, Ordering::Relaxed);
			match ended {
				Ok(Ok(())) => {}
				Ok(Err(error)) => tracing::error!("training stopped: {error:#}"),
				Err(_) => tracing::error!("training stopped: libtorch failed, as said above"),
			}
		};
		thread::Builder::new().name("training".into()).spawn(run)?;
		begun.recv().context(STOPPED)??;
		Ok(Self { commands, shared })
	}

	/// How it goes.
	pub(crate) fn status(&self) -> Status {
		*self.shared.status()
	}

	/// Whether both are handles of one training.
	#[cfg(test)]
	pub(crate) fn is(&self, other: &Self) -> bool {
		Arc::ptr_eq(&self.shared, &other.shared)
	}

	/// Whether the training has stopped because something failed.
	pub(crate) fn has_stopped(&self) -> bool {
		self.shared.stopped.load(Ordering::Relaxed)
	}

	/// Puts the best checkpoint since the last snapshot into a file; `None` where nothing was learnt since.
	pub(crate) async fn snapshot(&self, path: PathBuf) -> Result<Option<Snapshot>> {
		let (reply, replied) = oneshot::channel();
		self.commands.send(Command::Snapshot(path, reply)).ok().context(STOPPED)?;
		replied.await.context(STOPPED)?
	}

	/// Shows it a new head, from which it goes on where that is better than what it has.
	pub(crate) fn meet_head(&self, digest: H256, file: tempfile::TempPath) -> Result<()> {
		self.commands.send(Command::Head(digest, file)).ok().context(STOPPED)
	}

	/// Lets it go on with its weights on other records, or for another metric. The model is the same.
	pub(crate) fn teach(&self, task: TrainingTask) -> Result<()> {
		self.commands.send(Command::TrainingTask(task)).ok().context(STOPPED)
	}

	/// Leaves the processor to others until the rest is dropped.
	pub(crate) fn rest(&self) -> Rest {
		self.shared.resting.fetch_add(1, Ordering::Relaxed);
		Rest(self.shared.clone())
	}
}
