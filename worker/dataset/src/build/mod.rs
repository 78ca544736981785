//! Makes delta files from tables, IDX files, folders of images, texts, or two versions of a table.
//!
//! A [`Source`] returns records in an order that depends on its content only, and [`build`] writes them, so
//! the same source gives the same file, byte for byte. Records are never rounded or guessed: a value that the
//! description's dtype cannot hold exactly is an error that names its position. The one conversion is that of
//! pixels, which become `value / 255` if the input is `f32`.

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
mod text;

pub use columns::{ColumnNames, TableColumns};
pub use difference::{Open, Versions};
pub use error::{BuildError, Fault};
pub use idx::Idx;
pub use images::{read_image, Class, ClassNames, Images};
pub use range::Records;
pub use text::{Text, Tokenizer};

use self::csv::Csv;
use crate::delta::{DeltaError, DeltaLimits, DeltaWriter, Problem};
use crate::schema::{RecordId, Schema};
use crate::set::Set;
use serde::Serialize;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use table::Parquet;

/// Result of reading one step of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
	/// The step read a record to add.
	Add,
	/// The step read a record to remove.
	Remove,
	/// The step read something that changes nothing.
	Skip,
	/// The source is at its end.
	End,
}

/// Progress of reading a source, in a unit of its own that is only good for a progress bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
	/// Amount that has been read.
	pub done: u64,
	/// Total amount; zero if it is not known.
	pub total: u64,
}

/// A source of records in a fixed order.
pub trait Source {
	/// Reads one step. On [`Step::Add`] and [`Step::Remove`] the canonical bytes of the record have replaced
	/// the contents of `record`.
	///
	/// # Errors
	/// Fails if the source cannot be read or holds no record of the schema there. It must not be read further
	/// then.
	fn read(&mut self, record: &mut Vec<u8>) -> Result<Step, BuildError>;

	/// Returns the position of the last step's record, such as `row 17 of train.csv`. Rows are counted from
	/// 0, as in deltas.
	fn position(&self) -> String;

	/// Returns the progress of reading.
	fn progress(&self) -> Progress;

	/// Returns the number of records, if it is known before they are read.
	fn records(&self) -> Option<u64> {
		None
	}
}

/// Number of rows that [`build`] wrote and left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Built {
	/// Number of records that the delta adds.
	pub added: u64,
	/// Number of records that the delta removes.
	pub removed: u64,
	/// Number of records that were left out because the source had them before.
	pub repeated: u64,
	/// Number of additions that were left out because the data set has them already.
	pub present: u64,
	/// Number of removals that were left out because the data set has no such record.
	pub absent: u64,
}

/// Writes the delta that a source makes for the data set `base` to `out`, which appears when it is complete.
/// `None` is the empty set. `observe` gets the progress before every step.
///
/// Memory is bounded whatever the source's size, except for the ids of the delta's rows.
///
/// # Errors
/// Returns the first fault of the source, or [`BuildError::Nothing`] if the delta would be empty. A file at
/// `out` is then left as it was.
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

/// Opens a table: Parquet if the file begins with Parquet's magic bytes, CSV otherwise.
///
/// # Errors
/// Fails if the file cannot be read or lacks columns.
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
