//! Measuring a checkpoint on the records that a seed draws. Evaluators and trainers use the same code.

use anyhow::{anyhow, ensure, Result};
use descent_artifacts::ArtifactError;
use descent_dataset::{Description, Set};
use descent_model::{
	evaluate_with, max_checkpoint_bytes, Checkpoint, CheckpointError, Drawn, Engine, Evaluation,
	EvaluationError, EvaluationRules, Model,
};
use descent_protocol::{ContentRef, Metric, Rounding, Score};
use sp_core::H256;
use std::{path::Path, sync::Arc, time::Instant};

/// The largest condition of a checkpoint whose scores a GPU may measure. Trained models have one below 1. The
/// larger it is, the more the GPU's other rounding errors change a value.
const GPU_CONDITION: f64 = 10.0;

/// Records of a data set, drawn to measure checkpoints on.
#[derive(Clone)]
pub struct EvaluationSet {
	set: Arc<Set>,
	records: Arc<[u64]>,
	seed: H256,
	rules: EvaluationRules,
}

impl EvaluationSet {
	/// Draws records of a data set by a seed.
	pub fn draw(set: Arc<Set>, seed: H256, records: u32, metric: Metric) -> Result<Self> {
		let records: Arc<[u64]> = descent_protocol::sample(seed, set.len(), records).into();
		ensure!(!records.is_empty(), "the data set has no records to measure on");
		Ok(Self { set, records, seed, rules: EvaluationRules::of_round(metric, seed) })
	}

	/// Returns the same records with another rule for scores. Rounds before dithered scores have no limit on
	/// the condition.
	pub fn with_rounding(mut self, rounding: Rounding) -> Self {
		self.rules.rounding = rounding;
		if rounding == Rounding::HalfEven {
			self.rules.condition = None;
		}
		self
	}

	/// Returns the data set.
	pub fn set(&self) -> &Set {
		&self.set
	}

	/// Returns the positions of the records.
	pub fn records(&self) -> &[u64] {
		&self.records
	}

	/// Returns the seed that drew the records.
	pub(crate) fn seed(&self) -> H256 {
		self.seed
	}

	/// Returns the metric.
	pub(crate) fn metric(&self) -> Metric {
		self.rules.metric
	}

	/// Returns the rule for scores.
	pub(crate) fn rounding(&self) -> Rounding {
		self.rules.rounding
	}

	/// Measures a checkpoint as the members of a committee do, at the latest until `until`.
	pub fn evaluate(&self, checkpoint: &Checkpoint, until: Instant) -> Result<Evaluation, ArtifactError> {
		self.evaluate_by(Engine::Kernels, &self.rules, checkpoint, until)
	}

	/// Measures a checkpoint as [`EvaluationSet::evaluate`] does, on a device whose self-test has passed. The
	/// device's word counts for the scores of a well-conditioned checkpoint alone: whatever else it finds, a
	/// failure included, the kernels measure.
	pub(crate) fn evaluate_on(
		&self,
		engine: Engine,
		checkpoint: &Checkpoint,
		until: Instant,
	) -> Result<Evaluation, ArtifactError> {
		if engine != Engine::Kernels && self.rules.condition.is_some() {
			let evaluated = self.evaluate_by(engine, &self.rules, checkpoint, until);
			let is_certain = |found: &Evaluation| found.condition.is_some_and(|c| c <= GPU_CONDITION);
			match evaluated {
				Ok(evaluation) if is_certain(&evaluation) => return Ok(evaluation),
				Ok(_) => tracing::debug!("the condition is above {GPU_CONDITION}: the kernels measure"),
				Err(error) => tracing::info!("the kernels measure what the GPU did not: {error:#}"),
			}
		}
		self.evaluate(checkpoint, until)
	}

	/// Measures the weights of a model in training: their score alone, which takes half of the time.
	pub fn score(&self, model: &Model, until: Instant) -> Result<Score, ArtifactError> {
		let checkpoint = model.checkpoint().map_err(|error| ArtifactError::Failed(error.into()))?;
		let rules = EvaluationRules { condition: None, ..self.rules };
		Ok(self.evaluate_by(Engine::Kernels, &rules, &checkpoint, until)?.score)
	}

	fn evaluate_by(
		&self,
		engine: Engine,
		rules: &EvaluationRules,
		checkpoint: &Checkpoint,
		until: Instant,
	) -> Result<Evaluation, ArtifactError> {
		let late = || Instant::now() >= until;
		let drawn = Drawn { set: &self.set, positions: &self.records };
		evaluate_with(engine, checkpoint, &drawn, rules, late).map_err(|error| match error {
			error if error.is_invalid() => ArtifactError::Invalid(error.to_string()),
			EvaluationError::IllConditioned { .. } => ArtifactError::IllConditioned(error.to_string()),
			EvaluationError::Stopped(batch) => ArtifactError::Failed(anyhow!(
				"the time ran out before batch {batch}: allow more of it, or measure on a faster machine"
			)),
			error => ArtifactError::Failed(error.into()),
		})
	}
}

/// Loads a checkpoint to be measured.
pub fn load(description: &Description, path: &Path) -> Result<Checkpoint, ArtifactError> {
	Checkpoint::load(description, path).map_err(artifact_error)
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
