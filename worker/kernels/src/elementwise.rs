use crate::{
	functions::{cumulative_normal, exp},
	Instructions, Weights,
};
use rayon::prelude::*;

/// Values that a thread takes at a time.
const CHUNK: usize = 4096;

/// Replaces each value by the result of a function without branches, several at a time.
fn map(x: &mut [f64], function: impl Fn(f64) -> f64 + Sync + Copy) {
	let instructions = Instructions::chosen();
	x.par_chunks_mut(CHUNK).for_each(|values| map_chunk(instructions, values, function));
}

/// Replaces each value of a slice, on this thread.
#[allow(unsafe_code, reason = "instructions beyond the target's can be used in no other way")]
pub(crate) fn map_chunk(instructions: Instructions, x: &mut [f64], function: impl Fn(f64) -> f64 + Copy) {
	match instructions {
		// SAFETY: the processor has the instructions, or they could not have been chosen.
		#[cfg(target_arch = "x86_64")]
		Instructions::Avx512 => unsafe { map_avx512(x, function) },
		// SAFETY: as above.
		#[cfg(target_arch = "x86_64")]
		Instructions::Avx2 => unsafe { map_avx2(x, function) },
		_ => x.iter_mut().for_each(|x| *x = function(*x)),
	}
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn map_avx512(x: &mut [f64], function: impl Fn(f64) -> f64) {
	x.iter_mut().for_each(|x| *x = function(*x));
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn map_avx2(x: &mut [f64], function: impl Fn(f64) -> f64) {
	x.iter_mut().for_each(|x| *x = function(*x));
}

/// Replaces each value by `max(0, x)`; NaN stays.
pub fn relu(x: &mut [f64]) {
	map(x, |x| if x <= 0.0 { 0.0 } else { x });
}

/// Replaces each value by `x Φ(x)` (Hendrycks and Gimpel, 2016).
pub fn gelu(x: &mut [f64]) {
	map(x, |x| x * cumulative_normal(x));
}

/// Replaces each value by its hyperbolic tangent.
pub fn tanh(x: &mut [f64]) {
	x.par_chunks_mut(CHUNK).for_each(|values| values.iter_mut().for_each(|x| *x = libm::tanh(*x)));
}

/// Replaces each value by `1 / (1 + exp(-x))`.
pub fn sigmoid(x: &mut [f64]) {
	map(x, |x| 1.0 / (1.0 + exp(-x)));
}

/// Adds `y` to `x`, over and over where it is shorter.
pub fn add(x: &mut [f64], y: &[f64]) {
	let length = y.len().max(1);
	x.par_chunks_mut(length).for_each(|x| x.iter_mut().zip(y).for_each(|(x, y)| *x += y));
}

/// Looks up the rows of `table [vocabulary, width]` for tokens that are below the vocabulary.
pub fn embedding(tokens: &[usize], table: Weights, width: usize, out: &mut [f64]) {
	for (token, out) in tokens.iter().zip(out.chunks_exact_mut(width)) {
		table.fill(token * width, out);
	}
}
