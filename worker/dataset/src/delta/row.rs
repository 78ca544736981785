//! One row of a delta, and the columns that it is read from.

use super::columns::{check_type, Values};
use super::error::{DeltaError, Problem};
use super::{ID, OP};
use crate::schema::{RecordId, Schema};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, Fields};
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor};

/// Operation of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
	/// Adds a record to the data set.
	Add,
	/// Removes a record from the data set.
	Remove,
}

/// One row of a delta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
	/// Number of the row in the file, from 0.
	pub number: u64,
	/// Id of the record. In an addition it has been checked against the record.
	pub id: RecordId,
	/// Canonical bytes of a record to add; `None` for a removal.
	pub record: Option<Vec<u8>>,
}

impl Row {
	/// Operation of the row.
	pub fn op(&self) -> Op {
		if self.record.is_some() {
			Op::Add
		} else {
			Op::Remove
		}
	}
}

/// Checks names and types. Returns the most values that one row of each leaf column may have.
pub(super) fn check_columns(
	schema: &Schema,
	fields: &Fields,
	descriptor: &SchemaDescriptor,
) -> Result<Vec<u64>, DeltaError> {
	for field in fields.iter() {
		let name = field.name();
		let wrong = |expected: &str| DeltaError::WrongType {
			column: name.clone(),
			expected: expected.into(),
			found: field.data_type().to_string(),
		};
		match name.as_str() {
			OP if *field.data_type() != DataType::Utf8 => return Err(wrong("strings")),
			ID if !matches!(field.data_type(), DataType::FixedSizeBinary(32) | DataType::Binary) => {
				return Err(wrong("32 bytes"))
			}
			OP | ID => {}
			_ => match schema.columns.iter().find(|c| c.name == *name) {
				Some(column) => check_type(column, field.data_type())?,
				None => return Err(DeltaError::UnknownColumn(name.clone())),
			},
		}
	}
	let wanted = [OP, ID].into_iter().chain(schema.columns.iter().map(|c| c.name.as_str()));
	for name in wanted {
		match fields.iter().filter(|f| f.name() == name).count() {
			0 => return Err(DeltaError::MissingColumn(name.into())),
			1 => {}
			_ => return Err(DeltaError::malformed(format_args!("column '{name}' occurs twice"))),
		}
	}
	let per_row = |leaf: &ColumnDescPtr| {
		let root = leaf.path().parts().first().map(String::as_str);
		schema.columns.iter().find(|c| Some(c.name.as_str()) == root).map_or(1, |c| c.values().max(1) as u64)
	};
	Ok(descriptor.columns().iter().map(per_row).collect())
}

pub(super) type RowResult = Result<(RecordId, Option<Vec<u8>>), Problem>;

pub(super) fn read_row(
	ops: &ArrayRef,
	ids: &ArrayRef,
	columns: &[Values],
	row: usize,
	record_bytes: usize,
) -> RowResult {
	let op = if ops.is_null(row) { "null" } else { ops.as_string::<i32>().value(row) };
	let id: &[u8] = match ids.data_type() {
		_ if ids.is_null(row) => &[],
		DataType::FixedSizeBinary(_) => ids.as_fixed_size_binary().value(row),
		_ => ids.as_binary::<i32>().value(row),
	};
	let found = RecordId(id.try_into().map_err(|_| Problem::IdLength(id.len()))?);
	match op {
		"add" => {
			let mut record = Vec::with_capacity(record_bytes);
			columns.iter().try_for_each(|column| column.append(row, &mut record))?;
			let expected = RecordId::of(&record);
			if found != expected {
				return Err(Problem::WrongId { found, expected });
			}
			Ok((found, Some(record)))
		}
		"remove" => match columns.iter().find(|column| !column.is_null(row)) {
			Some(column) => Err(Problem::NotNull(column.name().into())),
			None => Ok((found, None)),
		},
		other => Err(Problem::UnknownOp(other.into())),
	}
}
