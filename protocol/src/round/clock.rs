#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::{BlockNumber, RoundIndex};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::{fmt, ops::Range};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Number of blocks between the last commitment and the block that draws the seed.
///
/// The author of a block knows its own randomness before everybody else. A trainer that knows the seed while
/// it can still commit trains on the records that it will be measured on. For that, one validator has to
/// author the last block that takes commitments, the blocks of the gap, and the block of the seed. Of `n`
/// validators with equal chances, the author of the first of them authors all others with a chance of
/// `n^-(SEED_GAP + 1)`.
pub const SEED_GAP: BlockNumber = 2;

/// The lengths of a group's rounds, in blocks. Every window is a pure function of it and the block number.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Clock {
	/// The first round that it times: 0, unless the group's rules were amended.
	#[serde(default)]
	pub first: RoundIndex,
	/// The block at which the first round's commit window opens.
	pub start: BlockNumber,
	/// Length of a round: its commit window and the [`SEED_GAP`].
	pub length: BlockNumber,
	/// Length of the reveal window.
	pub reveal: BlockNumber,
	/// Length of the attest window.
	pub attest: BlockNumber,
	/// Length of the open window.
	pub open: BlockNumber,
}

/// A reason that a [`Clock`] can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockError {
	/// A window has no block.
	EmptyWindow,
	/// The seed's block and the reveal, attest and open windows don't fit into one round, so that more than
	/// two rounds would be open at a time.
	TooLong,
}

impl fmt::Display for ClockError {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(match self {
			Self::EmptyWindow => "every window of a round needs at least one block",
			Self::TooLong => "1 + reveal + attest + open must not exceed the round's length",
		})
	}
}

/// The windows of one round, as half-open ranges of blocks, and the two single blocks between and behind
/// them. Between the commit window and the seed's block lies the [`SEED_GAP`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Windows {
	/// Commitments are admitted.
	pub commit: Range<BlockNumber>,
	/// The block whose randomness draws the evaluation set. Nothing is revealed in it, as its randomness is
	/// only known to the blocks after it.
	pub seed: BlockNumber,
	/// Reveals are admitted.
	pub reveal: Range<BlockNumber>,
	/// Attestations are admitted.
	pub attest: Range<BlockNumber>,
	/// Attestations are opened.
	pub open: Range<BlockNumber>,
	/// The block from which the round can be settled.
	pub settle: BlockNumber,
}

/// The phase of a round at a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Phase {
	/// The commit window has not opened yet.
	Waiting,
	/// Trainers commit.
	Commit,
	/// The commitments are closed. The last block of this phase draws the evaluation set.
	Seed,
	/// Trainers reveal and claim.
	Reveal,
	/// The committee measures and attests.
	Attest,
	/// The committee opens its attestations.
	Open,
	/// The round is settled, or about to be.
	Settle,
}

impl fmt::Display for Phase {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(match self {
			Self::Waiting => "waiting",
			Self::Commit => "commit",
			Self::Seed => "seed",
			Self::Reveal => "reveal",
			Self::Attest => "attest",
			Self::Open => "open",
			Self::Settle => "settle",
		})
	}
}

impl Clock {
	/// Checks that the lengths make a clock: no window is empty, and the seed's block and the windows behind
	/// it fit into one round.
	///
	/// # Errors
	/// [`ClockError`] where they don't.
	pub fn check(&self) -> Result<(), ClockError> {
		if [self.length, self.reveal, self.attest, self.open].contains(&0) {
			return Err(ClockError::EmptyWindow);
		}
		match self.judging() {
			Some(judging) if judging <= self.length => Ok(()),
			_ => Err(ClockError::TooLong),
		}
	}

	/// Blocks from the seed's block to settlement.
	fn judging(&self) -> Option<BlockNumber> {
		self.reveal.checked_add(self.attest)?.checked_add(self.open)?.checked_add(1)
	}

	/// Blocks from the first in which a round takes commitments to its settlement.
	pub fn duration(&self) -> Option<BlockNumber> {
		self.length.checked_add(self.judging()?)
	}

	/// The round that takes commitments at `block`, or did so until the [`SEED_GAP`] before the next round
	/// begins; `None` before the first round starts.
	pub fn round_at(&self, block: BlockNumber) -> Option<RoundIndex> {
		block.checked_sub(self.start)?.checked_div(self.length)?.checked_add(self.first)
	}

