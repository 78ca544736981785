//! Trains a segment forward, and replays it: one code path for the trainer and for those that check it.

use crate::departure::Replayed;
use descent_dataset::{Description, Set, SetError};
use descent_model::{
	Checkpoint, Device, Model, ModelError, Schedule, Trainer, TrainingError, TrainingOptions,
};
use descent_protocol::trace::{BatchOrder, Precision, Recipe, RATE_UNIT};

/// One segment of a recorded training, with all that its replay needs.
#[derive(Clone, Copy, Debug)]
pub struct SegmentTask<'a> {
	/// The recipe of the training.
	pub recipe: &'a Recipe,
	/// The order of its records.
	pub order: &'a BatchOrder,
	/// The number of the segment, from 0.
	pub number: u16,
	/// The learning rate in billionths, see [`RATE_UNIT`].
	pub rate: u32,
	/// The weights that it begins with.
	pub start: &'a Checkpoint,
}

/// Reasons for which a segment could not be trained or replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
	/// The model draws at random in training.
	#[error(transparent)]
	NotReplayable(#[from] NotReplayable),
	/// The caller stopped the replay.
	#[error("the replay was stopped")]
	Stopped,
	/// Loss or weights are NaN or infinite. Everyone who replays the segment finds the same.
	#[error("the training is not finite any more at step {step} of the segment")]
	Diverged {
		/// Number of the step, from 0; the number of all steps where only the last weights are not finite.
		step: u64,
	},
	/// The segment is at its end already, or not yet.
	#[error("the segment has taken {taken} of its {of} steps")]
	Steps {
		/// Number of steps so far.
		taken: u64,
		/// Number of steps of the segment.
		of: u16,
	},
	/// The records could not be read.
	#[error(transparent)]
	Set(#[from] SetError),
	/// The model could not be run.
	#[error(transparent)]
	Model(#[from] ModelError),
}

impl From<TrainingError> for ReplayError {
	fn from(error: TrainingError) -> Self {
		match error {
			TrainingError::Diverged { step, .. } => Self::Diverged { step },
			TrainingError::Model(error) => Self::Model(error),
		}
	}
}

/// The layer for which a training of a model cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
	"layer {layer} ({kind}) has dropout, which draws at random, and no replay draws the same; set it to 0 in \
	 the model description"
)]
pub struct NotReplayable {
	/// Place of the layer, see [`Description::random_layer`].
	pub layer: String,
	/// Type of the layer, as in JSON.
	pub kind: &'static str,
}

/// Returns an error if trainings of the model cannot be replayed, because a layer draws at random.
pub fn is_replayable(description: &Description) -> Result<(), NotReplayable> {
	match description.random_layer() {
		Some((layer, found)) => Err(NotReplayable { layer, kind: found.kind() }),
		None => Ok(()),
	}
}

/// Trains one segment step by step, in the recipe's precision.
#[derive(Debug)]
pub struct SegmentTrainer {
	trainer: Trainer,
	recipe: Recipe,
	order: BatchOrder,
	number: u16,
}

impl SegmentTrainer {
	/// Begins a segment. The optimizer has no history.
	///
	/// # Errors
	/// Returns [`ReplayError::NotReplayable`] for a model with dropout, [`ReplayError::Model`] if libtorch
	/// fails.
	pub fn new(task: &SegmentTask, device: Device) -> Result<Self, ReplayError> {
		is_replayable(task.start.description())?;
		let options = TrainingOptions {
			optimizer: task.recipe.optimizer.into(),
			learning_rate: f64::from(task.rate) / f64::from(RATE_UNIT),
			schedule: Schedule::Constant,
			clip: None,
			accumulate: 1,
			average: None,
			seed: 0,
		};
		let model = Model::for_training(task.start, task.recipe.precision, device)?;
		Ok(Self {
			trainer: Trainer::new(model, options)?,
			recipe: *task.recipe,
			order: task.order.clone(),
			number: task.number,
		})
	}

	/// Makes the next step, on its batch of a data set. Returns the batch's mean loss before the step.
	///
	/// # Errors
	/// Returns [`ReplayError::Steps`] if the segment is done, else see [`ReplayError`].
	pub fn step(&mut self, records: &Set) -> Result<f64, ReplayError> {
		let step = match u16::try_from(self.trainer.steps()) {
			Ok(step) if step < self.recipe.steps => step,
			_ => return Err(self.steps()),
		};
		let positions = self.order.batch(self.number, step, records.len(), self.recipe.batch);
		Ok(self.trainer.step_unrounded(&records.gather(&positions)?)?)
	}

	/// Returns true if all steps are made.
	pub fn is_done(&self) -> bool {
		self.trainer.steps() >= u64::from(self.recipe.steps)
	}

	/// The model with its current weights.
	pub fn model(&self) -> &Model {
		self.trainer.model()
	}

	/// Ends the segment. Returns the weights at its end, rounded to f32.
	///
	/// # Errors
	/// Returns [`ReplayError::Steps`] if steps are left, [`ReplayError::Diverged`] if a weight is not finite.
	pub fn finish(self) -> Result<Checkpoint, ReplayError> {
		if !self.is_done() {
			return Err(self.steps());
		}
		let checkpoint = self.trainer.model().checkpoint()?;
		if !checkpoint.tensors().iter().flatten().all(|value| value.is_finite()) {
			return Err(ReplayError::Diverged { step: self.trainer.steps() });
		}
		Ok(checkpoint)
	}

	fn steps(&self) -> ReplayError {
		ReplayError::Steps { taken: self.trainer.steps(), of: self.recipe.steps }
	}
}

/// Replays a segment on the CPU in f64, whatever the recipe's precision is.
///
/// `stop` is asked before each step. It ends the replay by returning true.
///
/// # Errors
/// See [`ReplayError`].
pub fn replay(task: &SegmentTask, records: &Set, stop: impl Fn() -> bool) -> Result<Replayed, ReplayError> {
	let recipe = Recipe { precision: Precision::F64, ..*task.recipe };
	let mut trainer = SegmentTrainer::new(&SegmentTask { recipe: &recipe, ..*task }, Device::Cpu)?;
	let mut losses = Vec::with_capacity(recipe.steps.into());
	while !trainer.is_done() {
		if stop() {
			return Err(ReplayError::Stopped);
		}
		losses.push(trainer.step(records)?);
	}
	let end = trainer.model().values()?;
	let rounded = trainer.finish()?;
	Ok(Replayed::new(task.start.clone(), (end, rounded), losses, task.recipe.precision))
}

#[cfg(test)]
mod tests;
