#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::{
	BlockNumber, Clock, ContentRef, OptionalRules, Providers, Score, Share, Shares, MAX_NAME_LENGTH,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::{bounded::BoundedVec, ConstU32, H256};

/// A metric, which a group's trainers compete to lower.
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
#[serde(rename_all = "lowercase")]
pub enum Metric {
	/// The mean of the model's loss over the records.
	Loss,
	/// The share of the records whose most probable class is wrong.
	Error,
}

/// The records that a round's checkpoints are measured on. They are drawn with the round's seed, see
/// [`crate::sample`].
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
	/// A sample of the next set of a series of hidden test sets, whose key the requester releases once the
	/// commitments are closed.
	Hidden {
		/// The series, see [`crate::test_set_series`].
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Hash"))]
		series: H256,
		/// Records drawn a round; the whole set where it has fewer.
		records: u32,
		/// The public validation set of rounds for which no sound test set is released, a delta file that
		/// only adds.
		otherwise: ContentRef,
	},
}

impl EvaluationPolicy {
	/// Records drawn a round.
	pub fn records(&self) -> u32 {
		match self {
			Self::Training { records } | Self::Validation { records, .. } | Self::Hidden { records, .. } => {
				*records
			}
		}
	}

	/// The series of hidden test sets, if it has one.
	pub fn series(&self) -> Option<H256> {
		match self {
			Self::Hidden { series, .. } => Some(*series),
			Self::Training { .. } | Self::Validation { .. } => None,
		}
	}

	/// The policy of a round for which no sound test set was released: the public validation set of a policy
	/// with hidden test sets, and any other policy as it is.
	pub fn without_hidden(self) -> Self {
		match self {
			Self::Hidden { records, otherwise, .. } => Self::Validation { set: otherwise, records },
			policy => policy,
		}
	}
}

/// The rules that a group is created with, and its first stake. The argument of the call `groups.create`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct NewGroup<Balance> {
	/// Its name, in UTF-8.
	pub name: BoundedVec<u8, ConstU32<MAX_NAME_LENGTH>>,
	/// The model description.
	pub model: ContentRef,
	/// The data set: the first delta of its log.
	pub dataset: ContentRef,
	/// Gateways that serve model and data.
	pub providers: Providers,
	/// The metric that trainers lower.
	pub metric: Metric,
	/// The records that it is measured on.
	pub policy: EvaluationPolicy,
	/// Least gain over the head that wins a round, in micro-units.
	pub minimum_improvement: u64,
	/// The score at which no further round is played.
	pub target: Option<Score>,
	/// The lengths of its rounds. A start that is not in the future becomes the next block.
	pub clock: Clock,
	/// The smallest deposit of a commitment, in the token's smallest unit.
	pub deposit: Balance,
	/// The division of what its rounds earn.
	pub shares: Shares,
	/// The stake of its owner, in the token's smallest unit.
	pub stake: Balance,
	/// Length of a voting period, in blocks.
	pub voting_period: BlockNumber,
	/// The part of all stake that a delta needs.
	pub quorum: Share,
	/// The rules that it has beside those that all groups have.
	pub optional_rules: OptionalRules,
}
