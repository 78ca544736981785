//! Errors of a delta file.

use crate::schema::{Dtype, RecordId, ValueError};
use descent_protocol::{DeltaFault, RowProblem};

/// Reasons for which a delta is invalid or could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DeltaError {
	/// The machine failed, not the delta.
	#[error("reading or writing the delta failed: {0}")]
	Io(#[from] std::io::Error),
	/// The file is not Parquet, or is broken.
	#[error("not a readable Parquet file: {0}")]
	Malformed(String),
	/// The delta exceeds a limit.
	#[error("the delta has {found} {what}; at most {limit} are allowed; {remedy}")]
	TooLarge {
		/// Name of the limited resource.
		what: &'static str,
		/// Amount that the file has or declares.
		found: u64,
		/// Largest amount that is allowed.
		limit: u64,
		/// Remedy for the delta's author.
		remedy: &'static str,
	},
	/// The description does not name a column of the file.
	#[error(
		"unknown column '{0}'; a delta has 'op', 'id' and the description's columns only (pandas: \
		 index=False)"
	)]
	UnknownColumn(String),
	/// A column of the description is absent.
	#[error("column '{0}' is missing")]
	MissingColumn(String),
	/// A column has another type than the description's.
	#[error("column '{column}' must hold {expected}, not {found}")]
	WrongType {
		/// The column.
		column: String,
		/// Type that the description demands.
		expected: String,
		/// Type in the file.
		found: String,
	},
	/// The delta has no rows.
	#[error("the delta has no rows; it must add or remove at least one record")]
	NoRows,
	/// The delta removes all records, so that nothing could be trained on.
	#[error("the delta leaves no record in the data set; keep or add at least one")]
	NoRecords,
	/// A row is wrong.
	#[error("row {row}: {problem}")]
	Row {
		/// Number of the row in the file, from 0.
		row: u64,
		/// Fault of the row.
		problem: Problem,
	},
}

/// Faults of a row.
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
	/// A record to add lacks a value.
	#[error("column '{0}' holds null in an addition")]
	Null(String),
	/// A record to remove has a value.
	#[error("column '{0}' must be null in a removal")]
	NotNull(String),
	/// A list has another length than the description's shape.
	#[error("column '{column}' holds {found} values; its shape has {expected}")]
	Shape {
		/// The column.
		column: String,
		/// Number of values of the shape.
		expected: usize,
		/// Number of values in the row.
		found: usize,
	},
	/// A record may not hold the value.
	#[error("column '{column}' {problem}")]
	Value {
		/// The column.
		column: String,
		/// Fault of the value.
		problem: ValueError,
	},
	/// The id occurs in an earlier row.
	#[error("the id {0} occurs twice in this delta")]
	Repeated(RecordId),
	/// The data set already holds the record to add.
	#[error("the record {0} is in the data set already")]
	Duplicate(RecordId),
	/// The data set does not hold the record to remove.
	#[error("the record {0} is not in the data set")]
	Absent(RecordId),
}

impl DeltaError {
	/// Returns true if the delta itself is wrong, so that everyone who reads it finds the same.
	pub fn is_invalid(&self) -> bool {
		!matches!(self, DeltaError::Io(_))
	}

	/// Returns the fault that validators attest for this error, or `None` if the machine failed and not the
	/// delta.
	pub fn fault(&self) -> Option<DeltaFault> {
		Some(match self {
			DeltaError::Io(_) => return None,
			DeltaError::Malformed(_) => DeltaFault::Malformed,
			DeltaError::TooLarge { .. } => DeltaFault::TooLarge,
			DeltaError::UnknownColumn(_) | DeltaError::MissingColumn(_) | DeltaError::WrongType { .. } => {
				DeltaFault::Columns
			}
			DeltaError::NoRows | DeltaError::NoRecords => DeltaFault::Empty,
			DeltaError::Row { row, problem } => DeltaFault::Row { row: *row, problem: problem.into() },
		})
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

impl From<&Problem> for RowProblem {
	fn from(problem: &Problem) -> Self {
		match problem {
			Problem::UnknownOp(_) => RowProblem::Op,
			Problem::IdLength(_) => RowProblem::IdLength,
			Problem::WrongId { .. } => RowProblem::WrongId,
			Problem::Null(_) => RowProblem::Null,
			Problem::NotNull(_) => RowProblem::NotNull,
			Problem::Shape { .. } => RowProblem::Shape,
			Problem::Value { .. } => RowProblem::Value,
			Problem::Repeated(_) => RowProblem::Repeated,
			Problem::Duplicate(_) => RowProblem::Duplicate,
			Problem::Absent(_) => RowProblem::Absent,
		}
	}
}
