//! Writes a delta file.

use super::columns::{array, written};
use super::error::{DeltaError, Problem};
use super::{ID, OP};
use crate::schema::{RecordId, Schema};
use arrow_array::{ArrayRef, FixedSizeBinaryArray, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema as ArrowSchema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::NamedTempFile;

/// Canonical bytes that are buffered before they go to the Parquet writer.
const BATCH_BYTES: usize = 4 << 20;
/// Rows that are buffered before they go to the Parquet writer.
const BATCH_ROWS: usize = 4096;
/// Canonical bytes of one row group; the writer holds one in memory.
const GROUP_BYTES: usize = 64 << 20;
/// Rows of one row group.
const GROUP_ROWS: usize = 256 * 1024;

/// Writes a delta file row by row, in bounded memory but for 32 bytes of id a row. The file appears under its
/// name when it is complete.
pub struct DeltaWriter {
	schema: Schema,
	arrow: Arc<ArrowSchema>,
	writer: ArrowWriter<File>,
	file: NamedTempFile,
	path: PathBuf,
	pending: Vec<(RecordId, Option<Vec<u8>>)>,
	pending_bytes: usize,
	seen: HashSet<RecordId>,
}

impl DeltaWriter {
	/// Starts a delta that [`Self::finish`] will put at `path`, replacing what is there.
	pub fn create(path: &Path, schema: &Schema) -> Result<Self, DeltaError> {
		let folder = path
			.parent()
			.filter(|p| !p.as_os_str().is_empty())
			.unwrap_or(Path::new("."));
		let file = NamedTempFile::new_in(folder)?;
		let mut fields = vec![
			Field::new(OP, DataType::Utf8, false),
			Field::new(ID, DataType::FixedSizeBinary(32), false),
		];
		fields.extend(
			schema
				.columns
				.iter()
				.map(|c| Field::new(&c.name, written(c), true)),
		);
		let arrow = Arc::new(ArrowSchema::new(fields));
		let rows = (GROUP_BYTES / schema.record_bytes().max(1)).clamp(1, GROUP_ROWS);
		let properties = WriterProperties::builder()
			.set_compression(Compression::ZSTD(ZstdLevel::default()))
			.set_statistics_enabled(EnabledStatistics::None)
			.set_max_row_group_row_count(Some(rows))
			.set_column_dictionary_enabled(ID.into(), false)
			.build();
		let writer = ArrowWriter::try_new(file.reopen()?, arrow.clone(), Some(properties)).map_err(failed)?;
		Ok(Self {
			schema: schema.clone(),
			arrow,
			writer,
			file,
			path: path.into(),
			pending: Vec::new(),
			pending_bytes: 0,
			seen: HashSet::new(),
		})
	}

	/// Number of rows so far.
	pub fn rows(&self) -> u64 {
		self.seen.len() as u64
	}

	/// Adds a record, given by its canonical bytes. After an error of kind [`DeltaError::Row`] the writer
	/// is as it was before.
	pub fn add(&mut self, record: &[u8]) -> Result<RecordId, DeltaError> {
		let row = self.rows();
		let refuse = |problem| Err(DeltaError::Row { row, problem });
		if record.len() != self.schema.record_bytes() {
			return refuse(Problem::Shape {
				column: "(record)".into(),
				expected: self.schema.record_bytes(),
				found: record.len(),
			});
		}
		if let Err((column, problem)) = self.schema.check(record) {
			return refuse(Problem::Value {
				column: column.into(),
				problem,
			});
		}
		let id = RecordId::of(record);
		self.push(id, Some(record.to_vec()))?;
		Ok(id)
	}

	/// Removes the record of this id.
	pub fn remove(&mut self, id: RecordId) -> Result<(), DeltaError> {
		self.push(id, None)
	}

	fn push(&mut self, id: RecordId, record: Option<Vec<u8>>) -> Result<(), DeltaError> {
		let row = self.rows();
		if !self.seen.insert(id) {
			return Err(DeltaError::Row {
				row,
				problem: Problem::Repeated(id),
			});
		}
		self.pending_bytes += record.as_ref().map_or(0, Vec::len);
		self.pending.push((id, record));
		if self.pending.len() >= BATCH_ROWS || self.pending_bytes >= BATCH_BYTES {
			self.flush()?;
		}
		Ok(())
	}

	fn flush(&mut self) -> Result<(), DeltaError> {
		let ops = self
			.pending
			.iter()
			.map(|(_, record)| Some(if record.is_some() { "add" } else { "remove" }));
		let ids = FixedSizeBinaryArray::try_from_iter(self.pending.iter().map(|(id, _)| id.0));
		let mut arrays: Vec<ArrayRef> = vec![
			Arc::new(StringArray::from_iter(ops)),
			Arc::new(ids.map_err(failed)?),
		];
		let mut start = 0;
		for column in &self.schema.columns {
			let end = start + column.bytes();
			let rows: Vec<_> = self
				.pending
				.iter()
				.map(|(_, record)| record.as_ref().map(|r| &r[start..end]))
				.collect();
			arrays.push(array(column, &rows));
			start = end;
		}
		let batch = RecordBatch::try_new(self.arrow.clone(), arrays).map_err(failed)?;
		self.writer.write(&batch).map_err(failed)?;
		self.pending.clear();
		self.pending_bytes = 0;
		Ok(())
	}

	/// Completes the file, syncs it and puts it in place. Returns the number of rows.
	pub fn finish(mut self) -> Result<u64, DeltaError> {
		if !self.pending.is_empty() {
			self.flush()?;
		}
		let rows = self.rows();
		self.writer.close().map_err(failed)?;
		self.file.as_file().sync_all()?;
		self.file.persist(&self.path).map_err(|e| e.error)?;
		Ok(rows)
	}
}

/// Rows are checked before they reach the Parquet writer, so what fails there is the machine.
fn failed(error: impl std::error::Error + Send + Sync + 'static) -> DeltaError {
	DeltaError::Io(std::io::Error::other(error))
}
