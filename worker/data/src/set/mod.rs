//! A version of a data set on disk.
//!
//! A version is a folder named by its root in hex, with three files:
//!
//! - `records`: the canonical bytes of all records, one after the other, in the set's order;
//! - `index`: for each record its id and its position (u64, little-endian), sorted by id;
//! - `set.json`: root, number of records and columns.
//!
//! Everything is read by position, so memory does not depend on the set's size. A version appears under its
//! name only when it is complete and synced.

mod apply;
mod index;
#[cfg(test)]
mod tests;

pub use apply::{check, Summary};

use crate::schema::{Column, Dtype, RecordId, Schema};
use index::Index;
use serde::{Deserialize, Serialize};
use sp_core::H256;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const RECORDS: &str = "records";
const INDEX: &str = "index";
const SET: &str = "set.json";

/// Why a version cannot be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
	/// The machine failed.
	#[error("reading the data set failed: {0}")]
	Io(#[from] std::io::Error),
	/// The folder is not what it says: delete it and build it again from the deltas.
	#[error("the data set in {folder} is damaged ({reason}); remove the folder to have it built again")]
	Damaged {
		/// The version's folder.
		folder: PathBuf,
		/// What does not fit.
		reason: String,
	},
	/// The model description wants other columns than the set has.
	#[error("the data set's columns are not those of the model description")]
	OtherSchema,
	/// A record was asked for that is not there.
	#[error("there is no record {index}; the data set has {len}")]
	NoRecord {
		/// The record's position.
		index: u64,
		/// Number of records.
		len: u64,
	},
}

/// What `set.json` holds.
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

/// The values of one column of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnValues {
	/// The column's name.
	pub name: String,
	/// Type of the values.
	pub dtype: Dtype,
	/// Shape of one record's value; the batch's has one more dimension in front.
	pub shape: Vec<u64>,
	/// The values, little-endian, row-major, record by record.
	pub bytes: Vec<u8>,
}

/// Some records, column by column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
	/// Number of records.
	pub len: usize,
	/// The columns in the order of the schema: input, then target.
	pub columns: Vec<ColumnValues>,
}

impl Batch {
	/// A batch out of records' canonical bytes, concatenated. `None` if they are not whole records.
	pub fn from_records(schema: &Schema, records: &[u8]) -> Option<Self> {
		let width = schema.record_bytes();
		if width == 0 || !records.len().is_multiple_of(width) {
			return None;
		}
		let len = records.len() / width;
		let mut batch = Self::empty(schema, len);
		records
			.chunks_exact(width)
			.for_each(|record| batch.push(schema, record));
		Some(batch)
	}

	fn empty(schema: &Schema, len: usize) -> Self {
		let column = |c: &Column| ColumnValues {
			name: c.name.clone(),
			dtype: c.dtype,
			shape: c.shape.clone(),
			bytes: Vec::with_capacity(c.bytes().saturating_mul(len)),
		};
		Self {
			len,
			columns: schema.columns.iter().map(column).collect(),
		}
	}

	fn push(&mut self, schema: &Schema, record: &[u8]) {
		for (values, (_, bytes)) in self.columns.iter_mut().zip(schema.split(record)) {
			values.bytes.extend_from_slice(bytes);
		}
	}
}

impl Set {
	/// Opens the version `root` under `store`: `None` if it is not there. The root of the empty set, which
	/// needs no folder, is zero; apply to `None` instead.
	pub fn open(store: &Path, root: H256, schema: &Schema) -> Result<Option<Self>, SetError> {
		let folder = store.join(hex::encode(root));
		let json = match std::fs::read(folder.join(SET)) {
			Ok(json) => json,
			Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
			Err(e) => return Err(e.into()),
		};
		let damaged = |reason: String| SetError::Damaged {
			folder: folder.clone(),
			reason,
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
		Ok(Some(Self {
			folder,
			root,
			len: header.len,
			schema: header.schema,
			records,
			index,
		}))
	}

	/// The version's root: the hash over the log of deltas that made it.
	pub fn root(&self) -> H256 {
		self.root
	}

	/// Number of records.
	pub fn len(&self) -> u64 {
		self.len
	}

	/// Whether the set has no records.
	pub fn is_empty(&self) -> bool {
		self.len == 0
	}

	/// The set's columns.
	pub fn schema(&self) -> &Schema {
		&self.schema
	}

	/// The folder that holds the version.
	pub fn folder(&self) -> &Path {
		&self.folder
	}

	/// Reads the canonical bytes of a record into `record`, which it resizes.
	pub fn read(&self, index: u64, record: &mut Vec<u8>) -> Result<(), SetError> {
		if index >= self.len {
			return Err(SetError::NoRecord { index, len: self.len });
		}
		let width = self.schema.record_bytes();
		record.resize(width, 0);
		Ok(self
			.records
			.read_exact_at(record, index.saturating_mul(width as u64))?)
	}

	/// Reads the records at these positions, in this order.
	pub fn gather(&self, indices: &[u64]) -> Result<Batch, SetError> {
		let mut batch = Batch::empty(&self.schema, indices.len());
		let mut record = Vec::new();
		for index in indices {
			self.read(*index, &mut record)?;
			batch.push(&self.schema, &record);
		}
		Ok(batch)
	}

	/// The position of a record, if it is in the set.
	pub fn position(&self, id: RecordId) -> Result<Option<u64>, SetError> {
		Ok(self.index.find(id)?)
	}

	/// Reads every record and compares it with the index: finds files that were damaged behind our back.
	pub fn verify(&self) -> Result<(), SetError> {
		let mut record = Vec::new();
		let damaged = |reason| SetError::Damaged {
			folder: self.folder.clone(),
			reason,
		};
		for index in 0..self.len {
			self.read(index, &mut record)?;
			if self.index.find(RecordId::of(&record))? != Some(index) {
				return Err(damaged(format!("record {index} is not the one in the index")));
			}
		}
		Ok(())
	}
}
