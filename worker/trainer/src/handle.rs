//! The handle of a training loop, and the thread that it runs on.

use crate::{
	augmentation::Augmentation,
	control::{Command, Head, Pause, Shared, Snapshot, Status, Terms, TrainingSettings, TrainingTask},
	own::{Folders, OwnTraining, Tell},
	recorded::{RecordedTraining, Recordings, RoundStart},
	training_loop::TrainingLoop,
};
use anyhow::{Context, Result};
use sp_core::H256;
use std::{
	panic::{catch_unwind, AssertUnwindSafe},
	path::PathBuf,
	sync::{
		mpsc::{self, Receiver, Sender},
		Arc,
	},
	thread::{self, JoinHandle},
	time::{Duration, Instant},
};
use tempfile::TempPath;
use tokio::sync::oneshot;

const STOPPED: &str = "the training has stopped because of an error";

/// Longest wait for the thread when the last handle is dropped.
const END_LIMIT: Duration = Duration::from_secs(5);

/// Handle of a training that runs on a thread of its own until the last handle is dropped.
#[derive(Clone)]
pub(crate) struct TrainingHandle {
	commands: Sender<Command>,
	shared: Arc<Shared>,
	thread: Arc<TrainingThread>,
}

/// The thread, which is ended and joined when this is dropped: libtorch must not be unloaded while it
/// computes.
struct TrainingThread {
	thread: JoinHandle<()>,
	shared: Arc<Shared>,
}

impl Drop for TrainingThread {
	fn drop(&mut self) {
		self.shared.end();
		let until = Instant::now() + END_LIMIT;
		while !self.thread.is_finished() && Instant::now() < until {
			thread::sleep(Duration::from_millis(1));
		}
	}
}

/// A training that is prepared, and runs until the commands end.
type Run = Box<dyn FnOnce(&Receiver<Command>) -> Result<()>>;

/// Prepares the training that the settings ask for.
fn prepare(
	task: TrainingTask,
	settings: TrainingSettings,
	directory: PathBuf,
	recordings: Option<Recordings>,
	shared: Arc<Shared>,
	tell: Tell,
) -> Result<Run> {
	if let Some(folder) = settings.own.clone() {
		let folders = Folders { shared: folder, kept: directory, recordings };
		let own = OwnTraining::new(task, settings, folders, shared, tell)?;
		return Ok(Box::new(move |commands: &Receiver<Command>| own.run(commands)));
	}
	if let Some(recordings) = recordings {
		if settings.augmentation != Augmentation::default() {
			tracing::warn!("a recorded training takes its records as they are: --augment changes none");
		}
		if settings.accumulate > 1 || settings.average.is_some() {
			tracing::warn!(
				"a recorded training makes a step of each batch, and commits the weights themselves"
			);
		}
		let training = RecordedTraining::new(task, settings, recordings, shared)?;
		return Ok(Box::new(move |commands: &Receiver<Command>| training.run(commands)));
	}
	let training = TrainingLoop::new(task, settings, directory, shared)?;
	Ok(Box::new(move |commands: &Receiver<Command>| training.run(commands)))
}

impl TrainingHandle {
	/// Starts to train. Weights are kept in `directory`; `tell` is told what comes of the checkpoints of
	/// another program.
	pub(crate) fn start(
		task: TrainingTask,
		settings: TrainingSettings,
		directory: PathBuf,
		tell: Tell,
	) -> Result<Self> {
		Self::spawn(move |shared| prepare(task, settings, directory, None, shared, tell))
	}

	/// Starts to train in a group whose checkpoints come with a recorded training, once the start of a round
	/// is known.
	pub(crate) fn start_recorded(
		task: TrainingTask,
		settings: TrainingSettings,
		directory: PathBuf,
		recordings: Recordings,
		tell: Tell,
	) -> Result<Self> {
		Self::spawn(move |shared| prepare(task, settings, directory, Some(recordings), shared, tell))
	}

