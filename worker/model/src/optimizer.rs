//! Optimizers: the formulas of PyTorch, with a state that can be saved.

use crate::error::ModelError;
use descent_protocol::trace::{RecipeOptimizer, FRACTION};
use serde::{Deserialize, Serialize};
use tch::{no_grad, Device, Kind, TchError, Tensor};

/// Term that keeps Adam's denominator from 0, as in PyTorch.
const EPSILON: f64 = 1e-8;
/// Step size below which Adam changes no weight.
const SMALLEST_STEP: f64 = 1e-30;

/// The optimizer of a training run, with the names and defaults of PyTorch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
	/// Stochastic gradient descent.
	Sgd {
		/// Momentum factor; 0 turns it off.
		momentum: f64,
		/// True for Nesterov momentum (Sutskever et al., 2013), which needs a momentum.
		nesterov: bool,
		/// Factor of the L2 penalty on weights. Biases and normalisations have none.
		weight_decay: f64,
	},
	/// Adam (Kingma and Ba, 2015).
	Adam {
		/// Decay rates of the running means of the gradient and of its square.
		betas: (f64, f64),
		/// Factor of the L2 penalty on weights. Biases and normalisations have none.
		weight_decay: f64,
	},
	/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
	AdamW {
		/// Decay rates of the running means of the gradient and of its square.
		betas: (f64, f64),
		/// Factor of the decay of weights. Biases and normalisations have none.
		weight_decay: f64,
	},
}

impl Optimizer {
	/// Names of the tensors that it keeps for each parameter, as PyTorch has them.
	fn slots(&self) -> &'static [&'static str] {
		match self {
			Self::Sgd { momentum, .. } if *momentum == 0.0 => &[],
			Self::Sgd { .. } => &["momentum_buffer"],
			Self::Adam { .. } | Self::AdamW { .. } => &["exp_avg", "exp_avg_sq"],
		}
	}

	fn weight_decay(&self) -> f64 {
		match *self {
			Self::Sgd { weight_decay, .. }
			| Self::Adam { weight_decay, .. }
			| Self::AdamW { weight_decay, .. } => weight_decay,
		}
	}
}

impl From<RecipeOptimizer> for Optimizer {
	fn from(optimizer: RecipeOptimizer) -> Self {
		let fraction = |millionths: u32| f64::from(millionths) / f64::from(FRACTION);
		match optimizer {
			RecipeOptimizer::Sgd { momentum, nesterov, weight_decay } => {
				Self::Sgd { momentum: fraction(momentum), nesterov, weight_decay: fraction(weight_decay) }
			}
			RecipeOptimizer::Adam { betas: (mean, square), weight_decay } => {
				Self::Adam { betas: (fraction(mean), fraction(square)), weight_decay: fraction(weight_decay) }
			}
			RecipeOptimizer::AdamW { betas: (mean, square), weight_decay } => Self::AdamW {
				betas: (fraction(mean), fraction(square)),
				weight_decay: fraction(weight_decay),
			},
		}
	}
}

/// An optimizer with its running means. Parameters of fewer than two dimensions do not decay.
#[derive(Debug)]
pub(crate) struct OptimizerState {
	optimizer: Optimizer,
	/// One list of tensors for each of [`Optimizer::slots`], in the order of the parameters.
	slots: Vec<Vec<Tensor>>,
	/// Steps that the running means are of.
	steps: i32,
}

impl OptimizerState {
	/// Returns an optimizer without a history.
	pub(crate) fn new(optimizer: Optimizer, parameters: &[Tensor]) -> Result<Self, ModelError> {
		let zeros = |_: &&str| {
			let zeros = parameters.iter().map(|parameter| parameter.f_detach()?.f_zeros_like());
			zeros.collect::<Result<Vec<_>, TchError>>()
		};
		let slots = optimizer.slots().iter().map(zeros).collect::<Result<Vec<_>, _>>()?;
		Ok(Self { optimizer, slots, steps: 0 })
	}

	/// Changes the parameters by their gradients, which are not defined where the loss does not depend on
	/// them.
	pub(crate) fn step(
		&mut self,
		parameters: &mut [Tensor],
		gradients: &[Tensor],
		learning_rate: f64,
	) -> Result<(), TchError> {
		no_grad(|| {
			self.steps = self.steps.saturating_add(1);
			let options =
				parameters.first().map_or((Kind::Float, Device::Cpu), |first| (first.kind(), first.device()));
			let constants = Constants::new(&self.optimizer, learning_rate, options)?;
			for (position, (parameter, gradient)) in parameters.iter_mut().zip(gradients).enumerate() {
				if gradient.defined() {
					self.update(position, parameter, gradient, &constants)?;
				}
			}
			Ok(())
		})
	}

