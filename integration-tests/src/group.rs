use descent_protocol::MILLISECONDS_PER_BLOCK;
use std::{path::PathBuf, time::Duration};

/// The time between two blocks.
pub const BLOCK_TIME: Duration = Duration::from_millis(MILLISECONDS_PER_BLOCK);
/// The time that a deadline allows for each block. Where many networks share two cores, most slots may be
/// missed.
pub const BLOCK_DEADLINE: Duration = BLOCK_TIME.saturating_mul(4);

/// Lengths of a group's rounds, in blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundLengths {
	/// Length of a round, which is its commit window.
	pub round: u32,
	/// Length of the reveal window.
	pub reveal: u32,
	/// Length of the attest window.
	pub attest: u32,
	/// Length of the open window.
	pub open: u32,
}

impl RoundLengths {
	/// The shortest lengths that work with several processes on two cores: 42 seconds a round.
	pub const SHORT: Self = Self { round: 14, reveal: 4, attest: 5, open: 4 };

	/// Returns a generous deadline for `rounds` rounds to be settled and finalized.
	pub fn deadline(&self, rounds: u32) -> Duration {
		BLOCK_DEADLINE * (self.round * (rounds + 1) + 20)
	}
}

/// Parameters of a group to be created.
#[derive(Clone, Debug)]
pub struct GroupSetup {
	/// Name of the group.
	pub name: String,
	/// Path of the model description.
	pub model: PathBuf,
	/// Path of the first delta.
	pub dataset: PathBuf,
	/// Path of the validation set.
	pub validation: PathBuf,
	/// Number of records that are drawn in a round.
	pub records: u32,
	/// Smallest improvement of a candidate over the head, in units of the score.
	pub minimum_improvement: f64,
	/// Lengths of the group's rounds.
	pub lengths: RoundLengths,
	/// Smallest deposit of a commitment, in NRN.
	pub deposit: u32,
	/// Stake of the owner, in NRN.
	pub stake: u32,
	/// Length of a voting period, in blocks.
	pub voting_period: u32,
	/// Number of seats of its committees, if not the default.
	pub seats: Option<u32>,
}
