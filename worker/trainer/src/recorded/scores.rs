//! Scores on the holdout: of the ends of segments, and of the head.

use super::{
	round_training::RoundTraining,
	training::{Head, RecordedTraining, State},
};
use crate::{best_weights::link, holdout::Check};
use anyhow::Result;
use descent_evaluator::evaluation_set;
use descent_model::{Checkpoint, Device, Model};
use descent_protocol::Score;
use sp_core::H256;
use std::{fs::File, path::Path};

impl RecordedTraining {
	/// Returns the score of weights on the holdout; `None` if they have none, or it is asked to end. The
	/// holdout is halved as long as that takes too long.
	pub(super) fn evaluate(&mut self, weights: &Checkpoint) -> Result<Option<Score>> {
		let model = Model::from_checkpoint(weights, Device::Cpu)?;
		let mut is_halved = false;
		let score = loop {
			match self.holdout.check(&model)? {
				Check::Score(score) => break Some(score),
				Check::Unusable(_) => break None,
				Check::Halved => is_halved = true,
			}
			if self.shared.is_ending() {
				break None;
			}
		};
		if is_halved {
			self.forget_scores()?;
		}
		Ok(score)
	}

	/// Measures the best weights on the holdout again, which is another one than before. The head has to be
	/// given again.
	pub(super) fn forget_scores(&mut self) -> Result<()> {
		self.head = None;
		self.shared.status().head = None;
		if let State::Open(mut round) = std::mem::replace(&mut self.round, State::Awaited) {
			let rescored = self.rescore(&mut round);
			self.round = State::Open(round);
			rescored?;
		}
		Ok(())
	}

	/// Measures the best weights of a round's recording. Initial ones are worse than any other.
	pub(super) fn rescore(&mut self, round: &mut RoundTraining) -> Result<()> {
		let weights = round.weights(round.best.at, &self.task.description)?;
		round.best.score = match round.is_initial(round.best.at) {
			true => None,
			false => self.evaluate(&weights)?,
		};
		round.best.segment = round.best.better();
		Ok(())
	}

	/// Measures a new head. A recording whose best weights are worse begins anew from it: the weights that it
	/// has would not win.
	pub(super) fn set_head(&mut self, digest: H256, file: &Path) -> Result<()> {
		let weights = match evaluation_set::load(&self.task.description, file) {
			Ok(weights) => weights,
			Err(reason) => {
				tracing::warn!(?digest, "the head is no checkpoint of this model: {reason}");
				return Ok(());
			}
		};
		let Some(score) = self.evaluate(&weights)? else {
			return Ok(());
		};
		link(file, &self.recordings.head())?;
		let content = descent_content::address(File::open(self.recordings.head())?)?;
		self.head = Some(Head { content, score });
		// another head, or none, may have been set meanwhile
		if let Some(head) = self.shared.status().head.as_mut().filter(|head| head.digest == digest) {
			head.score = Some(score);
		}
		let State::Open(round) = &self.round else {
			return Ok(());
		};
		if !round.is_closed() && round.best.score.is_none_or(|best| score < best) {
			tracing::info!(%score, "going on from the head, with a new recording of the round");
			self.begin_anew()?;
		}
		Ok(())
	}
}
