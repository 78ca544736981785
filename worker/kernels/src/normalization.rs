use crate::{
	elementwise::{map_chunk, Function},
	exp, Instructions, Weights,
};
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

/// Divides the rows of `x [.., width]` in place by their root mean square, then scales them (Zhang and
/// Sennrich,
/// 2019).
pub fn rms_norm(x: &mut [f64], weight: Weights) {
	let weight = weight.to_vec();
	let width = weight.len();
	x.par_chunks_exact_mut(width).with_min_len(16).for_each(|row| {
		let squares = row.iter().fold(0.0, |sum, x| sum + x * x);
		let root = (squares / width as f64 + EPSILON).sqrt();
		row.iter_mut().zip(&weight).for_each(|(x, weight)| *x = *x / root * weight);
	});
}

/// Normalises each group of channels of `x [records, channels, size]` in place to mean 0 and variance 1, then
/// scales and shifts each channel (Wu and He, 2018).
pub fn group_norm(x: &mut [f64], size: usize, groups: usize, weight: Weights, bias: Weights) {
	let (weight, bias) = (weight.to_vec(), bias.to_vec());
	let channels = weight.len() / groups;
	x.par_chunks_exact_mut(channels * size).enumerate().for_each(|(number, values)| {
		let count = values.len() as f64;
		let mean = values.iter().fold(0.0, |sum, x| sum + x) / count;
		let squares = values.iter().fold(0.0, |sum, x| sum + (x - mean) * (x - mean));
		let deviation = (squares / count + EPSILON).sqrt();
		let first = number % groups * channels;
		for (channel, values) in values.chunks_exact_mut(size).enumerate() {
			let (weight, bias) = (weight[first + channel], bias[first + channel]);
			values.iter_mut().for_each(|x| *x = (*x - mean) / deviation * weight + bias);
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

#[derive(Clone, Copy)]
struct Exponential {
	largest: f64,
}

impl Function for Exponential {
	#[inline(always)]
	fn apply(self, x: f64) -> f64 {
		exp(x - self.largest)
	}
}

/// Replaces a row by its softmax. Values of `-inf` become 0.
pub fn softmax(row: &mut [f64]) {
	let largest = row.iter().fold(f64::NEG_INFINITY, |largest, x| if *x <= largest { largest } else { *x });
	map_chunk(Instructions::chosen(), row, Exponential { largest });
	let sum = row.iter().fold(0.0, |sum, x| sum + x);
	row.iter_mut().for_each(|x| *x /= sum);
}
