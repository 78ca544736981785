use crate::Window;
use rayon::prelude::*;

/// Returns the largest value of each window of `x [records, channels, height, width]` in
/// `out [records, channels, height', width']`. NaN is larger than any number.
pub fn max_pool2d(x: &[f64], window: &Window, out: &mut [f64]) {
	pool(x, window, out, |values| {
		values.fold(f64::NEG_INFINITY, |largest, value| if value <= largest { largest } else { value })
	});
}

/// Returns the mean of each window, as [`max_pool2d`] does the largest value.
pub fn avg_pool2d(x: &[f64], window: &Window, out: &mut [f64]) {
	let count = (window.kernel * window.kernel) as f64;
	pool(x, window, out, |values| values.fold(0.0, |sum, value| sum + value) / count);
}

fn pool(
	x: &[f64],
	window: &Window,
	out: &mut [f64],
	reduce: impl Fn(&mut dyn Iterator<Item = f64>) -> f64 + Sync,
) {
	let (high, wide) = window.output();
	let planes = x.par_chunks_exact(window.height * window.width);
	out.par_chunks_exact_mut(high * wide).zip(planes).for_each(|(out, plane)| {
		for (place, out) in out.iter_mut().enumerate() {
			let (top, left) = (place / wide * window.stride, place % wide * window.stride);
			let rows = (top..top + window.kernel).flat_map(|row| {
				let row = &plane[row * window.width + left..];
				row.iter().take(window.kernel).copied()
			});
			*out = reduce(&mut { rows });
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
