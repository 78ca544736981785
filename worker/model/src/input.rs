//! Converts a batch's raw values to tensors.

use crate::error::ModelError;
use descent_dataset::{Batch, Column, Description, Dtype, Loss};
use tch::{Device, Kind, Tensor};

fn kind(dtype: Dtype) -> Kind {
	match dtype {
		Dtype::U8 => Kind::Uint8,
		Dtype::U16 | Dtype::I32 => Kind::Int,
		Dtype::I64 => Kind::Int64,
		Dtype::F32 => Kind::Float,
	}
}

/// Converts a shape to libtorch's type. Descriptions bound each dimension far below `i64::MAX`.
pub(crate) fn sizes(shape: &[u64]) -> Vec<i64> {
	shape.iter().map(|d| i64::try_from(*d).unwrap_or(i64::MAX)).collect()
}

/// Returns the raw values of a column, after checking that the batch has the description's.
pub(crate) fn column_bytes<'a>(
	batch: &'a Batch,
	position: usize,
	column: &Column,
) -> Result<&'a [u8], ModelError> {
	let refuse = |reason: String| ModelError::Batch { column: column.name.clone(), reason };
	let values = batch.columns.get(position).ok_or_else(|| refuse("is missing".into()))?;
	if values.dtype != column.dtype || values.shape != column.shape {
		return Err(refuse(format!(
			"holds {} {:?}, but the description wants {} {:?}",
			values.dtype, values.shape, column.dtype, column.shape
		)));
	}
	if batch.len == 0 || column.bytes().checked_mul(batch.len) != Some(values.bytes.len()) {
		return Err(refuse(format!("holds {} bytes for {} records", values.bytes.len(), batch.len)));
	}
	// A label or token outside a table has no value, and would abort the process on a GPU.
	column.check(&values.bytes).map_err(|e| refuse(e.to_string()))?;
	Ok(&values.bytes)
}

/// Returns one column of a batch as stored, with the shape `[records, ..shape]` and the column's dtype, or
/// i32 for u16.
fn column(batch: &Batch, position: usize, column: &Column) -> Result<Tensor, ModelError> {
	let bytes = column_bytes(batch, position, column)?;
	let mut size = sizes(&column.shape);
	size.insert(0, i64::try_from(batch.len).unwrap_or(i64::MAX));
	if column.dtype == Dtype::U16 {
		// libtorch computes hardly anything of unsigned integers of 16 bits.
		let words = bytes.as_chunks().0.iter().map(|word| i32::from(u16::from_le_bytes(*word)));
		return Ok(Tensor::f_from_slice(&words.collect::<Vec<_>>())?.f_reshape(size)?);
	}
	Ok(Tensor::f_from_data_size(bytes, &size, kind(column.dtype))?)
}

/// Returns the inputs and the target of a batch, each with the shape `[records, ..shape]`. Numbers have the
/// kind `float`, tokens and labels the kind Int64.
pub(crate) fn tensors(
	description: &Description,
	columns: &[Column],
	batch: &Batch,
	float: Kind,
	device: Device,
) -> Result<(Vec<Tensor>, Tensor), ModelError> {
	let Some((last, features)) = columns.split_last() else {
		return Err(ModelError::Batch { column: "(all)".into(), reason: "are not inputs and target".into() });
	};
	let inputs = description.inputs().iter().zip(features).enumerate().map(|(at, (input, feature))| {
		let stored = column(batch, at, feature)?.f_to_device(device)?;
		if description.vocabulary(at).is_some() {
			return Ok(stored.f_totype(Kind::Int64)?);
		}
		let (scale, shift) = (input.scale.unwrap_or(1.0), input.shift.unwrap_or(0.0));
		let values = stored.f_totype(float)?;
		let scaled = if scale == 1.0 { values } else { values.f_mul_scalar(scale)? };
		Ok(if shift == 0.0 { scaled } else { scaled.f_add_scalar(shift)? })
	});
	let inputs = inputs.collect::<Result<Vec<_>, ModelError>>()?;
	let target =
		column(batch, features.len(), last)?.f_to_device(device)?.f_totype(match description.loss() {
			Loss::CrossEntropy => Kind::Int64,
			Loss::Mse => float,
		})?;
	Ok((inputs, target))
}
