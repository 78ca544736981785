use crate::Instructions;

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

	/// Returns the factors of the values `4 group .. 4 group + 4`. It is always inlined, or it would be
	/// computed for one group at a time.
	#[inline(always)]
	fn factors(self, group: usize) -> [f64; 4] {
		let word = mix(self.stream.wrapping_add((group as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
		[0, 16, 32, 48].map(|shift| {
			let point = (word >> shift) as u16;
			let r = (2.0 * f64::from(point) + 1.0) / 65_536.0 - 1.0;
			1.0 + PERTURBATION * r
		})
	}

	/// Returns the factor of value `index`.
	pub fn factor(self, index: usize) -> f64 {
		self.factors(index / 4)[index % 4]
	}
}

/// The finalizer of SplitMix64.
#[inline(always)]
fn mix(value: u64) -> u64 {
	let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
	let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
	value ^ (value >> 31)
}

/// Multiplies each value by its factor.
pub fn perturb_values(values: &mut [f64], offset: usize, perturbation: Perturbation) {
	let (head, rest) = values.split_at_mut((offset.wrapping_neg() % 4).min(values.len()));
	for (index, value) in head.iter_mut().enumerate() {
		*value *= perturbation.factor(offset + index);
	}
	perturb_groups(rest, (offset + head.len()) / 4, perturbation);
}

/// Multiplies each value by its factor, where the first one has the first factor of a group.
#[allow(unsafe_code, reason = "instructions beyond the target's can be used in no other way")]
fn perturb_groups(values: &mut [f64], first: usize, perturbation: Perturbation) {
	match Instructions::chosen() {
		// SAFETY: the processor has the instructions, or they could not have been chosen.
		#[cfg(target_arch = "x86_64")]
		Instructions::Avx512 => unsafe { perturb_avx512(values, first, perturbation) },
		// SAFETY: as above.
		#[cfg(target_arch = "x86_64")]
		Instructions::Avx2 => unsafe { perturb_avx2(values, first, perturbation) },
		_ => perturb_by_definition(values, first, perturbation),
	}
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn perturb_avx512(values: &mut [f64], first: usize, perturbation: Perturbation) {
	perturb_by_definition(values, first, perturbation);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn perturb_avx2(values: &mut [f64], first: usize, perturbation: Perturbation) {
	perturb_by_definition(values, first, perturbation);
}

#[inline(always)]
fn perturb_by_definition(values: &mut [f64], first: usize, perturbation: Perturbation) {
	let (groups, rest) = values.as_chunks_mut::<4>();
	let count = groups.len();
	for (group, values) in groups.iter_mut().enumerate() {
		let factors = perturbation.factors(first + group);
		values.iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor);
	}
	let factors = perturbation.factors(first + count);
	rest.iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor);
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
	fn pieces_of_a_tensor_have_the_factors_of_the_whole() {
		let stream = Perturbation::new(7, 3);
		for (start, count) in [(0, 9), (1, 2), (3, 10), (6, 1), (5, 0)] {
			let mut values = vec![1.0; count];
			perturb_values(&mut values, start, stream);
			let expected: Vec<f64> = (start..start + count).map(|index| stream.factor(index)).collect();
			assert_eq!(values, expected);
		}
	}

	#[test]
	fn every_path_has_the_bits_of_the_definition() {
		let stream = Perturbation::new(7, 3);
		let before = Instructions::chosen();
		for instructions in Instructions::ALL.into_iter().filter(|level| level.is_supported()) {
			instructions.choose();
			for (start, count) in [(0, 1_000), (3, 1_001), (1, 37), (2, 1)] {
				let mut values: Vec<f64> = (0..count).map(|index| f64::from(index) - 17.3).collect();
				let factors = (0..).map(|index| stream.factor(start + index));
				let expected: Vec<f64> = values.iter().zip(factors).map(|(value, f)| value * f).collect();
				perturb_values(&mut values, start, stream);
				assert_eq!(values, expected, "{instructions:?}");
			}
		}
		before.choose();
	}

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
