//! Exports a version as a Parquet file for other programs.

use super::{Set, SetError};
use crate::schema::RecordId;
use crate::sort::At;
use crate::table::Table;
use std::io::{BufReader, Read};
use std::path::Path;

impl Set {
	/// Writes all records in their order to one Parquet file: the column `id`, then the description's
	/// columns.
	///
	/// `progress` gets the number of records written so far. The file appears under its name when it is
	/// complete.
	pub fn export(&self, out: &Path, mut progress: impl FnMut(u64)) -> Result<(), SetError> {
		let mut table = Table::create(out, &self.schema, false)?;
		let mut reader = BufReader::with_capacity(1 << 20, At::new(&self.records, 0));
		let mut record = vec![0; self.schema.record_bytes()];
		for number in 0..self.len {
			reader.read_exact(&mut record)?;
			table.push(RecordId::of(&record), Some(&record))?;
			progress(number + 1);
		}
		Ok(table.finish()?)
	}
}
