//! Rules of a group's data set: reports on a delta, windows of its check, and the committee's decision.

mod delta;

pub use delta::{
	decide, CheckPhase, CheckWindows, DeltaFault, DeltaReport, DeltaVerdict, RowProblem, MAX_ATTEMPTS,
	MAX_DELTA_SIZE,
};
