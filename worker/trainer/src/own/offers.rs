//! The best checkpoint of an own training, and what comes of one beside it.

use super::folder::Scored;
use crate::{
	best_weights::link,
	control::Terms,
	events::{Event, Prospect},
};
use anyhow::Result;
use descent_artifacts::disk::create_directory;
use descent_model::Checkpoint;
use descent_protocol::Score;
use sp_core::H256;
use std::{
	fs,
	path::{Path, PathBuf},
};

/// Name of the best checkpoint after a restart.
const BEFORE: &str = "best of the run before";

/// The best checkpoint so far, in a file.
pub(super) struct Offers {
	path: PathBuf,
	best: Option<Best>,
}

struct Best {
	scored: Scored,
	/// True once a snapshot of it was taken, so that it may have been committed.
	offered: bool,
}

/// Bar that a checkpoint has to beat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bar {
	/// The head's score on the holdout, or the one at which it was accepted.
	pub head: Option<Score>,
	/// Micro-units by which it has to be beaten.
	pub minimum_improvement: u64,
}

impl Bar {
	/// The bar of a group, where the head's score on the holdout is `evaluated`.
	pub(super) fn new(terms: Option<&Terms>, evaluated: Option<(H256, Score)>) -> Self {
		let accepted = terms.and_then(|terms| terms.head);
		let known = evaluated.filter(|(digest, _)| accepted.is_none_or(|(head, _)| head == *digest));
		Self {
			head: known.map(|(_, score)| score).or(accepted.and_then(|(_, score)| score)),
			minimum_improvement: terms.map_or(0, |terms| terms.minimum_improvement),
		}
	}

	fn is_beaten(&self, score: Score) -> bool {
		self.head.is_none_or(|head| score.beats(head, self.minimum_improvement))
	}
}

impl Offers {
	/// Opens a directory, in which the best checkpoint of a run before may be.
	pub(super) fn open(directory: &Path) -> Result<Self> {
		create_directory(directory)?;
		Ok(Self { path: directory.join("own.safetensors"), best: None })
	}

	/// Returns the file of the best checkpoint, if there is one.
	pub(super) fn file(&self) -> Option<&Path> {
		self.path.exists().then_some(self.path.as_path())
	}

	/// Notes the score of the checkpoint in the file, on another holdout than before; `None` if it has none.
	pub(super) fn rescore(&mut self, score: Option<Score>) -> Result<()> {
		let Some(score) = score else {
			return self.forget();
		};
		match &mut self.best {
			Some(best) => best.scored.score = score,
			None => self.best = Some(Best { scored: Scored { name: BEFORE.into(), score }, offered: false }),
		}
		Ok(())
	}

	/// The best checkpoint.
	pub(super) fn best(&self) -> Option<&Scored> {
		self.best.as_ref().map(|best| &best.scored)
	}

	/// Keeps a checkpoint if it is better than the best one. One that beats the head takes the place of a
	/// better one that was offered already: nothing is committed twice.
	pub(super) fn consider(
		&mut self,
		name: &str,
		checkpoint: &Checkpoint,
		score: Score,
		bar: Bar,
	) -> Result<Event> {
		let is_best = match &self.best {
			None => true,
			Some(best) => {
				score < best.scored.score || (best.offered && bar.head.is_some() && bar.is_beaten(score))
			}
		};
		let prospect = match (&self.best, is_best) {
			(_, true) if bar.is_beaten(score) => Prospect::Commit,
			(Some(best), false) if bar.is_beaten(score) => {
				Prospect::Behind { file: best.scored.name.clone(), score: best.scored.score }
			}
			_ => Prospect::TooLittle,
		};
		if is_best {
			checkpoint.save(&self.path)?;
			self.best = Some(Best { scored: Scored { name: name.into(), score }, offered: false });
		}
		let Bar { head, minimum_improvement } = bar;
		Ok(Event::Offered { file: name.into(), score, head, minimum_improvement, prospect })
	}

	/// Puts the best checkpoint into a file, and returns its score.
	pub(super) fn offer(&mut self, path: &Path) -> Result<Option<Score>> {
		let Some(best) = &mut self.best else {
			return Ok(None);
		};
		link(&self.path, path)?;
		best.offered = true;
		Ok(Some(best.scored.score))
	}

	/// Forgets the best checkpoint, which has no score.
	pub(super) fn forget(&mut self) -> Result<()> {
		self.best = None;
		if self.path.exists() {
			fs::remove_file(&self.path)?;
		}
		Ok(())
	}
}
