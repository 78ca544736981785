/// Largest relative change of a perturbed value.
pub const PERTURBATION: f64 = 1e-10;

/// A stream of small relative changes, which a seed draws.
///
/// Value `i` of a tensor is multiplied by `1 + 1e-10 r`, with `r` uniform over 65,536 points in (-1, 1), none
/// of which is 0. The points are 16 bits of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
/// number generators", 2014) of the seed, the tensor's number and `i`, so that no two values share one by
/// design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Perturbation {
	stream: u64,
}

impl Perturbation {
	/// Returns the stream of one tensor.
	pub fn new(seed: u64, tensor: u64) -> Self {
		Self { stream: mix(seed ^ mix(tensor)) }
	}

	/// Returns the factor of value `index`.
	pub fn factor(self, index: usize) -> f64 {
		let index = index as u64;
		let word = mix(self.stream.wrapping_add((index / 4).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
		let point = (word >> (16 * (index % 4))) & 0xffff;
		let r = (2.0 * point as f64 + 1.0) / 65_536.0 - 1.0;
		1.0 + PERTURBATION * r
	}
}

/// The finalizer of SplitMix64.
fn mix(value: u64) -> u64 {
	let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
	let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
	value ^ (value >> 31)
}

/// Multiplies each value by its factor.
pub fn perturb_values(values: &mut [f64], offset: usize, perturbation: Perturbation) {
	for (index, value) in values.iter_mut().enumerate() {
		*value *= perturbation.factor(offset + index);
	}
}

/// Weights of a checkpoint, perturbed or not.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
	/// The values in f32.
	pub values: &'a [f32],
	/// The change of each value, if any.
	pub perturbation: Option<Perturbation>,
}

impl Weights<'_> {
	/// Writes the values from `start` on in f64.
	pub fn fill(&self, start: usize, out: &mut [f64]) {
		let values = self.values.get(start..).unwrap_or_default();
		for (out, value) in out.iter_mut().zip(values) {
			*out = f64::from(*value);
		}
		if let Some(perturbation) = self.perturbation {
			perturb_values(out, start, perturbation);
		}
	}

	/// Returns all values in f64.
	pub fn to_vec(&self) -> Vec<f64> {
		let mut out = vec![0.0; self.values.len()];
		self.fill(0, &mut out);
		out
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn factors_differ_and_are_tiny() {
		let stream = Perturbation::new(7, 3);
		let factors: Vec<f64> = (0..10_000).map(|index| stream.factor(index)).collect();
		assert!(factors.iter().all(|factor| *factor != 1.0 && (factor - 1.0).abs() <= 1.0001e-10));
		let mean = factors.iter().map(|factor| (factor - 1.0) / PERTURBATION).sum::<f64>() / 1e4;
		assert!(mean.abs() < 0.03, "{mean}");
		let mut distinct: Vec<u64> = factors.iter().map(|factor| factor.to_bits()).collect();
		distinct.sort_unstable();
		distinct.dedup();
		assert!(distinct.len() > 9_000, "{}", distinct.len());
		assert_ne!(Perturbation::new(7, 4).factor(0), stream.factor(0));
		assert_ne!(Perturbation::new(8, 3).factor(0), stream.factor(0));
	}
}
