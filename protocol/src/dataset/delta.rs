#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::{
	committee::{is_quorum, is_veto},
	BlockNumber,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::{fmt, ops::Range};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// The largest delta that can be proposed, in bytes.
pub const MAX_DELTA_SIZE: u64 = 16 << 30;
/// How many attempts a check has, the first one included.
pub const MAX_ATTEMPTS: u32 = 5;

/// What is wrong with a row of a delta.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum RowProblem {
	/// `op` is neither `add` nor `remove`.
	Op,
	/// The id is absent or not 32 bytes long.
	IdLength,
	/// The id is not that of the record.
	WrongId,
	/// An addition lacks a value.
	Null,
	/// A removal has a value.
	NotNull,
	/// A list of another length than the description's shape.
	Shape,
	/// A value that no record may hold: not finite, or out of its bound.
	Value,
	/// The id occurs in an earlier row.
	Repeated,
	/// Addition of a record that the data set holds.
	Duplicate,
	/// Removal of a record that the data set does not hold.
	Absent,
}

impl fmt::Display for RowProblem {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(match self {
			Self::Op => "op is neither 'add' nor 'remove'",
			Self::IdLength => "the id is not 32 bytes long",
			Self::WrongId => "the id is not that of the record",
			Self::Null => "an addition lacks a value",
			Self::NotNull => "a removal has a value",
			Self::Shape => "a list has another length than the description's shape",
			Self::Value => "a value is not finite or out of its bound",
			Self::Repeated => "the id occurs in an earlier row",
			Self::Duplicate => "the record is in the data set already",
			Self::Absent => "the record to be removed is not in the data set",
		})
	}
}

/// Why a delta is invalid: everybody who checks the same file on the same version finds the same.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "snake_case", tag = "fault")]
pub enum DeltaFault {
	/// Not a Parquet file, or a broken one.
	Malformed,
	/// Larger, in one of its parts, than what is read.
	TooLarge,
	/// Its columns are not those of the model description.
	Columns,
	/// It changes nothing, or leaves no record.
	Empty,
	/// A row is wrong.
	Row {
		/// The row's number in the file, from 0.
		row: u64,
		/// What is wrong with it.
		problem: RowProblem,
	},
}

impl DeltaFault {
	/// Whether it lies in the data set as much as in the delta: on another version, the delta may be valid.
	pub fn is_conflict(&self) -> bool {
		matches!(self, Self::Row { problem: RowProblem::Duplicate | RowProblem::Absent, .. })
	}
}

impl fmt::Display for DeltaFault {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Malformed => f.write_str("it is not a readable Parquet file"),
			Self::TooLarge => f.write_str("it is larger than what is read"),
			Self::Columns => f.write_str("its columns are not those of the model description"),
			Self::Empty => f.write_str("it changes nothing, or leaves no record"),
			Self::Row { row, problem } => write!(f, "row {row}: {problem}"),
		}
	}
}

/// What a valid delta does to a data set.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
pub struct DeltaReport {
	/// Records that it adds.
	pub added: u64,
	/// Records that it removes.
	pub removed: u64,
	/// Records of the version that it makes.
	pub records: u64,
	/// The [`crate::delta_root`] of its rows: known only to those who have read them.
	pub root: H256,
}

/// What a validator found of a proposed delta.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum DeltaVerdict {
	/// It applies.
	Valid(DeltaReport),
	/// It does not.
	Invalid(DeltaFault),
	/// Nobody served it in time.
	Unavailable,
}

/// What a committee holds of a delta in an attempt, where at least 2/3 of it do: the same report to the last digit, that it is
/// invalid, or that nobody serves it. `verdicts` are those that were opened, with how many members hold each.
///
/// Of several faults the one counts that most members found. As long as no more than 1/3 of them found it, there is no
/// decision: a liar who opens first must not choose the reason. That nobody serves it is not decided in the first attempt, as
/// its time may be short for whom the whole committee fetches from at once.
pub fn decide(verdicts: &[(DeltaVerdict, u32)], committee: u32, attempt: u32) -> Option<DeltaVerdict> {
	let count = |members: u32| usize::try_from(members).unwrap_or(usize::MAX);
	let holds = |members: u32| is_quorum(count(members), count(committee));
	let valid = verdicts
		.iter()
		.find(|(verdict, members)| matches!(verdict, DeltaVerdict::Valid(_)) && holds(*members));
	if let Some((verdict, _)) = valid {
		return Some(*verdict);
	}
	let invalid = verdicts.iter().filter(|(verdict, _)| matches!(verdict, DeltaVerdict::Invalid(_)));
	let total = invalid.clone().fold(0u32, |sum, (_, members)| sum.saturating_add(*members));
	if holds(total) {
		// The most frequent, and of several the one that everybody orders first.
		return invalid
			.min_by_key(|(verdict, members)| (core::cmp::Reverse(*members), *verdict))
			.filter(|(_, members)| is_veto(count(*members), count(committee)))
			.map(|(verdict, _)| *verdict);
	}
	verdicts
		.iter()
		.find(|(verdict, members)| *verdict == DeltaVerdict::Unavailable && attempt > 0 && holds(*members))
		.map(|(verdict, _)| *verdict)
}

/// When a delta of `size` bytes is checked, from the block at which its check begins. Attempts follow each other until
/// the committee agrees, [`MAX_ATTEMPTS`] at most. Large files have longer windows, a block for each 2 MiB. In each attempt
/// members have four times as long to attest as in the one before: who has to fetch the whole data set first gets the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct CheckWindows {
	/// The block at which the check begins; members attest from the next one on.
	pub since: BlockNumber,
	/// Blocks in which members attest in the first attempt.
	pub attest: BlockNumber,
	/// Blocks in which they open what they attested to.
	pub open: BlockNumber,
}

/// Where a check stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckPhase {
	/// The attempt, from 0.
	pub attempt: u32,
	/// Whether members attest now; otherwise they open.
	pub is_attesting: bool,
	/// The blocks of the window that holds the block asked for.
	pub window: Range<BlockNumber>,
}

impl CheckWindows {
	/// Blocks in which members attest to a small delta.
	const ATTEST: BlockNumber = 10;
	/// Blocks in which members open.
	const OPEN: BlockNumber = 5;
	/// How many times longer the attest window of each attempt is than that of the one before.
	const GROWTH: BlockNumber = 4;
	/// Bytes for which the attest window gets another block.
	const BYTES_PER_BLOCK: u64 = 2 << 20;

	/// The windows of a check that begins at `since`.
	pub fn new(since: BlockNumber, size: u64) -> Self {
		let blocks = size.min(MAX_DELTA_SIZE) / Self::BYTES_PER_BLOCK;
		Self {
			since,
			attest: Self::ATTEST.saturating_add(blocks.try_into().unwrap_or(BlockNumber::MAX)),
			open: Self::OPEN,
		}
	}

	/// Where the check stands at `block`; `None` before its first window and after its last.
	pub fn phase(&self, block: BlockNumber) -> Option<CheckPhase> {
		let mut begin = self.since.checked_add(1)?;
		let mut attest = self.attest;
		for attempt in 0..MAX_ATTEMPTS {
			let middle = begin.checked_add(attest)?;
			let end = middle.checked_add(self.open)?;
			if (begin..end).contains(&block) {
				let is_attesting = block < middle;
				let window = if is_attesting { begin..middle } else { middle..end };
				return Some(CheckPhase { attempt, is_attesting, window });
			}
			begin = end;
			attest = attest.checked_mul(Self::GROWTH)?;
		}
		None
	}
}

#[cfg(test)]
#[path = "delta_tests.rs"]
mod tests;
