use crate::{matmul::matmul, softmax, Columns};
use rayon::prelude::*;

/// Sizes of an attention layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attention {
	/// Positions of a record.
	pub length: usize,
	/// Number of heads.
	pub heads: usize,
	/// Width of a head.
	pub width: usize,
}

/// Rows of a matrix, taken as columns.
struct Keys<'a> {
	values: &'a [f64],
	stride: usize,
}

impl Columns for Keys<'_> {
	fn fill(&self, column: usize, start: usize, out: &mut [f64]) {
		let from = column * self.stride + start;
		out.copy_from_slice(&self.values[from..from + out.len()]);
	}
}

/// Columns of a matrix.
struct Values<'a> {
	values: &'a [f64],
	stride: usize,
}

impl Columns for Values<'_> {
	fn fill(&self, column: usize, start: usize, out: &mut [f64]) {
		let values = self.values[start * self.stride + column..].iter().step_by(self.stride);
		out.iter_mut().zip(values).for_each(|(out, value)| *out = *value);
	}
}

/// Returns the causal scaled dot-product attention (Vaswani et al., 2017) in `out [records, length, heads *
/// width]`. `mixed [records, length, 3 * heads * width]` holds queries, keys and values side by side.
pub fn causal_attention(mixed: &[f64], sizes: Attention, out: &mut [f64]) {
	let Attention { length, heads, width } = sizes;
	let dim = heads * width;
	let scale = 1.0 / (width as f64).sqrt();
	let records = out.par_chunks_exact_mut(length * dim).zip(mixed.par_chunks_exact(3 * length * dim));
	records.for_each(|(out, mixed)| {
		let (mut scores, mut seen) = (vec![0.0; length * length], vec![0.0; length * width]);
		for head in 0..heads {
			let part = |number: usize| &mixed[number * dim + head * width..];
			let stride = 3 * dim;
			matmul(part(0), stride, width, &Keys { values: part(1), stride }, length, &mut scores);
			for (position, row) in scores.chunks_exact_mut(length).enumerate() {
				let (past, future) = row.split_at_mut(position + 1);
				past.iter_mut().for_each(|score| *score *= scale);
				softmax(past);
				future.fill(0.0);
			}
			matmul(&scores, length, length, &Values { values: part(2), stride }, width, &mut seen);
			for (out, seen) in out.chunks_exact_mut(dim).zip(seen.chunks_exact(width)) {
				out[head * width..][..width].copy_from_slice(seen);
			}
		}
	});
}
