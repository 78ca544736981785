//! State and messages that the training loop shares with its handles.

use crate::{
	augmentation::Augmentation,
	recorded::{Recorded, RecordedSettings, RecordedStatus, RoundStart},
};
use anyhow::Result;
use descent_dataset::{Description, Set};
use descent_evaluator::evaluation_set::EvaluationSet;
use descent_model::{Device, Optimizer, Schedule, TrainingOptions};
use descent_protocol::{view::GroupView, BlockNumber, Metric, RoundIndex, Score};
use sp_core::H256;
use std::{
	fmt,
	path::PathBuf,
	sync::{
		atomic::{AtomicBool, AtomicUsize, Ordering},
		Arc, Mutex, MutexGuard, PoisonError,
	},
	time::Duration,
};
use tempfile::TempPath;
use tokio::sync::oneshot;

/// Settings of the training itself.
#[derive(Clone, Debug)]
pub struct TrainingSettings {
	/// The optimizer.
	pub optimizer: Optimizer,
	/// The learning rate.
	pub learning_rate: f64,
	/// Records in a batch.
	pub batch: usize,
	/// Changes of the images of each batch.
	pub augmentation: Augmentation,
	/// Number of batches of whose mean gradient a step is made.
	pub accumulate: u32,
	/// Share that the past keeps in each step of the running mean of the weights, which is measured and
	/// committed in their place; `None` keeps no mean.
	pub average: Option<f64>,
	/// Seed of the first weights, of the order of the batches and of the holdout.
	pub seed: u64,
	/// Records of the holdout, on which checkpoints are compared while training.
	pub holdout: u32,
	/// The device that trains.
	pub device: Device,
	/// Folder through which another program trains, in place of the training loop.
	pub own: Option<PathBuf>,
	/// Settings in a group whose checkpoints come with a recorded training.
	pub recorded: RecordedSettings,
}

impl TrainingSettings {
	pub(crate) fn options(&self) -> TrainingOptions {
		TrainingOptions {
			optimizer: self.optimizer.clone(),
			learning_rate: self.learning_rate,
			schedule: Schedule::Constant,
			clip: None,
			accumulate: self.accumulate,
			average: self.average,
			seed: self.seed,
		}
	}
}

/// A model to train, the records to train it on, and the metric to lower.
#[derive(Clone)]
pub(crate) struct TrainingTask {
	pub description: Arc<Description>,
	/// The records of the training set.
	pub training: Arc<Set>,
	/// The records that evaluation sets are drawn from, and so the holdout.
	pub evaluation: Arc<Set>,
	pub metric: Metric,
}

/// A message to the training loop, which reads it between two steps.
pub(crate) enum Command {
	/// Puts the best checkpoint since the last snapshot into a file.
	Snapshot(PathBuf, oneshot::Sender<Result<Option<Snapshot>>>),
	/// Evaluates a new head, in a file that is removed afterwards.
	Head(H256, TempPath),
	/// Goes on with another task for the same model.
	Task(TrainingTask),
	/// Keeps the weights in a file, which a committee can measure.
	Accept(PathBuf, oneshot::Sender<Result<()>>),
	/// Goes back to weights that a committee can measure.
	Reject,
}

/// The best checkpoint since the snapshot before.
#[derive(Clone)]
pub(crate) struct Snapshot {
	/// The score on the holdout.
	pub score: Score,
	/// The holdout.
	pub holdout: EvaluationSet,
	/// Digest of the head, and its score on the same holdout, once it is evaluated.
	pub head: Option<(H256, Score)>,
	/// The recorded training that made it, in a group that asks for one.
	pub recorded: Option<Recorded>,
}

/// Terms of a group for a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms {
	/// Version of the model that the head and checkpoints are of.
	pub model_version: u32,
	/// Micro-units by which a checkpoint has to beat the head.
	pub minimum_improvement: u64,
	/// Digest of the head, and the score at which it was accepted, or of the pretrained checkpoint.
	pub head: Option<(H256, Option<Score>)>,
	/// The current round, and the block before which it takes commitments.
	pub round: Option<(RoundIndex, BlockNumber)>,
}

