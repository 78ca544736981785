use crate::{
	functions::{cumulative_normal, exp},
	Instructions, Weights,
};
use rayon::prelude::*;

/// Values that a thread takes at a time.
const CHUNK: usize = 4096;

/// A function of one value without branches. `apply` is always inlined, or it would be computed for one value
/// at a time.
pub(crate) trait Function: Copy + Sync {
	/// Returns the value at `x`.
	fn apply(self, x: f64) -> f64;
}

/// Replaces each value by the result of a function, several at a time.
fn map(x: &mut [f64], function: impl Function) {
	let instructions = Instructions::chosen();
	x.par_chunks_mut(CHUNK).for_each(|values| map_chunk(instructions, values, function));
}

/// Replaces each value of a slice, on this thread.
#[allow(unsafe_code, reason = "instructions beyond the target's can be used in no other way")]
pub(crate) fn map_chunk(instructions: Instructions, x: &mut [f64], function: impl Function) {
	match instructions {
		// SAFETY: the processor has the instructions, or they could not have been chosen.
		#[cfg(target_arch = "x86_64")]
		Instructions::Avx512 => unsafe { map_avx512(x, function) },
		// SAFETY: as above.
		#[cfg(target_arch = "x86_64")]
		Instructions::Avx2 => unsafe { map_avx2(x, function) },
		_ => x.iter_mut().for_each(|x| *x = function.apply(*x)),
	}
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn map_avx512(x: &mut [f64], function: impl Function) {
	x.iter_mut().for_each(|x| *x = function.apply(*x));
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn map_avx2(x: &mut [f64], function: impl Function) {
	x.iter_mut().for_each(|x| *x = function.apply(*x));
}

#[derive(Clone, Copy)]
struct Relu;

impl Function for Relu {
	#[inline(always)]
	fn apply(self, x: f64) -> f64 {
		if x <= 0.0 {
			0.0
		} else {
			x
		}
	}
}

#[derive(Clone, Copy)]
struct Gelu;

impl Function for Gelu {
	#[inline(always)]
	fn apply(self, x: f64) -> f64 {
		x * cumulative_normal(x)
	}
}

#[derive(Clone, Copy)]
struct Sigmoid;

impl Function for Sigmoid {
	#[inline(always)]
	fn apply(self, x: f64) -> f64 {
		1.0 / (1.0 + exp(-x))
	}
}

#[derive(Clone, Copy)]
struct Silu;

impl Function for Silu {
	#[inline(always)]
	fn apply(self, x: f64) -> f64 {
		x / (1.0 + exp(-x))
	}
}

/// Replaces each value by `max(0, x)`; NaN stays.
pub fn relu(x: &mut [f64]) {
	map(x, Relu);
}

/// Replaces each value by `x Φ(x)` (Hendrycks and Gimpel, 2016).
pub fn gelu(x: &mut [f64]) {
	map(x, Gelu);
}

/// Replaces each value by its hyperbolic tangent.
pub fn tanh(x: &mut [f64]) {
	x.par_chunks_mut(CHUNK).for_each(|values| values.iter_mut().for_each(|x| *x = libm::tanh(*x)));
}

/// Replaces each value by `1 / (1 + exp(-x))`.
pub fn sigmoid(x: &mut [f64]) {
	map(x, Sigmoid);
}

/// Replaces each value by `x / (1 + exp(-x))` (Elfwing et al., 2017).
pub fn silu(x: &mut [f64]) {
	map(x, Silu);
}

/// Multiplies `silu` of the first half of each row of `mixed [.., 2 width]` by its second half, in
/// `out [.., width]` (Shazeer, 2020).
pub fn gate(mixed: &mut [f64], width: usize, out: &mut [f64]) {
	let instructions = Instructions::chosen();
	let rows = mixed.par_chunks_exact_mut(2 * width).with_min_len(16);
	out.par_chunks_exact_mut(width).zip(rows).for_each(|(out, row)| {
		let (gate, up) = row.split_at_mut(width);
		map_chunk(instructions, gate, Silu);
		out.iter_mut().zip(gate.iter().zip(up)).for_each(|(out, (gate, up))| *out = *gate * *up);
	});
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
