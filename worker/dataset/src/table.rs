//! Writes records to a Parquet file.

use crate::delta::{array, written, ID, OP};
use crate::schema::{RecordId, Schema};
use arrow_array::{ArrayRef, FixedSizeBinaryArray, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema as ArrowSchema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::NamedTempFile;

/// Number of canonical bytes that are buffered before they go to the Parquet writer.
const BATCH_BYTES: usize = 4 << 20;
/// Number of rows that are buffered before they go to the Parquet writer.
const BATCH_ROWS: usize = 4096;
/// Number of canonical bytes of one row group. The writer holds one in memory.
const GROUP_BYTES: usize = 64 << 20;
/// Number of rows of one row group.
const GROUP_ROWS: usize = 256 * 1024;

/// A Parquet file with one row per record, written in bounded memory. It appears under its name when it is
/// complete.
pub(crate) struct Table {
	schema: Schema,
	arrow: Arc<ArrowSchema>,
	writer: ArrowWriter<File>,
	file: NamedTempFile,
	path: PathBuf,
	with_ops: bool,
	/// Ids with the canonical bytes; a removal has no bytes.
	pending: Vec<(RecordId, Option<Vec<u8>>)>,
	pending_bytes: usize,
}

impl Table {
	/// Starts a file that [`Self::finish`] puts at `path`, replacing a file there. It has the column `op` if
	/// `with_ops`, then `id` and the schema's columns.
	pub(crate) fn create(path: &Path, schema: &Schema, with_ops: bool) -> io::Result<Self> {
		let file = NamedTempFile::new_in(folder(path))?;
		let mut fields = vec![Field::new(ID, DataType::FixedSizeBinary(32), false)];
		if with_ops {
			fields.insert(0, Field::new(OP, DataType::Utf8, false));
		}
		let columns = schema.columns.iter();
		fields.extend(columns.map(|c| Field::new(&c.name, written(c), with_ops)));
		let arrow = Arc::new(ArrowSchema::new(fields));
		let rows = (GROUP_BYTES / schema.record_bytes().max(1)).clamp(1, GROUP_ROWS);
		let properties = WriterProperties::builder()
			.set_compression(Compression::ZSTD(ZstdLevel::default()))
			.set_statistics_enabled(EnabledStatistics::None)
			.set_max_row_group_row_count(Some(rows))
			.set_column_dictionary_enabled(ID.into(), false)
			.build();
		let writer = ArrowWriter::try_new(file.reopen()?, arrow.clone(), Some(properties));
		Ok(Self {
			schema: schema.clone(),
			arrow,
			writer: writer.map_err(io::Error::other)?,
			file,
			path: path.into(),
			with_ops,
			pending: Vec::new(),
			pending_bytes: 0,
		})
	}

	/// Appends a row; `record` is `None` for a removal.
	pub(crate) fn push(&mut self, id: RecordId, record: Option<&[u8]>) -> io::Result<()> {
		self.pending_bytes += record.map_or(0, <[u8]>::len);
		self.pending.push((id, record.map(<[u8]>::to_vec)));
		if self.pending.len() >= BATCH_ROWS || self.pending_bytes >= BATCH_BYTES {
			self.flush()?;
		}
		Ok(())
	}

	fn flush(&mut self) -> io::Result<()> {
		let ids = FixedSizeBinaryArray::try_from_iter(self.pending.iter().map(|(id, _)| id.0));
		let mut arrays: Vec<ArrayRef> = vec![Arc::new(ids.map_err(io::Error::other)?)];
		if self.with_ops {
			let op = |record: &Option<_>| if record.is_some() { "add" } else { "remove" };
			let ops = self.pending.iter().map(|(_, record)| Some(op(record)));
			arrays.insert(0, Arc::new(StringArray::from_iter(ops)));
		}
		let mut start = 0;
		for column in &self.schema.columns {
			let end = start + column.bytes();
			let rows: Vec<_> =
				self.pending.iter().map(|(_, record)| record.as_ref().map(|r| &r[start..end])).collect();
			arrays.push(array(column, &rows));
			start = end;
		}
		let batch = RecordBatch::try_new(self.arrow.clone(), arrays).map_err(io::Error::other)?;
		self.writer.write(&batch).map_err(io::Error::other)?;
		self.pending.clear();
		self.pending_bytes = 0;
		Ok(())
	}

	/// Completes the file, syncs it and puts it in place.
	pub(crate) fn finish(mut self) -> io::Result<()> {
		if !self.pending.is_empty() {
			self.flush()?;
		}
		self.writer.close().map_err(io::Error::other)?;
		self.file.as_file().sync_all()?;
		self.file.persist(&self.path).map_err(|e| e.error)?;
		Ok(())
	}
}

/// Returns the folder that a file is in.
pub(crate) fn folder(path: &Path) -> &Path {
	path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
