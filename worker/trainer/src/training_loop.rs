use super::{
	handle::{Command, Shared, Snapshot},
	options::Optimizer,
};
use anyhow::{Context, Result};
use descent_artifacts::{disk::create_directory, within, ArtifactError};
use descent_dataset::{Description, Set};
use descent_evaluator::evaluation_set::{self, EvaluationSet};
use descent_model::{Device, Model, Schedule, Shuffle, Trainer, TrainingError, TrainingOptions};
use descent_protocol::{Metric, Score};
use rand::{rngs::StdRng, Rng, SeedableRng};
use sp_core::H256;
use std::{
	fs::{self, File},
	path::{Path, PathBuf},
	sync::{
		mpsc::{Receiver, TryRecvError},
		Arc,
	},
	thread,
	time::{Duration, Instant},
};

/// Most steps between two checks on the holdout.
const CHECK_STEPS: u64 = 500;
/// A check is not begun before training has taken this many times as long as the last one took.
const CHECK_SHARE: u32 = 10;
/// Longest time for a check.
const CHECK_LIMIT: Duration = Duration::from_secs(600);
/// Checks without a better score after which training goes back to the best weights, and on in smaller steps.
const STALE_CHECKS: u32 = 10;
/// How far the learning rate may fall below the one asked for.
const SMALLEST_SHARE: f64 = 1.0 / 64.0;
/// Weight of the past in the loss that is shown.
const SMOOTHING: f64 = 0.98;

/// How to train.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
	/// How weights are changed.
	pub optimizer: Optimizer,
	/// By how much.
	pub learning_rate: f64,
	/// Records in a batch.
	pub batch: usize,
	/// Seed of the first weights, of the order of the batches and of the holdout.
	pub seed: u64,
	/// Records of the holdout.
	pub holdout: u32,
	/// What computes.
	pub device: Device,
	/// Where the best checkpoint lies.
	pub directory: PathBuf,
}

impl Settings {
	fn options(&self) -> TrainingOptions {
		let betas = (0.9, 0.999);
		TrainingOptions {
			optimizer: match self.optimizer {
				Optimizer::Sgd => descent_model::Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 },
				Optimizer::Adam => descent_model::Optimizer::Adam { betas, weight_decay: 0.0 },
				Optimizer::Adamw => descent_model::Optimizer::AdamW { betas, weight_decay: 0.01 },
			},
			learning_rate: self.learning_rate,
			schedule: Schedule::Constant,
			clip: None,
			seed: self.seed,
		}
	}
}

/// What to train.
#[derive(Clone)]
pub(crate) struct TrainingTask {
	/// The model.
	pub description: Arc<Description>,
	/// The records that are learnt from.
	pub training: Arc<Set>,
	/// The records that evaluation sets are drawn from, and so the holdout.
	pub evaluation: Arc<Set>,
	/// What is to be lowered.
	pub metric: Metric,
}

impl TrainingTask {
	/// What to compare checkpoints on, and in which batches to learn.
	fn prepare(&self, settings: &Settings) -> Result<(EvaluationSet, Shuffle)> {
		let mut random = StdRng::seed_from_u64(settings.seed);
		let seed = H256(random.random());
		let holdout = EvaluationSet::draw(self.evaluation.clone(), seed, settings.holdout, self.metric)?;
		let batches = Shuffle::new(self.training.len(), settings.batch, settings.seed);
		Ok((holdout, batches))
	}
}

/// The training itself.
pub(crate) struct TrainingLoop {
	task: TrainingTask,
	settings: Settings,
	shared: Arc<Shared>,
	trainer: Trainer,
	holdout: EvaluationSet,
	batches: Shuffle,
	/// The score of the best checkpoint since the last snapshot, which lies at [`best_path`].
	best: Option<Score>,
	/// The best score ever, of own weights or of a head, which lie at [`peak_path`].
	peak: Option<Score>,
	/// Checks since the peak.
	stale: u32,
	smallest_rate: f64,
	head: Option<(H256, Score)>,
	/// Steps since the last check.
	unchecked: u64,
	checked_at: Instant,
	check_took: Duration,
}

