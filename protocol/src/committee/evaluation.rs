//! Requests of a validator's off-chain worker to the evaluator beside it, and the answers: JSON over HTTP on
//! loopback.
//!
//! `POST /v1/evaluations` with an [`EvaluationRequest`] answers at once with a [`Job`]; equal requests are
//! one job. `GET /v1/evaluations/{id}` answers with the [`Job`] as it stands. `POST /v1/checks` with a
//! [`CheckRequest`] and `GET /v1/checks/{id}` are the same for proposed deltas, `POST /v1/custody-checks` with
//! a [`CustodyRequest`] and `GET /v1/custody-checks/{id}` for what keepers serve. `POST /v1/test-sets` with a
//! [`PrefetchRequest`] has a sealed test set fetched ahead.

use crate::{
	hash::job_id, trace::Recipe, Ballot, ContentRef, CustodyBallot, DeltaVerdict, EvaluationPolicy, GroupId,
	Metric, ProposalId, RoundIndex, Rounding, Score, TestSetVerdict,
};
use alloc::{string::String, vec::Vec};
use codec::Encode;
use serde::{Deserialize, Serialize};
use sp_core::{crypto::AccountId32, H256};

/// The default address at which the chain's off-chain worker finds the evaluator.
pub const DEFAULT_EVALUATOR: &str = "http://127.0.0.1:9977";
/// The key of the off-chain local storage under which a node keeps the address of its evaluator, or of the
/// first of several.
pub const EVALUATOR_STORAGE_KEY: &[u8] = b"descent::evaluator";
/// The key under which a node with several evaluators keeps the addresses of all, separated by newlines. Its
/// value counts only while its first address is the one under [`EVALUATOR_STORAGE_KEY`].
pub const EVALUATORS_STORAGE_KEY: &[u8] = b"descent::evaluators";
/// The most evaluators of one node.
pub const MAX_EVALUATORS: u8 = 8;

/// A delta and the gateways that serve it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeltaSource {
	/// The Parquet file.
	pub delta: ContentRef,
	/// Base addresses of gateways, beside those of the group.
	pub providers: Vec<String>,
}

/// A checkpoint and the gateways that serve it.
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

/// A hidden test set whose key was released for a round.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestSetSource {
	/// The manifest of its series, which names the sealed files.
	pub manifest: ContentRef,
	/// Its place in the series, from 0.
	pub index: u16,
	/// Its key, see [`crate::test_set_key`].
	pub key: H256,
	/// Base addresses of gateways that serve the manifest and the sealed files.
	pub providers: Vec<String>,
}

/// A drawn segment of a candidate's recorded training, to be replayed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplaySource {
	/// The trainer, by whose order the records are taken.
	pub account: AccountId32,
	/// The recipe.
	pub recipe: Recipe,
	/// The number of the segment.
	pub number: u16,
	/// Its learning rate, in billionths.
	pub rate: u32,
	/// The checkpoint that it begins with; `None` for the initial weights of the recipe's seed.
	pub start: Option<ContentRef>,
	/// The checkpoint that was recorded at its end.
	pub end: ContentRef,
}

/// The segments to be replayed in a round of a group whose checkpoints come with a recorded training. The
/// records are those of the data set, whose deltas the request names.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replays {
	/// The hash of the round's first block, which the order of the records contains.
	pub link: H256,
	/// A segment of each candidate, in the order of the candidates.
	pub segments: Vec<ReplaySource>,
	/// The places in that order, from 0 and ascending, of the candidates that are measured and replayed
	/// whatever becomes of the others: their work is paid for.
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	pub drawn: Vec<u8>,
}

