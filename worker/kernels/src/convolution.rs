//! Two-dimensional cross-correlation, as a matrix product over patches of the input.

use crate::{matmul, Columns, Weights};
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
}

/// The patches of a record, one for each output place: channel by channel, row by row.
struct Patches<'a> {
	window: &'a Window,
	record: &'a [f64],
	/// Width of the output.
	wide: usize,
}

impl Columns for Patches<'_> {
	fn fill(&self, place: usize, start: usize, out: &mut [f64]) {
		let Window { height, width, kernel, stride, padding, .. } = *self.window;
		let (top, left) = (place / self.wide * stride, place % self.wide * stride);
		let is_inside = left >= padding && left + kernel <= width + padding;
		let mut written = 0;
		while written < out.len() {
			let tap = start + written;
			let (number, skipped) = (tap / kernel, tap % kernel);
			let count = (kernel - skipped).min(out.len() - written);
			let out = &mut out[written..written + count];
			written += count;
			let Some(row) = (top + number % kernel).checked_sub(padding).filter(|row| *row < height) else {
				out.fill(0.0);
				continue;
			};
			let row = &self.record[(number / kernel * height + row) * width..][..width];
			if is_inside {
				out.copy_from_slice(&row[left + skipped - padding..][..count]);
				continue;
			}
			for (column, out) in out.iter_mut().enumerate() {
				let column = (left + skipped + column).checked_sub(padding);
				*out = column.and_then(|column| row.get(column)).copied().unwrap_or(0.0);
			}
		}
	}
}

/// Returns the cross-correlation of `x [records, channels, height, width]` with `weight [filters, channels,
/// kernel, kernel]` and `bias [filters]` in `out [records, filters, height', width']`. The terms of a sum are
/// in the order of the weights; those beyond the border are 0. The bias is added last.
pub fn conv2d(x: &[f64], window: &Window, weight: Weights, bias: Option<Weights>, out: &mut [f64]) {
	let (high, wide) = window.output();
	let (places, taps) = (high * wide, window.taps());
	let weight = weight.to_vec();
	let filters = weight.len() / taps.max(1);
	let bias = bias.map(|bias| bias.to_vec());
	let input = window.channels * window.height * window.width;
	out.par_chunks_exact_mut(filters * places).zip(x.par_chunks_exact(input)).for_each(|(out, record)| {
		matmul(&weight, taps, taps, &Patches { window, record, wide }, places, out);
		for (out, bias) in out.chunks_exact_mut(places).zip(bias.iter().flatten()) {
			out.iter_mut().for_each(|out| *out += bias);
		}
	});
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
