//! Converts between Arrow arrays and canonical bytes.

use super::error::{DeltaError, Problem};
use crate::schema::{Column, Dtype};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int32Type, Int64Type, UInt16Type, UInt8Type};
use arrow_array::{
	Array, ArrayRef, FixedSizeListArray, Float32Array, GenericListArray, Int32Array, Int64Array,
	OffsetSizeTrait, PrimitiveArray, UInt16Array, UInt8Array,
};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field};
use std::sync::Arc;

/// The Arrow type of a dtype.
fn primitive(dtype: Dtype) -> DataType {
	match dtype {
		Dtype::U8 => DataType::UInt8,
		Dtype::U16 => DataType::UInt16,
		Dtype::I32 => DataType::Int32,
		Dtype::I64 => DataType::Int64,
		Dtype::F32 => DataType::Float32,
	}
}

/// The Arrow type that a column is written as.
pub(crate) fn written(column: &Column) -> DataType {
	if column.shape.is_empty() {
		return primitive(column.dtype);
	}
	let width = i32::try_from(column.values()).unwrap_or(i32::MAX);
	DataType::FixedSizeList(Arc::new(Field::new("element", primitive(column.dtype), true)), width)
}

/// Refuses a column whose type is not the description's.
pub(super) fn check_type(column: &Column, found: &DataType) -> Result<(), DeltaError> {
	let wanted = primitive(column.dtype);
	let fits = match found {
		_ if column.shape.is_empty() => *found == wanted,
		DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
			*field.data_type() == wanted
		}
		_ => false,
	};
	if fits {
		return Ok(());
	}
	let values = (!column.shape.is_empty()).then(|| column.values());
	Err(DeltaError::wrong_type(&column.name, column.dtype, values, found.to_string()))
}

/// One column of a batch, opened for reading row by row.
pub(super) struct Values<'a> {
	column: &'a Column,
	/// Null mask of the rows.
	rows: Option<NullBuffer>,
	/// Positions of each row's values; `None` if row `r` holds value `r`.
	offsets: Option<Vec<usize>>,
	/// Null mask of the values.
	nulls: Option<NullBuffer>,
	bytes: Bytes,
}

enum Bytes {
	U8(ScalarBuffer<u8>),
	U16(ScalarBuffer<u16>),
	I32(ScalarBuffer<i32>),
	I64(ScalarBuffer<i64>),
	F32(ScalarBuffer<f32>),
}

impl Bytes {
	fn as_slice(&self) -> &[u8] {
		match self {
			Bytes::U8(values) => values.inner().as_slice(),
			Bytes::U16(values) => values.inner().as_slice(),
			Bytes::I32(values) => values.inner().as_slice(),
			Bytes::I64(values) => values.inner().as_slice(),
			Bytes::F32(values) => values.inner().as_slice(),
		}
	}
}

impl<'a> Values<'a> {
	/// Opens an array whose type [`check_type`] has accepted.
	pub(super) fn open(column: &'a Column, array: &ArrayRef) -> Result<Self, DeltaError> {
		check_type(column, array.data_type())?;
		let (values, offsets) = match array.data_type() {
			DataType::List(_) => list(array.as_list::<i32>()),
			DataType::LargeList(_) => list(array.as_list::<i64>()),
			DataType::FixedSizeList(..) => {
				let array = array.as_fixed_size_list();
				let width = usize::try_from(array.value_length()).unwrap_or(0);
				(array.values().clone(), Some((0..=array.len()).map(|row| row * width).collect()))
			}
			_ => (array.clone(), None),
		};
		let bytes = match column.dtype {
			Dtype::U8 => Bytes::U8(values.as_primitive::<UInt8Type>().values().clone()),
			Dtype::U16 => Bytes::U16(values.as_primitive::<UInt16Type>().values().clone()),
			Dtype::I32 => Bytes::I32(values.as_primitive::<Int32Type>().values().clone()),
			Dtype::I64 => Bytes::I64(values.as_primitive::<Int64Type>().values().clone()),
			Dtype::F32 => Bytes::F32(values.as_primitive::<Float32Type>().values().clone()),
		};
		let nulls = values.nulls().filter(|nulls| nulls.null_count() > 0).cloned();
		// The rows of a scalar column are its values.
		let rows = array.nulls().filter(|nulls| nulls.null_count() > 0).cloned();
		Ok(Self { column, rows, nulls: offsets.as_ref().and(nulls), offsets, bytes })
	}

