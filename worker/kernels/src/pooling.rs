use crate::Window;
use rayon::prelude::*;
use std::ops::Range;

/// Returns the largest value of each window of `x [records, channels, height, width]` in
/// `out [records, channels, height', width']`. NaN is larger than any number. Places beyond the sides have no
/// value.
pub fn max_pool2d(x: &[f64], window: &Window, out: &mut [f64]) {
	let larger = |largest: f64, value| if value <= largest || largest.is_nan() { largest } else { value };
	pool(x, window, out, f64::NEG_INFINITY, larger);
}

/// Returns the mean of each window, as [`max_pool2d`] does the largest value, without padding.
pub fn avg_pool2d(x: &[f64], window: &Window, out: &mut [f64]) {
	pool(x, window, out, 0.0, |sum, value| sum + value);
	let count = (window.kernel[0] * window.kernel[1]) as f64;
	out.par_iter_mut().with_min_len(1024).for_each(|out| *out /= count);
}

/// Returns the mean of each of `parts[0]` times `parts[1]` parts of `x [records, channels, height, width]` in
/// `out [records, channels, parts[0], parts[1]]`. Part `i` of `n` of a side has the values from `i side / n`
/// rounded down to `(i + 1) side / n` rounded up.
pub fn adaptive_avg_pool2d(x: &[f64], [height, width]: [usize; 2], parts: [usize; 2], out: &mut [f64]) {
	let part = |number: usize, side: usize, of: usize| number * side / of..((number + 1) * side).div_ceil(of);
	let [high, wide] = parts;
	let planes = x.par_chunks_exact(height * width);
	out.par_chunks_exact_mut(high * wide).zip(planes).for_each(|(out, plane)| {
		for (place, out) in out.iter_mut().enumerate() {
			let (rows, columns) = (part(place / wide, height, high), part(place % wide, width, wide));
			let count = (rows.len() * columns.len()) as f64;
			let rows = rows.map(|row| &plane[row * width..][columns.clone()]);
			*out = rows.flatten().fold(0.0, |sum, value| sum + value) / count;
		}
	});
}

/// Folds the values of each window, row by row.
fn pool(x: &[f64], window: &Window, out: &mut [f64], first: f64, fold: impl Fn(f64, f64) -> f64 + Sync) {
	let (high, wide) = window.output();
	let planes = x.par_chunks_exact(window.height * window.width);
	out.par_chunks_exact_mut(high * wide).zip(planes).for_each(|(out, plane)| {
		for (y, out) in out.chunks_exact_mut(wide).enumerate() {
			out.fill(first);
			for row in inside(y, window.height, window, 0) {
				let row = &plane[row * window.width..][..window.width];
				for (x, out) in out.iter_mut().enumerate() {
					let values = &row[inside(x, window.width, window, 1)];
					*out = values.iter().fold(*out, |folded, value| fold(folded, *value));
				}
			}
		}
	});
}

/// Returns the part of the height, `of` 0, or the width, `of` 1, that a window covers at a place.
fn inside(place: usize, side: usize, window: &Window, of: usize) -> Range<usize> {
	let start = place * window.stride[of];
	let end = (start + window.kernel[of]).saturating_sub(window.padding[of]).min(side);
	start.saturating_sub(window.padding[of]).min(end)..end
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn windows_overlap_and_nan_stays() {
		let x = [1.0, 5.0, 2.0, 0.0, -1.0, 4.0];
		let window =
			Window { channels: 1, height: 2, width: 3, kernel: [2; 2], stride: [1; 2], padding: [0; 2] };
		let mut out = [0.0; 2];
		max_pool2d(&x, &window, &mut out);
		assert_eq!(out, [5.0, 5.0]);
		avg_pool2d(&x, &window, &mut out);
		assert_eq!(out, [1.25, 2.5]);
		max_pool2d(&[f64::NAN, 5.0, 2.0, 0.0, -1.0, 4.0], &window, &mut out);
		assert!(out[0].is_nan() && out[1] == 5.0);
		let padded = Window { stride: [2; 2], padding: [1; 2], ..window };
		let mut out = [0.0; 4];
		max_pool2d(&x, &padded, &mut out);
		assert_eq!(out, [1.0, 5.0, 0.0, 4.0]);
	}

	#[test]
	fn parts_of_an_image_overlap_where_they_do_not_divide_it() {
		let x: Vec<f64> = (0..15).map(f64::from).collect();
		let mut out = [0.0; 4];
		adaptive_avg_pool2d(&x, [3, 5], [2; 2], &mut out);
		// Rows 0 to 1 and 1 to 2; columns 0 to 2 and 2 to 4.
		assert_eq!(out, [3.5, 5.5, 8.5, 10.5]);
		let mut mean = [0.0];
		adaptive_avg_pool2d(&x, [3, 5], [1; 2], &mut mean);
		assert_eq!(mean, [7.0]);
		let mut parts = [0.0; 2];
		adaptive_avg_pool2d(&x[..5], [1, 5], [1, 2], &mut parts);
		assert_eq!(parts, [1.0, 3.0]);
	}
}
