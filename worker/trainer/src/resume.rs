//! The file with which a training goes on after a restart: weights, the optimizer's running means, the
//! learning rate, and the position in the order of the batches.

use crate::{control::TrainingTask, learning_rate::LearningRate};
use anyhow::{Context, Result};
use descent_model::{Shuffle, StateError, Trainer};
use std::{
	collections::BTreeMap,
	fmt::Display,
	path::{Path, PathBuf},
	str::FromStr,
	time::{Duration, Instant},
};

/// Shortest time between two writes.
const INTERVAL: Duration = Duration::from_secs(60);
/// Two writes are at least this many times as far apart as the last one took.
const SHARE: u32 = 20;

/// Writes and reads the file.
pub(crate) struct ResumeFile {
	path: PathBuf,
	written: Instant,
	took: Duration,
	has_failed: bool,
}

impl ResumeFile {
	/// The file in the directory of the weights.
	pub(crate) fn new(directory: &Path) -> Self {
		let path = directory.join("resume.safetensors");
		Self { path, written: Instant::now(), took: Duration::ZERO, has_failed: false }
	}

	/// Writes the file, if the last write is long enough ago.
	pub(crate) fn keep(
		&mut self,
		trainer: &Trainer,
		rate: &LearningRate,
		batches: &Shuffle,
		task: &TrainingTask,
	) {
		if self.written.elapsed() >= INTERVAL.max(self.took.saturating_mul(SHARE)) {
			self.write(trainer, rate, batches, task);
		}
	}

	/// Writes the file. A failure is logged: the weights are elsewhere, too.
	pub(crate) fn write(
		&mut self,
		trainer: &Trainer,
		rate: &LearningRate,
		batches: &Shuffle,
		task: &TrainingTask,
	) {
		let began = Instant::now();
		let notes = BTreeMap::from([
			("asked_rate".to_string(), rate.asked().to_string()),
			("rate".to_string(), rate.current().to_string()),
			("records".to_string(), format!("{:?}", task.training.root())),
			("batch".to_string(), batches.batch().to_string()),
			("seed".to_string(), batches.seed().to_string()),
			("epoch".to_string(), batches.epoch().to_string()),
			("position".to_string(), batches.position().to_string()),
		]);
		match trainer.save_state(&self.path, &notes) {
			Ok(()) => self.has_failed = false,
			Err(error) if !self.has_failed => {
				self.has_failed = true;
				tracing::warn!(
					"{} cannot be written, so a restart would begin with the best weights and a new \
					 optimizer: {error}",
					self.path.display()
				);
			}
			Err(_) => {}
		}
		(self.written, self.took) = (Instant::now(), began.elapsed());
	}

	/// Goes on from the file, if there is one that fits. Returns false if the trainer may have taken over a
	/// part of it, and has to be made anew.
	pub(crate) fn read(
		&self,
		trainer: &mut Trainer,
		rate: &mut LearningRate,
		batches: &mut Shuffle,
		task: &TrainingTask,
	) -> bool {
		if !self.path.exists() {
			return true;
		}
		let notes = match trainer.load_state(&self.path) {
			Ok(notes) => notes,
			Err(error) => {
				if !matches!(error, StateError::Io(_)) {
					tracing::warn!("beginning with the best weights and a new optimizer: {error}");
				}
				return false;
			}
		};
		if let Err(error) = restore(&notes, rate, batches, task) {
			tracing::warn!("{}: {error:#}", self.path.display());
		}
		trainer.set_learning_rate(rate.current());
		tracing::info!(
			steps = trainer.steps(),
			learning_rate = rate.current(),
			"going on where the training was"
		);
		true
	}
}

fn restore(
	notes: &BTreeMap<String, String>,
	rate: &mut LearningRate,
	batches: &mut Shuffle,
	task: &TrainingTask,
) -> Result<()> {
	let has_same_records = notes.get("records") == Some(&format!("{:?}", task.training.root()));
	if !has_same_records {
		return Ok(());
	}
	if note::<f64>(notes, "asked_rate")? == rate.asked() {
		rate.go_on(note(notes, "rate")?);
	}
	if note::<usize>(notes, "batch")? == batches.batch() {
		*batches = Shuffle::new(task.training.len(), batches.batch(), note(notes, "seed")?);
		batches.seek(note(notes, "epoch")?, note(notes, "position")?);
	}
	Ok(())
}

fn note<T: FromStr<Err: Display>>(notes: &BTreeMap<String, String>, name: &str) -> Result<T> {
	let text = notes.get(name).with_context(|| format!("it has no {name}"))?;
	text.parse().map_err(|error| anyhow::anyhow!("its {name} is unreadable: {error}"))
}
