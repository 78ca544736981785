//! Two-dimensional cross-correlation, as a matrix product over patches of the input.

use crate::{matmul::linear, Weights};
use rayon::prelude::*;

/// Geometry of a convolution or a pool over records of the shape `[channels, height, width]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
	/// Number of input channels.
	pub channels: usize,
	/// Height of the input.
	pub height: usize,
	/// Width of the input.
	pub width: usize,
	/// Side of the square kernel.
	pub kernel: usize,
	/// Step of the kernel.
	pub stride: usize,
	/// Zeros on every side.
	pub padding: usize,
}

impl Window {
	/// Returns height and width of the output.
	pub fn output(&self) -> (usize, usize) {
		let places = |side: usize| (side + 2 * self.padding - self.kernel) / self.stride + 1;
		(places(self.height), places(self.width))
	}

	/// Number of values of a patch.
	fn taps(&self) -> usize {
		self.channels * self.kernel * self.kernel
	}

	/// Writes the patch of an output place: channel by channel, row by row.
	fn patch(&self, record: &[f64], y: usize, x: usize, out: &mut [f64]) {
		let plane = self.height * self.width;
		let (top, left) = (y * self.stride, x * self.stride);
		for (number, out) in out.chunks_exact_mut(self.kernel).enumerate() {
			let (channel, row) = (number / self.kernel, number % self.kernel);
			let inside = (top + row).checked_sub(self.padding).filter(|row| *row < self.height);
			let Some(row) = inside else {
				out.fill(0.0);
				continue;
			};
			let row = &record[channel * plane + row * self.width..][..self.width];
			for (column, out) in out.iter_mut().enumerate() {
				let column = (left + column).checked_sub(self.padding);
				*out = column.and_then(|column| row.get(column)).copied().unwrap_or(0.0);
			}
		}
	}
}

/// Bytes of patches that are held at a time.
const PATCHES: usize = 16 << 20;

/// Returns the cross-correlation of `x [records, channels, height, width]` with `weight [filters, channels,
/// kernel, kernel]` and `bias [filters]` in `out [records, filters, height', width']`. The terms of a sum are
/// in the order of the weights; those beyond the border are 0.
pub fn conv2d(x: &[f64], window: &Window, weight: Weights, bias: Option<Weights>, out: &mut [f64]) {
	let (high, wide) = window.output();
	let (places, taps) = (high * wide, window.taps());
	let filters = weight.values.len() / taps.max(1);
	let input = window.channels * window.height * window.width;
	let held = (PATCHES / (taps * 8).max(1)).clamp(1, places * (x.len() / input.max(1)).max(1));
	let (mut patches, mut products) = (vec![0.0; held * taps], vec![0.0; held * filters]);
	let total = x.len() / input * places;
	for first in (0..total).step_by(held) {
		let count = held.min(total - first);
		let (patches, products) = (&mut patches[..count * taps], &mut products[..count * filters]);
		patches.par_chunks_mut(taps).enumerate().with_min_len(64).for_each(|(number, patch)| {
			let (record, place) = ((first + number) / places, (first + number) % places);
			window.patch(&x[record * input..][..input], place / wide, place % wide, patch);
		});
		linear(patches, taps, weight, bias, products);
		for (number, product) in products.chunks_exact(filters).enumerate() {
			let (record, place) = ((first + number) / places, (first + number) % places);
			let out = &mut out[record * filters * places..][..filters * places];
			for (out, value) in out[place..].iter_mut().step_by(places).zip(product) {
				*out = *value;
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_convolution_by_hand() {
		// Two channels of 3 x 3, one filter of 2 x 2, stride 2, padding 1.
		let x: Vec<f64> = (0..18).map(f64::from).collect();
		let window = Window { channels: 2, height: 3, width: 3, kernel: 2, stride: 2, padding: 1 };
		assert_eq!(window.output(), (2, 2));
		let weight = [1.0, 2.0, 3.0, 4.0, 0.5, 0.0, 0.0, -1.0];
		let weight = Weights { values: &weight, perturbation: None };
		let mut out = [0.0; 4];
		let bias = Weights { values: &[10.0], perturbation: None };
		conv2d(&x, &window, weight, Some(bias), &mut out);
		// (0, 0) covers input (0, 0) alone, at the kernel's last place.
		assert_eq!(out[0], 4.0 * 0.0 - 9.0 + 10.0);
		// (1, 1) covers rows 1..3 and columns 1..3 of each channel.
		assert_eq!(out[3], 4.0 + 2.0 * 5.0 + 3.0 * 7.0 + 4.0 * 8.0 + 0.5 * 13.0 - 17.0 + 10.0);
	}
}
