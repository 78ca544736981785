//! The service over HTTP, with real content, real models and a real gateway.

mod answers;
mod checks;
mod custody;
mod hidden;
mod http;
mod measuring;
mod replay;

use super::*;
use descent_protocol::{
	evaluation::{CandidateSource, CheckpointSource, DeltaSource, Job, JobStatus, Measured},
	Ballot, ContentRef, EvaluationPolicy, Metric, Score,
};
use descent_testing::Fixture;
use serde::Serialize;
use sp_core::H256;
use std::path::Path;

const SEED: H256 = H256::repeat_byte(5);
const RECORDS: u32 = 300;

fn options(data: &Path) -> EvaluatorOptions {
	EvaluatorOptions {
		listen: "127.0.0.1:0".parse().unwrap(),
		allow_remote: false,
		data: data.into(),
		queue: 4,
		results: 16,
		fetch_timeout: Duration::from_secs(1),
		job_limit: Duration::from_secs(60),
		check_limit: Duration::from_secs(60),
		max_content: 1 << 30,
		max_data: 1 << 30,
		processes: 1,
		threads: None,
		share: None,
		share_url: None,
		gpu: None,
		allow_private: true,
	}
}

/// A service and a client of it.
struct Client {
	evaluator: Evaluator,
	http: reqwest::Client,
	base: String,
}

impl Client {
	async fn start(data: &Path) -> Self {
		Self::of(Evaluator::start_in_process(&options(data)).await.unwrap())
	}

	fn of(evaluator: Evaluator) -> Self {
		let base = format!("http://{}", evaluator.address());
		let http = reqwest::Client::new();
		Self { evaluator, http, base }
	}

	async fn post<R: Request + Serialize>(&self, request: &R) -> reqwest::Response {
		let post = self.http.post(format!("{}/v1/{}s", self.base, R::KIND));
		post.json(request).send().await.unwrap()
	}

	async fn submit<R: Request + Serialize>(&self, request: &R) -> Job<R::Outcome> {
		let response = self.post(request).await;
		assert_eq!(response.status(), 202);
		response.json().await.unwrap()
	}

	async fn get(&self, path: &str) -> reqwest::Response {
		self.http.get(format!("{}{path}", self.base)).send().await.unwrap()
	}

	/// Waits until a job has ended.
	async fn wait<R: Request>(&self, id: H256) -> JobStatus<R::Outcome> {
		let until = Instant::now() + Duration::from_secs(60);
		loop {
			let response = self.get(&format!("/v1/{}s/{id:?}", R::KIND)).await;
			assert_eq!(response.status(), 200);
			let job: Job<R::Outcome> = response.json().await.unwrap();
			assert_eq!(job.id, id);
			if matches!(job.status, JobStatus::Done(_) | JobStatus::Failed { .. }) {
				return job.status;
			}
			assert!(Instant::now() < until, "still {:?}", job.status);
			tokio::time::sleep(Duration::from_millis(20)).await;
		}
	}

	/// The outcome of a request.
	async fn outcome<R: Request + Serialize>(&self, request: &R) -> R::Outcome {
		let job = self.submit(request).await;
		match self.wait::<R>(job.id).await {
			JobStatus::Done(outcome) => outcome,
			other => panic!("{other:?}"),
		}
	}

	/// The reason that a request fails.
	async fn failure<R: Request + Serialize>(&self, request: &R) -> String {
		let job = self.submit(request).await;
		match self.wait::<R>(job.id).await {
			JobStatus::Failed { reason } => reason,
			other => panic!("{other:?}"),
		}
	}

	async fn ballot(&self, request: &EvaluationRequest) -> Ballot {
		self.outcome(request).await.ballot
	}
}

/// A delta that the group's providers serve.
fn source(delta: ContentRef) -> DeltaSource {
	DeltaSource { delta, providers: Vec::new() }
}

/// A request to measure candidates on the training set of a fixture.
fn request(fixture: &Fixture, candidates: Vec<CandidateSource>) -> EvaluationRequest {
	EvaluationRequest {
		genesis: H256::repeat_byte(1),
		group: 2,
		round: 3,
		model: fixture.model,
		deltas: vec![source(fixture.delta)],
		metric: Metric::Loss,
		policy: EvaluationPolicy::Training { records: RECORDS },
		seed: SEED,
		tolerance: None,
		peers: Vec::new(),
		providers: providers(fixture),
		head: None,
		fetch_ms: 60_000,
		candidates,
		winners: 1,
		test_set: None,
		replays: None,
	}
}

fn providers(fixture: &Fixture) -> Vec<String> {
	fixture.address.iter().map(|address| format!("http://{address}")).collect()
}

fn candidate(fixture: &Fixture, checkpoint: ContentRef, claim: Score) -> CandidateSource {
	CandidateSource { checkpoint, providers: providers(fixture), claim }
}

/// A candidate that claims what it scores.
fn honest(fixture: &Fixture, weights: u64) -> CandidateSource {
	candidate(fixture, fixture.publish(weights), fixture.score(weights, SEED, RECORDS))
}
