//! Gradients of several batches, of which one step is made.

use tch::{TchError, Tensor};

/// Sums gradients until there are those of enough batches.
#[derive(Debug)]
pub(crate) struct Accumulation {
	/// Number of batches of a step.
	wanted: u32,
	/// Number of batches in the sums.
	batches: u32,
	sums: Vec<Tensor>,
}

impl Accumulation {
	pub(crate) fn new(wanted: u32) -> Self {
		Self { wanted: wanted.max(1), batches: 0, sums: Vec::new() }
	}

	/// Adds the gradients of a batch, which are not defined where the loss does not depend on a parameter.
	/// Returns the mean once there are those of enough batches.
	pub(crate) fn add(&mut self, gradients: Vec<Tensor>) -> Result<Option<Vec<Tensor>>, TchError> {
		if self.wanted == 1 {
			return Ok(Some(gradients));
		}
		match self.batches {
			0 => self.sums = gradients,
			_ => {
				for (sum, gradient) in self.sums.iter_mut().zip(&gradients).filter(|(sum, _)| sum.defined()) {
					*sum = sum.f_add(gradient)?;
				}
			}
		}
		self.batches += 1;
		if self.batches < self.wanted {
			return Ok(None);
		}
		self.batches = 0;
		let mean = |sum: Tensor| match sum.defined() {
			true => sum.f_mul_scalar(1.0 / f64::from(self.wanted)),
			false => Ok(sum),
		};
		std::mem::take(&mut self.sums).into_iter().map(mean).collect::<Result<_, _>>().map(Some)
	}
}