	/// Runs a training on a thread of its own, once it is prepared.
	fn spawn(prepare: impl FnOnce(Arc<Shared>) -> Result<Run> + Send + 'static) -> Result<Self> {
		let (commands, received) = mpsc::channel();
		let (ready, started) = mpsc::channel();
		let shared = Arc::new(Shared::default());
		let theirs = shared.clone();
		let run = move || {
			let training = match prepare(theirs.clone()) {
				Ok(training) => training,
				Err(error) => {
					// the receiver is gone if the caller is
					let _ = ready.send(Err(error));
					return;
				}
			};
			let _ = ready.send(Ok(()));
			// libtorch's errors may be panics
			let ended = catch_unwind(AssertUnwindSafe(|| training(&received)));
			theirs.stop();
			match ended {
				Ok(Ok(())) => {}
				Ok(Err(error)) => tracing::error!("training stopped: {error:#}"),
				Err(_) => tracing::error!("training stopped: libtorch failed, as said above"),
			}
		};
		let thread = thread::Builder::new().name("training".into()).spawn(run)?;
		let thread = Arc::new(TrainingThread { thread, shared: shared.clone() });
		started.recv().context(STOPPED)??;
		Ok(Self { commands, shared, thread })
	}

	/// Asks the training to end before its next step.
	pub(crate) fn end(&self) {
		self.shared.end();
	}

	/// Returns true once the thread of the training has ended, and uses libtorch no more.
	pub(crate) fn has_ended(&self) -> bool {
		self.thread.thread.is_finished()
	}

	/// Tells the training what the group asks of a checkpoint.
	pub(crate) fn set_terms(&self, terms: Terms) {
		*self.shared.terms() = Some(terms);
	}

	/// Tells a recorded training the start of the current round, once that is known.
	pub(crate) fn set_round(&self, start: Option<RoundStart>) {
		*self.shared.round_start() = start;
	}

	pub(crate) fn status(&self) -> Status {
		*self.shared.status()
	}

	/// Returns true if both are handles of one training.
	#[cfg(test)]
	pub(crate) fn is(&self, other: &Self) -> bool {
		Arc::ptr_eq(&self.shared, &other.shared)
	}

	/// Returns true once the training has ended because something failed.
	pub(crate) fn has_stopped(&self) -> bool {
		self.shared.has_stopped()
	}

	/// Puts the best checkpoint since the last snapshot into a file; `None` if no step was taken since.
	pub(crate) async fn snapshot(&self, path: PathBuf) -> Result<Option<Snapshot>> {
		let (reply, replied) = oneshot::channel();
		self.send(Command::Snapshot(path, reply))?;
		replied.await.context(STOPPED)?
	}

	/// Gives the training a new head. It goes on from the head's weights if they are better than its own.
	pub(crate) fn set_head(&self, digest: H256, file: TempPath) -> Result<()> {
		// before the command, as the loop adds the score
		self.shared.status().head = Some(Head { digest, score: None });
		self.send(Command::Head(digest, file))
	}

	/// Gives the training another task for the same model. It has to be given the head again.
	pub(crate) fn set_task(&self, task: TrainingTask) -> Result<()> {
		self.send(Command::Task(task))?;
		self.shared.status().head = None;
		Ok(())
	}

	/// Tells the training that the weights in a file can be measured by a committee. The file may be removed
	/// once this returns.
	pub(crate) async fn accept(&self, file: PathBuf) -> Result<()> {
		let (reply, replied) = oneshot::channel();
		self.send(Command::Accept(file, reply))?;
		replied.await.context(STOPPED)?
	}

	/// Tells the training that its best weights cannot be measured by a committee.
	pub(crate) fn reject(&self) -> Result<()> {
		self.send(Command::Reject)
	}

	/// Leaves the processor to others until the pause is dropped.
	pub(crate) fn pause(&self) -> Pause {
		Pause::new(self.shared.clone())
	}

	fn send(&self, command: Command) -> Result<()> {
		self.commands.send(command).ok().context(STOPPED)
	}
}
