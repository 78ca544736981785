//! Parquet tables as a source.

use super::columns::TableColumns;
use super::error::{BuildError, Fault};
use super::number::{append, Number};
use super::{Progress, Source, Step};
use crate::schema::{Column, Dtype, Schema};
use arrow_array::cast::AsArray;
use arrow_array::types::{
	Float16Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, Int8Type, UInt16Type, UInt32Type,
	UInt64Type, UInt8Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::{
	ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::ProjectionMask;
use std::fs::File;
use std::ops::Range;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::{Path, PathBuf};

/// Number of canonical bytes that are decoded at a time.
const BATCH_BYTES: usize = 4 << 20;
/// Number of rows that are decoded at a time.
const BATCH_ROWS: usize = 4096;

/// A Parquet file whose columns are numbers or flat lists of numbers. Memory holds one batch and one page of
/// each column.
pub(super) struct Parquet {
	file: PathBuf,
	batches: ParquetRecordBatchReader,
	/// The schema's columns, and the names of the file's columns that hold them.
	columns: Vec<(Column, Vec<String>)>,
	batch: Vec<Vec<Cells>>,
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
					other => single && is_number(other),
				};
				if !fits {
					let wanted = if single { "numbers" } else { "flat lists of numbers" };
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
		let cells = |name: &String| {
			let array = batch.column_by_name(name);
			let cells = array.and_then(|array| Cells::open(name, array));
			cells.ok_or_else(|| BuildError::unfit(&self.file, format!("column '{name}' cannot be read")))
		};
		let columns = self.columns.iter();
		self.batch = columns.map(|(_, names)| names.iter().map(cells).collect()).collect::<Result<_, _>>()?;
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
				let read = cells.append(self.next, expected, column.dtype, record);
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

fn is_number(found: &DataType) -> bool {
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

/// One column of a batch.
struct Cells {
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
	fn open(name: &str, array: &ArrayRef) -> Option<Self> {
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

	fn append(&self, row: usize, expected: usize, dtype: Dtype, record: &mut Vec<u8>) -> Result<(), Fault> {
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
