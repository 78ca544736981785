#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::ContentRef;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// What a group's trainers compete to lower.
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
#[serde(rename_all = "lowercase")]
pub enum Metric {
	/// The mean of the model's loss over the records.
	Loss,
	/// The share of the records whose most probable class is wrong.
	Error,
}

/// On what a round's checkpoints are measured. The records are drawn with the round's seed, see [`crate::sample`].
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
#[serde(rename_all = "lowercase", tag = "on")]
pub enum EvaluationPolicy {
	/// A sample of the training set as it stood when the round began.
	Training {
		/// Records drawn a round; the whole set where it has fewer.
		records: u32,
	},
	/// A sample of a public validation set, a delta file that only adds.
	Validation {
		/// The validation set.
		set: ContentRef,
		/// Records drawn a round; the whole set where it has fewer.
		records: u32,
	},
}

impl EvaluationPolicy {
	/// Records drawn a round.
	pub fn records(&self) -> u32 {
		match self {
			Self::Training { records } | Self::Validation { records, .. } => *records,
		}
	}
}