	/// The column's name.
	pub(super) fn name(&self) -> &str {
		&self.column.name
	}

	/// Returns true if the row holds no value.
	pub(super) fn is_null(&self, row: usize) -> bool {
		self.rows.as_ref().is_some_and(|nulls| nulls.is_null(row))
	}

	/// Appends the row's canonical bytes to a record.
	pub(super) fn append(&self, row: usize, record: &mut Vec<u8>) -> Result<(), Problem> {
		let name = || self.column.name.clone();
		if self.is_null(row) {
			return Err(Problem::Null(name()));
		}
		let (start, end) = match &self.offsets {
			Some(offsets) => (offsets[row], offsets[row + 1]),
			None => (row, row + 1),
		};
		let expected = self.column.values();
		if end - start != expected {
			return Err(Problem::Shape { column: name(), expected, found: end - start });
		}
		if self.nulls.as_ref().is_some_and(|nulls| nulls.slice(start, end - start).null_count() > 0) {
			return Err(Problem::Null(name()));
		}
		let width = self.column.dtype.bytes();
		let bytes = &self.bytes.as_slice()[start * width..end * width];
		self.column.check(bytes).map_err(|problem| Problem::Value { column: name(), problem })?;
		record.extend_from_slice(bytes);
		Ok(())
	}
}

fn list<O: OffsetSizeTrait>(array: &GenericListArray<O>) -> (ArrayRef, Option<Vec<usize>>) {
	(array.values().clone(), Some(array.offsets().iter().map(|o| o.as_usize()).collect()))
}

/// Returns the array of a column for a batch of records' values; `None` stands for a removal.
pub(crate) fn array(column: &Column, rows: &[Option<&[u8]>]) -> ArrayRef {
	match column.dtype {
		Dtype::U8 => shaped(column, rows, |b| b.to_vec(), |v, n| UInt8Array::new(v.into(), n)),
		Dtype::U16 => {
			shaped(column, rows, |b| words(b, u16::from_le_bytes), |v, n| UInt16Array::new(v.into(), n))
		}
		Dtype::I32 => {
			shaped(column, rows, |b| words(b, i32::from_le_bytes), |v, n| Int32Array::new(v.into(), n))
		}
		Dtype::I64 => {
			shaped(column, rows, |b| words(b, i64::from_le_bytes), |v, n| Int64Array::new(v.into(), n))
		}
		Dtype::F32 => {
			shaped(column, rows, |b| words(b, f32::from_le_bytes), |v, n| Float32Array::new(v.into(), n))
		}
	}
}

fn words<const N: usize, T>(bytes: &[u8], word: fn([u8; N]) -> T) -> Vec<T> {
	bytes.chunks_exact(N).filter_map(|b| b.try_into().ok()).map(word).collect()
}

fn shaped<T: arrow_array::ArrowPrimitiveType>(
	column: &Column,
	rows: &[Option<&[u8]>],
	decode: impl Fn(&[u8]) -> Vec<T::Native>,
	build: impl Fn(Vec<T::Native>, Option<NullBuffer>) -> PrimitiveArray<T>,
) -> ArrayRef {
	let count = column.values();
	let mut values = Vec::with_capacity(rows.len().saturating_mul(count));
	for row in rows {
		match row {
			Some(bytes) => values.extend(decode(bytes)),
			None => values.resize(values.len() + count, T::Native::default()),
		}
	}
	let nulls = NullBuffer::from_iter(rows.iter().map(Option::is_some));
	let nulls = (nulls.null_count() > 0).then_some(nulls);
	if column.shape.is_empty() {
		return Arc::new(build(values, nulls));
	}
	let field = Arc::new(Field::new("element", primitive(column.dtype), true));
	let width = i32::try_from(count).unwrap_or(i32::MAX);
	Arc::new(FixedSizeListArray::new(field, width, Arc::new(build(values, None)), nulls))
}
