//! Matrix products. Each output is a chain of fused multiply-adds over the inner dimension, in order, from 0.

use crate::{Instructions, Weights};
use rayon::prelude::*;
use std::{cell::Cell, ops::Range};

/// Columns of the right matrix.
pub trait Columns: Sync {
	/// Writes elements `start..` of a column.
	fn fill(&self, column: usize, start: usize, out: &mut [f64]);
}

/// Columns of a transposed weight matrix `[columns, inner]`.
struct Transposed<'a> {
	weights: Weights<'a>,
	inner: usize,
}

impl Columns for Transposed<'_> {
	fn fill(&self, column: usize, start: usize, out: &mut [f64]) {
		self.weights.fill(column * self.inner + start, out);
	}
}

/// Elements of the inner dimension that are packed at a time. Between two such parts the sums go to memory
/// and back, which costs more than packed columns that do not fit into the first-level cache.
const DEPTH: usize = 1024;
/// Elements of a column that are packed at a time.
const PIECE: usize = 64;
/// Columns that are packed at a time, a multiple of every tile's width.
const WIDTH: usize = 512;
/// Rows that a thread takes at a time.
const ROWS: usize = 48;
/// Elements of a page. Rows that are a multiple of it apart all lie in the same few lines of the first-level
/// cache, so they are copied before they are multiplied.
const PAGE: usize = 512;
/// Elements between the copied rows.
const GAP: usize = 8;
/// Columns from which on a copy costs less than it saves.
const MANY: usize = 256;
/// Multiplications below which a product is computed by one thread.
const SMALL: usize = 1 << 19;

thread_local! {
	/// Memory for packed columns, and for copied rows, which is used again.
	static PACKED: Cell<Vec<f64>> = const { Cell::new(Vec::new()) };
	static COPIED: Cell<Vec<f64>> = const { Cell::new(Vec::new()) };
}

/// Returns `x w^T + bias` in `out`, for `x [rows, inner]`, `w [columns, inner]`, `bias [columns]` and
/// `out [rows, columns]`. The bias is added last.
pub fn linear(x: &[f64], inner: usize, weight: Weights, bias: Option<Weights>, out: &mut [f64]) {
	let columns = weight.values.len() / inner.max(1);
	let bias = bias.map(|bias| bias.to_vec());
	let weights = Transposed { weights: weight, inner };
	multiply(x, (inner, inner), &weights, columns, bias.as_deref(), out);
}

/// Returns the product of `a [rows, inner]`, whose rows are `stride` apart, and a matrix of `columns` in
/// `out [rows, columns]`.
pub fn matmul(a: &[f64], stride: usize, inner: usize, b: &impl Columns, columns: usize, out: &mut [f64]) {
	multiply(a, (stride, inner), b, columns, None, out);
}

/// Multiplies as [`matmul`] does, and adds a bias to each row at last.
fn multiply(
	a: &[f64],
	(stride, inner): (usize, usize),
	b: &impl Columns,
	columns: usize,
	bias: Option<&[f64]>,
	out: &mut [f64],
) {
	if columns == 0 || inner == 0 {
		out.fill(0.0);
		return;
	}
	let instructions = Instructions::chosen();
	let tile = tile_width(instructions);
	let is_small = out.len() * inner < SMALL;
	// While this thread waits, it may begin another product, which finds no memory to use again.
	let mut memory = PACKED.take();
	memory.resize(columns.min(WIDTH).next_multiple_of(tile) * inner.min(DEPTH), 0.0);
	for first in (0..columns).step_by(WIDTH) {
		let width = WIDTH.min(columns - first);
		for start in (0..inner).step_by(DEPTH) {
			let depth = DEPTH.min(inner - start);
			let packed = &mut memory[..width.next_multiple_of(tile) * depth];
			for_each_chunk(packed, tile * depth, is_small, |panel, out| {
				let panel = first + panel * tile;
				let columns = panel..(panel + tile).min(first + width);
				match tile {
					16 => pack::<16>(b, columns, start, out),
					_ => pack::<8>(b, columns, start, out),
				}
			});
			let packed = &*packed;
			for_each_chunk(out, ROWS * columns, is_small, |block, out| {
				let a = &a[block * ROWS * stride + start..];
				let bias = bias.filter(|_| start + depth == inner);
				let rows = Block { a, stride, start, depth, packed, first, width, columns, bias };
				rows.multiply(instructions, out);
			});
		}
	}
	PACKED.set(memory);
}

