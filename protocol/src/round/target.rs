#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::{EvaluationPolicy, Score};
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The records that a score was measured on, as far as rules tell them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MeasuredOn {
	/// The policy by which they were drawn.
	pub policy: EvaluationPolicy,
	/// The version of the data set: the number of deltas that make it.
	pub dataset_version: u32,
}

impl MeasuredOn {
	/// Returns true if scores of both say as much of a model. A validation set stays the same whatever the
	/// data set, but training records are those of one version. The sets of a series differ from round to
	/// round; a score on any of them tells if a target is reached, and none is a bar on another.
	pub fn is_comparable(&self, other: &Self) -> bool {
		self.policy == other.policy
			&& match self.policy {
				EvaluationPolicy::Validation { .. } | EvaluationPolicy::Hidden { .. } => true,
				EvaluationPolicy::Training { .. } => self.dataset_version == other.dataset_version,
			}
	}
}

/// Returns true if a group's head has reached its target, so that a round takes no commitments. A score on
/// other records than the round's does not tell if the head is good enough.
pub fn has_reached_target(
	target: Option<Score>,
	head: Option<(Score, MeasuredOn)>,
	round: &MeasuredOn,
) -> bool {
	target
		.zip(head)
		.is_some_and(|(target, (score, measured))| score <= target && measured.is_comparable(round))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::ContentRef;
	use proptest::prelude::*;

	fn policies() -> impl Strategy<Value = EvaluationPolicy> {
		let set = |name: u8| ContentRef::raw(&[name]).unwrap();
		prop_oneof![
			(1..3u32).prop_map(|records| EvaluationPolicy::Training { records }),
			(0..2u8, 1..3u32)
				.prop_map(move |(name, records)| EvaluationPolicy::Validation { set: set(name), records }),
		]
	}

	fn measured() -> impl Strategy<Value = MeasuredOn> {
		(policies(), 0..3u32).prop_map(|(policy, dataset_version)| MeasuredOn { policy, dataset_version })
	}

	proptest! {
		#[test]
		fn a_target_is_reached_by_a_score_that_compares(
			target in 0..5u64, score in 0..5u64, head in measured(), round in measured(),
		) {
			let reached = has_reached_target(Some(Score(target)), Some((Score(score), head)), &round);
			prop_assert_eq!(reached, score <= target && head.is_comparable(&round));
			prop_assert!(!has_reached_target(None, Some((Score(score), head)), &round));
			prop_assert!(!has_reached_target(Some(Score(target)), None, &round));
		}

		#[test]
		fn scores_compare_both_ways(one in measured(), other in measured()) {
			prop_assert!(one.is_comparable(&one));
			prop_assert_eq!(one.is_comparable(&other), other.is_comparable(&one));
			if let EvaluationPolicy::Training { .. } = one.policy {
				let newer = MeasuredOn { dataset_version: one.dataset_version ^ 1, ..one };
				prop_assert!(!one.is_comparable(&newer), "a delta makes other records");
			}
		}
	}
}
