//! The records of an evaluation, as they enter a model.

use super::buffers::Buffers;
use crate::{error::ModelError, input::column_bytes};
use descent_dataset::{Batch, Column, ColumnValues, Description, Dtype, Set, SetError};
use descent_kernels::{perturb_values, Perturbation};
use std::ops::Range;

/// Records to evaluate a model on, which are read in pieces.
pub trait Records {
	/// Number of records.
	fn len(&self) -> usize;

	/// Returns true if there are none.
	fn is_empty(&self) -> bool {
		self.len() == 0
	}

	/// Reads the records at these places.
	fn gather(&self, range: Range<usize>) -> Result<Batch, SetError>;
}

/// Records of a data set at chosen positions.
#[derive(Clone, Copy, Debug)]
pub struct Drawn<'a> {
	/// The data set.
	pub set: &'a Set,
	/// Positions in it, in the order of the evaluation.
	pub positions: &'a [u64],
}

impl Records for Drawn<'_> {
	fn len(&self) -> usize {
		self.positions.len()
	}

	fn gather(&self, range: Range<usize>) -> Result<Batch, SetError> {
		self.set.gather(self.positions.get(range).unwrap_or_default())
	}
}

impl Records for Batch {
	fn len(&self) -> usize {
		self.len
	}

	fn gather(&self, range: Range<usize>) -> Result<Batch, SetError> {
		let columns = self.columns.iter().map(|column| {
			let width = column.bytes.len() / self.len.max(1);
			let bytes = column.bytes[range.start * width..range.end * width].to_vec();
			ColumnValues {
				name: column.name.clone(),
				dtype: column.dtype,
				shape: column.shape.clone(),
				bytes,
			}
		});
		Ok(Batch { len: range.len(), columns: columns.collect() })
	}
}

/// Values that enter a layer.
pub(super) enum Input {
	/// Tokens, below the vocabulary of the embedding that takes them.
	Tokens(Vec<usize>),
	/// Numbers.
	Values(Vec<f64>),
}

/// Targets of records.
pub(super) enum Targets {
	/// Labels of classes.
	Labels(Vec<usize>),
	/// Numbers.
	Values(Vec<f64>),
}

/// Returns the values in f64. Integers of 64 bits are rounded to the nearest.
fn numbers(bytes: &[u8], dtype: Dtype, memory: &mut Buffers) -> Vec<f64> {
	let mut out = memory.take(bytes.len() / dtype.bytes());
	match dtype {
		Dtype::U8 => write(&mut out, bytes.iter().map(|byte| f64::from(*byte))),
		Dtype::U16 => write(&mut out, words(bytes).map(|word| f64::from(u16::from_le_bytes(word)))),
		Dtype::I32 => write(&mut out, words(bytes).map(|word| f64::from(i32::from_le_bytes(word)))),
		Dtype::I64 => write(&mut out, words(bytes).map(|word| i64::from_le_bytes(word) as f64)),
		Dtype::F32 => write(&mut out, words(bytes).map(|word| f64::from(f32::from_le_bytes(word)))),
	}
	out
}

fn write(out: &mut [f64], values: impl Iterator<Item = f64>) {
	out.iter_mut().zip(values).for_each(|(out, value)| *out = value);
}

/// Returns labels or tokens. The column has been checked, so none is negative.
fn labels(bytes: &[u8], dtype: Dtype) -> Vec<usize> {
	let label = |value: i64| usize::try_from(value).unwrap_or(usize::MAX);
	match dtype {
		Dtype::U8 => bytes.iter().map(|byte| usize::from(*byte)).collect(),
		Dtype::U16 => words(bytes).map(|word| u16::from_le_bytes(word).into()).collect(),
		Dtype::I32 => words(bytes).map(|word| label(i32::from_le_bytes(word).into())).collect(),
		Dtype::I64 => words(bytes).map(|word| label(i64::from_le_bytes(word))).collect(),
		Dtype::F32 => words(bytes).map(|word| label(f32::from_le_bytes(word) as i64)).collect(),
	}
}

fn words<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
	bytes.as_chunks::<N>().0.iter().copied()
}

/// Returns the inputs of the records in a batch, of which the columns come first.
pub(super) fn inputs(
	description: &Description,
	columns: &[Column],
	batch: &Batch,
	memory: &mut Buffers,
) -> Result<Vec<Input>, ModelError> {
	let inputs = description.inputs().iter().zip(columns).enumerate();
	let inputs = inputs.map(|(at, (input, column))| {
		let bytes = column_bytes(batch, at, column)?;
		if description.vocabulary(at).is_some() {
			return Ok(Input::Tokens(labels(bytes, column.dtype)));
		}
		let mut values = numbers(bytes, column.dtype, memory);
		if let Some(scale) = input.scale.filter(|scale| *scale != 1.0) {
			values.iter_mut().for_each(|value| *value *= scale);
		}
		if let Some(shift) = input.shift.filter(|shift| *shift != 0.0) {
			values.iter_mut().for_each(|value| *value += shift);
		}
		Ok(Input::Values(values))
	});
	inputs.collect()
}

/// Returns the targets of the records in a batch.
pub(super) fn targets(columns: &[Column], batch: &Batch, has_classes: bool) -> Result<Targets, ModelError> {
	let (last, features) = columns.split_last().ok_or_else(no_columns)?;
	let bytes = column_bytes(batch, features.len(), last)?;
	Ok(match has_classes {
		true => Targets::Labels(labels(bytes, last.dtype)),
		false => Targets::Values(numbers(bytes, last.dtype, &mut Buffers::default())),
	})
}

impl Input {
	/// Returns the input of the records at these places of the evaluation with each number changed a little.
	/// Tokens are exact and stay.
	pub(super) fn perturbed(
		&self,
		range: Range<usize>,
		perturbation: Perturbation,
		memory: &mut Buffers,
	) -> Self {
		match self {
			Self::Tokens(tokens) => Self::Tokens(tokens.clone()),
			Self::Values(values) => {
				let mut changed = memory.take(values.len());
				changed.copy_from_slice(values);
				let offset = range.start * (values.len() / range.len().max(1));
				perturb_values(&mut changed, offset, perturbation);
				Self::Values(changed)
			}
		}
	}
}

fn no_columns() -> ModelError {
	ModelError::Batch { column: "(all)".into(), reason: "are not inputs and target".into() }
}
