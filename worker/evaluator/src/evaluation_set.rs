//! Measuring a checkpoint on the records that a seed draws. Evaluators and trainers do it with the same code.

use anyhow::{anyhow, ensure, Result};
use descent_content::FetchError;
use descent_data::{Description, Set};
use descent_model::{
	evaluate_set, max_checkpoint_bytes, CheckpointError, Device, Evaluation, EvaluationError, Model,
};
use descent_protocol::{ContentRef, Metric};
use sp_core::H256;
use std::{path::Path, sync::Arc, time::Instant};

/// Records of a data set, drawn to measure checkpoints on.
#[derive(Clone)]
pub struct Exam {
	set: Arc<Set>,
	records: Arc<[u64]>,
	metric: Metric,
}

/// Why a checkpoint has no score.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
	/// Nobody serves it.
	#[error("{0}")]
	Unavailable(FetchError),
	/// It is not one of the model; whoever measures it finds the same.
	#[error("{0}")]
	Invalid(String),
	/// Something else failed, which the checkpoint is not to blame for.
	#[error("{0:#}")]
	Failed(anyhow::Error),
}

impl From<FetchError> for Refusal {
	fn from(error: FetchError) -> Self {
		match error {
			FetchError::Unavailable { .. } => Self::Unavailable(error),
			FetchError::Invalid { .. } => Self::Invalid(error.to_string()),
			FetchError::TooLarge { .. } | FetchError::Io(_) => Self::Failed(error.into()),
		}
	}
}

impl Exam {
	/// Draws the records that a seed draws from a set.
	pub fn draw(set: Arc<Set>, seed: H256, records: u32, metric: Metric) -> Result<Self> {
		let records: Arc<[u64]> = descent_protocol::sample(seed, set.len(), records).into();
		ensure!(!records.is_empty(), "the data set has no records to measure on");
		Ok(Self { set, records, metric })
	}

	/// Measures a model, at the latest until `until`.
	pub fn take(&self, model: &Model, until: Instant) -> Result<Evaluation, Refusal> {
		let late = || Instant::now() >= until;
		evaluate_set(model, &self.set, &self.records, self.metric, late).map_err(|error| match error {
			error if error.is_invalid() => Refusal::Invalid(error.to_string()),
			EvaluationError::Stopped(batch) => Refusal::Failed(anyhow!(
				"the time ran out before batch {batch}: allow more of it, or measure on a faster machine"
			)),
			error => Refusal::Failed(error.into()),
		})
	}
}

/// Loads a checkpoint to be measured.
pub fn load(description: &Description, path: &Path) -> Result<Model, Refusal> {
	Model::load(description, path, Device::Cpu).map_err(refusal)
}

/// What it means that a checkpoint could not be loaded.
pub fn refusal(error: CheckpointError) -> Refusal {
	if error.is_invalid() {
		Refusal::Invalid(error.to_string())
	} else {
		Refusal::Failed(error.into())
	}
}

/// Refuses what cannot be a checkpoint of the model before a byte of it is fetched.
pub fn check_size(description: &Description, checkpoint: &ContentRef) -> Result<(), Refusal> {
	let smallest = description.plan().parameter_values.saturating_mul(4);
	let largest = max_checkpoint_bytes(description);
	if !(smallest..=largest).contains(&checkpoint.size) || !checkpoint.is_canonical() {
		return Err(Refusal::Invalid(format!(
			"a checkpoint of this model has {smallest} to {largest} bytes, this one declares {}",
			checkpoint.size
		)));
	}
	Ok(())
}
