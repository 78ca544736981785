//! A version of a data set on disk.
//!
//! A version is a folder named by its root in hex, with three files:
//!
//! - `records`: the canonical bytes of all records, one after the other, in the set's order;
//! - `index`: for each record its id and its position (u64, little-endian), sorted by id;
//! - `set.json`: root, number of records and columns.
//!
//! Files are read by position, so memory does not depend on the set's size. A version appears under its name
//! only when it is complete and synced.

mod apply;
mod batch;
mod changes;
mod diff;
mod index;
#[cfg(test)]
mod properties;
mod removed;
#[cfg(test)]
mod tests;

pub use apply::check;
pub use batch::{Batch, ColumnValues};
pub use changes::Summary;
pub use diff::Changed;

use crate::schema::{RecordId, Schema};
use crate::sort::PositionedReader;
use crate::table::Table;
use index::Index;
use serde::{Deserialize, Serialize};
use sp_core::H256;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const RECORDS: &str = "records";
const INDEX: &str = "index";
const SET: &str = "set.json";

/// Errors of opening or reading a version.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
	/// The machine failed.
	#[error("reading the data set failed: {0}")]
	Io(#[from] std::io::Error),
	/// The folder contradicts its header. Delete it and build it again from the deltas.
	#[error("the data set in {folder} is damaged ({reason}); remove the folder to have it built again")]
	Damaged {
		/// The version's folder.
		folder: PathBuf,
		/// Description of the contradiction.
		reason: String,
	},
	/// The model description has other columns than the set.
	#[error("the data set's columns are not those of the model description")]
	OtherSchema,
	/// A record at this position does not exist.
	#[error("there is no record {index}; the data set has {len}")]
	NoRecord {
		/// Position of the record.
		index: u64,
		/// Number of records.
		len: u64,
	},
}

/// Contents of `set.json`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
	root: H256,
	len: u64,
	schema: Schema,
}

/// One version of a data set, open for reading. Reading takes `&self` and works from several threads.
#[derive(Debug)]
pub struct Set {
	folder: PathBuf,
	root: H256,
	len: u64,
	schema: Schema,
	records: File,
	index: Index,
}

impl Set {
	/// Opens the version `root` in the folder `store`. Returns `None` if it is not there. The root of the
	/// empty set is zero; it has no folder, so deltas are applied to `None` instead.
	///
	/// It takes no lock and writes nothing, so several processes can open one version. A version that is open
	/// can be read even after its folder was removed.
	pub fn open(store: &Path, root: H256, schema: &Schema) -> Result<Option<Self>, SetError> {
		let folder = store.join(hex::encode(root));
		let damaged = |reason: String| SetError::Damaged { folder: folder.clone(), reason };
		// This is asked before reading: a version that appears in the meantime is complete.
		let is_there = folder.exists();
		let json = match std::fs::read(folder.join(SET)) {
			Ok(json) => json,
			// A process that was killed while it removed the version left the rest, and no version could be
			// put in its place.
			Err(e) if e.kind() == ErrorKind::NotFound && is_there => {
				return Err(damaged(format!("it has no {SET}")))
			}
			Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
			Err(e) => return Err(e.into()),
		};
		let header: Header = serde_json::from_slice(&json).map_err(|e| damaged(e.to_string()))?;
		if header.root != root {
			return Err(damaged("it is of another root".into()));
		}
		if header.schema != *schema {
			return Err(SetError::OtherSchema);
		}
		let files = File::open(folder.join(RECORDS))
			.and_then(|records| Ok((records, Index::open(&folder.join(INDEX))?)));
		let (records, index) = files.map_err(|error| match error.kind() {
			ErrorKind::NotFound | ErrorKind::InvalidData => damaged(error.to_string()),
			_ => error.into(),
		})?;
		let expected = header.len.saturating_mul(schema.record_bytes() as u64);
		if records.metadata()?.len() != expected || index.len() != header.len {
			return Err(damaged("its files have other lengths than they should".into()));
		}
		Ok(Some(Self { folder, root, len: header.len, schema: header.schema, records, index }))
	}

