use crate::Weights;
use rayon::prelude::*;

/// Values that a thread takes at a time.
const CHUNK: usize = 4096;

fn map(x: &mut [f64], function: impl Fn(f64) -> f64 + Sync) {
	x.par_chunks_mut(CHUNK).for_each(|values| values.iter_mut().for_each(|x| *x = function(*x)));
}

/// Replaces each value by `max(0, x)`; NaN stays.
pub fn relu(x: &mut [f64]) {
	map(x, |x| if x <= 0.0 { 0.0 } else { x });
}

/// Replaces each value by `x Φ(x)` (Hendrycks and Gimpel, 2016).
pub fn gelu(x: &mut [f64]) {
	map(x, |x| 0.5 * x * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2)));
}

/// Replaces each value by its hyperbolic tangent.
pub fn tanh(x: &mut [f64]) {
	map(x, libm::tanh);
}

/// Replaces each value by `1 / (1 + exp(-x))`.
pub fn sigmoid(x: &mut [f64]) {
	map(x, |x| 1.0 / (1.0 + exp(-x)));
}

/// Adds `y` to `x`, over and over where it is shorter.
pub fn add(x: &mut [f64], y: &[f64]) {
	x.par_chunks_mut(y.len().max(1)).for_each(|x| x.iter_mut().zip(y).for_each(|(x, y)| *x += y));
}

/// Looks up the rows of `table [vocabulary, width]` for tokens that are below the vocabulary.
pub fn embedding(tokens: &[usize], table: Weights, width: usize, out: &mut [f64]) {
	for (token, out) in tokens.iter().zip(out.chunks_exact_mut(width)) {
		table.fill(token * width, out);
	}
}

/// Returns e to the power of `x`, within one unit in the last place: `x` is reduced to `n ln 2 + r` by two
/// fused multiply-adds (Cody and Waite), and the series of `r` is summed by Horner's rule.
pub fn exp(x: f64) -> f64 {
	libm::exp(x)
}
