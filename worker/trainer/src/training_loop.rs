//! The training loop: steps, checks on the holdout, and new heads.

use crate::{
	augmentation::Augmenter,
	best_weights::BestWeights,
	check_schedule::CheckSchedule,
	control::{Command, Shared, Snapshot, TrainingSettings, TrainingTask},
	holdout::{Check, Holdout},
	learning_rate::LearningRate,
	prefetcher::Prefetcher,
	resume::ResumeFile,
};
use anyhow::Result;
use descent_artifacts::ArtifactError;
use descent_evaluator::evaluation_set;
use descent_model::{Model, Shuffle, Trainer, TrainingError};
use descent_protocol::Score;
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

/// Weight of the past in the loss that is shown.
const SMOOTHING: f64 = 0.98;

/// Trains a model, checks it on the holdout and keeps its best weights.
pub(crate) struct TrainingLoop {
	task: TrainingTask,
	settings: TrainingSettings,
	shared: Arc<Shared>,
	trainer: Trainer,
	holdout: Holdout,
	/// Place in the order of the batches.
	order: Shuffle,
	/// The batches from there on.
	batches: Prefetcher,
	weights: BestWeights,
	rate: LearningRate,
	checks: CheckSchedule,
	resume: ResumeFile,
}

impl TrainingLoop {
	/// Prepares a training that goes on where one in the directory was, or from its best weights, or begins
	/// with new ones.
	pub(crate) fn new(
		task: TrainingTask,
		settings: TrainingSettings,
		directory: PathBuf,
		shared: Arc<Shared>,
	) -> Result<Self> {
		let resume = ResumeFile::new(&directory);
		let weights = BestWeights::open(directory)?;
		let model = weights.load(&task.description, &settings)?;
		let mut trainer = Trainer::new(model, settings.options())?;
		let mut rate = LearningRate::new(settings.learning_rate);
		let mut order = order(&task, &settings);
		let has_resumed = resume.read(&mut trainer, &mut rate, &mut order, &task);
		let mut training = Self {
			holdout: Holdout::draw(&task, &settings)?,
			batches: batches(&order, &task, &settings)?,
			order,
			trainer,
			rate,
			task,
			settings,
			shared,
			weights,
			checks: CheckSchedule::new(),
			resume,
		};
		training.evaluate_peak()?;
		if !has_resumed {
			training.restart_from_best()?;
		}
		Ok(training)
	}

	/// Trains until the commands end, or it is asked to end.
	pub(crate) fn run(mut self, commands: &Receiver<Command>) -> Result<()> {
		let outcome = self.train(commands);
		if outcome.is_ok() {
			self.resume.write(&self.trainer, &self.rate, &self.order, &self.task);
		}
		outcome
	}

