//! What a validator's off-chain worker and the evaluator beside it say to each other, as JSON over HTTP on loopback.
//!
//! `POST /v1/evaluations` with an [`EvaluationRequest`] answers at once with a [`Job`]; equal requests are one job.
//! `GET /v1/evaluations/{id}` answers with the [`Job`] as it stands.

use crate::{Ballot, ContentRef, EvaluationPolicy, GroupId, Metric, RoundIndex, Score};
use alloc::{string::String, vec::Vec};
use codec::Encode;
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// Where the chain's off-chain worker finds the evaluator unless it is told otherwise.
pub const DEFAULT_EVALUATOR: &str = "http://127.0.0.1:9977";
/// The key of the off-chain local storage under which a node keeps its evaluator's address.
pub const EVALUATOR_STORAGE_KEY: &[u8] = b"descent::evaluator";

/// A checkpoint and where it can be had.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointSource {
	/// The safetensors file.
	pub checkpoint: ContentRef,
	/// Base addresses of gateways.
	pub providers: Vec<String>,
}

/// A candidate to be measured against its claim.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CandidateSource {
	/// The safetensors file.
	pub checkpoint: ContentRef,
	/// Base addresses of gateways.
	pub providers: Vec<String>,
	/// The claimed score.
	pub claim: Score,
}

/// All that is needed to measure a round.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationRequest {
	/// Hash of the chain's genesis block.
	pub genesis: H256,
	/// The group.
	pub group: GroupId,
	/// The round.
	pub round: RoundIndex,
	/// The model description.
	pub model: ContentRef,
	/// The deltas that make the data set, oldest first.
	pub deltas: Vec<ContentRef>,
	/// The metric of the group.
	pub metric: Metric,
	/// What the checkpoints are measured on.
	pub policy: EvaluationPolicy,
	/// Draws the records, see [`crate::sample`].
	pub seed: H256,
	/// How far a measured score may be from its claim, in micro-units.
	pub tolerance: u64,
	/// Where the model description and the data can be had.
	pub providers: Vec<String>,
	/// The head, to be measured as the baseline.
	pub head: Option<CheckpointSource>,
	/// How long it may take to fetch the candidates, all of them together, in milliseconds. Whoever makes a committee
	/// wait can't make it miss the window.
	pub fetch_ms: u64,
	/// The candidates in rank order.
	pub candidates: Vec<CandidateSource>,
}

/// An evaluation as the evaluator knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
	/// The request's [`crate::request_id`].
	pub id: H256,
	/// How far it is.
	pub status: JobStatus,
}

/// How far an evaluation is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "state")]
pub enum JobStatus {
	/// Waiting for others to finish.
	Queued,
	/// Being measured.
	Running {
		/// Checkpoints measured so far.
		measured: u32,
	},
	/// Measured.
	Done {
		/// What the committee member should say.
		ballot: Ballot,
	},
	/// Could not be measured, through no fault of a candidate.
	Failed {
		/// Why, in words.
		reason: String,
	},
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Measurement, Verdict};

	#[test]
	fn a_job_reads_as_documented() {
		let measurement = Measurement {
			score: Score(71_234),
			root: H256::zero(),
		};
		let verdicts = alloc::vec![Verdict::Unavailable, Verdict::Match(measurement)]
			.try_into()
			.unwrap();
		let ballot = Ballot {
			baseline: None,
			verdicts,
		};
		let job = Job {
			id: H256::zero(),
			status: JobStatus::Done { ballot },
		};
		let json = serde_json::to_value(&job).unwrap();
		assert_eq!(json["status"]["state"], "done");
		assert_eq!(json["status"]["ballot"]["verdicts"][0]["verdict"], "unavailable");
		assert_eq!(json["status"]["ballot"]["verdicts"][1]["score"], 71_234);
		assert_eq!(serde_json::from_value::<Job>(json).unwrap(), job);
	}

	#[test]
	fn an_endless_ballot_is_refused() {
		let verdicts = alloc::vec![r#"{"verdict":"invalid"}"#; 65].join(",");
		let json = alloc::format!(r#"{{"baseline":null,"verdicts":[{verdicts}]}}"#);
		assert!(serde_json::from_str::<Ballot>(&json).is_err());
	}
}
