use super::{DeltaVerdict, MAX_DELTA_SIZE};
use crate::{
	committee::{is_quorum, is_veto, opened, total, weigh, Weighted, SMALLEST_TOLERANT},
	BlockNumber, TaskWindows,
};
use codec::{Decode, Encode};
use core::{cmp::Reverse, ops::Range};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Number of attempts that a check has, the first one included.
pub const MAX_ATTEMPTS: u32 = 5;

/// The decision of a committee on a delta in an attempt, where at least 2/3 of its weight agree: on the same
/// report to the last digit, on the delta being invalid, or on nobody serving it.
///
/// Of several faults the one counts that has most weight. As long as no more than 1/3 found it, there is no
/// decision: a liar must not choose the reason. The first attempt never decides that nobody serves the delta,
/// as its time may be short for a gateway from which the whole committee fetches at once. A committee that is
/// too small to tolerate a fault never decides it.
pub fn decide(committee: &[Weighted<DeltaVerdict>], attempt: u32) -> Option<DeltaVerdict> {
	let total = total(committee);
	let verdicts = weigh(opened(committee).map(|(verdict, weight)| (*verdict, weight)));
	let is_final = |verdict: &DeltaVerdict| match verdict {
		DeltaVerdict::Valid(_) => true,
		DeltaVerdict::Unavailable => attempt > 0 && committee.len() >= SMALLEST_TOLERANT,
		DeltaVerdict::Invalid(_) => false,
	};
	let agreed = verdicts.iter().find(|(verdict, weight)| is_final(verdict) && is_quorum(*weight, total));
	if let Some((verdict, _)) = agreed {
		return Some(*verdict);
	}
	let invalid = verdicts.iter().filter(|(verdict, _)| matches!(verdict, DeltaVerdict::Invalid(_)));
	let refusing = invalid.clone().fold(0u64, |sum, (_, weight)| sum.saturating_add(*weight));
	// The heaviest, and of several the one that everybody orders first.
	let fault = invalid.min_by_key(|(verdict, weight)| (Reverse(*weight), *verdict));
	fault
		.filter(|(_, weight)| is_quorum(refusing, total) && is_veto(*weight, total))
		.map(|(verdict, _)| *verdict)
}

/// The windows of a delta's check, from the block at which it begins. Attempts follow each other until the
/// committee agrees, [`MAX_ATTEMPTS`] at most. Large files have longer windows, a block for each 2 MiB. In
/// each attempt members have four times as long to attest as in the one before: a member that has to fetch
/// the whole data set first gets the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct CheckWindows {
	/// The block at which the check begins; members attest from the next one on.
	pub since: BlockNumber,
	/// Blocks in which members attest in the first attempt.
	pub attest: BlockNumber,
	/// Blocks in which they open what they attested to.
	pub open: BlockNumber,
}

/// The state of a check at a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckPhase {
	/// The attempt, from 0.
	pub attempt: u32,
	/// True if members attest now; otherwise they open.
	pub is_attesting: bool,
	/// The blocks of the window that holds the block asked for.
	pub window: Range<BlockNumber>,
}

impl CheckWindows {
	/// Blocks in which members attest to a small delta.
	const ATTEST: BlockNumber = 10;
	/// Blocks in which members open.
	const OPEN: BlockNumber = 5;
	/// Factor by which the attest window of each attempt is longer than that of the one before.
	const GROWTH: BlockNumber = 4;
	/// Bytes for which the attest window gets another block.
	const BYTES_PER_BLOCK: u64 = 2 << 20;

	/// The windows of a check that begins at `since`, of a delta of `size` bytes.
	pub fn new(since: BlockNumber, size: u64) -> Self {
		let blocks = size.min(MAX_DELTA_SIZE) / Self::BYTES_PER_BLOCK;
		Self {
			since,
			attest: Self::ATTEST.saturating_add(blocks.try_into().unwrap_or(BlockNumber::MAX)),
			open: Self::OPEN,
		}
	}

	/// The windows of an attempt, from 0; `None` where there is no such attempt.
	pub fn attempt(&self, attempt: u32) -> Option<TaskWindows> {
		(attempt < MAX_ATTEMPTS).then_some(())?;
		let mut begin = self.since.checked_add(1)?;
		let mut attest = self.attest;
		for _ in 0..attempt {
			begin = begin.checked_add(attest)?.checked_add(self.open)?;
			attest = attest.checked_mul(Self::GROWTH)?;
		}
		let middle = begin.checked_add(attest)?;
		Some(TaskWindows { attest: begin..middle, open: middle..middle.checked_add(self.open)? })
	}

	/// The state of the check at `block`; `None` before its first window and after its last.
	pub fn phase(&self, block: BlockNumber) -> Option<CheckPhase> {
		(0..MAX_ATTEMPTS).find_map(|attempt| {
			let TaskWindows { attest, open } = self.attempt(attempt)?;
			let is_attesting = attest.contains(&block);
			let window = if is_attesting { attest } else { open };
			window.contains(&block).then_some(CheckPhase { attempt, is_attesting, window })
		})
	}
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
