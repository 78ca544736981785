//! The best weights of a training, as files, and early stopping.

use crate::control::TrainingSettings;
use anyhow::{Context, Result};
use descent_artifacts::disk::create_directory;
use descent_dataset::Description;
use descent_model::Model;
use descent_protocol::Score;
use std::{
	fs::{self, File},
	io::{self, ErrorKind},
	path::{Path, PathBuf},
};

/// Checks without a better score after which training goes back to the best weights.
pub(crate) const STALE_CHECKS: u32 = 10;

/// The best weights since the last snapshot and the best ever, with their scores on the holdout, and the last
/// weights that were measured as a committee does.
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

	/// Makes weights of others, which a committee accepted, the best ever.
	pub(crate) fn adopt(&mut self, file: &Path, score: Score) -> Result<()> {
		self.accept(file)?;
		link(file, &self.peak_path())?;
		self.peak = Some(score);
		Ok(())
	}

	/// Keeps weights that a committee can measure, to go back to if later ones cannot be measured.
	pub(crate) fn accept(&mut self, file: &Path) -> Result<()> {
		link(file, &self.accepted_path())
	}

	/// Goes back to the weights that were accepted last, or to none, as the best ones cannot be measured.
	pub(crate) fn reject(&mut self) -> Result<()> {
		self.forget_scores();
		if self.accepted_path().exists() {
			return link(&self.accepted_path(), &self.peak_path());
		}
		remove(&self.peak_path()).context("the best weights cannot be removed")
	}

	/// Puts the best weights since the last snapshot into a file, and returns their score.
	pub(crate) fn take(&mut self, path: &Path) -> Result<Option<Score>> {
		if self.best.is_some() {
			link(&self.best_path(), path)?;
		}
		Ok(self.best.take())
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

	fn accepted_path(&self) -> PathBuf {
		self.directory.join("accepted.safetensors")
	}
}

/// Puts a file that is never changed, only replaced, under a second name. The name has its old file or the
/// new one at any moment.
pub(crate) fn link(file: &Path, name: &Path) -> Result<()> {
	let put = || -> io::Result<()> {
		let partial = partial(name);
		// from a process that was killed
		remove(&partial)?;
		if fs::hard_link(file, &partial).is_err() {
			fs::copy(file, &partial)?;
			File::open(&partial)?.sync_all()?;
		}
		fs::rename(&partial, name)?;
		// rename(2) does nothing if both are names of one file
		remove(&partial)?;
		File::open(name.parent().unwrap_or(Path::new(".")))?.sync_all()
	};
	put().with_context(|| format!("cannot write {}", name.display()))
}

/// Returns the name under which a file is prepared that is to replace `name`.
fn partial(name: &Path) -> PathBuf {
	name.with_extension("partial")
}

/// Removes a file if there is one.
fn remove(path: &Path) -> io::Result<()> {
	match fs::remove_file(path) {
		Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
		_ => Ok(()),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_link_that_fails_leaves_what_was_there() {
		let folder = tempfile::tempdir().unwrap();
		let [old, new, name] = ["old", "new", "peak.safetensors"].map(|name| folder.path().join(name));
		fs::write(&old, b"old").unwrap();
		link(&old, &name).unwrap();
		link(&new, &name).unwrap_err();
		assert_eq!(fs::read(&name).unwrap(), b"old", "there is nothing new");
		// A folder that cannot be removed in the place of the first step.
		fs::write(&new, b"new").unwrap();
		fs::create_dir(partial(&name)).unwrap();
		link(&new, &name).unwrap_err();
		assert_eq!(fs::read(&name).unwrap(), b"old");
		fs::remove_dir(partial(&name)).unwrap();
		// A process that was killed between the two steps.
		fs::write(partial(&name), b"of a killed process").unwrap();
		for _ in 0..2 {
			link(&new, &name).unwrap();
			assert_eq!(fs::read(&name).unwrap(), b"new");
			assert!(!partial(&name).exists());
		}
	}

	#[test]
	fn weights_that_cannot_be_measured_give_way_to_those_that_can() {
		let folder = tempfile::tempdir().unwrap();
		let mut weights = BestWeights::open(folder.path().join("weights")).unwrap();
		let file = folder.path().join("file");
		let peak = |weights: &BestWeights| fs::read(weights.peak_path()).ok();
		fs::write(&file, b"first").unwrap();
		link(&file, &weights.peak_path()).unwrap();
		weights.reject().unwrap();
		assert_eq!(peak(&weights), None, "nothing was accepted");
		fs::remove_file(&file).unwrap();
		fs::write(&file, b"accepted").unwrap();
		weights.accept(&file).unwrap();
		fs::remove_file(&file).unwrap();
		fs::write(&file, b"second").unwrap();
		link(&file, &weights.peak_path()).unwrap();
		weights.reject().unwrap();
		assert_eq!(peak(&weights).unwrap(), b"accepted");
		assert_eq!((weights.best, weights.peak), (None, None));
	}
}
