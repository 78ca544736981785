//! Writes a delta file.

use super::error::{DeltaError, Problem};
use crate::schema::{RecordId, Schema};
use crate::sort::{Sorter, RUN};
use crate::table::{folder, Table};
use std::collections::HashSet;
use std::path::Path;

/// Writes a delta file row by row. The file appears under its name when it is complete.
pub struct DeltaWriter {
	schema: Schema,
	table: Table,
	rows: u64,
	seen: Seen,
}

/// The ids so far.
enum Seen {
	Memory(HashSet<RecordId>),
	/// Ids and the numbers of their rows, big-endian, on disk.
	Disk(Sorter<40>),
}

impl DeltaWriter {
	/// Starts a delta that [`Self::finish`] puts at `path`, replacing a file there. Memory is bounded except
	/// for the ids, some 60 bytes per row, which are kept so that a repeated id is refused at once.
	///
	/// # Errors
	/// [`DeltaError::Io`].
	pub fn create(path: &Path, schema: &Schema) -> Result<Self, DeltaError> {
		Self::new(path, schema, Seen::Memory(HashSet::new()))
	}

	/// Starts a delta of any number of rows, in bounded memory. Ids are kept in a nameless file beside
	/// `path`. [`Self::finish`] refuses a repeated id and then leaves no file.
	///
	/// # Errors
	/// [`DeltaError::Io`].
	pub fn streaming(path: &Path, schema: &Schema) -> Result<Self, DeltaError> {
		Self::new(path, schema, Seen::Disk(Sorter::new(folder(path), RUN)))
	}

	fn new(path: &Path, schema: &Schema, seen: Seen) -> Result<Self, DeltaError> {
		Ok(Self { schema: schema.clone(), table: Table::create(path, schema, true)?, rows: 0, seen })
	}

	/// Number of rows so far.
	pub fn rows(&self) -> u64 {
		self.rows
	}

	/// Adds a record, given by its canonical bytes, and returns its id. After a [`DeltaError::Row`] the
	/// writer is as it was before.
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
			return refuse(Problem::Value { column: column.into(), problem });
		}
		let id = RecordId::of(record);
		self.push(id, Some(record))?;
		Ok(id)
	}

	/// Removes the record of this id.
	pub fn remove(&mut self, id: RecordId) -> Result<(), DeltaError> {
		self.push(id, None)
	}

	fn push(&mut self, id: RecordId, record: Option<&[u8]>) -> Result<(), DeltaError> {
		let row = self.rows;
		match &mut self.seen {
			Seen::Memory(ids) => {
				if !ids.insert(id) {
					return Err(repeated(row, id));
				}
			}
			Seen::Disk(ids) => {
				let mut entry = [0; 40];
				entry[..32].copy_from_slice(&id.0);
				entry[32..].copy_from_slice(&row.to_be_bytes());
				ids.push(entry)?;
			}
		}
		self.table.push(id, record)?;
		self.rows += 1;
		Ok(())
	}

	/// Completes the file, syncs it and puts it in place. Returns the number of rows.
	pub fn finish(self) -> Result<u64, DeltaError> {
		if let Seen::Disk(ids) = self.seen {
			check_distinct(ids)?;
		}
		self.table.finish()?;
		Ok(self.rows)
	}
}

fn repeated(row: u64, id: RecordId) -> DeltaError {
	DeltaError::Row { row, problem: Problem::Repeated(id) }
}

/// Returns an error for the first row whose id occurs before.
fn check_distinct(ids: Sorter<40>) -> Result<(), DeltaError> {
	let mut first: Option<(u64, RecordId)> = None;
	let mut previous = None;
	for entry in ids.finish()?.iter()? {
		let entry = entry?;
		let (mut id, mut row) = ([0; 32], [0; 8]);
		id.copy_from_slice(&entry[..32]);
		row.copy_from_slice(&entry[32..]);
		let row = u64::from_be_bytes(row);
		if previous.replace(id) == Some(id) && first.is_none_or(|(earlier, _)| row < earlier) {
			first = Some((row, RecordId(id)));
		}
	}
	first.map_or(Ok(()), |(row, id)| Err(repeated(row, id)))
}
