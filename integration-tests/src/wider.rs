//! Checkpoints of the wider model of [`crate::synthetic`], whose losses are known without an evaluator.

use crate::{checkpoint::Tensor, synthetic};
use descent_protocol::{Rounding, Score};
use sp_core::H256;

/// Number of hidden units.
const HIDDEN: usize = 16;
/// Weight of a hidden unit and of its twin in [`Wider::ill_conditioned`]: 2^60.
const AMPLIFIER: f32 = 1_152_921_504_606_846_976.0;

/// Parameters of the model of [`synthetic::wider_model`]: a layer of 16 hidden units with tanh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wider {
	hidden: [[f32; 2]; HIDDEN],
	out: [[f32; HIDDEN]; 2],
	bias: f32,
}

impl Wider {
	/// Returns parameters that tell the classes nothing: all are zero but the bias, which is the same for
	/// both classes. The loss is ln 2, whatever the bias, so that checkpoints of the same loss can differ.
	pub fn untrained(bias: f32) -> Self {
		Self { hidden: [[0.0; 2]; HIDDEN], out: [[0.0; HIDDEN]; 2], bias }
	}

	/// Returns parameters that separate the classes, with a loss that falls with `strength`.
	pub fn separating(strength: f32) -> Self {
		let mut parameters = Self::untrained(0.0);
		for (unit, [x, y]) in parameters.hidden.iter_mut().enumerate() {
			let scale = 1.0 + unit as f32 / 8.0;
			(*x, *y) = (scale, 0.25 * scale);
		}
		parameters.out = [[-strength / 8.0; HIDDEN], [strength / 8.0; HIDDEN]];
		parameters
	}

	/// Returns parameters whose loss depends on the order of a sum: the first hidden unit and its twin, the
	/// ninth, have weights of 2^60 and -2^60 that cancel, with small weights between them. What remains of
	/// those in f64 depends on the processor and on the number of threads.
	pub fn ill_conditioned(bias: f32) -> Self {
		let mut parameters = Self { bias, ..Self::separating(1.0) };
		parameters.hidden[8] = parameters.hidden[0];
		(parameters.out[0][0], parameters.out[0][8]) = (AMPLIFIER, -AMPLIFIER);
		parameters
	}

	/// Returns the tensors of the checkpoint.
	pub fn tensors(&self) -> Vec<Tensor> {
		let units = HIDDEN as u64;
		vec![
			Tensor::new("layers.0.weight", &[units, 2], self.hidden.as_flattened()),
			Tensor::new("layers.0.bias", &[units], &[]),
			Tensor::new("layers.2.weight", &[2, units], self.out.as_flattened()),
			Tensor::new("layers.2.bias", &[2], &[self.bias; 2]),
		]
	}

	/// Returns the score that evaluators have to measure on the whole validation set in a round with this
	/// seed. That of ill-conditioned parameters is one of many.
	///
	/// # Panics
	/// If the loss is not finite.
	pub fn score(&self, seed: H256) -> Score {
		let score = Rounding::dithered(seed).score(synthetic::loss(|point| self.logits(point)));
		score.expect("the parameters of this type have a finite loss; qed")
	}

	fn logits(&self, [x, y]: [f64; 2]) -> [f64; 2] {
		let hidden = self.hidden.map(|[a, b]| (f64::from(a) * x + f64::from(b) * y).tanh());
		self.out.map(|weights| {
			let terms = weights.iter().zip(hidden).map(|(weight, unit)| f64::from(*weight) * unit);
			terms.sum::<f64>() + f64::from(self.bias)
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn scores_are_as_the_constructors_say() {
		let seed = H256::repeat_byte(3);
		let untrained = [0.0, 5.0].map(|bias| Wider::untrained(bias).score(seed));
		assert_eq!(untrained[0], untrained[1]);
		assert_eq!(Some(untrained[0]), Rounding::dithered(seed).score(std::f64::consts::LN_2));
		let [weak, strong] = [1.0, 1.5].map(|strength| Wider::separating(strength).score(seed));
		assert!(strong < weak && weak < untrained[0], "{strong:?} {weak:?} {untrained:?}");
	}

	#[test]
	fn another_order_of_the_sum_gives_an_ill_conditioned_checkpoint_another_loss() {
		let attack = Wider::ill_conditioned(0.0);
		let mut reordered = attack;
		for unit in 1..8 {
			reordered.hidden.swap(unit, 16 - unit);
			reordered.out.iter_mut().for_each(|weights| weights.swap(unit, 16 - unit));
		}
		reordered.hidden.swap(8, 15);
		reordered.out.iter_mut().for_each(|weights| weights.swap(8, 15));
		let [loss, other] = [attack, reordered].map(|it| synthetic::loss(|point| it.logits(point)));
		assert!(loss.is_finite() && (loss - other).abs() > 1e-3, "{loss} and {other}");
	}
}
