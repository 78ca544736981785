//! The training loop: steps, checks on the holdout, and new heads.

use crate::{
	best_weights::BestWeights,
	control::{Command, Shared, Snapshot, TrainingSettings, TrainingTask},
};
use anyhow::{Context, Result};
use descent_artifacts::{within, ArtifactError};
use descent_evaluator::evaluation_set::{self, EvaluationSet};
use descent_model::{Model, Shuffle, Trainer, TrainingError};
use descent_protocol::Score;
use rand::{rngs::StdRng, Rng, SeedableRng};
use sp_core::H256;
use std::{
	path::{Path, PathBuf},
	sync::{
		mpsc::{Receiver, TryRecvError},
		Arc,
	},
	thread,
	time::{Duration, Instant},
};

/// Steps after which a check on the holdout is due.
const CHECK_STEPS: u64 = 500;
/// A check is not begun before training has taken this many times as long as the last one took.
const CHECK_SHARE: u32 = 10;
/// Longest time for a check.
const CHECK_LIMIT: Duration = Duration::from_secs(600);
/// Smallest learning rate after halvings, as a share of the one asked for.
const SMALLEST_SHARE: f64 = 1.0 / 64.0;
/// Weight of the past in the loss that is shown.
const SMOOTHING: f64 = 0.98;

/// Trains a model, checks it on the holdout and keeps its best weights.
pub(crate) struct TrainingLoop {
	task: TrainingTask,
	settings: TrainingSettings,
	shared: Arc<Shared>,
	trainer: Trainer,
	holdout: EvaluationSet,
	batches: Shuffle,
	weights: BestWeights,
	smallest_rate: f64,
	checks: CheckSchedule,
}

impl TrainingLoop {
	/// Prepares a training that begins with the best weights in the directory, or with new ones.
	pub(crate) fn new(
		task: TrainingTask,
		settings: TrainingSettings,
		directory: PathBuf,
		shared: Arc<Shared>,
	) -> Result<Self> {
		let weights = BestWeights::open(directory)?;
		let (holdout, batches) = prepare(&task, &settings)?;
		let model = weights.load(&task.description, &settings)?;
		let trainer = Trainer::new(model, settings.options())?;
		let mut training = Self {
			smallest_rate: settings.learning_rate * SMALLEST_SHARE,
			task,
			settings,
			shared,
			trainer,
			holdout,
			batches,
			weights,
			checks: CheckSchedule::new(),
		};
		if training.weights.has_peak() {
			training.weights.peak = training.evaluate(training.trainer.model())?;
		}
		Ok(training)
	}

	/// Trains until the commands end.
	pub(crate) fn run(mut self, commands: &Receiver<Command>) -> Result<()> {
		let (mut since, mut steps) = (Instant::now(), 0u64);
		loop {
			match commands.try_recv() {
				Ok(command) => {
					self.handle(command)?;
					continue;
				}
				Err(TryRecvError::Empty) => {}
				Err(TryRecvError::Disconnected) => return Ok(()),
			}
			if self.shared.is_paused() {
				thread::sleep(Duration::from_millis(10));
				continue;
			}
			self.step()?;
			steps += 1;
			let elapsed = since.elapsed();
			if elapsed >= Duration::from_secs(1) {
				self.shared.status().rate = steps as f64 / elapsed.as_secs_f64();
				(since, steps) = (Instant::now(), 0);
			}
			if self.checks.is_due() {
				self.check()?;
			}
		}
	}

	fn handle(&mut self, command: Command) -> Result<()> {
		match command {
			Command::Snapshot(path, reply) => {
				let snapshot = self.snapshot(&path);
				// the receiver is gone if the caller is
				let _ = reply.send(snapshot);
				Ok(())
			}
			Command::Head(digest, file) => self.evaluate_head(digest, &file),
			Command::Task(task) => self.set_task(task),
		}
	}

	/// Goes on with the current weights on other records. Scores on the records before say nothing about
	/// them.
	fn set_task(&mut self, task: TrainingTask) -> Result<()> {
		(self.holdout, self.batches) = prepare(&task, &self.settings)?;
		self.task = task;
		self.weights.forget_scores();
		let mut status = self.shared.status();
		status.best = None;
		if let Some(head) = &mut status.head {
			head.score = None;
		}
		drop(status);
		if self.weights.has_peak() {
			let peak = self.weights.load(&self.task.description, &self.settings)?;
			self.weights.peak = self.evaluate(&peak)?;
		}
		self.check()
	}

	/// Trains on one batch.
	fn step(&mut self) -> Result<()> {
		let records = self.batches.next().context("the training set has no records")?;
		let batch = self.task.training.gather(&records)?;
		let loss = match self.trainer.step(&batch) {
			Ok(loss) => f64::from(loss),
			Err(TrainingError::Diverged { .. }) => return self.recover(),
			Err(error) => return Err(error.into()),
		};
		self.checks.unchecked += 1;
		let mut status = self.shared.status();
		status.steps += 1;
		status.loss =
			if status.steps == 1 { loss } else { status.loss * SMOOTHING + loss * (1.0 - SMOOTHING) };
		Ok(())
	}

