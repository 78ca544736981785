//! Recorded trainings: the built-in training of a group whose checkpoints come with a recording.
//!
//! Each round has a recording of its own, as the order of its batches contains the hash of the round's first
//! block: nothing can be trained ahead. The folder `recordings` has one folder for each round, in the form of
//! [`descent_replay::Recording`], with these files beside:
//!
//! | name | content |
//! |---|---|
//! | `progress.json` | the best segment, the place from which the training goes on, and its learning rate |
//! | `submission.json` | the checkpoint that was committed to; whether it is revealed, and the round over |

mod base;
mod best;
mod plan;
mod progress;
mod rate;
mod recordings;
mod reveal;
mod round_start;
mod round_training;
mod scores;
mod status;
#[cfg(test)]
pub(crate) mod test_group;
mod trace_tree;
mod training;

pub(crate) use plan::Plan;
pub use plan::RecordedSettings;
pub(crate) use recordings::{Recordings, Submission, KEPT_ROUNDS};
pub(crate) use reveal::{reveal, Shown};
pub(crate) use round_start::{RoundStart, RoundWatch};
#[cfg(test)]
pub(crate) use status::Closed;
pub(crate) use status::RecordedStatus;
pub use trace_tree::{read_trace, trace_pieces, TraceError};
pub(crate) use training::RecordedTraining;

use descent_protocol::{
	trace::{submission_hash, Recipe, Trace},
	RoundIndex,
};
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// The recorded training of a checkpoint, as a commitment binds it. Segments that are added to the recording
/// later are not a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recorded {
	/// The round that it was recorded in.
	pub round: RoundIndex,
	pub recipe: Recipe,
	pub trace: Trace,
	/// Number of the segment that ends with the checkpoint.
	pub last: u16,
	/// The round of the own checkpoint that it began with. It has to be revealed before this one is.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub own_base: Option<RoundIndex>,
}

impl Recorded {
	/// Returns the hash that a commitment binds in place of the checkpoint's digest.
	pub(crate) fn submission(&self, checkpoint: H256) -> H256 {
		submission_hash(checkpoint, &self.recipe, &self.trace)
	}
}
