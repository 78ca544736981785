//! Training steps on batches.

use crate::accumulation::Accumulation;
use crate::average::Average;
use crate::error::ModelError;
use crate::input;
use crate::model::Model;
use crate::optimizer::{Optimizer, OptimizerState};
use descent_dataset::{Batch, Column};
use serde::{Deserialize, Serialize};
use tch::{TchError, Tensor};

/// Schedule of the learning rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
	/// The learning rate does not change.
	Constant,
	/// The learning rate rises linearly over `warmup` steps, falls along half a cosine to `floor` times its
	/// value at `steps` (Loshchilov and Hutter, 2017), and stays there.
	Cosine {
		/// Number of steps until the floor, warm-up included.
		steps: u64,
		/// Number of steps until the full rate.
		warmup: u64,
		/// Fraction of the learning rate at the end.
		floor: f64,
	},
}

impl Schedule {
	/// Returns the factor on the learning rate in a step; the first step is 0.
	pub fn factor(&self, step: u64) -> f64 {
		match *self {
			Schedule::Constant => 1.0,
			Schedule::Cosine { warmup, .. } if step < warmup => (step + 1) as f64 / warmup as f64,
			Schedule::Cosine { steps, floor, .. } if step >= steps => floor,
			Schedule::Cosine { steps, warmup, floor } => {
				let progress = (step - warmup) as f64 / (steps - warmup) as f64;
				floor + (1.0 - floor) * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos())
			}
		}
	}
}

/// Options of a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingOptions {
	/// The optimizer.
	pub optimizer: Optimizer,
	/// The learning rate.
	pub learning_rate: f64,
	/// Schedule of the learning rate.
	pub schedule: Schedule,
	/// Largest L2 norm of all gradients together; larger ones are scaled down to it. `None` turns it off.
	pub clip: Option<f64>,
	/// Number of batches of whose mean gradient a step is made.
	pub accumulate: u32,
	/// Share that the past keeps in each step of a running mean of the weights, below 1; `None` keeps no
	/// mean.
	pub average: Option<f64>,
	/// Seed of dropout. libtorch has one generator per process, so trainers in one process share it.
	pub seed: u64,
}

impl Default for TrainingOptions {
	fn default() -> Self {
		Self {
			optimizer: Optimizer::AdamW { betas: (0.9, 0.999), weight_decay: 0.01 },
			learning_rate: 1e-3,
			schedule: Schedule::Constant,
			clip: None,
			accumulate: 1,
			average: None,
			seed: 0,
		}
	}
}

/// Reasons for which a training step failed.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
	/// The loss is NaN or infinite. Training can resume from the last checkpoint.
	#[error("the loss of step {step} is {loss}; lower the learning rate or clip the gradients")]
	Diverged {
		/// Number of the step, from 0.
		step: u64,
		/// Loss of the step.
		loss: f32,
	},
	/// The model could not be run.
	#[error(transparent)]
	Model(#[from] ModelError),
}

impl From<TchError> for TrainingError {
	fn from(error: TchError) -> Self {
		ModelError::Torch(error).into()
	}
}

/// Trains a model step by step.
#[derive(Debug)]
pub struct Trainer {
	pub(crate) model: Model,
	columns: Vec<Column>,
	options: TrainingOptions,
	pub(crate) optimizer: OptimizerState,
	pub(crate) average: Option<Average>,
	accumulation: Accumulation,
	step: u64,
}

impl Trainer {
	/// Starts training a model. The optimizer begins without a history.
	pub fn new(model: Model, options: TrainingOptions) -> Result<Self, ModelError> {
		let optimizer = OptimizerState::new(options.optimizer.clone(), &model.parameters)?;
		let columns = model.description.schema().columns;
		let average = options.average.map(|decay| Average::new(decay, &model.parameters)).transpose()?;
		let accumulation = Accumulation::new(options.accumulate);
		let trainer = Self { model, columns, options, optimizer, average, accumulation, step: 0 };
		trainer.seed();
		Ok(trainer)
	}

	/// Goes on at this step.
	pub(crate) fn go_on(&mut self, step: u64) {
		self.step = step;
		self.seed();
	}