/// Calls a function for each chunk and its number: on one thread where there is little to do, else on all.
fn for_each_chunk(
	values: &mut [f64],
	length: usize,
	is_small: bool,
	work: impl Fn(usize, &mut [f64]) + Sync,
) {
	if is_small {
		values.chunks_mut(length).enumerate().for_each(|(number, chunk)| work(number, chunk));
	} else {
		values.par_chunks_mut(length).enumerate().for_each(|(number, chunk)| work(number, chunk));
	}
}

/// Writes up to `TILE` columns, their elements of one inner index side by side. Columns that are missing are
/// 0.
fn pack<const TILE: usize>(b: &impl Columns, range: Range<usize>, start: usize, out: &mut [f64]) {
	let mut columns = [[0.0; PIECE]; TILE];
	for (piece, out) in out.chunks_mut(TILE * PIECE).enumerate() {
		let count = out.len() / TILE;
		for (number, column) in range.clone().zip(&mut columns) {
			b.fill(number, start + piece * PIECE, &mut column[..count]);
		}
		for (index, out) in out.as_chunks_mut::<TILE>().0.iter_mut().take(PIECE).enumerate() {
			*out = std::array::from_fn(|place| columns[place][index]);
		}
	}
}

/// Some rows of a product with packed columns.
struct Block<'a> {
	/// The rows, from the first element on that is multiplied.
	a: &'a [f64],
	/// Elements from one row to the next.
	stride: usize,
	/// First element of the inner dimension.
	start: usize,
	/// Elements of the inner dimension.
	depth: usize,
	packed: &'a [f64],
	/// First column.
	first: usize,
	/// Number of columns.
	width: usize,
	/// Length of an output row.
	columns: usize,
	/// Values that are added to each output row, with the last elements of the inner dimension.
	bias: Option<&'a [f64]>,
}

fn tile_width(instructions: Instructions) -> usize {
	match instructions {
		Instructions::Avx512 => 16,
		Instructions::Portable | Instructions::Avx2 => 8,
	}
}

impl Block<'_> {
	/// Adds this block's products to the output.
	fn multiply(&self, instructions: Instructions, out: &mut [f64]) {
		if self.width < MANY || !self.stride.is_multiple_of(PAGE) {
			return self.multiply_rows(instructions, out);
		}
		let rows = out.len() / self.columns;
		let mut copied = COPIED.take();
		copied.clear();
		for row in 0..rows {
			copied.extend_from_slice(&self.a[row * self.stride..][..self.depth]);
			copied.extend_from_slice(&[0.0; GAP]);
		}
		Block { a: &copied, stride: self.depth + GAP, ..*self }.multiply_rows(instructions, out);
		COPIED.set(copied);
	}

	/// Adds the products to the output, tile by tile.
	#[allow(unsafe_code, reason = "instructions beyond the target's can be used in no other way")]
	fn multiply_rows(&self, instructions: Instructions, out: &mut [f64]) {
		match instructions {
			// SAFETY: the processor has the instructions, or they could not have been chosen.
			#[cfg(target_arch = "x86_64")]
			Instructions::Avx512 => unsafe { x86::multiply_avx512(self, out) },
			// SAFETY: as above.
			#[cfg(target_arch = "x86_64")]
			Instructions::Avx2 => unsafe { x86::multiply_avx2(self, out) },
			_ => self.multiply_tiles::<4, 8>(out, tile::<4>, tile::<1>),
		}
	}

	/// Calls a kernel for each tile of `HIGH` rows and `WIDE` columns, and another for each row that is left.
	#[inline(always)]
	fn multiply_tiles<const HIGH: usize, const WIDE: usize>(
		&self,
		out: &mut [f64],
		tile: impl Fn([&[f64]; HIGH], &[[f64; WIDE]], &mut [[f64; WIDE]; HIGH]),
		row: impl Fn([&[f64]; 1], &[[f64; WIDE]], &mut [[f64; WIDE]; 1]),
	) {
		let rows = out.len() / self.columns;
		for (panel, packed) in self.packed.chunks_exact(WIDE * self.depth).enumerate() {
			let (packed, _) = packed.as_chunks::<WIDE>();
			let mut first = 0;
			while first + HIGH <= rows {
				self.multiply_tile(first, panel * WIDE, packed, out, &tile);
				first += HIGH;
			}
			while first < rows {
				self.multiply_tile(first, panel * WIDE, packed, out, &row);
				first += 1;
			}
		}
	}

	#[inline(always)]
	fn multiply_tile<const HIGH: usize, const WIDE: usize>(
		&self,
		row: usize,
		column: usize,
		packed: &[[f64; WIDE]],
		out: &mut [f64],
		tile: &impl Fn([&[f64]; HIGH], &[[f64; WIDE]], &mut [[f64; WIDE]; HIGH]),
	) {
		let a: [&[f64]; HIGH] =
			std::array::from_fn(|index| &self.a[(row + index) * self.stride..][..self.depth]);
		let width = WIDE.min(self.width - column);
		let place = |index: usize| (row + index) * self.columns + self.first + column;
		let mut sums = [[0.0; WIDE]; HIGH];
		if self.start > 0 {
			for (index, sums) in sums.iter_mut().enumerate() {
				copy::<WIDE>(&out[place(index)..][..width], sums);
			}
		}
		tile(a, packed, &mut sums);
		if let Some(bias) = self.bias {
			let bias = &bias[self.first + column..][..width];
			for sums in &mut sums {
				sums.iter_mut().zip(bias).for_each(|(sum, bias)| *sum += bias);
			}
		}
		for (index, sums) in sums.iter().enumerate() {
			copy::<WIDE>(&sums[..width], &mut out[place(index)..][..width]);
		}
	}
}

