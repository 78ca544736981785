use crate::{elementwise::map_chunk, exp, Instructions, Weights};
use rayon::prelude::*;

/// Added to a variance, as in PyTorch.
const EPSILON: f64 = 1e-5;

/// Normalises the rows of `x [.., width]` in place to mean 0 and variance 1, then scales and shifts them (Ba
/// et al., 2016).
pub fn layer_norm(x: &mut [f64], weight: Weights, bias: Weights) {
	let (weight, bias) = (weight.to_vec(), bias.to_vec());
	let width = weight.len();
	x.par_chunks_exact_mut(width).with_min_len(16).for_each(|row| {
		let mean = row.iter().fold(0.0, |sum, x| sum + x) / width as f64;
		let squares = row.iter().fold(0.0, |sum, x| sum + (x - mean) * (x - mean));
		let deviation = (squares / width as f64 + EPSILON).sqrt();
		for (x, (weight, bias)) in row.iter_mut().zip(weight.iter().zip(&bias)) {
			*x = (*x - mean) / deviation * weight + bias;
		}
	});
}

/// Normalises `x [records, channels, size]` in place by the running statistics of each channel, then scales
/// and shifts it (Ioffe and Szegedy, 2015).
pub fn batch_norm(
	x: &mut [f64],
	size: usize,
	weight: Weights,
	bias: Weights,
	mean: Weights,
	variance: Weights,
) {
	let channels = weight.values.len();
	let [weight, bias, mean, variance] = [weight, bias, mean, variance].map(|values| values.to_vec());
	x.par_chunks_exact_mut(channels * size).for_each(|record| {
		for (channel, values) in record.chunks_exact_mut(size).enumerate() {
			let deviation = (variance[channel] + EPSILON).sqrt();
			for x in values {
				*x = (*x - mean[channel]) / deviation * weight[channel] + bias[channel];
			}
		}
	});
}

/// Replaces a row by its softmax. Values of `-inf` become 0.
pub fn softmax(row: &mut [f64]) {
	let largest = row.iter().fold(f64::NEG_INFINITY, |largest, x| if *x <= largest { largest } else { *x });
	map_chunk(Instructions::chosen(), row, |x| exp(x - largest));
	let sum = row.iter().fold(0.0, |sum, x| sum + x);
	row.iter_mut().for_each(|x| *x /= sum);
}