	fn update(
		&mut self,
		position: usize,
		parameter: &mut Tensor,
		gradient: &Tensor,
		constants: &Constants,
	) -> Result<(), TchError> {
		let decay = if parameter.dim() < 2 { 0.0 } else { self.optimizer.weight_decay() };
		let penalised = match &self.optimizer {
			Optimizer::AdamW { .. } => None,
			_ if decay == 0.0 => None,
			_ => Some(gradient.f_addcmul(parameter, &constants.weight_decay)?),
		};
		let gradient = penalised.as_ref().unwrap_or(gradient);
		match self.optimizer {
			Optimizer::Sgd { momentum, nesterov, .. } => {
				let direction = match self.slots.first_mut() {
					None => gradient.shallow_clone(),
					Some(buffers) => {
						let buffer = &mut buffers[position];
						let _ = buffer.f_mul_scalar_(momentum)?.f_add_(gradient)?;
						match nesterov {
							true => buffer.f_mul_scalar(momentum)?.f_add_(gradient)?,
							false => buffer.shallow_clone(),
						}
					}
				};
				let _ = parameter.f_addcmul_(&direction, &constants.negative_rate)?;
			}
			Optimizer::Adam { betas, .. } => {
				self.adam(position, parameter, gradient, betas, constants.learning_rate)?;
			}
			Optimizer::AdamW { betas, .. } => {
				if decay != 0.0 {
					let _ = parameter.f_mul_scalar_(1.0 - constants.learning_rate * decay)?;
				}
				self.adam(position, parameter, gradient, betas, constants.learning_rate)?;
			}
		}
		Ok(())
	}

	/// Adam's update. `sqrt(v / (1 - b2^t)) + epsilon` is divided by the step size before the division, which
	/// saves a tensor.
	fn adam(
		&mut self,
		position: usize,
		parameter: &mut Tensor,
		gradient: &Tensor,
		(beta1, beta2): (f64, f64),
		learning_rate: f64,
	) -> Result<(), TchError> {
		let [means, squares] = &mut self.slots[..] else {
			return Ok(());
		};
		let (mean, square) = (&mut means[position], &mut squares[position]);
		let _ = mean.f_lerp_(gradient, 1.0 - beta1)?;
		let _ = square.f_lerp_(&gradient.f_square()?, 1.0 - beta2)?;
		let size = learning_rate / (1.0 - beta1.powi(self.steps));
		if size < SMALLEST_STEP {
			return Ok(());
		}
		let scale = size * (1.0 - beta2.powi(self.steps)).sqrt();
		let mut denominator = square.f_sqrt()?;
		let _ = denominator.f_mul_scalar_(-1.0 / scale)?.f_add_scalar_(-EPSILON / size)?;
		let _ = parameter.f_addcdiv_(mean, &denominator)?;
		Ok(())
	}

	/// Returns the running means with the names of their slots, each list in the order of the parameters.
	pub(crate) fn tensors(&self) -> impl Iterator<Item = (&'static str, &[Tensor])> {
		self.optimizer.slots().iter().copied().zip(self.slots.iter().map(Vec::as_slice))
	}

	/// Number of steps that the running means are of.
	pub(crate) fn steps(&self) -> i32 {
		self.steps
	}

