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

/// An evaluator that lies: to it every delta is valid and no checkpoint is what its trainer claims. It looks at none.
pub struct Liar {
	address: String,
	state: Arc<Lies>,
}

#[derive(Default)]
struct Lies {
	asked: AtomicU32,
	silent: AtomicBool,
}

impl Lies {
	/// Counts a question; an error where it is not answered any more.
	fn asked(&self) -> Result<(), StatusCode> {
		self.asked.fetch_add(1, Ordering::Relaxed);
		match self.silent.load(Ordering::Relaxed) {
			true => Err(StatusCode::SERVICE_UNAVAILABLE),
			false => Ok(()),
		}
	}
}

impl Liar {
	/// Begins to listen on a port of loopback.
	///
	/// # Errors
	/// Where there is none.
	pub async fn listen() -> Result<Self> {
		let state = Arc::new(Lies::default());
		let router = Router::new()
			.route("/v1/checks", post(call_it_valid))
			.route("/v1/evaluations", post(call_it_false))
			.with_state(state.clone());
		let listener = TcpListener::bind("127.0.0.1:0").await?;
		let address = format!("http://{}", listener.local_addr()?);
		tokio::spawn(async move { axum::serve(listener, router).await });
		Ok(Self { address, state })
	}

	/// Where it listens.
	pub fn address(&self) -> String {
		self.address.clone()
	}

	/// How often it was asked.
	pub fn asked(&self) -> u32 {
		self.state.asked.load(Ordering::Relaxed)
	}

	/// Says nothing any more, neither lies nor the truth.
	pub fn fall_silent(&self) {
		self.state.silent.store(true, Ordering::Relaxed);
	}
}

async fn call_it_valid(
	State(lies): State<Arc<Lies>>,
	Json(request): Json<CheckRequest>,
) -> Result<Json<CheckJob>, StatusCode> {
	lies.asked()?;
	let report = DeltaReport { added: 1_000, removed: 0, records: 2_000, root: H256::repeat_byte(7) };
	Ok(Json(CheckJob {
		id: request.id(),
		status: JobStatus::Done(Checked { checked: DeltaVerdict::Valid(report) }),
	}))
}

async fn call_it_false(
	State(lies): State<Arc<Lies>>,
	Json(request): Json<EvaluationRequest>,
) -> Result<Json<EvaluationJob>, StatusCode> {
	lies.asked()?;
	let false_score = Measurement { score: Score(9_999_999), root: H256::repeat_byte(7) };
	let verdicts = vec![Verdict::Mismatch(false_score); request.candidates.len()];
	let ballot = Ballot {
		baseline: request.head.as_ref().map(|_| false_score),
		verdicts: verdicts.try_into().map_err(|_| StatusCode::BAD_REQUEST)?,
	};
	Ok(Json(EvaluationJob { id: request.id(), status: JobStatus::Done(Measured { ballot }) }))
}
