//! The holdout: records on which checkpoints are compared while training.

use crate::control::{TrainingSettings, TrainingTask};
use anyhow::Result;
use descent_artifacts::{within, ArtifactError};
use descent_dataset::Set;
use descent_evaluator::evaluation_set::EvaluationSet;
use descent_model::{Checkpoint, Model};
use descent_protocol::{Metric, Score};
use rand::{rngs::StdRng, Rng, SeedableRng};
use sp_core::H256;
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// Longest time for a check. A holdout on which one takes longer is halved.
const CHECK_LIMIT: Duration = Duration::from_secs(600);
/// Longest time for a check on a single record, which cannot be halved.
const LAST_LIMIT: Duration = Duration::from_secs(24 * 3600);

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Check {
	/// The score.
	Score(Score),
	/// It has no score, for this reason: weights or outputs are not finite, or the condition is too large.
	Unusable(String),
	/// The check was stopped, as it took too long, and the holdout has been halved. Scores on the holdout
	/// before say nothing about this one.
	Halved,
}

/// Records of a data set, drawn by the seed of the training.
pub(crate) struct Holdout {
	source: Arc<Set>,
	metric: Metric,
	seed: H256,
	records: u32,
	limit: Duration,
	set: EvaluationSet,
}

impl Holdout {
	/// Draws the holdout of a task.
	pub(crate) fn draw(task: &TrainingTask, settings: &TrainingSettings) -> Result<Self> {
		let seed = H256(StdRng::seed_from_u64(settings.seed).random());
		let (source, metric) = (task.evaluation.clone(), task.metric);
		let largest = u32::try_from(source.len()).unwrap_or(u32::MAX);
		let records = settings.holdout.min(largest);
		let set = EvaluationSet::draw(source.clone(), seed, records, metric)?;
		Ok(Self { source, metric, seed, records, limit: CHECK_LIMIT, set })
	}

	/// The records.
	pub(crate) fn set(&self) -> &EvaluationSet {
		&self.set
	}

	#[cfg(test)]
	pub(crate) fn records(&self) -> u32 {
		self.records
	}

	#[cfg(test)]
	pub(crate) fn set_limit(&mut self, limit: Duration) {
		self.limit = limit;
	}

	/// Checks a model in training.
	pub(crate) fn check(&mut self, model: &Model) -> Result<Check> {
		self.checked(|set, until| set.score(model, until))
	}

	/// Checks a checkpoint by all the rules of a committee, which takes twice as long.
	pub(crate) fn judge(&mut self, checkpoint: &Checkpoint) -> Result<Check> {
		self.checked(|set, until| Ok(set.evaluate(checkpoint, until)?.score))
	}

	fn checked(
		&mut self,
		score: impl FnOnce(&EvaluationSet, Instant) -> Result<Score, ArtifactError>,
	) -> Result<Check> {
		let began = Instant::now();
		let limit = if self.records > 1 { self.limit } else { LAST_LIMIT };
		match score(&self.set, within(limit)) {
			Ok(score) => Ok(Check::Score(score)),
			Err(ArtifactError::Invalid(reason) | ArtifactError::IllConditioned(reason)) => {
				tracing::debug!("not a model to keep: {reason}");
				Ok(Check::Unusable(reason))
			}
			Err(_) if began.elapsed() >= limit && self.records > 1 => {
				self.halve()?;
				Ok(Check::Halved)
			}
			Err(error) => Err(error.into()),
		}
	}

	fn halve(&mut self) -> Result<()> {
		let before = self.records;
		self.records = before.div_ceil(2);
		tracing::warn!(
			"a check on {before} records takes more than {} s: checkpoints are compared on {} records from \
			 now on; a smaller --holdout saves the attempt, and a machine as slow as this may be too slow to \
			 measure its claims",
			self.limit.as_secs(),
			self.records
		);
		self.set = EvaluationSet::draw(self.source.clone(), self.seed, self.records, self.metric)?;
		Ok(())
	}
}
