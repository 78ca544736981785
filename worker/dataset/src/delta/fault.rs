//! The fault of an invalid delta in the form that the chain stores.

use super::error::{DeltaError, Problem};
use descent_protocol::{DeltaFault, RowProblem};

impl DeltaError {
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
