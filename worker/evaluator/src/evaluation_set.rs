//! Measuring a checkpoint on the records that a seed draws. Evaluators and trainers use the same code.

use anyhow::{anyhow, ensure, Result};
use descent_artifacts::ArtifactError;
use descent_dataset::{Description, Set};
use descent_model::{
	evaluate_set, max_checkpoint_bytes, CheckpointError, Device, Evaluation, EvaluationError, Model,
};
use descent_protocol::{ContentRef, Metric, Rounding};
use sp_core::H256;
use std::{path::Path, sync::Arc, time::Instant};

/// Records of a data set, drawn to measure checkpoints on.
#[derive(Clone)]
pub struct EvaluationSet {
	set: Arc<Set>,
	records: Arc<[u64]>,
	metric: Metric,
	/// Draws the perturbation of the weights, too.
	seed: H256,
	rounding: Rounding,
}

impl EvaluationSet {
	/// Draws records of a data set by a seed.
	pub fn draw(set: Arc<Set>, seed: H256, records: u32, metric: Metric) -> Result<Self> {
		let records: Arc<[u64]> = descent_protocol::sample(seed, set.len(), records).into();
		ensure!(!records.is_empty(), "the data set has no records to measure on");
		Ok(Self { set, records, metric, seed, rounding: Rounding::dithered(seed) })
	}

	/// Returns the same records with another rule for scores.
	pub fn with_rounding(self, rounding: Rounding) -> Self {
		Self { rounding, ..self }
	}

	/// Returns the data set.
	pub(crate) fn set(&self) -> &Set {
		&self.set
	}

	/// Returns the positions of the records.
	pub(crate) fn records(&self) -> &[u64] {
		&self.records
	}

	/// Returns the seed that drew the records.
	pub(crate) fn seed(&self) -> H256 {
		self.seed
	}

	/// Returns the metric.
	pub(crate) fn metric(&self) -> Metric {
		self.metric
	}

	/// Returns the rule for scores.
	pub(crate) fn rounding(&self) -> Rounding {
		self.rounding
	}

	/// Measures a model, at the latest until `until`.
	pub fn evaluate(&self, model: &Model, until: Instant) -> Result<Evaluation, ArtifactError> {
		let late = || Instant::now() >= until;
		evaluate_set(model, &self.set, &self.records, self.metric, late).map_err(|error| match error {
			error if error.is_invalid() => ArtifactError::Invalid(error.to_string()),
			EvaluationError::Stopped(batch) => ArtifactError::Failed(anyhow!(
				"the time ran out before batch {batch}: allow more of it, or measure on a faster machine"
			)),
			error => ArtifactError::Failed(error.into()),
		})
	}
}

/// Loads a checkpoint onto the CPU, to be measured.
pub fn load(description: &Description, path: &Path) -> Result<Model, ArtifactError> {
	Model::load(description, path, Device::Cpu).map_err(artifact_error)
}

/// Converts the error of a checkpoint that could not be loaded.
pub fn artifact_error(error: CheckpointError) -> ArtifactError {
	if error.is_invalid() {
		ArtifactError::Invalid(error.to_string())
	} else {
		ArtifactError::Failed(error.into())
	}
}

/// Checks before a fetch that content of this size can be a checkpoint of the model.
pub fn check_size(description: &Description, checkpoint: &ContentRef) -> Result<(), ArtifactError> {
	let smallest = description.plan().parameter_values.saturating_mul(4);
	let largest = max_checkpoint_bytes(description);
	if !(smallest..=largest).contains(&checkpoint.size) || !checkpoint.is_canonical() {
		return Err(ArtifactError::Invalid(format!(
			"a checkpoint of this model has {smallest} to {largest} bytes, this one declares {}",
			checkpoint.size
		)));
	}
	Ok(())
}
