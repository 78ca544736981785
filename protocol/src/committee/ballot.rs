#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::{Score, MAX_CANDIDATES};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::{bounded::BoundedVec, ConstU32, H256};

/// A measurement of one checkpoint on a round's evaluation set.
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
pub struct Measurement {
	/// The score over the whole evaluation set.
	pub score: Score,
	/// The [`crate::transcript_root`] of the scores of every batch.
	pub root: H256,
}

/// A committee member's verdict on one candidate.
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
#[serde(rename_all = "lowercase", tag = "verdict")]
pub enum Verdict {
	/// Measured, and exactly what was claimed; in a round whose seed was drawn before scores were dithered,
	/// within the tolerance that the group had.
	Match(Measurement),
	/// Measured, and not what was claimed.
	Mismatch(Measurement),
	/// Nobody served the checkpoint in time.
	Unavailable,
	/// The checkpoint is not one of this group's model: a wrong size, wrong names, shapes or types, or
	/// weights that are not finite.
	Invalid,
	/// The checkpoint is ill-conditioned: it amplifies rounding errors so much that its score would depend on
	/// the machine that measures.
	#[serde(rename = "ill_conditioned")]
	IllConditioned,
	/// The member says nothing of the checkpoint, because its own machine failed. It counts as silence.
	Abstained,
	/// Measured, and exactly what was claimed, but the training that was recorded with it is not how it was
	/// made: the replay of the drawn segment departs from the recorded weights.
	Departed(Measurement),
}

impl Verdict {
	/// The measurement, where there is one.
	pub fn measurement(&self) -> Option<Measurement> {
		match self {
			Self::Match(measurement) | Self::Mismatch(measurement) | Self::Departed(measurement) => {
				Some(*measurement)
			}
			Self::Unavailable | Self::Invalid | Self::IllConditioned | Self::Abstained => None,
		}
	}
}

/// A committee member's ballot in a round.
#[derive(
	Clone,
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
pub struct Ballot {
	/// The head, measured on this round's evaluation set; `None` where there is no head or nobody served it.
	pub baseline: Option<Measurement>,
	/// The candidates in [`crate::rank`]'s order, as far as they had to be looked at: up to the first match.
	/// Those of which the member says nothing, though it speaks of a later one, are [`Verdict::Abstained`].
	pub verdicts: BoundedVec<Verdict, ConstU32<MAX_CANDIDATES>>,
}
