use descent_protocol::MILLISECONDS_PER_BLOCK;
use std::{path::PathBuf, time::Duration};

/// The time between two blocks.
pub const BLOCK_TIME: Duration = Duration::from_millis(MILLISECONDS_PER_BLOCK);

/// The lengths of a group's rounds, in blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundLengths {
	/// Of a round, which is its commit window.
	pub round: u32,
	/// Of the reveal window.
	pub reveal: u32,
	/// Of the attest window.
	pub attest: u32,
	/// Of the open window.
	pub open: u32,
}

impl RoundLengths {
	/// As short as it works with several processes on two cores: 42 seconds a round.
	pub const SHORT: Self = Self { round: 14, reveal: 4, attest: 5, open: 4 };

	/// Within how long so many rounds are settled and finalized, generously.
	pub fn deadline(&self, rounds: u32) -> Duration {
		BLOCK_TIME * (2 * self.round * (rounds + 1) + 40)
	}
}

/// A group to be created, and what it is made of.
#[derive(Clone, Debug)]
pub struct GroupSetup {
	/// Its name.
	pub name: String,
	/// The model description.
	pub model: PathBuf,
	/// The first delta.
	pub dataset: PathBuf,
	/// The validation set that it is measured on.
	pub validation: PathBuf,
	/// Records drawn a round.
	pub records: u32,
	/// How far a measured score may be from its claim.
	pub tolerance: f64,
	/// How much a candidate has to be better than the head.
	pub minimum_improvement: f64,
	/// The lengths of its rounds.
	pub lengths: RoundLengths,
	/// The smallest deposit of a commitment, in NRN.
	pub deposit: u32,
	/// What its owner stakes, in NRN.
	pub stake: u32,
	/// How long a voting period is, in blocks.
	pub voting_period: u32,
}