impl From<&GroupView> for Terms {
	fn from(group: &GroupView) -> Self {
		let round = group.round.and_then(|round| Some((round, group.clock.windows(round)?.commit.end)));
		Self {
			model_version: group.model_version,
			minimum_improvement: group.minimum_improvement,
			head: group.incumbent().map(|head| (head.checkpoint.digest, head.score)),
			round,
		}
	}
}

/// The group's head as the training knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
	pub digest: H256,
	/// The score on the holdout, once the head is evaluated.
	pub score: Option<Score>,
}

/// State of the training.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Status {
	/// Steps taken, one batch each.
	pub steps: u64,
	/// Steps in the last second.
	pub rate: f64,
	/// The training loss, smoothed.
	pub loss: f64,
	/// The learning rate of the last step.
	pub learning_rate: f64,
	/// The best score on the holdout since the last snapshot.
	pub best: Option<Score>,
	/// The head that the training was given last.
	pub head: Option<Head>,
	/// Time that the last check on the holdout took.
	pub check: Duration,
	/// Checkpoints taken from another program; absent where the training loop trains.
	pub taken: Option<u64>,
	/// State of the recording; absent where nothing is recorded.
	pub recorded: Option<RecordedStatus>,
}

impl Status {
	/// The head's digest and its score on the holdout, once it is evaluated.
	pub(crate) fn evaluated_head(&self) -> Option<(H256, Score)> {
		let head = self.head?;
		Some((head.digest, head.score?))
	}
}

impl fmt::Display for Status {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self.taken {
			Some(taken) => write!(f, "{taken} checkpoints taken")?,
			None => write!(f, "step {} ({:.0}/s), loss {:.4}", self.steps, self.rate, self.loss)?,
		}
		if let Some(best) = self.best {
			write!(f, ", holdout {best}")?;
		}
		if let Some((_, score)) = self.evaluated_head() {
			write!(f, ", head {score}")?;
		}
		if let Some(recorded) = self.recorded {
			write!(f, "; {recorded}")?;
		}
		Ok(())
	}
}

/// State that the training loop and its handles share.
#[derive(Default)]
pub(crate) struct Shared {
	status: Mutex<Status>,
	terms: Mutex<Option<Terms>>,
	round_start: Mutex<Option<RoundStart>>,
	pauses: AtomicUsize,
	stopped: AtomicBool,
	ending: AtomicBool,
}

impl Shared {
	/// Locks the status, to be read or changed.
	pub(crate) fn status(&self) -> MutexGuard<'_, Status> {
		self.status.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Locks what the group asks of a checkpoint, once that is known.
	pub(crate) fn terms(&self) -> MutexGuard<'_, Option<Terms>> {
		self.terms.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Locks the start of the round that a recorded training is for, once that is known.
	pub(crate) fn round_start(&self) -> MutexGuard<'_, Option<RoundStart>> {
		self.round_start.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Returns true while there is a [`Pause`].
	pub(crate) fn is_paused(&self) -> bool {
		self.pauses.load(Ordering::Relaxed) > 0
	}

	/// Returns true once the training has ended.
	pub(crate) fn has_stopped(&self) -> bool {
		self.stopped.load(Ordering::Relaxed)
	}

	/// Asks the training to end before its next step.
	pub(crate) fn end(&self) {
		self.ending.store(true, Ordering::Relaxed);
	}

	/// Returns true once the training was asked to end.
	pub(crate) fn is_ending(&self) -> bool {
		self.ending.load(Ordering::Relaxed)
	}

	/// Notes that the training has ended.
	pub(crate) fn stop(&self) {
		self.stopped.store(true, Ordering::Relaxed);
	}
}

/// Keeps the training from computing until it is dropped.
pub(crate) struct Pause(Arc<Shared>);

impl Pause {
	pub(crate) fn new(shared: Arc<Shared>) -> Self {
		shared.pauses.fetch_add(1, Ordering::Relaxed);
		Self(shared)
	}
}

impl Drop for Pause {
	fn drop(&mut self) {
		self.0.pauses.fetch_sub(1, Ordering::Relaxed);
	}
}
