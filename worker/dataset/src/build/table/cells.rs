//! Numbers of a column of a table.

use super::super::error::Fault;
use super::super::number::{append, Number};
use crate::schema::Dtype;
use arrow_array::cast::AsArray;
use arrow_array::types::{
	Float16Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, Int8Type, UInt16Type, UInt32Type,
	UInt64Type, UInt8Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType;
use std::ops::Range;

/// Returns true for the types of columns of numbers.
pub(super) fn is_number(found: &DataType) -> bool {
	found.is_numeric()
		&& !matches!(found, DataType::Decimal32(..) | DataType::Decimal64(..))
		&& !matches!(found, DataType::Decimal128(..) | DataType::Decimal256(..))
}

/// Numbers of one type.
trait Numbers {
	fn append(&self, range: Range<usize>, dtype: Dtype, record: &mut Vec<u8>) -> Result<(), String>;
}

impl<T: Number + arrow_buffer::ArrowNativeType> Numbers for ScalarBuffer<T> {
	fn append(&self, range: Range<usize>, dtype: Dtype, record: &mut Vec<u8>) -> Result<(), String> {
		append(&self[range], dtype, record)
	}
}

fn numbers(array: &ArrayRef) -> Option<Box<dyn Numbers>> {
	Some(match array.data_type() {
		DataType::UInt8 => Box::new(array.as_primitive::<UInt8Type>().values().clone()),
		DataType::UInt16 => Box::new(array.as_primitive::<UInt16Type>().values().clone()),
		DataType::UInt32 => Box::new(array.as_primitive::<UInt32Type>().values().clone()),
		DataType::UInt64 => Box::new(array.as_primitive::<UInt64Type>().values().clone()),
		DataType::Int8 => Box::new(array.as_primitive::<Int8Type>().values().clone()),
		DataType::Int16 => Box::new(array.as_primitive::<Int16Type>().values().clone()),
		DataType::Int32 => Box::new(array.as_primitive::<Int32Type>().values().clone()),
		DataType::Int64 => Box::new(array.as_primitive::<Int64Type>().values().clone()),
		DataType::Float16 => {
			let wide = array.as_primitive::<Float16Type>().unary::<_, Float32Type>(|half| half.to_f32());
			Box::new(wide.values().clone())
		}
		DataType::Float32 => Box::new(array.as_primitive::<Float32Type>().values().clone()),
		DataType::Float64 => Box::new(array.as_primitive::<Float64Type>().values().clone()),
		_ => return None,
	})
}

/// Numbers, or flat lists of numbers, of a column of a batch.
pub(super) struct Cells {
	name: String,
	/// Null mask of the rows.
	rows: Option<NullBuffer>,
	/// Positions of each row's values; `None` if row `r` holds value `r`.
	offsets: Option<OffsetBuffer<i32>>,
	/// Null mask of the values.
	nulls: Option<NullBuffer>,
	numbers: Box<dyn Numbers>,
}

impl Cells {
	pub(super) fn open(name: &str, array: &ArrayRef) -> Option<Self> {
		let (values, offsets) = match array.as_list_opt::<i32>() {
			Some(lists) => (lists.values(), Some(lists.offsets().clone())),
			None => (array, None),
		};
		Some(Self {
			name: name.into(),
			rows: array.nulls().cloned(),
			nulls: values.nulls().cloned(),
			offsets,
			numbers: numbers(values)?,
		})
	}

	pub(super) fn append(
		&self,
		row: usize,
		expected: usize,
		dtype: Dtype,
		record: &mut Vec<u8>,
	) -> Result<(), Fault> {
		let is_null = |nulls: &Option<NullBuffer>, at| nulls.as_ref().is_some_and(|nulls| nulls.is_null(at));
		let range = match &self.offsets {
			Some(offsets) => {
				let at = |row: usize| usize::try_from(offsets[row]).unwrap_or(0);
				at(row)..at(row + 1)
			}
			None => row..row + 1,
		};
		if is_null(&self.rows, row) || range.clone().any(|at| is_null(&self.nulls, at)) {
			return Err(Fault::Null(self.name.clone()));
		}
		if range.len() != expected {
			return Err(Fault::Shape { column: self.name.clone(), expected, found: range.len() });
		}
		self.numbers.append(range, dtype, record).map_err(|value| Fault::Inexact {
			column: self.name.clone(),
			value,
			dtype,
		})
	}
}
