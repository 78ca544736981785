//! Processes that evaluate checkpoints, apart from the one that asks for it.

use crate::evaluation_set::{self, EvaluationSet};
use anyhow::Result;
use descent_artifacts::ArtifactError;
use descent_dataset::Description;
use descent_model::Evaluation;
use std::{path::Path, time::Instant};

/// A pool of processes that evaluate checkpoints. Cheap to clone; the processes end with the last clone.
#[derive(Clone, Debug)]
pub struct EvaluationPool {}

impl EvaluationPool {
	/// Starts the processes.
	///
	/// # Errors
	/// Fails if a process cannot be started.
	pub fn start() -> Result<Self> {
		Ok(Self {})
	}

	/// Evaluates the checkpoint in a file, at the latest until `until`.
	///
	/// # Errors
	/// [`ArtifactError::Invalid`] and [`ArtifactError::IllConditioned`] are the checkpoint's fault,
	/// [`ArtifactError::Failed`] is this machine's.
	pub fn evaluate(
		&self,
		description: &Description,
		set: &EvaluationSet,
		checkpoint: &Path,
		until: Instant,
	) -> Result<Evaluation, ArtifactError> {
		set.evaluate(&evaluation_set::load(description, checkpoint)?, until)
	}
}
