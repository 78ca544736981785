use descent_protocol::{view::GroupView, ContentRef, EvaluationPolicy, Metric};
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// What a round is played on. A round that has begun keeps its spec, whatever its group's stakeholders change meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoundSpec {
	/// The model description.
	pub model: ContentRef,
	/// How many models the group had before this one.
	pub model_version: u32,
	/// How many deltas make the data set.
	pub dataset_version: u32,
	/// The root of that version.
	pub dataset_root: H256,
	/// What is to be lowered.
	pub metric: Metric,
	/// On what it is measured.
	pub policy: EvaluationPolicy,
	/// Where model and data can be had.
	pub providers: Vec<String>,
}

impl From<&GroupView> for RoundSpec {
	fn from(group: &GroupView) -> Self {
		Self {
			model: group.model,
			model_version: group.model_version,
			dataset_version: group.dataset_version,
			dataset_root: group.dataset_root,
			metric: group.metric,
			policy: group.policy,
			providers: group.providers.clone(),
		}
	}
}

impl RoundSpec {
	/// Whether checkpoints are measured with the same model on the same records.
	pub(crate) fn is_same_exam(&self, other: &Self) -> bool {
		let is_same_set = match self.policy {
			EvaluationPolicy::Training { .. } => self.dataset_root == other.dataset_root,
			EvaluationPolicy::Validation { .. } => true,
		};
		(self.model, self.policy) == (other.model, other.policy) && is_same_set
	}

	/// Whether the same is learnt.
	pub(crate) fn is_same_task(&self, other: &Self) -> bool {
		let learnt = |spec: &Self| (spec.model_version, spec.dataset_root, spec.metric);
		learnt(self) == learnt(other) && self.is_same_exam(other)
	}

	/// The content that is needed for as long as the spec are, the deltas of the data set aside.
	pub(crate) fn named(&self) -> Vec<ContentRef> {
		let mut named = vec![self.model];
		if let EvaluationPolicy::Validation { set, .. } = &self.policy {
			named.push(*set);
		}
		named
	}
}
