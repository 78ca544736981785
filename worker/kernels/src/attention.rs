use crate::{matmul::matmul, softmax, Columns};
use rayon::prelude::*;

/// Sizes of an attention layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attention {
	/// Positions of a record.
	pub length: usize,
	/// Number of heads.
	pub heads: usize,
	/// Number of heads of keys and values, which divides `heads`.
	pub kv_heads: usize,
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

impl Attention {
	/// Number of values of a position's queries, keys and values.
	fn stride(&self) -> usize {
		(self.heads + 2 * self.kv_heads) * self.width
	}
}

/// Cosines and sines of rotary positions (Su et al., 2021), `[length, width / 2]` each: position `t` and pair
/// `i` turn by `t base^(-2 i / width)`.
pub fn rotations(length: usize, width: usize, base: f64) -> (Vec<f64>, Vec<f64>) {
	let pairs = width / 2;
	let frequency = |pair: usize| libm::pow(base, -2.0 * pair as f64 / width as f64);
	let frequencies: Vec<_> = (0..pairs).map(frequency).collect();
	let angles = (0..length).flat_map(|position| frequencies.iter().map(move |f| position as f64 * f));
	angles.map(|angle| (libm::cos(angle), libm::sin(angle))).unzip()
}

/// Turns queries and keys of `mixed`, which is as [`causal_attention`] takes it, by their positions: value
/// `i` of the first half of a head together with value `i` of the second.
pub fn rotate(mixed: &mut [f64], sizes: Attention, base: f64) {
	let Attention { length, heads, kv_heads, width } = sizes;
	let pairs = width / 2;
	let (cosines, sines) = rotations(length, width, base);
	mixed.par_chunks_exact_mut(sizes.stride()).enumerate().for_each(|(row, values)| {
		let at = row % length * pairs;
		let (cosines, sines) = (&cosines[at..at + pairs], &sines[at..at + pairs]);
		for head in values.chunks_exact_mut(width).take(heads + kv_heads) {
			let (first, second) = head.split_at_mut(pairs);
			for ((a, b), (cosine, sine)) in first.iter_mut().zip(second).zip(cosines.iter().zip(sines)) {
				(*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
			}
		}
	});
}

/// Returns the causal scaled dot-product attention (Vaswani et al., 2017) in `out [records, length, heads *
/// width]`. `mixed [records, length, (heads + 2 * kv_heads) * width]` holds queries, keys and values side by
/// side. Each head of keys and values serves as many heads of queries, one after the other (Ainslie et al.,
/// 2023).
pub fn causal_attention(mixed: &[f64], sizes: Attention, out: &mut [f64]) {
	let Attention { length, heads, kv_heads, width } = sizes;
	let (dim, stride) = (heads * width, sizes.stride());
	let scale = 1.0 / (width as f64).sqrt();
	let records = out.par_chunks_exact_mut(length * dim).zip(mixed.par_chunks_exact(length * stride));
	records.for_each(|(out, mixed)| {
		let (mut scores, mut seen) = (vec![0.0; length * length], vec![0.0; length * width]);
		for head in 0..heads {
			let shared = head / (heads / kv_heads);
			let query = &mixed[head * width..];
			let [key, value] = [0, 1].map(|kind| &mixed[(heads + kind * kv_heads + shared) * width..]);
			matmul(query, stride, width, &Keys { values: key, stride }, length, &mut scores);
			for (position, row) in scores.chunks_exact_mut(length).enumerate() {
				let (past, future) = row.split_at_mut(position + 1);
				past.iter_mut().for_each(|score| *score *= scale);
				softmax(past);
				future.fill(0.0);
			}
			matmul(&scores, length, length, &Values { values: value, stride }, width, &mut seen);
			for (out, seen) in out.chunks_exact_mut(dim).zip(seen.chunks_exact(width)) {
				out[head * width..][..width].copy_from_slice(seen);
			}
		}
	});
}