	/// The windows of a round; `None` for rounds before the first, and where they would lie beyond the last
	/// block number.
	pub fn windows(&self, round: RoundIndex) -> Option<Windows> {
		let from = (round.checked_sub(self.first)?.checked_mul(self.length)?).checked_add(self.start)?;
		let seed = from.checked_add(self.length)?;
		let reveal = seed.checked_add(1)?;
		let attest = reveal.checked_add(self.reveal)?;
		let open = attest.checked_add(self.attest)?;
		let settle = open.checked_add(self.open)?;
		let gap = SEED_GAP.min(self.length.saturating_sub(1));
		Some(Windows {
			commit: from..seed.checked_sub(gap)?,
			seed,
			reveal: reveal..attest,
			attest: attest..open,
			open: open..settle,
			settle,
		})
	}

	/// The clock that times the rounds from `round` on with the lengths of `next`, where this one times the
	/// rounds before.
	///
	/// Its first round begins with the seed's block of the one before. Where its rounds are so short that
	/// their seed would be drawn before that one is settled, it begins later by as much: at most one round is
	/// judged at a time.
	pub fn succeed(&self, round: RoundIndex, next: Clock) -> Option<Clock> {
		let start = match round.checked_sub(self.first)? {
			0 => self.start,
			_ => {
				let last = self.windows(round.checked_sub(1)?)?;
				last.seed.max(last.settle.saturating_sub(next.length))
			}
		};
		Some(Clock { first: round, start, ..next })
	}
}

impl Windows {
	/// The blocks in which the key of a round's hidden test set can be released: from the seed's block to the
	/// middle of the reveal window. The other half is left for reveals where no key comes.
	pub fn release(&self) -> Range<BlockNumber> {
		let reveal = self.reveal.end.saturating_sub(self.reveal.start);
		self.seed..self.reveal.start.saturating_add(reveal / 2)
	}

	/// The phase of the round at `block`.
	pub fn phase(&self, block: BlockNumber) -> Phase {
		match block {
			block if block < self.commit.start => Phase::Waiting,
			block if block < self.commit.end => Phase::Commit,
			block if block < self.reveal.start => Phase::Seed,
			block if block < self.reveal.end => Phase::Reveal,
			block if block < self.attest.end => Phase::Attest,
			block if block < self.open.end => Phase::Open,
			_ => Phase::Settle,
		}
	}
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	const CLOCK: Clock = Clock { first: 0, start: 10, length: 12, reveal: 3, attest: 5, open: 2 };

	fn clocks() -> impl Strategy<Value = Clock> {
		(0..1_000u32, 1..50u32, 1..50u32, 1..50u32, 0..50u32).prop_map(
			|(start, reveal, attest, open, slack)| Clock {
				first: 0,
				start,
				length: 1 + reveal + attest + open + slack,
				reveal,
				attest,
				open,
			},
		)
	}

	#[test]
	fn a_round_in_full() {
		let windows = CLOCK.windows(1).unwrap();
		assert_eq!(windows.commit, 22..32);
		assert_eq!(windows.seed, 34);
		assert_eq!(windows.reveal, 35..38);
		assert_eq!(windows.attest, 38..43);
		assert_eq!(windows.open, 43..45);
		assert_eq!(windows.settle, 45);
		assert_eq!(CLOCK.duration(), Some(45 - 22));
		assert_eq!(windows.release(), 34..36);
		let short = Clock { reveal: 1, ..CLOCK }.windows(1).unwrap();
		assert_eq!((short.release(), short.reveal), (34..35, 35..36), "one block is left for reveals");
	}

	/// Returns how often, out of 1,000,000, one of `n` validators that authors a round's last block of
	/// commitments authors all blocks to the seed's as well.
	fn foreknown(n: u64, windows: &Windows) -> u64 {
		(windows.commit.end..=windows.seed).fold(1_000_000, |chance, _| chance / n)
	}

	#[test]
	fn no_author_spans_the_commitments_and_the_seed_but_by_chance() {
		let windows = CLOCK.windows(0).unwrap();
		let odds = [4, 10, 31, 100].map(|n| foreknown(n, &windows));
		assert_eq!(odds, [15_625, 1_000, 33, 1]);
		assert_eq!(windows.seed - windows.commit.end, SEED_GAP);
	}

