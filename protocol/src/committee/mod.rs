//! Rules of a committee: what its members answer, how their answers are counted, and what their performance
//! costs them.

mod ballot;
pub mod evaluation;
mod performance;
mod quorum;
mod slashing;
mod tally;
mod task;

pub use ballot::{Ballot, Measurement, Verdict};
pub use performance::{check_performance, performance, Performance};
pub(crate) use quorum::{agreed, is_quorum, is_veto, most_frequent};
pub use slashing::{
	slash_fraction, ABSENCE_INTERVAL, MAX_ABSENCES, MAX_STRIKES, MINIMUM_SLASH, STRIKE_LIFETIME,
};
pub use tally::{tally, Tally};
pub use task::{answer_hash, Answer, TaskId, TaskWindows};