/// A request to measure a round.
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
	/// The deltas that make the data set, oldest first, where the policy draws from it or segments are
	/// replayed; none otherwise.
	pub deltas: Vec<DeltaSource>,
	/// The metric of the group.
	pub metric: Metric,
	/// The records that the checkpoints are measured on.
	pub policy: EvaluationPolicy,
	/// Draws the records, see [`crate::sample`].
	pub seed: H256,
	/// Largest difference between a claim and the measured score, in micro-units, in a round whose seed was
	/// drawn before scores were dithered. Absent in every later round: its scores are dithered, and a claim
	/// is the measured score exactly.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub tolerance: Option<u64>,
	/// Base addresses of gateways that serve the model description and the data.
	pub providers: Vec<String>,
	/// Base addresses of gateways at which the committee's members, this one among them, serve the
	/// checkpoints that they have fetched.
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	pub peers: Vec<String>,
	/// The head, to be measured as the baseline.
	pub head: Option<CheckpointSource>,
	/// Time limit for fetching all candidates together, in milliseconds: a slow gateway can't make a
	/// committee miss its window.
	pub fetch_ms: u64,
	/// The candidates in rank order.
	pub candidates: Vec<CandidateSource>,
	/// Number of candidates that match their claims after which the others need not be measured: the number
	/// of winners that the round pays.
	#[codec(skip)]
	#[serde(default = "one", skip_serializing_if = "is_one")]
	pub winners: u8,
	/// The hidden test set, where the policy has one and its key was released. The checkpoints are measured
	/// on the policy's other set where it is broken.
	#[codec(skip)]
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub test_set: Option<TestSetSource>,
	/// The segments that are replayed of candidates that match their claims.
	#[codec(skip)]
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub replays: Option<Replays>,
}

fn one() -> u8 {
	1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_one(winners: &u8) -> bool {
	*winners == 1
}

impl EvaluationRequest {
	/// The id of its job. It is the same whatever the peers are: a member that changes its gateway while a
	/// round is measured must not make the others begin anew.
	pub fn id(&self) -> H256 {
		let Some(tolerance) = self.tolerance else {
			let job = Self { peers: Vec::new(), ..self.clone() };
			// A round with one winner and no hidden test set keeps the id that older evaluators know it by.
			return match (self.winners, &self.test_set, &self.replays) {
				(1, None, None) => job_id(b"evaluation", &job),
				(winners, test_set, None) => job_id(b"evaluation", &(job, (winners, test_set))),
				further => job_id(b"evaluation", &(job, further)),
			};
		};
		// As runtimes before dithered scores encode it.
		let Self { genesis, group, round, model, deltas, metric, policy, .. } = self;
		let Self { seed, providers, head, fetch_ms, candidates, .. } = self;
		let first = (genesis, group, round, model, deltas, metric, policy);
		job_id(b"evaluation", &(first, (seed, tolerance, providers, head, fetch_ms, candidates)))
	}

	/// Returns true if the candidate at this place is measured and replayed whatever becomes of the others.
	pub fn is_drawn(&self, rank: usize) -> bool {
		let drawn = self.replays.iter().flat_map(|replays| &replays.drawn);
		drawn.into_iter().any(|drawn| usize::from(*drawn) == rank)
	}

	/// The rule by which its checkpoints get their scores.
	pub fn rounding(&self) -> Rounding {
		match self.tolerance {
			Some(_) => Rounding::HalfEven,
			None => Rounding::dithered(self.seed),
		}
	}
}

/// A request to fetch the sealed file of a hidden test set before its key is released. It is answered at
/// once, and nothing is told of its end: a set that is not there is fetched with the round.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrefetchRequest {
	/// The group.
	pub group: GroupId,
	/// The manifest of its series, which names the sealed files.
	pub manifest: ContentRef,
	/// Its place in the series, from 0.
	pub index: u16,
	/// Base addresses of gateways that serve the manifest and the sealed files.
	pub providers: Vec<String>,
}

/// A leaf that a keeper has to serve.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptLeaf {
	/// The keeper.
	pub keeper: AccountId32,
	/// Base addresses of its gateways, each of which may serve the leaf.
	pub providers: Vec<String>,
	/// The content.
	pub content: ContentRef,
	/// The place of the leaf in the content, from 0.
	pub leaf: u32,
}

/// A request to fetch a leaf from each keeper of a group. The outcome of its job is a
/// [`CustodyBallot`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodyRequest {
	/// Hash of the chain's genesis block.
	pub genesis: H256,
	/// The group.
	pub group: GroupId,
	/// The number of the check among those of the group, from 1.
	pub check: u32,
	/// The leaves, one for each keeper that is checked.
	pub leaves: Vec<KeptLeaf>,
	/// Base addresses of gateways of the group and of the committee's members. Where neither they nor a
	/// keeper answers, it is this machine that has no network.
	pub gateways: Vec<String>,
	/// Time limit for fetching all of them, in milliseconds.
	pub fetch_ms: u64,
}

impl CustodyRequest {
	/// The id of its job. It is the same whatever the addresses are: a keeper that changes its own must not
	/// make a committee begin anew.
	pub fn id(&self) -> H256 {
		let leaf = |leaf: &KeptLeaf| KeptLeaf { providers: Vec::new(), ..leaf.clone() };
		let leaves = self.leaves.iter().map(leaf).collect();
		job_id(b"custody", &Self { leaves, gateways: Vec::new(), ..self.clone() })
	}
}