	#[test]
	fn the_shortest_round_takes_commitments() {
		let clock = Clock { length: 4, reveal: 1, attest: 1, open: 1, ..CLOCK };
		assert_eq!(clock.check(), Ok(()));
		assert_eq!(clock.windows(0).unwrap().commit, 10..12);
	}

	#[test]
	fn impossible_clocks_are_refused() {
		assert_eq!(CLOCK.check(), Ok(()));
		assert_eq!(Clock { length: 11, ..CLOCK }.check(), Ok(()));
		assert_eq!(Clock { length: 10, ..CLOCK }.check(), Err(ClockError::TooLong));
		assert_eq!(Clock { reveal: u32::MAX, ..CLOCK }.check(), Err(ClockError::TooLong));
		for clock in [
			Clock { length: 0, ..CLOCK },
			Clock { reveal: 0, ..CLOCK },
			Clock { attest: 0, ..CLOCK },
			Clock { open: 0, ..CLOCK },
		] {
			assert_eq!(clock.check(), Err(ClockError::EmptyWindow));
		}
		assert_eq!(CLOCK.windows(u32::MAX), None);
	}

	proptest! {
		#[test]
		fn every_block_is_in_one_round_and_takes_its_commitments_or_awaits_its_seed(clock in clocks(), offset in 0..10_000u32) {
			prop_assert_eq!(clock.check(), Ok(()));
			let block = clock.start + offset;
			let round = clock.round_at(block).unwrap();
			let windows = clock.windows(round).unwrap();
			let is_open = windows.commit.contains(&block);
			prop_assert!(is_open || (windows.commit.end..windows.seed).contains(&block));
			prop_assert_eq!(windows.phase(block), if is_open { Phase::Commit } else { Phase::Seed });
			prop_assert_eq!(windows.seed, clock.windows(round + 1).unwrap().commit.start);
			prop_assert!(clock.start == 0 || clock.round_at(clock.start - 1).is_none());
		}

		#[test]
		fn windows_of_a_round_follow_each_other(clock in clocks(), round in 0..1_000u32) {
			let windows = clock.windows(round).unwrap();
			prop_assert_eq!(windows.commit.end + SEED_GAP, windows.seed);
			prop_assert!(!windows.commit.is_empty());
			prop_assert_eq!(windows.seed + 1, windows.reveal.start);
			prop_assert_eq!(windows.reveal.end, windows.attest.start);
			prop_assert_eq!(windows.attest.end, windows.open.start);
			prop_assert_eq!(windows.open.end, windows.settle);
			let phases = (windows.commit.start.saturating_sub(1)..=windows.settle).map(|block| windows.phase(block));
			let mut order: Vec<_> = phases.collect();
			order.dedup();
			prop_assert!(order.ends_with(&[
				Phase::Commit, Phase::Seed, Phase::Reveal, Phase::Attest, Phase::Open, Phase::Settle,
			]));
		}

		#[test]
		fn a_clock_that_succeeds_another_leaves_no_round_out_and_judges_one_at_a_time(
			old in clocks(), next in clocks(), round in 0..1_000u32,
		) {
			let new = old.succeed(round, next).unwrap();
			prop_assert_eq!(new.check(), Ok(()));
			prop_assert_eq!(new.windows(round).unwrap().commit.start, new.start);
			prop_assert_eq!(new.round_at(new.start), Some(round));
			prop_assert!(round == 0 || new.windows(round - 1).is_none());
			prop_assert_eq!(Clock { start: next.start, first: next.first, ..new }, next);
			if let Some(last) = round.checked_sub(1) {
				let last = old.windows(last).unwrap();
				prop_assert!(last.seed <= new.start);
				prop_assert!(last.settle <= new.windows(round).unwrap().seed);
				prop_assert!(new.start == last.seed || last.settle == new.windows(round).unwrap().seed);
			} else {
				prop_assert_eq!(new.start, old.start);
			}
		}

		#[test]
		fn at_most_one_round_is_judged_at_a_time(clock in clocks(), round in 0..1_000u32) {
			let (this, next) = (clock.windows(round).unwrap(), clock.windows(round + 1).unwrap());
			prop_assert!(this.settle <= next.seed);
		}
	}

	use alloc::vec::Vec;
}