/// Copies up to `WIDE` values. For a whole tile's row the length is a constant, which needs no call.
#[inline(always)]
fn copy<const WIDE: usize>(from: &[f64], to: &mut [f64]) {
	match (from.first_chunk::<WIDE>(), to.first_chunk_mut::<WIDE>()) {
		(Some(from), Some(to)) => *to = *from,
		_ => to.iter_mut().zip(from).for_each(|(to, from)| *to = *from),
	}
}

/// Adds the products of rows and packed columns to sums: the definition that the kernels of
/// processors follow.
fn tile<const HIGH: usize>(a: [&[f64]; HIGH], b: &[[f64; 8]], sums: &mut [[f64; 8]; HIGH]) {
	for (k, b) in b.iter().enumerate() {
		for (a, sums) in a.iter().zip(sums.iter_mut()) {
			for (b, sum) in b.iter().zip(sums) {
				*sum = a[k].mul_add(*b, *sum);
			}
		}
	}
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "loads and stores of vector registers take pointers")]
mod x86 {
	use super::Block;
	use std::arch::x86_64::*;

	/// Defines a function that multiplies a block, tile by tile of `$high` rows and two registers of columns.
	macro_rules! kernel {
		($name:ident, $tile:ident, $feature:literal, $high:literal, $wide:literal, $zero:ident, $set:ident,
			$load:ident, $store:ident, $fma:ident) => {
			#[target_feature(enable = $feature)]
			pub(super) fn $name(block: &Block, out: &mut [f64]) {
				block.multiply_tiles::<$high, $wide>(
					out,
					|a, b, sums| $tile::<$high>(a, b, sums),
					|a, b, sums| $tile::<1>(a, b, sums),
				);
			}

			#[target_feature(enable = $feature)]
			#[inline]
			fn $tile<const HIGH: usize>(
				a: [&[f64]; HIGH],
				b: &[[f64; $wide]],
				sums: &mut [[f64; $wide]; HIGH],
			) {
				const HALF: usize = $wide / 2;
				let a = a.map(|row| &row[..b.len()]);
				let mut low = [$zero(); HIGH];
				let mut high = [$zero(); HIGH];
				for index in 0..HIGH {
					// SAFETY: both halves lie in the row of sums.
					unsafe {
						low[index] = $load(sums[index].as_ptr());
						high[index] = $load(sums[index].as_ptr().add(HALF));
					}
				}
				for (k, b) in b.iter().enumerate() {
					// SAFETY: both halves lie in the packed row.
					let (first, second) = unsafe { ($load(b.as_ptr()), $load(b.as_ptr().add(HALF))) };
					for index in 0..HIGH {
						// SAFETY: each row has as many elements as there are packed rows.
						let x = $set(unsafe { *a[index].get_unchecked(k) });
						low[index] = $fma(x, first, low[index]);
						high[index] = $fma(x, second, high[index]);
					}
				}
				for index in 0..HIGH {
					// SAFETY: both halves lie in the row of sums.
					unsafe {
						$store(sums[index].as_mut_ptr(), low[index]);
						$store(sums[index].as_mut_ptr().add(HALF), high[index]);
					}
				}
			}
		};
	}

