//! Making delta files out of what data comes in: tables, IDX files, folders of images, two versions of a table.
//!
//! A [`Source`] hands out records in an order that depends on its content only, and [`build`] writes them, so that the
//! same source makes the same file, byte for byte. Records are never rounded or guessed: a value that the description's
//! dtype cannot hold exactly is an error that names where it stands. The one conversion is that of pixels, which
//! become `value / 255` where the input is `f32`.

mod columns;
mod csv;
mod difference;
mod error;
mod ids;
mod idx;
mod images;
mod number;
mod range;
mod table;
#[cfg(test)]
mod tests;

pub use columns::{ColumnNames, TableColumns};
pub use difference::{Open, Versions};
pub use error::{BuildError, Fault};
pub use idx::Idx;
pub use images::Images;
pub use range::Records;

use self::csv::Csv;
use crate::delta::{DeltaError, DeltaLimits, DeltaWriter, Problem};
use crate::schema::{RecordId, Schema};
use crate::set::Set;
use serde::Serialize;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use table::Parquet;

/// What a source has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
	/// A record to add.
	Add,
	/// A record to remove.
	Remove,
	/// Something was read that changes nothing.
	Skip,
	/// There is no more.
	End,
}

/// How far a source has been read, in a unit of its own: good for a progress bar and nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
	/// What has been read.
	pub done: u64,
	/// All there is; zero where that is not known.
	pub total: u64,
}

/// Records in a fixed order.
pub trait Source {
	/// Goes on by one step. For [`Step::Add`] and [`Step::Remove`] the canonical bytes of the record have replaced
	/// what was in `record`.
	///
	/// # Errors
	/// Where the source cannot be read or holds no record of the schema there. It is not to be read further then.
	fn read(&mut self, record: &mut Vec<u8>) -> Result<Step, BuildError>;

	/// Where the record of the last step stands, as `row 17 of train.csv`. Rows are counted from 0, as in deltas.
	fn position(&self) -> String;

	/// How far it has been read.
	fn progress(&self) -> Progress;

	/// The number of records, where it is known before they are read.
	fn records(&self) -> Option<u64> {
		None
	}
}

/// What [`build`] wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Built {
	/// Records that the delta adds.
	pub added: u64,
	/// Records that the delta removes.
	pub removed: u64,
	/// Records that were left out because the source had them before.
	pub repeated: u64,
	/// Additions that were left out because the data set has them already.
	pub present: u64,
	/// Removals that were left out because the data set has no such record.
	pub absent: u64,
}

/// Writes the delta that a source makes for the data set `base` (`None`: the empty set) to `out`, which appears when it
/// is complete. `observe` is told of the progress before every step.
///
/// Memory is bounded whatever the source's size, but for the ids of the delta's rows.
///
/// # Errors
/// The first fault of the source; [`BuildError::Nothing`] where the delta would be empty. Nothing is left at `out` then,
/// or what was there before.
pub fn build(
	source: &mut dyn Source,
	schema: &Schema,
	base: Option<&Set>,
	limits: &DeltaLimits,
	out: &Path,
	mut observe: impl FnMut(Progress),
) -> Result<Built, BuildError> {
	let mut writer = DeltaWriter::create(out, schema)?;
	let mut built = Built::default();
	let mut record = Vec::with_capacity(schema.record_bytes());
	loop {
		observe(source.progress());
		let step = source.read(&mut record)?;
		let there = match (step, base) {
			(Step::Add | Step::Remove, Some(base)) => base.position(RecordId::of(&record))?.is_some(),
			_ => step == Step::Remove,
		};
		let written = match (step, there) {
			(Step::Add, false) => writer.add(&record).map(|_| &mut built.added),
			(Step::Remove, true) => writer.remove(RecordId::of(&record)).map(|()| &mut built.removed),
			(Step::Add, true) => Ok(&mut built.present),
			(Step::Remove, false) => Ok(&mut built.absent),
			(Step::Skip, _) => continue,
			(Step::End, _) => break,
		};
		match written {
			Ok(count) => *count += 1,
			Err(DeltaError::Row { problem: Problem::Repeated(_), .. }) => built.repeated += 1,
			Err(DeltaError::Row { problem, .. }) => {
				return Err(BuildError::Record { position: source.position(), fault: problem.into() })
			}
			Err(other) => return Err(other.into()),
		}
		if writer.rows() > limits.rows {
			return Err(BuildError::TooManyRows { limit: limits.rows });
		}
	}
	if writer.rows() == 0 {
		return Err(BuildError::Nothing);
	}
	writer.finish()?;
	Ok(built)
}

/// Opens a table: Parquet where it begins as Parquet does, CSV otherwise.
///
/// # Errors
/// Where it cannot be read or lacks columns.
pub fn open_table(
	path: &Path,
	schema: &Schema,
	columns: &TableColumns,
) -> Result<Box<dyn Source>, BuildError> {
	let mut start = Vec::new();
	let begun = File::open(path).and_then(|file| file.take(4).read_to_end(&mut start));
	begun.map_err(|error| BuildError::io(path, error))?;
	Ok(match start.as_slice() {
		b"PAR1" => Box::new(Parquet::open(path, schema, columns)?),
		_ => Box::new(Csv::open(path, schema, columns)?),
	})
}
