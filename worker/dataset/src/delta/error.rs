//! What can be wrong with a delta file.

use crate::schema::{Dtype, RecordId, ValueError};

/// Why a delta is invalid, or could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DeltaError {
	/// The machine failed, not the delta.
	#[error("reading or writing the delta failed: {0}")]
	Io(#[from] std::io::Error),
	/// Not a Parquet file, or a broken one.
	#[error("not a readable Parquet file: {0}")]
	Malformed(String),
	/// Larger than what is read.
	#[error("the delta has {found} {what}; at most {limit} are allowed; {remedy}")]
	TooLarge {
		/// The resource.
		what: &'static str,
		/// How much the file has or declares.
		found: u64,
		/// The limit.
		limit: u64,
		/// What its author can do.
		remedy: &'static str,
	},
	/// A column that the description does not name.
	#[error("unknown column '{0}'; a delta has 'op', 'id' and the description's columns only (pandas: index=False)")]
	UnknownColumn(String),
	/// A column is absent.
	#[error("column '{0}' is missing")]
	MissingColumn(String),
	/// A column of another type than the description's.
	#[error("column '{column}' must hold {expected}, not {found}")]
	WrongType {
		/// The column.
		column: String,
		/// What the description asks for.
		expected: String,
		/// What the file has.
		found: String,
	},
	/// It does nothing.
	#[error("the delta has no rows; it must add or remove at least one record")]
	NoRows,
	/// It removes everything: nobody could train on what it leaves.
	#[error("the delta leaves no record in the data set; keep or add at least one")]
	NoRecords,
	/// A row is wrong.
	#[error("row {row}: {problem}")]
	Row {
		/// The row's number in the file, from 0.
		row: u64,
		/// What is wrong with it.
		problem: Problem,
	},
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
	/// `op` is neither `add` nor `remove`.
	#[error("op is '{0}'; it must be 'add' or 'remove'")]
	UnknownOp(String),
	/// `id` is absent or not 32 bytes long.
	#[error("the id must be 32 bytes, not {0}")]
	IdLength(usize),
	/// The id is not that of the record.
	#[error("the id is {found}, but the record's is {expected}")]
	WrongId {
		/// The id in the file.
		found: RecordId,
		/// The blake2b-256 of the record's canonical bytes.
		expected: RecordId,
	},
	/// An addition lacks a value.
	#[error("column '{0}' holds null in an addition")]
	Null(String),
	/// A removal has a value.
	#[error("column '{0}' must be null in a removal")]
	NotNull(String),
	/// A list of another length than the description's shape.
	#[error("column '{column}' holds {found} values; its shape has {expected}")]
	Shape {
		/// The column.
		column: String,
		/// Values that the shape has.
		expected: usize,
		/// Values in the row.
		found: usize,
	},
	/// A value that no record may hold.
	#[error("column '{column}' {problem}")]
	Value {
		/// The column.
		column: String,
		/// Why it is refused.
		problem: ValueError,
	},
	/// The id occurs in an earlier row.
	#[error("the id {0} occurs twice in this delta")]
	Repeated(RecordId),
	/// Addition of a record that the data set holds.
	#[error("the record {0} is in the data set already")]
	Duplicate(RecordId),
	/// Removal of a record that the data set does not hold.
	#[error("the record {0} is not in the data set")]
	Absent(RecordId),
}

impl DeltaError {
	/// Whether the delta itself is to blame, so that everybody who reads it finds the same.
	pub fn is_invalid(&self) -> bool {
		!matches!(self, DeltaError::Io(_))
	}

	pub(super) fn malformed(reason: impl std::fmt::Display) -> Self {
		DeltaError::Malformed(reason.to_string())
	}

	pub(super) fn wrong_type(column: &str, dtype: Dtype, values: Option<usize>, found: String) -> Self {
		let expected = match values {
			None => dtype.to_string(),
			Some(n) => format!("lists of {n} {dtype}"),
		};
		DeltaError::WrongType { column: column.into(), expected, found }
	}
}