	kernel!(
		multiply_avx2,
		tile_avx2,
		"avx2,fma",
		6,
		8,
		_mm256_setzero_pd,
		_mm256_set1_pd,
		_mm256_loadu_pd,
		_mm256_storeu_pd,
		_mm256_fmadd_pd
	);
	kernel!(
		multiply_avx512,
		tile_avx512,
		"avx512f,avx2,fma",
		12,
		16,
		_mm512_setzero_pd,
		_mm512_set1_pd,
		_mm512_loadu_pd,
		_mm512_storeu_pd,
		_mm512_fmadd_pd
	);
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	/// The product by its definition.
	fn defined(x: &[f64], inner: usize, weight: &[f32], columns: usize) -> Vec<f64> {
		let dot = |row: &[f64], column: usize| {
			let weight = &weight[column * inner..][..inner];
			row.iter().zip(weight).fold(0.0f64, |sum, (x, w)| x.mul_add(f64::from(*w), sum))
		};
		x.chunks_exact(inner).flat_map(|row| (0..columns).map(move |column| dot(row, column))).collect()
	}

	fn values(count: usize, seed: u64) -> Vec<f64> {
		let wide = |index: usize| {
			let factor = (crate::Perturbation::new(seed, 1).factor(index) - 1.0) * 1e10;
			factor * 2f64.powi((index % 60) as i32 - 30)
		};
		(0..count).map(wide).collect()
	}

	/// Checks the bits of a product with each code path and some numbers of threads.
	fn check(rows: usize, inner: usize, columns: usize, seed: u64) {
		let x = values(rows * inner, seed);
		let weight: Vec<f32> = values(columns * inner, seed ^ 1).iter().map(|w| *w as f32).collect();
		let expected = defined(&x, inner, &weight, columns);
		let expected: Vec<u64> = expected.iter().map(|v| v.to_bits()).collect();
		for instructions in Instructions::ALL.into_iter().filter(|level| level.is_supported()) {
			instructions.choose();
			for threads in [1, 2, 5] {
				let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
				let mut out = vec![f64::NAN; rows * columns];
				let weight = Weights { values: &weight, perturbation: None };
				pool.install(|| linear(&x, inner, weight, None, &mut out));
				let bits: Vec<u64> = out.iter().map(|v| v.to_bits()).collect();
				assert!(bits == expected, "{instructions:?} with {threads} threads");
			}
		}
	}

	#[test]
	fn parts_of_a_large_product_have_the_bits_of_the_definition() {
		// More than one part of each dimension, each with a remainder. Then rows that are copied.
		check(ROWS + 5, DEPTH + 37, WIDTH + 3, 7);
		check(ROWS + 5, DEPTH + PAGE, WIDTH + MANY + 3, 9);
		check(3, 2 * DEPTH, 9, 8);
	}

	#[test]
	fn a_product_over_nothing_is_zero() {
		let mut out = [f64::NAN; 6];
		matmul(
			&[],
			0,
			0,
			&Transposed { weights: Weights { values: &[], perturbation: None }, inner: 0 },
			3,
			&mut out,
		);
		assert_eq!(out, [0.0; 6]);
	}

	proptest! {
		#[test]
		fn every_path_has_the_bits_of_the_definition(
			rows in 1usize..70, inner in 1usize..600, columns in 1usize..50, seed: u64,
		) {
			check(rows, inner, columns, seed);
		}
	}
}