	fn snapshot(&mut self, path: &Path) -> Result<Option<Snapshot>> {
		if self.checks.unchecked > 0 {
			self.check()?;
		}
		let taken = self.weights.take(path);
		let mut status = self.shared.status();
		status.best = None;
		Ok(taken?.map(|score| Snapshot { score, head: status.evaluated_head() }))
	}

	/// Evaluates the current weights, and keeps them if they are the best so far.
	fn check(&mut self) -> Result<()> {
		let began = Instant::now();
		self.checks.unchecked = 0;
		match self.evaluate(self.trainer.model())? {
			Some(score) => self.record(score)?,
			None => self.recover()?,
		}
		self.checks.end(began);
		Ok(())
	}

	/// Keeps the current weights if they are better than those before. Goes back to the best ones if no check
	/// has been better for long.
	fn record(&mut self, score: Score) -> Result<()> {
		let is_stale = self.weights.record(self.trainer.model(), score)?;
		self.shared.status().best = self.weights.best;
		if !is_stale {
			return Ok(());
		}
		self.settings.learning_rate = (self.settings.learning_rate / 2.0).max(self.smallest_rate);
		tracing::debug!(
			learning_rate = self.settings.learning_rate,
			"no better any more: going back to the best weights, and on in smaller steps"
		);
		self.restart_from(self.weights.load(&self.task.description, &self.settings)?)
	}

	/// Returns the score on the holdout; `None` if weights or outputs are not finite.
	fn evaluate(&self, model: &Model) -> Result<Option<Score>> {
		match self.holdout.score(model, within(CHECK_LIMIT)) {
			Ok(score) => Ok(Some(score)),
			Err(ArtifactError::Invalid(reason) | ArtifactError::IllConditioned(reason)) => {
				tracing::debug!("not a model to keep: {reason}");
				Ok(None)
			}
			Err(error) => Err(error.into()),
		}
	}

	/// Goes back to the best weights, or to new ones, with half the learning rate, after the current ones
	/// have diverged.
	fn recover(&mut self) -> Result<()> {
		self.settings.learning_rate /= 2.0;
		self.settings.seed = self.settings.seed.wrapping_add(1);
		tracing::warn!(
			learning_rate = self.settings.learning_rate,
			"the loss is not finite any more: going back, and on in smaller steps"
		);
		self.restart_from(self.weights.load(&self.task.description, &self.settings)?)
	}

	fn restart_from(&mut self, model: Model) -> Result<()> {
		self.trainer = Trainer::new(model, self.settings.options())?;
		self.checks.unchecked = 0;
		self.weights.reset_patience();
		Ok(())
	}

	/// Evaluates a new head, and goes on from it if it is better than the best own weights.
	fn evaluate_head(&mut self, digest: H256, file: &Path) -> Result<()> {
		let loaded = Model::load(&self.task.description, file, self.settings.device)
			.map_err(evaluation_set::artifact_error);
		let model = match loaded {
			Ok(model) => model,
			Err(ArtifactError::Failed(error)) => return Err(error),
			Err(reason) => {
				tracing::warn!(?digest, "the head is no checkpoint of this model: {reason}");
				return Ok(());
			}
		};
		let Some(score) = self.evaluate(&model)? else {
			return Ok(());
		};
		// another head, or none, may have been set meanwhile
		if let Some(head) = self.shared.status().head.as_mut().filter(|head| head.digest == digest) {
			head.score = Some(score);
		}
		let own = match self.weights.peak {
			None => self.evaluate(self.trainer.model())?,
			peak => peak,
		};
		if own.is_none_or(|own| score < own) {
			tracing::info!(%score, "going on from the head");
			self.weights.adopt(file, score)?;
			self.restart_from(model)?;
		}
		Ok(())
	}
}

/// Draws the holdout of a task, and the order of its batches.
fn prepare(task: &TrainingTask, settings: &TrainingSettings) -> Result<(EvaluationSet, Shuffle)> {
	let mut random = StdRng::seed_from_u64(settings.seed);
	let seed = H256(random.random());
	let holdout = EvaluationSet::draw(task.evaluation.clone(), seed, settings.holdout, task.metric)?;
	let batches = Shuffle::new(task.training.len(), settings.batch, settings.seed);
	Ok((holdout, batches))
}

/// Decides when the next check on the holdout is due, so that checks take a small part of the time.
struct CheckSchedule {
	/// Steps since the last check.
	unchecked: u64,
	ended: Instant,
	took: Duration,
}

impl CheckSchedule {
	fn new() -> Self {
		Self { unchecked: 0, ended: Instant::now(), took: Duration::ZERO }
	}

	fn is_due(&self) -> bool {
		self.unchecked >= CHECK_STEPS && self.ended.elapsed() >= self.took.saturating_mul(CHECK_SHARE)
	}

	fn end(&mut self, began: Instant) {
		self.took = began.elapsed();
		self.ended = Instant::now();
	}
}

#[cfg(test)]
#[path = "training_loop_tests.rs"]
mod tests;
