//! Rules of a committee: what its members answer, how their answers are counted, and what their performance
//! costs them.

mod ballot;
mod draw;
pub mod evaluation;
mod performance;
mod quorum;
mod slashing;
mod tally;
mod task;
mod test_set;

pub use ballot::{Ballot, Measurement, Verdict};
pub use draw::{committee_weights, DEFAULT_COMMITTEE_SEATS, MIN_COMMITTEE_SEATS};
pub(crate) use performance::tolerated;
pub use performance::{check_performance, performance, Performance};
pub(crate) use quorum::{agreed, heaviest, opened, total, weigh};
pub use quorum::{is_quorum, is_veto, Weighted, SMALLEST_TOLERANT};
pub use slashing::{
	slash_fraction, ABSENCE_INTERVAL, MAX_ABSENCES, MAX_STRIKES, MINIMUM_SLASH, STRIKE_LIFETIME,
};
pub use tally::{tally, Tally};
pub use task::{answer_hash, Answer, TaskId, TaskWindows};
pub use test_set::{hidden_ballots, hidden_performance, test_set_verdict, HiddenBallot, TestSetVerdict};
