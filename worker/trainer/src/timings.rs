//! The times that a trainer needs in a round, and those that its group gives.

use descent_protocol::{BlockNumber, Clock, EvaluationPolicy, MILLISECONDS_PER_BLOCK};
use std::time::Duration;

/// Blocks of the reveal window in which the seed becomes final and the reveal gets into a block.
const REVEAL_BLOCKS: BlockNumber = 1;

/// Times that a trainer needs in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timings {
	/// Size of a checkpoint, in bytes.
	pub bytes: u64,
	/// A claim: a checkpoint is evaluated on the records of a round.
	pub claim: Duration,
	/// A checkpoint becomes content that can be served.
	pub publish: Duration,
	/// A checkpoint is fetched once through the public address.
	pub fetch: Duration,
}

/// The times that a group gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Windows {
	/// Time from the seed to the last block that takes reveals, without the blocks that a reveal needs. With
	/// hidden test sets it begins at the last moment at which a key may be released.
	pub reveal: Duration,
	/// Time in which all members of the committee fetch all checkpoints.
	pub fetch: Duration,
}

impl Windows {
	/// Returns the times of a group with this clock and this policy.
	pub(crate) fn new(clock: &Clock, policy: &EvaluationPolicy) -> Self {
		let reveal = match policy {
			EvaluationPolicy::Training { .. } | EvaluationPolicy::Validation { .. } => clock.reveal,
			EvaluationPolicy::Hidden { .. } => clock.reveal.saturating_sub(clock.reveal / 2),
		};
		Self { reveal: blocks(reveal.saturating_sub(REVEAL_BLOCKS)), fetch: blocks(clock.attest) / 2 }
	}
}

fn blocks(count: BlockNumber) -> Duration {
	Duration::from_millis(MILLISECONDS_PER_BLOCK.saturating_mul(count.into()))
}

/// Compares what a round needs with what the group gives.
///
/// # Errors
/// The reason for which deposits would be lost, with numbers and remedies.
pub(crate) fn judge(timings: &Timings, windows: &Windows) -> Result<(), String> {
	let (claim, publish) = (timings.claim, timings.publish);
	let seconds = Duration::as_secs_f64;
	if claim.saturating_add(publish) > windows.reveal {
		return Err(format!(
			"measuring a claim takes {:.1} s here and publishing a checkpoint of {} bytes {:.1} s, but the \
			 group's reveal window leaves {:.1} s: an unrevealed commitment loses half its deposit. Use a \
			 faster machine, more --threads, or a group with a longer reveal window",
			seconds(&claim),
			timings.bytes,
			seconds(&publish),
			seconds(&windows.reveal)
		));
	}
	if timings.fetch > windows.fetch {
		return Err(format!(
			"one copy of a checkpoint of {} bytes takes {:.1} s through the public address, but every \
			 validator has to fetch one within {:.1} s, half of the attest window: a checkpoint that is not \
			 there in time loses its deposit. Serve from a faster disk or line, or train in a group with a \
			 longer attest window",
			timings.bytes,
			seconds(&timings.fetch),
			seconds(&windows.fetch)
		));
	}
	Ok(())
}