	/// Root of the version: the hash over the log of the deltas that made it.
	pub fn root(&self) -> H256 {
		self.root
	}

	/// Number of records.
	pub fn len(&self) -> u64 {
		self.len
	}

	/// Returns true if the set has no records.
	pub fn is_empty(&self) -> bool {
		self.len == 0
	}

	/// Columns of the set.
	pub fn schema(&self) -> &Schema {
		&self.schema
	}

	/// Folder of the version.
	pub fn folder(&self) -> &Path {
		&self.folder
	}

	/// Reads the canonical bytes of a record into `record`, which is resized.
	pub fn read(&self, index: u64, record: &mut Vec<u8>) -> Result<(), SetError> {
		if index >= self.len {
			return Err(SetError::NoRecord { index, len: self.len });
		}
		let width = self.schema.record_bytes();
		record.resize(width, 0);
		Ok(self.records.read_exact_at(record, index.saturating_mul(width as u64))?)
	}

	/// Reads the records at these positions into a batch, in this order.
	pub fn gather(&self, indices: &[u64]) -> Result<Batch, SetError> {
		let mut batch = Batch::empty(&self.schema, indices.len());
		let mut record = Vec::new();
		for index in indices {
			self.read(*index, &mut record)?;
			batch.push(&self.schema, &record);
		}
		Ok(batch)
	}

	/// Returns the position of a record, or `None` if it is not in the set.
	pub fn position(&self, id: RecordId) -> Result<Option<u64>, SetError> {
		Ok(self.index.find(id)?)
	}

	/// Returns the ids and positions of all records, the smallest id first. Fails if the index is damaged.
	pub fn ids(&self) -> impl Iterator<Item = Result<(RecordId, u64), SetError>> + '_ {
		self.index.entries().map(|entry| entry.map_err(|error| self.index_error(error)))
	}

	/// Reads the index and every record and compares them, which finds damaged files.
	pub fn verify(&self) -> Result<(), SetError> {
		self.ids().try_for_each(|entry| entry.map(drop))?;
		let mut record = Vec::new();
		for index in 0..self.len {
			self.read(index, &mut record)?;
			if self.index.find(RecordId::of(&record))? != Some(index) {
				return Err(self.damaged(format!("record {index} is not the one in the index")));
			}
		}
		Ok(())
	}

	/// Writes all records in their order to one Parquet file: the column `id`, then the description's
	/// columns.
	///
	/// `progress` gets the number of records written so far. The file appears under its name when it is
	/// complete.
	pub fn export(&self, out: &Path, mut progress: impl FnMut(u64)) -> Result<(), SetError> {
		let mut table = Table::create(out, &self.schema, false)?;
		let mut reader = BufReader::with_capacity(1 << 20, PositionedReader::new(&self.records, 0));
		let mut record = vec![0; self.schema.record_bytes()];
		for number in 0..self.len {
			reader.read_exact(&mut record)?;
			table.push(RecordId::of(&record), Some(&record))?;
			progress(number + 1);
		}
		Ok(table.finish()?)
	}

	/// Writes the records at these positions, in this order, to a Parquet file as [`Set::export`] does.
	pub fn export_records(&self, positions: &[u64], out: &Path) -> Result<(), SetError> {
		let mut table = Table::create(out, &self.schema, false)?;
		let mut record = Vec::new();
		for position in positions {
			self.read(*position, &mut record)?;
			table.push(RecordId::of(&record), Some(&record))?;
		}
		Ok(table.finish()?)
	}

	fn index_error(&self, error: std::io::Error) -> SetError {
		match error.kind() {
			ErrorKind::InvalidData => self.damaged("its index is out of order".into()),
			_ => error.into(),
		}
	}

	fn damaged(&self, reason: String) -> SetError {
		SetError::Damaged { folder: self.folder.clone(), reason }
	}
}
