//! Reads a delta file row by row.

use super::columns::Values;
use super::error::DeltaError;
use super::file::BoundedFile;
use super::footer::{check_chunks, metadata};
use super::limits::{at_most, DeltaLimits};
use super::pages::{Group, Held};
use super::row::{check_columns, read_row, Row};
use super::{ID, OP};
use crate::schema::Schema;
use arrow_array::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use parquet::arrow::{parquet_to_arrow_field_levels, parquet_to_arrow_schema, FieldLevels, ProjectionMask};
use parquet::file::metadata::ParquetMetaData;
use std::collections::VecDeque;
use std::fs::File;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::Path;
use std::sync::Arc;

/// Number of decoded bytes of one batch.
const BATCH_BYTES: usize = 4 << 20;
/// Number of rows of one batch.
const BATCH_ROWS: usize = 4096;

/// Iterator over a delta's rows, in the order of the file. It checks each row by itself; [`crate::check`]
/// finds whether the delta applies to a data set. After an error the iterator ends.
pub struct DeltaReader {
	schema: Schema,
	file: Arc<BoundedFile>,
	metadata: Arc<ParquetMetaData>,
	levels: FieldLevels,
	values_per_row: Vec<u64>,
	held: Arc<Held>,
	batch_rows: usize,
	/// Number of canonical bytes of the additions so far.
	record_bytes: u64,
	record_limit: u64,
	next_group: usize,
	batches: Option<ParquetRecordBatchReader>,
	rows: VecDeque<Row>,
	/// Error that follows the rows that are still to be returned.
	failure: Option<DeltaError>,
	next_row: u64,
	finished: bool,
}

impl DeltaReader {
	/// Opens a delta file and checks everything that can be checked without reading its rows.
	///
	/// # Errors
	/// See [`DeltaError`].
	pub fn open(path: &Path, schema: &Schema, limits: &DeltaLimits) -> Result<Self, DeltaError> {
		let file = File::open(path)?;
		let bytes = file.metadata()?.len();
		limits.check_file(bytes)?;
		let metadata = metadata(&file, schema.columns.len().saturating_add(2))?;
		let mut total = 0u64;
		for group in metadata.row_groups() {
			let rows =
				u64::try_from(group.num_rows()).map_err(|_| DeltaError::malformed("a negative row count"))?;
			total = total.saturating_add(rows);
		}
		// Programs that believe the footer would show other rows than those that count.
		if u64::try_from(metadata.file_metadata().num_rows()) != Ok(total) {
			return Err(DeltaError::malformed("its footer tells another number of rows than it has"));
		}
		limits.check_rows(total, bytes)?;
		check_chunks(&metadata, bytes)?;
		let descriptor = metadata.file_metadata().schema_descr();
		// The embedded Arrow schema is only a hint, and one thing less to trust.
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
			held: Held::new(limits.pages_bytes),
			batch_rows,
			record_bytes: 0,
			record_limit: limits.records(bytes),
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
		self.metadata
			.row_groups()
			.iter()
			.fold(0, |n, g| n.saturating_add(u64::try_from(g.num_rows()).unwrap_or(0)))
	}

	/// Returns true if the file declares no rows.
	pub fn is_empty(&self) -> bool {
		self.len() == 0
	}

	fn next_batch(&mut self) -> Result<Option<RecordBatch>, DeltaError> {
		loop {
			if let Some(batches) = &mut self.batches {
				if let Some(batch) = batches.next() {
					return batch.map(Some).map_err(|e| self.file.decode_error(e));
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
				held: self.held.clone(),
			};
			self.next_group += 1;
			let reader = ParquetRecordBatchReader::try_new_with_row_groups(
				&self.levels,
				&group,
				self.batch_rows,
				None,
			);
			self.batches = Some(reader.map_err(|e| self.file.decode_error(e))?);
		}
	}

	/// Decodes the next batch into `self.rows`. Returns false at the end of the file.
	fn fill(&mut self) -> Result<bool, DeltaError> {
		// The decoder panics on some malformed files.
		let batch = catch_unwind(AssertUnwindSafe(|| self.next_batch()))
			.unwrap_or_else(|_| Err(DeltaError::malformed("a page cannot be decoded")))?;
		let Some(batch) = batch else {
			return match self.next_row == self.len() {
				true => Ok(false),
				false => Err(DeltaError::malformed("it holds fewer rows than it declares")),
			};
		};
		let column =
			|name: &str| batch.column_by_name(name).ok_or_else(|| DeltaError::MissingColumn(name.into()));
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
			let row = row.and_then(|row| {
				let bytes = row.record.as_ref().map_or(0, Vec::len) as u64;
				self.record_bytes = self.record_bytes.saturating_add(bytes);
				let what = "bytes of records";
				at_most(what, self.record_bytes, self.record_limit, "add fewer in one delta").map(|()| row)
			});
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
