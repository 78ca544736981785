//! Rules of a group's data set: reports on a delta, windows of its check, and the committee's decision.

mod check;
mod delta;

pub use check::{decide, CheckPhase, CheckWindows, MAX_ATTEMPTS};
pub use delta::{DeltaFault, DeltaReport, DeltaVerdict, RowProblem, MAX_DELTA_SIZE};
