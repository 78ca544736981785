use anyhow::Result;
use axum::{extract::State, http::StatusCode, routing::post, Json, Router};
use descent_protocol::{
	evaluation::{CheckJob, CheckRequest, Checked, EvaluationJob, EvaluationRequest, JobStatus, Measured},
	Ballot, DeltaReport, DeltaVerdict, Measurement, Score, Verdict,
};
use sp_core::H256;
use std::sync::{
	atomic::{AtomicBool, AtomicU32, Ordering},
	Arc,
};
use tokio::net::TcpListener;

/// An evaluator that lies without reading anything. It reports every delta as valid, and a mismatch for every
/// checkpoint, with a measurement that no other liar reports.
pub struct ByzantineEvaluator {
	address: String,
	requests: Arc<Requests>,
}

#[derive(Default)]
struct Requests {
	count: AtomicU32,
	silent: AtomicBool,
	/// Root of the false measurements.
	root: H256,
}

impl Requests {
	/// Counts a request. Fails if requests are no longer answered.
	fn accept(&self) -> Result<(), StatusCode> {
		self.count.fetch_add(1, Ordering::Relaxed);
		match self.silent.load(Ordering::Relaxed) {
			true => Err(StatusCode::SERVICE_UNAVAILABLE),
			false => Ok(()),
		}
	}
}

impl ByzantineEvaluator {
	/// Starts to listen on a free port of loopback.
	///
	/// # Errors
	/// Fails if there is none.
	pub async fn listen() -> Result<Self> {
		let requests = Arc::new(Requests { root: H256(rand::random()), ..Requests::default() });
		let router = Router::new()
			.route("/v1/checks", post(report_valid))
			.route("/v1/evaluations", post(report_mismatch))
			.with_state(requests.clone());
		let listener = TcpListener::bind("127.0.0.1:0").await?;
		let address = format!("http://{}", listener.local_addr()?);
		tokio::spawn(async move { axum::serve(listener, router).await });
		Ok(Self { address, requests })
	}

	/// Base URL of the evaluator.
	pub fn address(&self) -> String {
		self.address.clone()
	}

	/// Number of requests so far.
	pub fn requests(&self) -> u32 {
		self.requests.count.load(Ordering::Relaxed)
	}

	/// Answers all later requests with status 503.
	pub fn stop_answering(&self) {
		self.requests.silent.store(true, Ordering::Relaxed);
	}
}

async fn report_valid(
	State(requests): State<Arc<Requests>>,
	Json(request): Json<CheckRequest>,
) -> Result<Json<CheckJob>, StatusCode> {
	requests.accept()?;
	let report = DeltaReport { added: 1_000, removed: 0, records: 2_000, root: H256::repeat_byte(7) };
	Ok(Json(CheckJob {
		id: request.id(),
		status: JobStatus::Done(Checked { checked: DeltaVerdict::Valid(report) }),
	}))
}

async fn report_mismatch(
	State(requests): State<Arc<Requests>>,
	Json(request): Json<EvaluationRequest>,
) -> Result<Json<EvaluationJob>, StatusCode> {
	requests.accept()?;
	let false_score = Measurement { score: Score(9_999_999), root: requests.root };
	let verdicts = vec![Verdict::Mismatch(false_score); request.candidates.len()];
	let ballot = Ballot {
		baseline: request.head.as_ref().map(|_| false_score),
		verdicts: verdicts.try_into().map_err(|_| StatusCode::BAD_REQUEST)?,
	};
	Ok(Json(EvaluationJob { id: request.id(), status: JobStatus::Done(Measured { ballot, test_set: None }) }))
}
