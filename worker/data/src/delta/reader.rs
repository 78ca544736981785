//! Reads a delta file row by row.

use super::columns::{check_type, Values};
use super::error::{DeltaError, DeltaLimits, Problem};
use super::pages::{metadata, BoundedFile, Group};
use super::{ID, OP};
use crate::schema::{RecordId, Schema};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Fields};
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use parquet::arrow::{parquet_to_arrow_field_levels, parquet_to_arrow_schema, FieldLevels, ProjectionMask};
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor};
use std::collections::VecDeque;
use std::fs::File;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::Path;
use std::sync::Arc;

/// Decoded bytes of one batch.
const BATCH_BYTES: usize = 4 << 20;
/// Rows of one batch.
const BATCH_ROWS: usize = 4096;

/// What a row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
	/// Puts a record into the data set.
	Add,
	/// Takes a record out of the data set.
	Remove,
}

/// One row of a delta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
	/// Its number in the file, from 0.
	pub number: u64,
	/// The record's id; in an addition it has been checked against the record.
	pub id: RecordId,
	/// The canonical bytes of a record to add; `None` for a removal.
	pub record: Option<Vec<u8>>,
}

impl Row {
	/// What the row does.
	pub fn op(&self) -> Op {
		if self.record.is_some() {
			Op::Add
		} else {
			Op::Remove
		}
	}
}

/// Iterator over a delta's rows, in the order of the file. Each row by itself has been checked; whether the
/// delta applies to a data set is [`crate::check`]'s business. After an error it ends.
pub struct DeltaReader {
	schema: Schema,
	file: Arc<BoundedFile>,
	metadata: Arc<ParquetMetaData>,
	levels: FieldLevels,
	values_per_row: Vec<u64>,
	batch_rows: usize,
	next_group: usize,
	batches: Option<ParquetRecordBatchReader>,
	rows: VecDeque<Row>,
	/// Met behind the rows that are still to be handed out.
	failure: Option<DeltaError>,
	next_row: u64,
	finished: bool,
}

impl DeltaReader {
	/// Opens a delta file and checks what can be checked without reading its rows.
	pub fn open(path: &Path, schema: &Schema, limits: &DeltaLimits) -> Result<Self, DeltaError> {
		let file = File::open(path)?;
		let bytes = file.metadata()?.len();
		let too_large = |what, found, limit, remedy| DeltaError::TooLarge {
			what,
			found,
			limit,
			remedy,
		};
		if bytes > limits.file_bytes {
			return Err(too_large("bytes", bytes, limits.file_bytes, "split it"));
		}
		let metadata = metadata(&file, schema.columns.len().saturating_add(2))?;
		let widest = schema
			.columns
			.iter()
			.map(|c| c.values().max(1) as u64)
			.max()
			.unwrap_or(1);
		let mut total = 0u64;
		for group in metadata.row_groups() {
			let rows =
				u64::try_from(group.num_rows()).map_err(|_| DeltaError::malformed("a negative row count"))?;
			total = total.saturating_add(rows);
			let values = rows.saturating_mul(widest);
			if values > limits.row_group_values {
				let remedy = "write smaller row groups (pyarrow: row_group_size)";
				return Err(too_large(
					"values in a row group",
					values,
					limits.row_group_values,
					remedy,
				));
			}
		}
		if total > limits.rows {
			return Err(too_large("rows", total, limits.rows, "split it"));
		}
		let descriptor = metadata.file_metadata().schema_descr();
		// the embedded Arrow schema is only a hint, and one thing less to trust
		let levels = parquet_to_arrow_field_levels(descriptor, ProjectionMask::all(), None)
			.map_err(DeltaError::malformed)?;
		let fields = parquet_to_arrow_schema(descriptor, None).map_err(DeltaError::malformed)?;
		let values_per_row = check_columns(schema, fields.fields(), descriptor)?;
		let batch_rows = (BATCH_BYTES / schema.record_bytes().max(1)).clamp(1, BATCH_ROWS);
		Ok(Self {
			schema: schema.clone(),
			file: Arc::new(BoundedFile::new(file, limits)?),
			metadata: Arc::new(metadata),
			levels,
			values_per_row,
			batch_rows,
			next_group: 0,
			batches: None,
			rows: VecDeque::new(),
			failure: None,
			next_row: 0,
			finished: false,
		})
	}

	/// Number of rows that the file declares.
	pub fn len(&self) -> u64 {
		self.metadata.row_groups().iter().fold(0, |n, g| {
			n.saturating_add(u64::try_from(g.num_rows()).unwrap_or(0))
		})
	}

	/// Whether the file declares no rows.
	pub fn is_empty(&self) -> bool {
		self.len() == 0
	}

