//! The evaluation of checkpoints as a committee member does it.

use descent_artifacts::ArtifactError;
use descent_dataset::Description;
use descent_evaluator::{evaluation_set::EvaluationSet, EvaluationPool};
use descent_model::Evaluation;
use std::{path::Path, time::Instant};

/// Evaluates checkpoints as a committee member does.
pub(crate) trait Evaluate: Send + Sync + 'static {
	/// Evaluates the checkpoint in a file, at the latest until `until`.
	fn evaluate(
		&self,
		description: &Description,
		set: &EvaluationSet,
		checkpoint: &Path,
		until: Instant,
	) -> Result<Evaluation, ArtifactError>;
}

impl Evaluate for EvaluationPool {
	fn evaluate(
		&self,
		description: &Description,
		set: &EvaluationSet,
		checkpoint: &Path,
		until: Instant,
	) -> Result<Evaluation, ArtifactError> {
		EvaluationPool::evaluate(self, description, set, checkpoint, until)
	}
}