/// A request to check a proposed delta.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
	/// Hash of the chain's genesis block.
	pub genesis: H256,
	/// The group.
	pub group: GroupId,
	/// The proposal.
	pub proposal: ProposalId,
	/// The version of the data set that it is checked on: so many deltas make it.
	pub version: u32,
	/// The committee's attempt to agree, from 0: what could not be fetched is tried anew in the next, as
	/// another job.
	pub attempt: u32,
	/// The model description.
	pub model: ContentRef,
	/// Base addresses of gateways that serve the model description and the data.
	pub providers: Vec<String>,
	/// The deltas that make the version, oldest first.
	pub deltas: Vec<DeltaSource>,
	/// The proposed delta.
	pub proposed: DeltaSource,
	/// Time limit for fetching the proposed delta, in milliseconds.
	pub fetch_ms: u64,
}

impl CheckRequest {
	/// The id of its job.
	pub fn id(&self) -> H256 {
		job_id(b"check", self)
	}
}

/// A job as the evaluator knows it; `Outcome` is its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job<Outcome> {
	/// The request's id.
	pub id: H256,
	/// Its progress.
	pub status: JobStatus<Outcome>,
}

/// The progress of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "state")]
pub enum JobStatus<Outcome> {
	/// Waiting for others to finish.
	Queued,
	/// Being worked on.
	Running {
		/// Checkpoints measured so far.
		measured: u32,
	},
	/// Done.
	Done(Outcome),
	/// Could not be done, through no fault of what was to be looked at.
	Failed {
		/// The reason, in words.
		reason: String,
	},
}

/// The result of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
	/// The ballot that the committee member should cast.
	pub ballot: Ballot,
	/// The verdict on the hidden test set, where the request names one.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub test_set: Option<TestSetVerdict>,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
	/// The verdict that the committee member should give.
	pub checked: DeltaVerdict,
}

/// The result of a custody check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
	/// The hashes of what was fetched from keepers, in the order of the request.
	pub kept: CustodyBallot,
}

