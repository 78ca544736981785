//! Training steps.

use crate::error::ModelError;
use crate::input;
use crate::model::Model;
use descent_dataset::{Batch, Column};
use serde::{Deserialize, Serialize};
use tch::{no_grad, COptimizer, TchError, Tensor};

/// The optimizer of a training run, with the names and defaults of PyTorch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
	/// Stochastic gradient descent.
	Sgd {
		/// Momentum, 0 for none.
		momentum: f64,
		/// Whether the momentum is Nesterov's; needs momentum.
		nesterov: bool,
		/// L2 penalty on weights; biases and normalisations have none.
		weight_decay: f64,
	},
	/// Adam (Kingma and Ba, 2015).
	Adam {
		/// Decay of the mean and of the mean square.
		betas: (f64, f64),
		/// L2 penalty on weights; biases and normalisations have none.
		weight_decay: f64,
	},
	/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
	AdamW {
		/// Decay of the mean and of the mean square.
		betas: (f64, f64),
		/// Decay of weights; biases and normalisations have none.
		weight_decay: f64,
	},
}

/// How the learning rate changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
	/// Not at all.
	Constant,
	/// Rises linearly over `warmup` steps, falls along half a cosine to `floor` times the learning rate at
	/// `steps` (Loshchilov and Hutter, 2017), and stays there.
	Cosine {
		/// Steps until the floor, with those of the warm-up.
		steps: u64,
		/// Steps until the full rate.
		warmup: u64,
		/// Share of the learning rate at the end.
		floor: f64,
	},
}

impl Schedule {
	/// The factor on the learning rate in a step, from 0.
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

/// How to train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingOptions {
	/// The optimizer.
	pub optimizer: Optimizer,
	/// The learning rate.
	pub learning_rate: f64,
	/// How it changes.
	pub schedule: Schedule,
	/// Largest norm of all gradients together; larger ones are scaled down to it.
	pub clip: Option<f64>,
	/// Seeds dropout. libtorch has one generator for a process, so trainers beside each other share it.
	pub seed: u64,
}

impl Default for TrainingOptions {
	fn default() -> Self {
		Self {
			optimizer: Optimizer::AdamW { betas: (0.9, 0.999), weight_decay: 0.01 },
			learning_rate: 1e-3,
			schedule: Schedule::Constant,
			clip: None,
			seed: 0,
		}
	}
}

/// Why a training step failed.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
	/// The loss is NaN or infinite. Go on from the last checkpoint.
	#[error("the loss of step {step} is {loss}; lower the learning rate or clip the gradients")]
	Diverged {
		/// The step, from 0.
		step: u64,
		/// The loss.
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

/// Trains a model, step by step.
#[derive(Debug)]
pub struct Trainer {
	model: Model,
	columns: Vec<Column>,
	options: TrainingOptions,
	optimizer: COptimizer,
	step: u64,
}

impl Trainer {
	/// Starts training a model. The optimizer begins without a history.
	pub fn new(model: Model, options: TrainingOptions) -> Result<Self, ModelError> {
		let rate = options.learning_rate;
		let mut optimizer = match options.optimizer {
			Optimizer::Sgd { momentum, nesterov, weight_decay } => {
				COptimizer::sgd(rate, momentum, 0.0, weight_decay, nesterov)
			}
			Optimizer::Adam { betas: (b1, b2), weight_decay } => {
				COptimizer::adam(rate, b1, b2, weight_decay, 1e-8, false)
			}
			Optimizer::AdamW { betas: (b1, b2), weight_decay } => {
				COptimizer::adamw(rate, b1, b2, weight_decay, 1e-8, false)
			}
		}?;
		// group 0 decays, group 1 does not
		for parameter in &model.parameters {
			optimizer.add_parameters(parameter, usize::from(parameter.dim() < 2))?;
		}
		if model.parameters.iter().any(|p| p.dim() < 2) {
			optimizer.set_weight_decay_group(1, 0.0)?;
		}
		tch::manual_seed(i64::from_le_bytes(options.seed.to_le_bytes()));
		let columns = model.description.schema().columns;
		Ok(Self { model, columns, options, optimizer, step: 0 })
	}

	/// One step on one batch; its mean loss before the step.
	pub fn step(&mut self, batch: &Batch) -> Result<f32, TrainingError> {
		let (input, target) = input::tensors(
			&self.model.description,
			&self.columns,
			batch,
			self.model.kind,
			self.model.device,
		)?;
		let output = self.model.forward(&input, true)?;
		let mean = self.model.losses(&output, &target)?.f_mean(self.model.kind)?;
		let loss = mean.f_double_value(&[])? as f32;
		if !loss.is_finite() {
			return Err(TrainingError::Diverged { step: self.step, loss });
		}
		self.optimizer.zero_grad()?;
		mean.f_backward()?;
		if let Some(limit) = self.options.clip {
			no_grad(|| clip(&self.model.parameters, limit))?;
		}
		let rate = self.options.learning_rate * self.options.schedule.factor(self.step);
		self.optimizer.set_learning_rate(rate)?;
		self.optimizer.step()?;
		self.step += 1;
		Ok(loss)
	}

	/// Steps on one batch after the other until they end or `stop` says so; the mean of the steps' losses, `None`
	/// if there were none.
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

	/// Number of steps done.
	pub fn steps(&self) -> u64 {
		self.step
	}

	/// The model as it stands.
	pub fn model(&self) -> &Model {
		&self.model
	}

	/// Ends the training.
	pub fn into_model(self) -> Model {
		self.model
	}
}

fn clip(parameters: &[Tensor], limit: f64) -> Result<(), TchError> {
	let gradients = parameters.iter().map(Tensor::f_grad).collect::<Result<Vec<_>, _>>()?;
	let gradients: Vec<_> = gradients.into_iter().filter(Tensor::defined).collect();
	let mut squares = 0.0;
	for gradient in &gradients {
		squares += gradient.f_square()?.f_sum(tch::Kind::Double)?.f_double_value(&[])?;
	}
	let norm = squares.sqrt();
	if norm > limit {
		for mut gradient in gradients {
			let _ = gradient.f_mul_scalar_(limit / norm)?;
		}
	}
	Ok(())
}
