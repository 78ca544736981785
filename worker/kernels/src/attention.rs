use crate::{is_finite, matmul::matmul, softmax, Columns};
use rayon::prelude::*;

/// Queries whose scores are computed at a time.
const QUERIES: usize = 96;

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
struct Rows<'a> {
	values: &'a [f64],
	stride: usize,
}

impl Columns for Rows<'_> {
	fn fill(&self, column: usize, start: usize, out: &mut [f64]) {
		let from = column * self.stride + start;
		out.copy_from_slice(&self.values[from..from + out.len()]);
	}
}

impl Rows<'_> {
	/// Writes the first `count` rows as columns: `out [width, count]`.
	fn transpose(&self, count: usize, out: &mut [f64]) {
		for (row, values) in self.values.chunks(self.stride).take(count).enumerate() {
			for (out, value) in out[row..].iter_mut().step_by(count).zip(values) {
				*out = *value;
			}
		}
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
/// 2023). Scores of later positions are never computed, and no more than [`QUERIES`] rows of scores are held.
pub fn causal_attention(mixed: &[f64], sizes: Attention, out: &mut [f64]) {
	let Attention { length, heads, kv_heads, width } = sizes;
	let (dim, stride) = (heads * width, sizes.stride());
	let scale = 1.0 / (width as f64).sqrt();
	let records = out.par_chunks_exact_mut(length * dim).zip(mixed.par_chunks_exact(length * stride));
	records.for_each(|(out, mixed)| {
		let (mut scores, mut seen) = (vec![0.0; QUERIES.min(length) * length], vec![0.0; QUERIES * width]);
		let mut values = vec![0.0; width * length];
		for head in 0..heads {
			let shared = head / (heads / kv_heads);
			let [key, value] = [0, 1].map(|kind| &mixed[(heads + kind * kv_heads + shared) * width..]);
			let (keys, value) = (Rows { values: key, stride }, Rows { values: value, stride });
			value.transpose(length, &mut values);
			let values = Rows { values: &values, stride: length };
			// Zeros hide the later positions of a block, unless they are multiplied with infinity.
			let queries = if is_finite(values.values) { QUERIES } else { 1 };
			for first in (0..length).step_by(queries) {
				let end = length.min(first + queries);
				let query = &mixed[first * stride + head * width..];
				let (scores, seen) = (&mut scores[..(end - first) * end], &mut seen[..(end - first) * width]);
				matmul(query, stride, width, &keys, end, scores);
				for (position, row) in (first..).zip(scores.chunks_exact_mut(end)) {
					let (past, future) = row.split_at_mut(position + 1);
					past.iter_mut().for_each(|score| *score *= scale);
					softmax(past);
					future.fill(0.0);
				}
				matmul(scores, end, end, &values, width, seen);
				let out = out[first * dim..].chunks_exact_mut(dim);
				for (out, seen) in out.zip(seen.chunks_exact(width)) {
					out[head * width..][..width].copy_from_slice(seen);
				}
			}
		}
	});
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Instructions, Perturbation};

	/// The attention by its definition, one value after the other.
	fn defined(mixed: &[f64], sizes: Attention) -> Vec<f64> {
		let Attention { length, heads, kv_heads, width } = sizes;
		let stride = sizes.stride();
		let at = |position: usize, head: usize| &mixed[position * stride + head * width..][..width];
		let mut out = Vec::new();
		for position in 0..length {
			for head in 0..heads {
				let shared = head / (heads / kv_heads);
				let query = at(position, head);
				let score = |past: usize| {
					let key = at(past, heads + shared);
					let product =
						query.iter().zip(key).fold(0.0, |sum, (q, k): (&f64, &f64)| q.mul_add(*k, sum));
					product * (1.0 / (width as f64).sqrt())
				};
				let mut scores: Vec<_> = (0..=position).map(score).collect();
				softmax(&mut scores);
				let seen = |place: usize| {
					let value = |past: usize| at(past, heads + kv_heads + shared)[place];
					scores
						.iter()
						.enumerate()
						.fold(0.0, |sum, (past, s): (_, &f64)| s.mul_add(value(past), sum))
				};
				out.extend((0..width).map(seen));
			}
		}
		out
	}

	#[test]
	fn blocks_of_queries_have_the_bits_of_the_definition() {
		for length in [1, QUERIES - 1, QUERIES, QUERIES + 1, 3 * QUERIES + 7] {
			let sizes = Attention { length, heads: 4, kv_heads: 2, width: 6 };
			let draws = Perturbation::new(3, 1);
			let mixed: Vec<_> =
				(0..length * sizes.stride()).map(|index| (draws.factor(index) - 1.0) * 2e10).collect();
			let expected = defined(&mixed, sizes);
			for instructions in Instructions::ALL.into_iter().filter(|level| level.is_supported()) {
				instructions.choose();
				let mut out = vec![f64::NAN; expected.len()];
				causal_attention(&mixed, sizes, &mut out);
				assert!(out == expected, "{length} positions, {instructions:?}");
			}
		}
	}

	#[test]
	fn no_position_sees_what_is_no_number_in_a_later_one() {
		let sizes = Attention { length: 2 * QUERIES, heads: 1, kv_heads: 1, width: 2 };
		let mut mixed = vec![1.0; sizes.length * sizes.stride()];
		let broken = QUERIES + 5;
		mixed[broken * sizes.stride()..][..sizes.stride()].fill(f64::INFINITY);
		let mut out = vec![0.0; sizes.length * 2];
		causal_attention(&mixed, sizes, &mut out);
		let first = out.iter().position(|value| !value.is_finite()).unwrap();
		assert_eq!(first, 2 * broken);
		assert!(!crate::is_finite(&out[2 * broken..]));
	}
}