impl TrainingLoop {
	/// A training that begins with the best checkpoint that lies in the directory, or from scratch.
	pub(crate) fn new(task: TrainingTask, settings: Settings, shared: Arc<Shared>) -> Result<Self> {
		create_directory(&settings.directory)?;
		let (holdout, batches) = task.prepare(&settings)?;
		let model = begin(&task.description, &settings)?;
		let trainer = Trainer::new(model, settings.options())?;
		let mut course = Self {
			smallest_rate: settings.learning_rate * SMALLEST_SHARE,
			task,
			settings,
			shared,
			trainer,
			holdout,
			batches,
			best: None,
			peak: None,
			stale: 0,
			head: None,
			unchecked: 0,
			checked_at: Instant::now(),
			check_took: Duration::ZERO,
		};
		if peak_path(&course.settings).exists() {
			course.peak = course.examine(course.trainer.model())?;
		}
		Ok(course)
	}

	/// Goes on with the weights as they are on other records. What was measured on other ones says nothing of them.
	fn learn(&mut self, task: TrainingTask) -> Result<()> {
		(self.holdout, self.batches) = task.prepare(&self.settings)?;
		self.task = task;
		(self.best, self.peak, self.head) = (None, None, None);
		let mut status = self.shared.status();
		(status.best, status.head) = (None, None);
		drop(status);
		self.stale = 0;
		if peak_path(&self.settings).exists() {
			let peak = begin(&self.task.description, &self.settings)?;
			self.peak = self.examine(&peak)?;
		}
		self.check()
	}

