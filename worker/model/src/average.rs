//! A running mean of weights, which is often measured better than the weights themselves (Polyak and
//! Juditsky, 1992).

use crate::error::ModelError;
use tch::{no_grad, TchError, Tensor};

/// Weights averaged over steps, later ones with exponentially more weight.
#[derive(Debug)]
pub(crate) struct Average {
	decay: f64,
	/// The means, in the order of the parameters.
	pub(crate) weights: Vec<Tensor>,
	/// Number of steps that the means are of.
	pub(crate) steps: u64,
}

impl Average {
	/// Begins with these parameters. `decay` is the share that the past keeps in a step.
	pub(crate) fn new(decay: f64, parameters: &[Tensor]) -> Result<Self, ModelError> {
		let copy = |parameter: &Tensor| {
			let mut copy = parameter.f_detach()?.f_empty_like()?;
			copy.f_copy_(parameter)?;
			Ok(copy)
		};
		let weights = no_grad(|| parameters.iter().map(copy).collect::<Result<_, TchError>>())?;
		Ok(Self { decay, weights, steps: 0 })
	}

	/// Takes in the parameters after a step. Early means are of few steps, so the past counts less at first.
	pub(crate) fn update(&mut self, parameters: &[Tensor]) -> Result<(), TchError> {
		self.steps = self.steps.saturating_add(1);
		let early = (1.0 + self.steps as f64) / (10.0 + self.steps as f64);
		let share = 1.0 - self.decay.min(early);
		no_grad(|| {
			for (mean, parameter) in self.weights.iter_mut().zip(parameters) {
				let _ = mean.f_lerp_(parameter, share)?;
			}
			Ok(())
		})
	}
}
