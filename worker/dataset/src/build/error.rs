//! Errors of making a delta.

use crate::delta::{DeltaError, Problem};
use crate::schema::Dtype;
use crate::set::SetError;
use std::path::{Path, PathBuf};

/// Reasons for which no delta can be made of a source.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
	/// The machine failed, or the file does not exist.
	#[error("reading {} failed: {error}", file.display())]
	Io {
		/// The file or folder.
		file: PathBuf,
		/// Error of the operating system.
		error: std::io::Error,
	},
	/// The file as a whole is not of the expected kind.
	#[error("{}: {reason}", file.display())]
	Unfit {
		/// The file or folder.
		file: PathBuf,
		/// Description of the fault and of the remedy.
		reason: String,
	},
	/// A record is wrong.
	#[error("{position}: {fault}")]
	Record {
		/// Position of the record in its source.
		position: String,
		/// Fault of the record.
		fault: Fault,
	},
	/// The source has fewer records than the range needs.
	#[error(
		"records {start}..{} were asked for, but there are {found}",
		end.map_or(String::new(), |end| end.to_string())
	)]
	Range {
		/// Position of the first record.
		start: u64,
		/// Position after the last record; `None` for all.
		end: Option<u64>,
		/// Number of records in the source.
		found: u64,
	},
	/// The source has more rows than a delta may have.
	#[error("the delta has more than {limit} rows; make several of parts of the source")]
	TooManyRows {
		/// Most rows of a delta.
		limit: u64,
	},
	/// The delta would have no rows.
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

/// Faults of a record of a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
	/// The text is not a number of the dtype.
	#[error("column '{column}': '{text}' is not of type {dtype}")]
	NotANumber {
		/// The column in the source.
		column: String,
		/// The text, shortened.
		text: String,
		/// Dtype of the description's column.
		dtype: Dtype,
	},
	/// The dtype does not hold the number exactly.
	#[error("column '{column}': {dtype} cannot hold {value} exactly; round it in the source")]
	Inexact {
		/// The column in the source.
		column: String,
		/// The number.
		value: String,
		/// Dtype of the description's column.
		dtype: Dtype,
	},
	/// A value is missing.
	#[error("column '{0}' holds null")]
	Null(String),
	/// The number of values differs from the description's shape.
	#[error("column '{column}' holds {found} values; its shape has {expected}")]
	Shape {
		/// The column in the source.
		column: String,
		/// Number of values of the shape.
		expected: usize,
		/// Number of values in the source.
		found: usize,
	},
	/// The image has another size or other channels.
	#[error("the image has {found}; the description asks for {expected}")]
	Image {
		/// Form that the description demands, such as `1 channel of 28 x 28`.
		expected: String,
		/// Form of the image.
		found: String,
	},
	/// The file of a label lies outside the folder.
	#[error("'{0}' is no path below the folder of the images")]
	Outside(String),
	/// The value cannot be read at all.
	#[error("{0}")]
	Unreadable(String),
	/// No record may have this value.
	#[error(transparent)]
	Problem(#[from] Problem),
}