/// A custody check.
pub type CustodyJob = Job<Kept>;
/// An evaluation.
pub type EvaluationJob = Job<Measured>;
/// A check.
pub type CheckJob = Job<Checked>;

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{DeltaFault, Measurement, Verdict};

	#[test]
	fn a_job_reads_as_documented() {
		let measurement = Measurement { score: Score(71_234), root: H256::zero() };
		let verdicts = alloc::vec![Verdict::Unavailable, Verdict::Match(measurement)].try_into().unwrap();
		let ballot = Ballot { baseline: None, verdicts };
		let job = Job { id: H256::zero(), status: JobStatus::Done(Measured { ballot, test_set: None }) };
		let json = serde_json::to_value(&job).unwrap();
		assert_eq!(json["status"]["state"], "done");
		assert_eq!(json["status"]["ballot"]["verdicts"][0]["verdict"], "unavailable");
		assert_eq!(json["status"]["ballot"]["verdicts"][1]["score"], 71_234);
		assert_eq!(serde_json::from_value::<EvaluationJob>(json).unwrap(), job);
	}

	#[test]
	fn a_check_reads_as_documented() {
		let job = CheckJob {
			id: H256::zero(),
			status: JobStatus::Done(Checked { checked: DeltaVerdict::Invalid(DeltaFault::Columns) }),
		};
		let json = serde_json::to_value(&job).unwrap();
		let expected =
			serde_json::json!({"state": "done", "checked": {"verdict": "invalid", "fault": "columns"}});
		assert_eq!(json["status"], expected);
		assert_eq!(serde_json::from_value::<CheckJob>(json).unwrap(), job);
	}

	/// A request as runtimes before dithered scores encode it.
	#[derive(Clone, Encode, Serialize)]
	struct OldRequest {
		genesis: H256,
		group: GroupId,
		round: RoundIndex,
		model: ContentRef,
		deltas: Vec<DeltaSource>,
		metric: Metric,
		policy: EvaluationPolicy,
		seed: H256,
		tolerance: u64,
		providers: Vec<String>,
		head: Option<CheckpointSource>,
		fetch_ms: u64,
		candidates: Vec<CandidateSource>,
	}

	fn old_request() -> OldRequest {
		let content = ContentRef::raw(b"descent").unwrap();
		let providers = alloc::vec![String::from("http://127.0.0.1:8080")];
		OldRequest {
			genesis: H256::repeat_byte(1),
			group: 2,
			round: 3,
			model: content,
			deltas: alloc::vec![DeltaSource { delta: content, providers: providers.clone() }],
			metric: Metric::Loss,
			policy: EvaluationPolicy::Training { records: 4 },
			seed: H256::repeat_byte(5),
			tolerance: 6,
			head: Some(CheckpointSource { checkpoint: content, providers: providers.clone() }),
			fetch_ms: 7,
			candidates: alloc::vec![CandidateSource {
				checkpoint: content,
				providers: providers.clone(),
				claim: Score(8),
			}],
			providers,
		}
	}

	fn read(json: serde_json::Value) -> EvaluationRequest {
		serde_json::from_value(json).unwrap()
	}

	#[test]
	fn a_request_of_an_older_runtime_keeps_its_id_and_its_rounding() {
		let old = old_request();
		let json = serde_json::to_value(&old).unwrap();
		let request = read(json.clone());
		assert_eq!(request.tolerance, Some(6));
		assert_eq!(request.id(), job_id(b"evaluation", &old));
		assert_eq!(request.rounding(), Rounding::HalfEven);
		assert_eq!(serde_json::to_value(&request).unwrap(), json);
		let exact = OldRequest { tolerance: 0, ..old };
		let request = EvaluationRequest { tolerance: Some(0), ..request };
		assert_eq!(request.id(), job_id(b"evaluation", &exact));
		assert_eq!(request.rounding(), Rounding::HalfEven);
	}

	#[test]
	fn a_request_without_a_tolerance_is_dithered_by_its_seed() {
		let mut json = serde_json::to_value(old_request()).unwrap();
		json.as_object_mut().unwrap().remove("tolerance");
		let request = read(json.clone());
		assert_eq!(request.tolerance, None);
		assert_eq!(request.rounding(), Rounding::dithered(request.seed));
		assert_eq!(serde_json::to_value(&request).unwrap(), json);
		let old = EvaluationRequest { tolerance: Some(0), ..request.clone() };
		assert_ne!(request.id(), old.id());
		let peers = alloc::vec![String::from("http://127.0.0.1:1")];
		let with_peers = EvaluationRequest { peers: peers.clone(), ..request };
		let json = serde_json::to_value(&with_peers).unwrap();
		assert_eq!(json["peers"], serde_json::json!(peers));
		assert_eq!(read(json), with_peers);
	}

	#[test]
	fn peers_that_change_leave_a_job_as_it_is() {
		let content = ContentRef::raw(b"descent").unwrap();
		let request = EvaluationRequest {
			genesis: H256::repeat_byte(1),
			group: 2,
			round: 3,
			model: content,
			deltas: Vec::new(),
			metric: Metric::Loss,
			policy: EvaluationPolicy::Training { records: 4 },
			seed: H256::repeat_byte(5),
			tolerance: None,
			providers: Vec::new(),
			peers: alloc::vec!["http://127.0.0.1:1".into()],
			head: None,
			fetch_ms: 7,
			candidates: Vec::new(),
			winners: 1,
			test_set: None,
			replays: None,
		};
		let id = request.id();
		assert_eq!(EvaluationRequest { peers: Vec::new(), ..request.clone() }.id(), id);
		assert_ne!(EvaluationRequest { round: 4, ..request.clone() }.id(), id);
		assert_ne!(EvaluationRequest { winners: 2, ..request.clone() }.id(), id);
		let test_set =
			TestSetSource { manifest: content, index: 0, key: H256::zero(), providers: Vec::new() };
		let hidden = EvaluationRequest { test_set: Some(test_set.clone()), ..request.clone() };
		assert_ne!(hidden.id(), id);
		let another = TestSetSource { index: 1, ..test_set };
		assert_ne!(EvaluationRequest { test_set: Some(another), ..request.clone() }.id(), hidden.id());
		let replays = Replays { link: H256::zero(), segments: Vec::new(), drawn: Vec::new() };
		assert_ne!(EvaluationRequest { replays: Some(replays), ..request }.id(), id);
	}

	#[test]
	fn an_endless_ballot_is_refused() {
		let verdicts = alloc::vec![r#"{"verdict":"invalid"}"#; 65].join(",");
		let json = alloc::format!(r#"{{"baseline":null,"verdicts":[{verdicts}]}}"#);
		assert!(serde_json::from_str::<Ballot>(&json).is_err());
	}
}
