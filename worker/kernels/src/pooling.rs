use crate::Window;
use rayon::prelude::*;

/// Returns the largest value of each window of `x [records, channels, height, width]` in
/// `out [records, channels, height', width']`. NaN is larger than any number.
pub fn max_pool2d(x: &[f64], window: &Window, out: &mut [f64]) {
	let larger = |largest: f64, value| if value <= largest || largest.is_nan() { largest } else { value };
	pool(x, window, out, f64::NEG_INFINITY, larger);
}

/// Returns the mean of each window, as [`max_pool2d`] does the largest value.
pub fn avg_pool2d(x: &[f64], window: &Window, out: &mut [f64]) {
	pool(x, window, out, 0.0, |sum, value| sum + value);
	let count = (window.kernel * window.kernel) as f64;
	out.par_iter_mut().with_min_len(1024).for_each(|out| *out /= count);
}

/// Folds the values of each window, row by row.
fn pool(x: &[f64], window: &Window, out: &mut [f64], first: f64, fold: impl Fn(f64, f64) -> f64 + Sync) {
	let (high, wide) = window.output();
	let planes = x.par_chunks_exact(window.height * window.width);
	out.par_chunks_exact_mut(high * wide).zip(planes).for_each(|(out, plane)| {
		for (y, out) in out.chunks_exact_mut(wide).enumerate() {
			out.fill(first);
			for row in 0..window.kernel {
				let row = &plane[(y * window.stride + row) * window.width..][..window.width];
				for (x, out) in out.iter_mut().enumerate() {
					let values = &row[x * window.stride..][..window.kernel];
					*out = values.iter().fold(*out, |folded, value| fold(folded, *value));
				}
			}
		}
	});
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn windows_overlap_and_nan_stays() {
		let x = [1.0, 5.0, 2.0, 0.0, -1.0, 4.0];
		let window = Window { channels: 1, height: 2, width: 3, kernel: 2, stride: 1, padding: 0 };
		let mut out = [0.0; 2];
		max_pool2d(&x, &window, &mut out);
		assert_eq!(out, [5.0, 5.0]);
		avg_pool2d(&x, &window, &mut out);
		assert_eq!(out, [1.25, 2.5]);
		max_pool2d(&[f64::NAN, 5.0, 2.0, 0.0, -1.0, 4.0], &window, &mut out);
		assert!(out[0].is_nan() && out[1] == 5.0);
	}
}