	/// Sets the seed of dropout, which differs from step to step, so that no run repeats its draws.
	fn seed(&self) {
		let seed = self.options.seed.wrapping_add(self.step.wrapping_mul(0x9e37_79b9_7f4a_7c15));
		tch::manual_seed(i64::from_le_bytes(seed.to_le_bytes()));
	}

	/// Name and settings of the optimizer, as a state file has them.
	pub(crate) fn optimizer_name(&self) -> String {
		format!("{:?}", self.options.optimizer)
	}

	/// Sets the learning rate of the steps to come, which the schedule multiplies.
	pub fn set_learning_rate(&mut self, learning_rate: f64) {
		self.options.learning_rate = learning_rate;
	}

	/// Makes one step on one batch, or adds its gradients to those that a later one makes a step of. Returns
	/// the batch's mean loss before the step.
	///
	/// # Errors
	/// See [`TrainingError`].
	pub fn step(&mut self, batch: &Batch) -> Result<f32, TrainingError> {
		Ok(self.step_unrounded(batch)? as f32)
	}

	/// Makes one step as [`Self::step`] does. Returns the loss in the precision in which it was computed.
	///
	/// # Errors
	/// See [`TrainingError`].
	pub fn step_unrounded(&mut self, batch: &Batch) -> Result<f64, TrainingError> {
		let (inputs, target) = input::tensors(
			&self.model.description,
			&self.columns,
			batch,
			self.model.kind,
			self.model.device,
		)?;
		let output = self.model.forward(&inputs, true)?;
		let mean = self.model.losses(&output, &target)?.f_mean(self.model.kind)?;
		let loss = mean.f_double_value(&[])?;
		if !(loss as f32).is_finite() {
			return Err(TrainingError::Diverged { step: self.step, loss: loss as f32 });
		}
		let gradients = Tensor::f_run_backward(&[mean], &self.model.parameters, false, false)?;
		let Some(mut gradients) = self.accumulation.add(gradients)? else { return Ok(loss) };
		if let Some(limit) = self.options.clip {
			clip(&mut gradients, limit)?;
		}
		let rate = self.options.learning_rate * self.options.schedule.factor(self.step);
		self.optimizer.step(&mut self.model.parameters, &gradients, rate)?;
		if let Some(average) = &mut self.average {
			average.update(&self.model.parameters)?;
		}
		self.step += 1;
		Ok(loss)
	}

	/// Makes a step on each batch until they end or `stop` returns true. Returns the mean of the steps'
	/// losses, or `None` if there was no step.
	///
	/// # Errors
	/// The errors of `batches`, and [`TrainingError`].
	pub fn train<E>(
		&mut self,
		batches: impl IntoIterator<Item = Result<Batch, E>>,
		stop: impl Fn() -> bool,
	) -> Result<Option<f32>, E>
	where
		E: From<TrainingError>,
	{
		let (mut sum, mut steps) = (0.0, 0u32);
		for batch in batches {
			if stop() {
				break;
			}
			sum += f64::from(self.step(&batch?)?);
			steps += 1;
		}
		Ok((steps > 0).then(|| (sum / f64::from(steps)) as f32))
	}

	/// Number of steps so far.
	pub fn steps(&self) -> u64 {
		self.step
	}

	/// Model with its current weights.
	pub fn model(&self) -> &Model {
		&self.model
	}

	/// Returns the model with the running mean of its weights, where there is one, or with its current ones.
	/// Running statistics of normalisations are the current ones. Nothing is copied.
	pub fn averaged_model(&self) -> Model {
		match &self.average {
			Some(average) => self.model.with_parameters(&average.weights),
			None => self.model.with_parameters(&self.model.parameters),
		}
	}

	/// Ends the training and returns the model.
	pub fn into_model(self) -> Model {
		self.model
	}
}

/// Scales the gradients down to an L2 norm of `limit` together, if it is larger.
fn clip(gradients: &mut [Tensor], limit: f64) -> Result<(), TchError> {
	let mut squares = 0.0;
	for gradient in gradients.iter().filter(|gradient| gradient.defined()) {
		squares += gradient.f_square()?.f_sum(tch::Kind::Double)?.f_double_value(&[])?;
	}
	let norm = squares.sqrt();
	if norm > limit {
		for gradient in gradients.iter_mut().filter(|gradient| gradient.defined()) {
			*gradient = gradient.f_mul_scalar(limit / norm)?;
		}
	}
	Ok(())
}