	/// Trains until the commands end.
	pub(crate) fn run(mut self, commands: &Receiver<Command>) -> Result<()> {
		let (mut since, mut steps) = (Instant::now(), 0u64);
		loop {
			match commands.try_recv() {
				Ok(command) => {
					self.obey(command)?;
					continue;
				}
				Err(TryRecvError::Empty) => {}
				Err(TryRecvError::Disconnected) => return Ok(()),
			}
			if self.shared.is_resting() {
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
			let rested = self.checked_at.elapsed() >= self.check_took.saturating_mul(CHECK_SHARE);
			if self.unchecked >= CHECK_STEPS && rested {
				self.check()?;
			}
		}
	}

	fn obey(&mut self, command: Command) -> Result<()> {
		match command {
			Command::Snapshot(path, reply) => {
				let snapshot = self.snapshot(&path);
				// whoever asked may have gone
				let _ = reply.send(snapshot);
				Ok(())
			}
			Command::Head(digest, file) => self.meet(digest, &file),
			Command::TrainingTask(task) => self.learn(task),
		}
	}

	/// Learns from one batch.
	fn step(&mut self) -> Result<()> {
		let records = self.batches.next().context("the training set has no records")?;
		let batch = self.task.training.gather(&records)?;
		let loss = match self.trainer.step(&batch) {
			Ok(loss) => f64::from(loss),
			Err(TrainingError::Diverged { .. }) => return self.recover(),
			Err(error) => return Err(error.into()),
		};
		self.unchecked += 1;
		let mut status = self.shared.status();
		status.steps += 1;
		status.loss =
			if status.steps == 1 { loss } else { status.loss * SMOOTHING + loss * (1.0 - SMOOTHING) };
		Ok(())
	}

	fn snapshot(&mut self, path: &Path) -> Result<Option<Snapshot>> {
		if self.unchecked > 0 {
			self.check()?;
		}
		let Some(score) = self.best.take() else {
			return Ok(None);
		};
		self.shared.status().best = None;
		share(&best_path(&self.settings), path)?;
		Ok(Some(Snapshot { score, head: self.head }))
	}

	/// Measures the weights as they are, and keeps them if they are the best so far.
	fn check(&mut self) -> Result<()> {
		let began = Instant::now();
		self.unchecked = 0;
		match self.examine(self.trainer.model())? {
			Some(score) => self.compare(score)?,
			None => self.recover()?,
		}
		self.check_took = began.elapsed();
		self.checked_at = Instant::now();
		Ok(())
	}

	/// Keeps weights that are better than others before, and does not go on from ones that only get worse.
	fn compare(&mut self, score: Score) -> Result<()> {
		if self.best.is_none_or(|best| score < best) {
			self.trainer.model().save(&best_path(&self.settings))?;
			self.best = Some(score);
			self.shared.status().best = Some(score);
		}
		if self.peak.is_none_or(|peak| score < peak) {
			share(&best_path(&self.settings), &peak_path(&self.settings))?;
			self.peak = Some(score);
			self.stale = 0;
			return Ok(());
		}
		self.stale += 1;
		if self.stale < STALE_CHECKS {
			return Ok(());
		}
		self.settings.learning_rate = (self.settings.learning_rate / 2.0).max(self.smallest_rate);
		tracing::debug!(
			learning_rate = self.settings.learning_rate,
			"no better any more: going back to the best weights, and on in smaller steps"
		);
		self.go_on_from(begin(&self.task.description, &self.settings)?)
	}

	/// The score on the holdout; `None` where there is none because the weights or what they give is not finite.
	fn examine(&self, model: &Model) -> Result<Option<Score>> {
		match self.holdout.evaluate(model, within(CHECK_LIMIT)) {
			Ok(evaluation) => Ok(Some(evaluation.score)),
			Err(ArtifactError::Invalid(reason)) => {
				tracing::debug!("not a model to keep: {reason}");
				Ok(None)
			}
			Err(error) => Err(error.into()),
		}
	}

	/// Goes back to the best weights, or to new ones, after these have diverged; and on in smaller steps.
	fn recover(&mut self) -> Result<()> {
		self.settings.learning_rate /= 2.0;
		self.settings.seed = self.settings.seed.wrapping_add(1);
		tracing::warn!(
			learning_rate = self.settings.learning_rate,
			"the loss is not finite any more: going back, and on in smaller steps"
		);
		let model = begin(&self.task.description, &self.settings)?;
		self.go_on_from(model)
	}

	fn go_on_from(&mut self, model: Model) -> Result<()> {
		self.trainer = Trainer::new(model, self.settings.options())?;
		self.unchecked = 0;
		self.stale = 0;
		Ok(())
	}

	fn meet(&mut self, digest: H256, file: &Path) -> Result<()> {
		let loaded =
			Model::load(&self.task.description, file, self.settings.device).map_err(evaluation_set::refusal);
		let model = match loaded {
			Ok(model) => model,
			Err(ArtifactError::Failed(error)) => return Err(error),
			Err(reason) => {
				tracing::warn!(?digest, "the head is no checkpoint of this model: {reason}");
				return Ok(());
			}
		};
		let Some(score) = self.examine(&model)? else {
			return Ok(());
		};
		self.head = Some((digest, score));
		self.shared.status().head = Some(score);
		let own = match self.peak {
			None => self.examine(self.trainer.model())?,
			peak => peak,
		};
		if own.is_none_or(|own| score < own) {
			tracing::info!(%score, "going on from the head");
			share(file, &peak_path(&self.settings))?;
			self.peak = Some(score);
			self.go_on_from(model)?;
		}
		Ok(())
	}
}

fn best_path(settings: &Settings) -> PathBuf {
	settings.directory.join("best.safetensors")
}

fn peak_path(settings: &Settings) -> PathBuf {
	settings.directory.join("peak.safetensors")
}

/// The weights to begin with: the best that there are, or new ones.
fn begin(description: &Description, settings: &Settings) -> Result<Model> {
	let path = peak_path(settings);
	if path.exists() {
		match Model::load(description, &path, settings.device) {
			Ok(model) => return Ok(model),
			Err(error) => tracing::warn!("beginning anew, as {} cannot be used: {error}", path.display()),
		}
	}
	Ok(Model::new(description, settings.seed, settings.device)?)
}

/// Puts a file that is never changed, only replaced, under a second name.
fn share(file: &Path, name: &Path) -> Result<()> {
	let put = || -> std::io::Result<()> {
		if name.exists() {
			fs::remove_file(name)?;
		}
		if fs::hard_link(file, name).is_err() {
			fs::copy(file, name)?;
			File::open(name)?.sync_all()?;
		}
		File::open(name.parent().unwrap_or(Path::new(".")))?.sync_all()
	};
	put().with_context(|| format!("cannot write {}", name.display()))
}

#[cfg(test)]
#[path = "training_loop_tests.rs"]
mod tests;