	/// Takes over running means. `read` returns the values of a parameter's tensor in a slot.
	pub(crate) fn restore<E: From<ModelError>>(
		&mut self,
		steps: i32,
		mut read: impl FnMut(&'static str, usize) -> Result<Tensor, E>,
	) -> Result<(), E> {
		for (slot, tensors) in self.optimizer.slots().iter().zip(&mut self.slots) {
			for (position, tensor) in tensors.iter_mut().enumerate() {
				let values = read(slot, position)?;
				no_grad(|| tensor.f_copy_(&values)).map_err(|error| E::from(ModelError::Torch(error)))?;
			}
		}
		self.steps = steps;
		Ok(())
	}
}

/// Constants of a step as tensors of no dimension and of the parameters' kind, so that each formula is one
/// kernel: tch has no factor on the second operand of an addition.
struct Constants {
	learning_rate: f64,
	negative_rate: Tensor,
	weight_decay: Tensor,
}

impl Constants {
	fn new(optimizer: &Optimizer, learning_rate: f64, options: (Kind, Device)) -> Result<Self, TchError> {
		let constant = |value: f64| Tensor::f_full([0i64; 0], value, options);
		Ok(Self {
			learning_rate,
			negative_rate: constant(-learning_rate)?,
			weight_decay: constant(optimizer.weight_decay())?,
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use tch::COptimizer;

	const RATE: f64 = 0.01;

	fn reference(optimizer: &Optimizer) -> COptimizer {
		match *optimizer {
			Optimizer::Sgd { momentum, nesterov, weight_decay } => {
				COptimizer::sgd(RATE, momentum, 0.0, weight_decay, nesterov)
			}
			Optimizer::Adam { betas: (b1, b2), weight_decay } => {
				COptimizer::adam(RATE, b1, b2, weight_decay, EPSILON, false)
			}
			Optimizer::AdamW { betas: (b1, b2), weight_decay } => {
				COptimizer::adamw(RATE, b1, b2, weight_decay, EPSILON, false)
			}
		}
		.unwrap()
	}

	fn parameters() -> Vec<Tensor> {
		tch::manual_seed(3);
		let shapes: [&[i64]; 3] = [&[7, 5], &[5], &[4, 2, 3]];
		let random = |shape: &&[i64]| Tensor::randn(*shape, (Kind::Float, Device::Cpu));
		shapes.iter().map(|shape| random(shape).set_requires_grad(true)).collect()
	}

	/// Returns a loss with other gradients in each step, some of them tiny.
	fn loss(parameters: &[Tensor], step: i64) -> Tensor {
		let terms = parameters.iter().map(|parameter| {
			let factor = Tensor::arange(parameter.numel() as i64, (Kind::Float, Device::Cpu));
			let factor = (factor + step).sin().reshape(parameter.size());
			(parameter * factor).square().sum(Kind::Float) * 0.5f64.powi(step as i32)
		});
		terms.fold(Tensor::from(0f32), |sum, term| sum + term)
	}

	/// Returns the largest difference of two lists of tensors, as a share of the largest value.
	fn difference(left: &[Tensor], right: &[Tensor]) -> f64 {
		let pairs = left.iter().zip(right);
		pairs.fold(0.0, |largest, (left, right)| {
			let gap = (left.detach() - right.detach()).abs().max().double_value(&[]);
			f64::max(largest, gap / right.detach().abs().max().double_value(&[]))
		})
	}

	#[test]
	fn every_formula_is_that_of_libtorch() {
		let sgd = |momentum, nesterov, weight_decay| Optimizer::Sgd { momentum, nesterov, weight_decay };
		let betas = (0.9, 0.999);
		for optimizer in [
			sgd(0.0, false, 0.0),
			sgd(0.0, false, 0.1),
			sgd(0.9, false, 0.0),
			sgd(0.9, true, 0.1),
			Optimizer::Adam { betas, weight_decay: 0.0 },
			Optimizer::Adam { betas: (0.8, 0.99), weight_decay: 0.1 },
			Optimizer::AdamW { betas, weight_decay: 0.1 },
		] {
			let (mut ours, theirs) = (parameters(), parameters());
			let mut reference = reference(&optimizer);
			for parameter in &theirs {
				reference.add_parameters(parameter, usize::from(parameter.dim() < 2)).unwrap();
			}
			reference.set_weight_decay_group(1, 0.0).unwrap();
			let mut state = OptimizerState::new(optimizer.clone(), &ours).unwrap();
			for step in 0..20 {
				let rate = RATE * (1.0 - step as f64 / 40.0);
				let gradients = Tensor::run_backward(&[loss(&ours, step)], &ours, false, false);
				state.step(&mut ours, &gradients, rate).unwrap();
				reference.zero_grad().unwrap();
				loss(&theirs, step).backward();
				reference.set_learning_rate(rate).unwrap();
				reference.step().unwrap();
			}
			let difference = difference(&ours, &theirs);
			assert!(difference < 1e-6, "{optimizer:?}: {difference:e}");
			assert!(self::difference(&ours, &parameters()) > 1e-3, "{optimizer:?} changes something");
		}
	}

	#[test]
	fn a_learning_rate_of_zero_changes_no_weight() {
		for optimizer in [
			Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 },
			Optimizer::Adam { betas: (0.9, 0.999), weight_decay: 0.0 },
			Optimizer::AdamW { betas: (0.9, 0.999), weight_decay: 0.1 },
		] {
			let mut ours = parameters();
			let mut state = OptimizerState::new(optimizer, &ours).unwrap();
			let gradients = Tensor::run_backward(&[loss(&ours, 0)], &ours, false, false);
			state.step(&mut ours, &gradients, 0.0).unwrap();
			assert_eq!(difference(&ours, &parameters()), 0.0);
		}
	}
}
