//! Parquet tables as a source.

mod cells;
mod pictures;

use super::columns::TableColumns;
use super::error::{BuildError, Fault};
use super::{Progress, Source, Step};
use crate::schema::{Column, Schema};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::DataType;
use cells::{is_number, Cells};
use parquet::arrow::arrow_reader::{
	ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::ProjectionMask;
use pictures::Pictures;
use std::fs::File;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::{Path, PathBuf};

/// Number of canonical bytes that are decoded at a time.
const BATCH_BYTES: usize = 4 << 20;
/// Number of rows that are decoded at a time.
const BATCH_ROWS: usize = 4096;

/// Values of one column of a batch.
enum Values {
	Numbers(Cells),
	Pictures(Pictures),
}

impl Values {
	fn open(name: &str, column: &Column, array: &ArrayRef) -> Option<Self> {
		match Pictures::open(name, column, array) {
			Some(pictures) => Some(Self::Pictures(pictures)),
			None => Cells::open(name, array).map(Self::Numbers),
		}
	}

	/// Appends the values of a row, of which there have to be so many.
	fn append(
		&self,
		row: usize,
		expected: usize,
		column: &Column,
		record: &mut Vec<u8>,
	) -> Result<(), Fault> {
		match self {
			Self::Numbers(cells) => cells.append(row, expected, column.dtype, record),
			Self::Pictures(pictures) => pictures.append(row, column.dtype, record),
		}
	}
}

/// A Parquet file whose columns are numbers, flat lists of numbers, or encoded images. Memory holds one batch
/// and one page of each column.
pub(super) struct Parquet {
	file: PathBuf,
	batches: ParquetRecordBatchReader,
	/// The schema's columns, and the names of the file's columns that hold them.
	columns: Vec<(Column, Vec<String>)>,
	batch: Vec<Vec<Values>>,
	/// Number of rows of the batch.
	len: usize,
	/// Row of the batch that comes next.
	next: usize,
	rows: u64,
	total: u64,
}

impl Parquet {
	/// Opens a file and finds the schema's columns in it. The file may have others.
	///
	/// # Errors
	/// Fails if it is not a Parquet file, or if columns are missing or hold no numbers.
	pub(super) fn open(path: &Path, schema: &Schema, columns: &TableColumns) -> Result<Self, BuildError> {
		let file = File::open(path).map_err(|error| BuildError::io(path, error))?;
		// The Arrow metadata adds dictionaries and other shapes of lists, which are read as plain ones.
		let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
		let builder = guarded(path, || ParquetRecordBatchReaderBuilder::try_new_with_options(file, options))?;
		let header: Vec<String> =
			builder.schema().fields().iter().map(|field| field.name().clone()).collect();
		let positions = columns.resolve(path, schema, &header, true)?;
		for (column, positions) in schema.columns.iter().zip(&positions) {
			for position in positions {
				let found = builder.schema().field(*position).data_type();
				let single = positions.len() == column.values();
				let fits = match found {
					DataType::List(field) => positions.len() == 1 && is_number(field.data_type()),
					other if pictures::is_encoded(other) => {
						pictures::takes_them(column) && positions.len() == 1
					}
					other => single && is_number(other),
				};
				if !fits {
					let wanted = match single {
						true => "numbers",
						false if pictures::takes_them(column) => "flat lists of numbers, or encoded images",
						false => "flat lists of numbers",
					};
					let reason = format!("column '{}' must hold {wanted}, not {found}", header[*position]);
					return Err(BuildError::unfit(path, reason));
				}
			}
		}
		let total = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
		let mask = ProjectionMask::roots(builder.parquet_schema(), positions.iter().flatten().copied());
		let rows = (BATCH_BYTES / schema.record_bytes().max(1)).clamp(1, BATCH_ROWS);
		let builder = builder.with_projection(mask).with_batch_size(rows);
		let batches = guarded(path, || builder.build())?;
		let names = |positions: &Vec<usize>| positions.iter().map(|at| header[*at].clone()).collect();
		Ok(Self {
			file: path.into(),
			batches,
			columns: schema.columns.iter().cloned().zip(positions.iter().map(names)).collect(),
			batch: Vec::new(),
			len: 0,
			next: 0,
			rows: 0,
			total,
		})
	}

	fn open_batch(&mut self, batch: &RecordBatch) -> Result<(), BuildError> {
		let values = |column: &Column, name: &String| {
			let array = batch.column_by_name(name);
			let values = array.and_then(|array| Values::open(name, column, array));
			values.ok_or_else(|| BuildError::unfit(&self.file, format!("column '{name}' cannot be read")))
		};
		let columns = self.columns.iter();
		let columns = columns.map(|(column, names)| names.iter().map(|name| values(column, name)).collect());
		self.batch = columns.collect::<Result<_, _>>()?;
		self.len = batch.num_rows();
		self.next = 0;
		Ok(())
	}
}

impl Source for Parquet {
	fn read(&mut self, record: &mut Vec<u8>) -> Result<Step, BuildError> {
		while self.next == self.len {
			let batches = &mut self.batches;
			match guarded(&self.file, || batches.next().transpose())? {
				Some(batch) => self.open_batch(&batch)?,
				None if self.rows < self.total => {
					return Err(BuildError::unfit(&self.file, "it holds fewer rows than it declares"))
				}
				None => return Ok(Step::End),
			}
		}
		record.clear();
		self.rows += 1;
		for ((column, _), cells) in self.columns.iter().zip(&self.batch) {
			let expected = column.values() / cells.len().max(1);
			for cells in cells {
				let read = cells.append(self.next, expected, column, record);
				read.map_err(|fault| BuildError::Record { position: self.position(), fault })?;
			}
		}
		self.next += 1;
		Ok(Step::Add)
	}

	fn position(&self) -> String {
		format!("row {} of {}", self.rows.saturating_sub(1), self.file.display())
	}

	fn progress(&self) -> Progress {
		Progress { done: self.rows, total: self.total }
	}

	fn records(&self) -> Option<u64> {
		Some(self.total)
	}
}

/// Turns a decoder's panic on a malformed file into an error.
fn guarded<T, E: std::fmt::Display>(
	file: &Path,
	decode: impl FnOnce() -> Result<T, E>,
) -> Result<T, BuildError> {
	let unreadable = |reason: &dyn std::fmt::Display| {
		BuildError::unfit(file, format!("not a readable Parquet file: {reason}"))
	};
	match catch_unwind(AssertUnwindSafe(decode)) {
		Ok(result) => result.map_err(|error| unreadable(&error)),
		Err(_) => Err(unreadable(&"a page cannot be decoded")),
	}
}
