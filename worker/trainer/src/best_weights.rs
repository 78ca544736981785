//! The best weights of a training, as files, and early stopping.

use crate::control::TrainingSettings;
use anyhow::{Context, Result};
use descent_artifacts::disk::create_directory;
use descent_dataset::Description;
use descent_model::Model;
use descent_protocol::Score;
use std::{
	fs::{self, File},
	path::{Path, PathBuf},
};

/// Checks without a better score after which training goes back to the best weights.
pub(crate) const STALE_CHECKS: u32 = 10;

/// The best weights since the last snapshot and the best ever, with their scores on the holdout.
pub(crate) struct BestWeights {
	directory: PathBuf,
	/// The best score since the last snapshot.
	pub best: Option<Score>,
	/// The best score ever, of own weights or of a head.
	pub peak: Option<Score>,
	/// Checks since the peak.
	stale: u32,
}

impl BestWeights {
	/// Opens a directory. Scores of weights in it are not known yet.
	pub(crate) fn open(directory: PathBuf) -> Result<Self> {
		create_directory(&directory)?;
		Ok(Self { directory, best: None, peak: None, stale: 0 })
	}

	/// Returns true if there are weights to go on from.
	pub(crate) fn has_peak(&self) -> bool {
		self.peak_path().exists()
	}

	/// Loads the best weights ever, or makes new ones.
	pub(crate) fn load(&self, description: &Description, settings: &TrainingSettings) -> Result<Model> {
		let path = self.peak_path();
		if path.exists() {
			match Model::load(description, &path, settings.device) {
				Ok(model) => return Ok(model),
				Err(error) => tracing::warn!("beginning anew, as {} cannot be used: {error}", path.display()),
			}
		}
		Ok(Model::new(description, settings.seed, settings.device)?)
	}

	/// Keeps the weights if their score is better than those before. Returns true once the last
	/// [`STALE_CHECKS`] scores were no better than the peak.
	pub(crate) fn record(&mut self, model: &Model, score: Score) -> Result<bool> {
		if self.best.is_none_or(|best| score < best) {
			model.save(&self.best_path())?;
			self.best = Some(score);
		}
		if self.peak.is_none_or(|peak| score < peak) {
			link(&self.best_path(), &self.peak_path())?;
			self.peak = Some(score);
			self.stale = 0;
			return Ok(false);
		}
		self.stale += 1;
		Ok(self.stale >= STALE_CHECKS)
	}

	/// Makes weights of others the best ever.
	pub(crate) fn adopt(&mut self, file: &Path, score: Score) -> Result<()> {
		link(file, &self.peak_path())?;
		self.peak = Some(score);
		Ok(())
	}

	/// Puts the best weights since the last snapshot into a file, and returns their score.
	pub(crate) fn take(&mut self, path: &Path) -> Result<Option<Score>> {
		let taken = self.best.take();
		if taken.is_some() {
			link(&self.best_path(), path)?;
		}
		Ok(taken)
	}

	/// Forgets the scores, which another holdout makes worthless; the best weights ever stay.
	pub(crate) fn forget_scores(&mut self) {
		(self.best, self.peak, self.stale) = (None, None, 0);
	}

	/// Counts the checks since the peak from 0 again.
	pub(crate) fn reset_patience(&mut self) {
		self.stale = 0;
	}

	fn best_path(&self) -> PathBuf {
		self.directory.join("best.safetensors")
	}

	fn peak_path(&self) -> PathBuf {
		self.directory.join("peak.safetensors")
	}
}

/// Puts a file that is never changed, only replaced, under a second name.
fn link(file: &Path, name: &Path) -> Result<()> {
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
