//! Records column by column, in the form that models take.

use crate::schema::{Column, Dtype, Schema};

/// The values of one column of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnValues {
	/// The column's name.
	pub name: String,
	/// Type of the values.
	pub dtype: Dtype,
	/// Shape of one record's value. The batch's shape has one more dimension in front.
	pub shape: Vec<u64>,
	/// The values, little-endian, row-major, record by record.
	pub bytes: Vec<u8>,
}

/// A batch of records, column by column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
	/// Number of records.
	pub len: usize,
	/// The columns in the order of the schema: input, then target.
	pub columns: Vec<ColumnValues>,
}

impl Batch {
	/// Builds a batch from the concatenated canonical bytes of records. Returns `None` if the last record is
	/// incomplete.
	pub fn from_records(schema: &Schema, records: &[u8]) -> Option<Self> {
		let width = schema.record_bytes();
		if width == 0 || !records.len().is_multiple_of(width) {
			return None;
		}
		let len = records.len() / width;
		let mut batch = Self::empty(schema, len);
		records.chunks_exact(width).for_each(|record| batch.push(schema, record));
		Some(batch)
	}

	pub(super) fn empty(schema: &Schema, len: usize) -> Self {
		let column = |c: &Column| ColumnValues {
			name: c.name.clone(),
			dtype: c.dtype,
			shape: c.shape.clone(),
			bytes: Vec::with_capacity(c.bytes().saturating_mul(len)),
		};
		Self { len, columns: schema.columns.iter().map(column).collect() }
	}

	pub(super) fn push(&mut self, schema: &Schema, record: &[u8]) {
		for (values, (_, bytes)) in self.columns.iter_mut().zip(schema.split(record)) {
			values.bytes.extend_from_slice(bytes);
		}
	}
}
