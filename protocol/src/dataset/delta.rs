#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// The largest delta that can be proposed, in bytes.
pub const MAX_DELTA_SIZE: u64 = 16 << 30;

/// A fault of a row of a delta.
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

/// The reason that a delta is invalid. Every check of the same file on the same version finds the same.
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
		/// The row's fault.
		problem: RowProblem,
	},
}

impl DeltaFault {
	/// Returns true if the fault lies in the data set as much as in the delta: on another version, the delta
	/// may be valid.
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

/// The effect of a valid delta on a data set.
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeltaReport {
	/// Records that it adds.
	pub added: u64,
	/// Records that it removes.
	pub removed: u64,
	/// Records of the version that it makes.
	pub records: u64,
	/// The [`crate::delta_root`] of its rows: known only to those who have read them.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Hash"))]
	pub root: H256,
}

/// A validator's verdict on a proposed delta.
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum DeltaVerdict {
	/// It applies.
	Valid(DeltaReport),
	/// It does not.
	Invalid(DeltaFault),
	/// Nobody served it in time.
	Unavailable,
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn only_what_depends_on_the_version_is_a_conflict() {
		let row = |problem| DeltaFault::Row { row: 3, problem };
		assert!(row(RowProblem::Duplicate).is_conflict());
		assert!(row(RowProblem::Absent).is_conflict());
		assert!(!row(RowProblem::Repeated).is_conflict());
		assert!(!DeltaFault::Empty.is_conflict());
		assert_eq!(row(RowProblem::WrongId).to_string(), "row 3: the id is not that of the record");
	}

	#[test]
	fn a_verdict_reads_as_documented() {
		let json = serde_json::to_value(DeltaVerdict::Invalid(DeltaFault::Row {
			row: 7,
			problem: RowProblem::WrongId,
		}))
		.unwrap();
		let expected =
			serde_json::json!({"verdict": "invalid", "fault": "row", "row": 7, "problem": "wrong_id"});
		assert_eq!(json, expected);
		let valid = DeltaVerdict::Valid(DeltaReport { added: 2, removed: 0, records: 2, root: H256::zero() });
		let json = serde_json::to_value(valid).unwrap();
		assert_eq!(json["verdict"], "valid");
		assert_eq!(json["added"], 2);
		assert_eq!(serde_json::from_value::<DeltaVerdict>(json).unwrap(), valid);
	}
}
