//! The part of a group's rules that a round keeps.

use descent_protocol::{trace::RecipeRule, view::GroupView, ContentRef, EvaluationPolicy, Metric};
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// The rules and content of a round. They stay the same once the round has begun, even if the group's
/// stakeholders change those of the group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoundSpec {
	/// The model description.
	pub model: ContentRef,
	/// Number of models that the group had before this one.
	pub model_version: u32,
	/// Number of deltas in the data set.
	pub dataset_version: u32,
	/// Log root of that version.
	pub dataset_root: H256,
	/// The metric to lower.
	pub metric: Metric,
	/// The records that the metric is measured on.
	pub policy: EvaluationPolicy,
	/// Addresses that serve model and data.
	pub providers: Vec<String>,
	/// The manifest and the sealed file of the hidden test set that came next when the round was committed
	/// to.
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	pub sealed: Vec<ContentRef>,
	/// The rule for the recorded trainings that the round's checkpoints come with, if they do.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub recipe: Option<RecipeRule>,
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
			sealed: Vec::new(),
			recipe: group.optional_rules.recipe(),
		}
	}
}

impl RoundSpec {
	/// Returns true if checkpoints are evaluated with the same model on the same public records.
	pub(crate) fn has_same_evaluation(&self, other: &Self) -> bool {
		let is_same_set = match self.policy {
			EvaluationPolicy::Training { .. } => self.dataset_root == other.dataset_root,
			EvaluationPolicy::Validation { .. } | EvaluationPolicy::Hidden { .. } => true,
		};
		(self.model, self.policy) == (other.model, other.policy) && is_same_set
	}

	/// Returns true if the training task is the same.
	pub(crate) fn has_same_task(&self, other: &Self) -> bool {
		let task = |spec: &Self| (spec.model_version, spec.dataset_root, spec.metric);
		task(self) == task(other) && self.has_same_evaluation(other)
	}

	/// Returns the content that has to stay on disk, besides the deltas of the data set.
	pub(crate) fn content(&self) -> Vec<ContentRef> {
		let mut content = vec![self.model];
		match self.policy {
			EvaluationPolicy::Training { .. } => {}
			EvaluationPolicy::Validation { set, .. } | EvaluationPolicy::Hidden { otherwise: set, .. } => {
				content.push(set);
			}
		}
		content.extend(&self.sealed);
		content
	}
}
