//! What the chain is told of an invalid delta.

use super::error::{DeltaError, Problem};
use descent_protocol::{DeltaFault, RowProblem};

impl DeltaError {
	/// What validators attest where they find this; `None` where the machine failed, not the delta.
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