	fn next_batch(&mut self) -> Result<Option<RecordBatch>, DeltaError> {
		loop {
			if let Some(batches) = &mut self.batches {
				if let Some(batch) = batches.next() {
					return batch.map(Some).map_err(|e| self.file.blame(e));
				}
				self.batches = None;
			}
			if self.next_group >= self.metadata.num_row_groups() {
				return Ok(None);
			}
			let group = Group {
				file: self.file.clone(),
				metadata: self.metadata.clone(),
				index: self.next_group,
				values_per_row: self.values_per_row.clone(),
			};
			self.next_group += 1;
			let reader = ParquetRecordBatchReader::try_new_with_row_groups(
				&self.levels,
				&group,
				self.batch_rows,
				None,
			);
			self.batches = Some(reader.map_err(|e| self.file.blame(e))?);
		}
	}

	/// Decodes the next batch into `self.rows`; `false` at the end of the file.
	fn fill(&mut self) -> Result<bool, DeltaError> {
		// the decoder panics on some malformed files
		let batch = catch_unwind(AssertUnwindSafe(|| self.next_batch()))
			.unwrap_or_else(|_| Err(DeltaError::malformed("a page cannot be decoded")))?;
		let Some(batch) = batch else {
			return match self.next_row == self.len() {
				true => Ok(false),
				false => Err(DeltaError::malformed("it holds fewer rows than it declares")),
			};
		};
		let column = |name: &str| {
			batch
				.column_by_name(name)
				.ok_or_else(|| DeltaError::MissingColumn(name.into()))
		};
		let ops = column(OP)?;
		let ids = column(ID)?;
		let columns = self
			.schema
			.columns
			.iter()
			.map(|c| Values::open(c, column(&c.name)?))
			.collect::<Result<Vec<_>, _>>()?;
		for index in 0..batch.num_rows() {
			let number = self.next_row;
			let row = read_row(ops, ids, &columns, index, self.schema.record_bytes())
				.map_err(|problem| DeltaError::Row { row: number, problem })
				.map(|(id, record)| Row { number, id, record });
			match row {
				Ok(row) => self.rows.push_back(row),
				Err(failure) => {
					self.failure = Some(failure);
					break;
				}
			}
			self.next_row += 1;
		}
		Ok(true)
	}
}

impl Iterator for DeltaReader {
	type Item = Result<Row, DeltaError>;

	fn next(&mut self) -> Option<Self::Item> {
		loop {
			if let Some(row) = self.rows.pop_front() {
				return Some(Ok(row));
			}
			if let Some(failure) = self.failure.take() {
				self.finished = true;
				return Some(Err(failure));
			}
			if self.finished {
				return None;
			}
			match self.fill() {
				Ok(more) => self.finished = !more,
				Err(failure) => self.failure = Some(failure),
			}
		}
	}
}

/// Checks names and types; how many values a row of each leaf column may have.
fn check_columns(
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
			ID if !matches!(
				field.data_type(),
				DataType::FixedSizeBinary(32) | DataType::Binary
			) =>
			{
				return Err(wrong("32 bytes"))
			}
			OP | ID => {}
			_ => match schema.columns.iter().find(|c| c.name == *name) {
				Some(column) => check_type(column, field.data_type())?,
				None => return Err(DeltaError::UnknownColumn(name.clone())),
			},
		}
	}
	let wanted = [OP, ID]
		.into_iter()
		.chain(schema.columns.iter().map(|c| c.name.as_str()));
	for name in wanted {
		match fields.iter().filter(|f| f.name() == name).count() {
			0 => return Err(DeltaError::MissingColumn(name.into())),
			1 => {}
			_ => {
				return Err(DeltaError::malformed(format_args!(
					"column '{name}' occurs twice"
				)))
			}
		}
	}
	let per_row = |leaf: &ColumnDescPtr| {
		let root = leaf.path().parts().first().map(String::as_str);
		schema
			.columns
			.iter()
			.find(|c| Some(c.name.as_str()) == root)
			.map_or(1, |c| c.values().max(1) as u64)
	};
	Ok(descriptor.columns().iter().map(per_row).collect())
}

type RowResult = Result<(RecordId, Option<Vec<u8>>), Problem>;

fn read_row(
	ops: &ArrayRef,
	ids: &ArrayRef,
	columns: &[Values],
	row: usize,
	record_bytes: usize,
) -> RowResult {
	let op = if ops.is_null(row) {
		"null"
	} else {
		ops.as_string::<i32>().value(row)
	};
	let id: &[u8] = match ids.data_type() {
		_ if ids.is_null(row) => &[],
		DataType::FixedSizeBinary(_) => ids.as_fixed_size_binary().value(row),
		_ => ids.as_binary::<i32>().value(row),
	};
	let found = RecordId(id.try_into().map_err(|_| Problem::IdLength(id.len()))?);
	match op {
		"add" => {
			let mut record = Vec::with_capacity(record_bytes);
			columns
				.iter()
				.try_for_each(|column| column.append(row, &mut record))?;
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
