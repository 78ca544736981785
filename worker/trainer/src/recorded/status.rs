//! The state of a recorded training, for people.

use descent_protocol::RoundIndex;
use std::fmt;

/// The state of a recorded training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordedStatus {
	/// The start of the next round is not known yet, or its data are not here.
	Awaiting,
	/// A recording that stopped for good, as it cannot be kept in its folder.
	Failed(RoundIndex),
	/// Segments are recorded.
	Recording { round: RoundIndex, segments: u16 },
	/// No further segment is recorded in the round.
	Closed { round: RoundIndex, segments: u16, reason: Closed },
}

/// Reasons for which no further segment is recorded in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
	/// Its best checkpoint was offered, and may be committed to.
	Offered,
	/// It has as many segments or bytes as it may have, or the disk is full.
	Full,
	/// It diverges at the smallest learning rate of the rule.
	Diverging,
	/// A segment could not be trained.
	Failed,
}

impl RecordedStatus {
	/// Number of segments of the round's recording.
	pub(crate) fn segments(&self) -> Option<u16> {
		match self {
			Self::Awaiting | Self::Failed(_) => None,
			Self::Recording { segments, .. } | Self::Closed { segments, .. } => Some(*segments),
		}
	}

	/// Returns the reason for which nothing is trained at the moment.
	pub(crate) fn idle(&self) -> Option<String> {
		match self {
			Self::Recording { .. } => None,
			idle => Some(idle.to_string()),
		}
	}
}

impl fmt::Display for RecordedStatus {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let next = "the next round begins: nothing can be trained ahead";
		match self {
			Self::Awaiting => f.write_str(
				"waiting until the round's first block is final and its data are here: nothing can be \
					 trained ahead",
			),
			Self::Failed(round) => {
				write!(f, "the training of round {round} cannot be recorded here; waiting until {next}")
			}
			Self::Recording { round, segments } => write!(f, "{segments} segments of round {round} recorded"),
			Self::Closed { round, segments, reason } => {
				let reason = match reason {
					Closed::Offered => "its best checkpoint is offered",
					Closed::Full => "there is no room for more",
					Closed::Diverging => "it diverges at the smallest learning rate of the group's rule",
					Closed::Failed => "a segment could not be trained",
				};
				write!(
					f,
					"the recording of round {round} is closed with {segments} segments, as {reason}; waiting \
					 until {next}"
				)
			}
		}
	}
}
