//! Why no delta can be made.

use crate::delta::{DeltaError, Problem};
use crate::schema::Dtype;
use crate::set::SetError;
use std::path::{Path, PathBuf};

/// Why no delta can be made of a source.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
	/// The machine failed, or the file is not there.
	#[error("reading {} failed: {error}", file.display())]
	Io {
		/// The file or folder.
		file: PathBuf,
		/// What failed.
		error: std::io::Error,
	},
	/// The file as a whole is not what it should be.
	#[error("{}: {reason}", file.display())]
	Unfit {
		/// The file or folder.
		file: PathBuf,
		/// What is wrong, and what to do.
		reason: String,
	},
	/// A record is wrong.
	#[error("{position}: {fault}")]
	Record {
		/// Where it stands.
		position: String,
		/// What is wrong with it.
		fault: Fault,
	},
	/// The source does not have so many records.
	#[error("records {start}..{} were asked for, but there are {found}", end.map_or(String::new(), |end| end.to_string()))]
	Range {
		/// First record.
		start: u64,
		/// Behind the last record; `None` for all there are.
		end: Option<u64>,
		/// Records that there are.
		found: u64,
	},
	/// More rows than a delta may have.
	#[error("the delta has more than {limit} rows; make several of parts of the source")]
	TooManyRows {
		/// The limit.
		limit: u64,
	},
	/// No row would be in the delta.
	#[error("there is nothing to add or to remove, so no delta was made")]
	Nothing,
	/// The data set that the delta is for cannot be read.
	#[error(transparent)]
	Set(#[from] SetError),
	/// Writing the delta failed.
	#[error(transparent)]
	Delta(#[from] DeltaError),
}

impl BuildError {
	pub(super) fn io(file: &Path, error: std::io::Error) -> Self {
		Self::Io { file: file.into(), error }
	}

	pub(super) fn unfit(file: &Path, reason: impl Into<String>) -> Self {
		Self::Unfit { file: file.into(), reason: reason.into() }
	}
}

/// What is wrong with a record of a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
	/// Text that is no number of the dtype.
	#[error("column '{column}': '{text}' is not of type {dtype}")]
	NotANumber {
		/// The column in the source.
		column: String,
		/// What stands there, shortened.
		text: String,
		/// What the description asks for.
		dtype: Dtype,
	},
	/// A number that the dtype does not hold exactly.
	#[error("column '{column}': {dtype} cannot hold {value} exactly; round it in the source")]
	Inexact {
		/// The column in the source.
		column: String,
		/// The number.
		value: String,
		/// What the description asks for.
		dtype: Dtype,
	},
	/// There is no value.
	#[error("column '{0}' holds null")]
	Null(String),
	/// Another number of values than the description's shape.
	#[error("column '{column}' holds {found} values; its shape has {expected}")]
	Shape {
		/// The column in the source.
		column: String,
		/// Values that the shape has.
		expected: usize,
		/// Values in the source.
		found: usize,
	},
	/// An image of another size or with other channels.
	#[error("the image has {found}; the description asks for {expected}")]
	Image {
		/// What the description asks for, as `1 channel of 28 x 28`.
		expected: String,
		/// What the image is.
		found: String,
	},
	/// A label's file lies outside the folder.
	#[error("'{0}' is no path below the folder of the images")]
	Outside(String),
	/// What stands there cannot be read at all.
	#[error("{0}")]
	Unreadable(String),
	/// No record may be so.
	#[error(transparent)]
	Problem(#[from] Problem),
}
