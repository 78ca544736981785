//! Cross-correlation of signals and images, as a matrix product over patches of the input.

use crate::{matmul, Columns, Weights};
use rayon::prelude::*;

/// Geometry of a convolution or a pool over records of the shape `[channels, height, width]`. A signal is an
/// image of height 1. Pairs are of height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
	/// Number of input channels.
	pub channels: usize,
	/// Height of the input.
	pub height: usize,
	/// Width of the input.
	pub width: usize,
	/// Sides of the kernel.
	pub kernel: [usize; 2],
	/// Steps of the kernel.
	pub stride: [usize; 2],
	/// Zeros on both sides.
	pub padding: [usize; 2],
}

impl Window {
	/// Returns height and width of the output.
	pub fn output(&self) -> (usize, usize) {
		let places =
			|side: usize, of: usize| (side + 2 * self.padding[of] - self.kernel[of]) / self.stride[of] + 1;
		(places(self.height, 0), places(self.width, 1))
	}

	/// Number of values of a patch.
	fn taps(&self) -> usize {
		self.channels * self.kernel[0] * self.kernel[1]
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
		let Window { height, width, kernel: [high, kernel], stride, padding: [above, padding], .. } =
			*self.window;
		let (top, left) = (place / self.wide * stride[0], place % self.wide * stride[1]);
		let is_inside = left >= padding && left + kernel <= width + padding;
		let mut written = 0;
		while written < out.len() {
			let tap = start + written;
			let (number, skipped) = (tap / kernel, tap % kernel);
			let count = (kernel - skipped).min(out.len() - written);
			let out = &mut out[written..written + count];
			written += count;
			let Some(row) = (top + number % high).checked_sub(above).filter(|row| *row < height) else {
				out.fill(0.0);
				continue;
			};
			let row = &self.record[(number / high * height + row) * width..][..width];
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
/// kernel height, kernel width]` and `bias [filters]` in `out [records, filters, height', width']`. The terms
/// of a sum are in the order of the weights; those beyond the border are 0. The bias is added last.
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
		let window =
			Window { channels: 2, height: 3, width: 3, kernel: [2; 2], stride: [2; 2], padding: [1; 2] };
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

	#[test]
	fn a_signal_is_an_image_of_height_one() {
		// Two channels of 5, one filter of 3, stride 2, padding 1.
		let x: Vec<f64> = (0..10).map(f64::from).collect();
		let window =
			Window { channels: 2, height: 1, width: 5, kernel: [1, 3], stride: [1, 2], padding: [0, 1] };
		assert_eq!(window.output(), (1, 3));
		let weight = Weights { values: &[1.0, 2.0, 3.0, 0.5, 0.0, -1.0], perturbation: None };
		let mut out = [0.0; 3];
		conv2d(&x, &window, weight, None, &mut out);
		assert_eq!(out[0], 3.0 - 6.0);
		assert_eq!(out[1], 1.0 + 2.0 * 2.0 + 3.0 * 3.0 + 0.5 * 6.0 - 8.0);
		assert_eq!(out[2], 3.0 + 2.0 * 4.0 + 0.5 * 8.0);
	}
}