	fn train(&mut self, commands: &Receiver<Command>) -> Result<()> {
		let (mut since, mut steps) = (Instant::now(), 0u64);
		while !self.shared.is_ending() {
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
				self.resume.keep(&self.trainer, &self.rate, &self.order, &self.task);
			}
		}
		Ok(())
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
			Command::Accept(file, reply) => {
				let accepted = self.weights.accept(&file);
				// the receiver is gone if the caller is
				let _ = reply.send(accepted);
				Ok(())
			}
			Command::Reject => self.reject(),
		}
	}

	/// Goes on with the current weights on other records, at the learning rate asked for. Scores on the
	/// records before say nothing about them.
	fn set_task(&mut self, task: TrainingTask) -> Result<()> {
		self.holdout = Holdout::draw(&task, &self.settings)?;
		self.order = order(&task, &self.settings);
		self.batches = batches(&self.order, &task, &self.settings)?;
		self.task = task;
		self.rate.restore();
		self.trainer.set_learning_rate(self.rate.current());
		self.forget_scores();
		self.evaluate_peak()?;
		self.check()
	}

	/// Trains on one batch.
	fn step(&mut self) -> Result<()> {
		let batch = self.batches.next()?;
		self.order.next();
		let loss = match self.trainer.step(&batch) {
			Ok(loss) => f64::from(loss),
			Err(TrainingError::Diverged { .. }) => return self.recover(),
			Err(error) => return Err(error.into()),
		};
		self.checks.unchecked += 1;
		let mut status = self.shared.status();
		status.steps += 1;
		status.learning_rate = self.rate.current();
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
		let holdout = self.holdout.set().clone();
		Ok(taken?.map(|score| Snapshot { score, holdout, head: status.evaluated_head(), recorded: None }))
	}

	/// Evaluates the current weights, and keeps them if they are the best so far.
	fn check(&mut self) -> Result<()> {
		let began = Instant::now();
		self.checks.unchecked = 0;
		match self.evaluate(None)? {
			Some(score) => self.record(score)?,
			None if self.shared.is_ending() => {}
			None => self.recover()?,
		}
		self.shared.status().check = self.checks.end(began);
		Ok(())
	}

	/// Keeps the current weights if they are better than those before. Goes back to the best ones if no check
	/// has been better for long.
	fn record(&mut self, score: Score) -> Result<()> {
		let is_stale = self.weights.record(&self.trainer.averaged_model(), score)?;
		self.shared.status().best = self.weights.best;
		if !is_stale {
			return Ok(());
		}
		self.rate.lower();
		tracing::debug!(
			learning_rate = self.rate.current(),
			"no better any more: going back to the best weights, and on in smaller steps"
		);
		self.restart_from_best()
	}

	/// Returns the score of a model, or of the current weights or their running mean, on the holdout; `None`
	/// if weights or outputs are not finite. The holdout is halved as long as that takes too long.
	fn evaluate(&mut self, model: Option<&Model>) -> Result<Option<Score>> {
		let own = self.trainer.averaged_model();
		loop {
			match self.holdout.check(model.unwrap_or(&own))? {
				Check::Score(score) => return Ok(Some(score)),
				Check::Unusable(_) => return Ok(None),
				Check::Halved => {
					self.forget_scores();
					// it has to be given again
					self.shared.status().head = None;
				}
			}
			if self.shared.is_ending() {
				return Ok(None);
			}
		}
	}

	/// Evaluates the best weights ever, if there are any.
	fn evaluate_peak(&mut self) -> Result<()> {
		if self.weights.has_peak() {
			let peak = self.weights.load(&self.task.description, &self.settings)?;
			self.weights.peak = self.evaluate(Some(&peak))?;
		}
		Ok(())
	}

	/// Forgets all scores on the holdout.
	fn forget_scores(&mut self) {
		self.weights.forget_scores();
		let mut status = self.shared.status();
		status.best = None;
		if let Some(head) = &mut status.head {
			head.score = None;
		}
	}

	/// Goes back to the best weights, or to new ones, with half the learning rate, after the current ones
	/// have diverged.
	fn recover(&mut self) -> Result<()> {
		self.rate.recover();
		self.settings.seed = self.settings.seed.wrapping_add(1);
		tracing::warn!(
			learning_rate = self.rate.current(),
			"the loss is not finite any more: going back, and on in smaller steps"
		);
		self.restart_from_best()
	}

	/// Goes back to weights that a committee can measure, with half the learning rate.
	fn reject(&mut self) -> Result<()> {
		self.weights.reject()?;
		self.shared.status().best = None;
		self.rate.recover();
		self.settings.seed = self.settings.seed.wrapping_add(1);
		self.evaluate_peak()?;
		self.restart_from_best()
	}

	fn restart_from_best(&mut self) -> Result<()> {
		self.restart_from(self.weights.load(&self.task.description, &self.settings)?)
	}

	fn restart_from(&mut self, model: Model) -> Result<()> {
		let mut options = self.settings.options();
		options.learning_rate = self.rate.current();
		self.trainer = Trainer::new(model, options)?;
		self.checks.unchecked = 0;
		self.weights.reset_patience();
		Ok(())
	}

	/// Evaluates a new head, and goes on from it, at the learning rate asked for, if it is better than the
	/// best own weights.
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
		let Some(score) = self.evaluate(Some(&model))? else {
			return Ok(());
		};
		// another head, or none, may have been set meanwhile
		if let Some(head) = self.shared.status().head.as_mut().filter(|head| head.digest == digest) {
			head.score = Some(score);
		}
		let own = match self.weights.peak {
			None => self.evaluate(None)?,
			peak => peak,
		};
		if own.is_none_or(|own| score < own) {
			tracing::info!(%score, "going on from the head");
			self.weights.adopt(file, score)?;
			self.rate.restore();
			self.restart_from(model)?;
		}
		Ok(())
	}
}

/// Starts reading batches in an order, with their images augmented if they are images.
fn batches(order: &Shuffle, task: &TrainingTask, settings: &TrainingSettings) -> Result<Prefetcher> {
	let augmenter = Augmenter::new(settings.augmentation, &task.description, settings.seed);
	let augmenter = augmenter.unwrap_or_else(|reason| {
		tracing::warn!("{reason}; it trains on its records as they are");
		None
	});
	Prefetcher::start(order.clone(), task.training.clone(), augmenter)
}

/// Draws the order of a task's batches.
fn order(task: &TrainingTask, settings: &TrainingSettings) -> Shuffle {
	Shuffle::new(task.training.len(), settings.batch, settings.seed)
}

#[cfg(test)]
#[path = "training_loop_tests.rs"]
mod tests;
