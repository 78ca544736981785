//! The HTTP interface.

use super::{
	metrics::Metrics,
	pool::EvaluationPool,
	prefetch::PrefetchQueue,
	queue::{Full, JobQueue},
	request::{self, Refused, Request},
};
use axum::{
	body::Bytes,
	extract::{self, DefaultBodyLimit, Path, State},
	http::{header, HeaderValue, StatusCode},
	middleware::{self, Next},
	response::{IntoResponse, Response},
	routing::{get, post},
	Json, Router,
};
use descent_protocol::evaluation::{CheckRequest, CustodyRequest, EvaluationRequest};
use descent_protocol::is_loopback;
use serde_json::json;
use sp_core::H256;
use std::{sync::Arc, time::Duration};
use tower_http::timeout::TimeoutLayer;

/// Bytes of the longest request body. The largest request that a chain can make is smaller: it has a full
/// log, and 8 providers for each delta with addresses that JSON writes with two bytes for each byte.
pub(crate) const MAX_BODY: usize = 4 << 20;
/// Seconds after which a node that finds the queue full should ask again.
const RETRY_AFTER: u64 = 3;

/// State that the handlers share.
#[derive(Clone)]
pub(crate) struct Service {
	pub evaluations: Arc<JobQueue<EvaluationRequest>>,
	pub checks: Arc<JobQueue<CheckRequest>>,
	pub custody_checks: Arc<JobQueue<CustodyRequest>>,
	pub prefetches: Arc<PrefetchQueue>,
	pub metrics: Arc<Metrics>,
	pub pool: EvaluationPool,
	/// True if only requests to a name of this machine itself are served.
	pub local_only: bool,
}

/// Builds the routes.
pub(crate) fn router(service: Service) -> Router {
	let router = Router::new()
		.route("/health", get(health))
		.route("/metrics", get(metrics))
		.route("/v1/test-sets", post(prefetch))
		.with_state(service.clone())
		.merge(job_routes(service.evaluations))
		.merge(job_routes(service.checks))
		.merge(job_routes(service.custody_checks))
		.layer(DefaultBodyLimit::max(MAX_BODY))
		.layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(10)))
		.layer(middleware::from_fn(refuse_browsers));
	if service.local_only {
		router.layer(middleware::from_fn(refuse_other_names))
	} else {
		router
	}
}

fn job_routes<R: Request>(jobs: Arc<JobQueue<R>>) -> Router {
	let path = format!("/v1/{}s", R::KIND);
	Router::new()
		.route(&path, post(submit::<R>))
		.route(&format!("{path}/{{id}}"), get(look_up::<R>))
		.with_state(jobs)
}

/// Refuses requests of web pages: one that the validator's operator visits must not be able to give this
/// service work.
async fn refuse_browsers(request: extract::Request, next: Next) -> Response {
	if request.headers().contains_key(header::ORIGIN) {
		return error_response(StatusCode::FORBIDDEN, "requests of web pages are not served");
	}
	next.run(request).await
}

/// Refuses requests to other names: a web page whose name leads here sends no `Origin`, but the name of its
/// own host.
async fn refuse_other_names(request: extract::Request, next: Next) -> Response {
	let host = request.headers().get(header::HOST);
	let named = host.map(HeaderValue::to_str).and_then(Result::ok);
	if !named.is_some_and(is_loopback) {
		return error_response(
			StatusCode::FORBIDDEN,
			"only requests to localhost or a loopback address are served; see --allow-remote",
		);
	}
	next.run(request).await
}

fn error_response(status: StatusCode, reason: impl Into<String>) -> Response {
	(status, Json(json!({ "error": reason.into() }))).into_response()
}

async fn submit<R: Request>(State(jobs): State<Arc<JobQueue<R>>>, body: Bytes) -> Response {
	// a large request takes a while to read, and a finished job is written to disk under the same lock
	let submitted = tokio::task::spawn_blocking(move || {
		let request = request::parse::<R>(&body)?;
		Ok(jobs.submit(request))
	});
	match submitted.await {
		Ok(Ok(Ok(job))) => (StatusCode::ACCEPTED, Json(job)).into_response(),
		Ok(Ok(Err(Full))) => {
			let mut response =
				error_response(StatusCode::SERVICE_UNAVAILABLE, "the queue is full; ask again later");
			response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER.into());
			response
		}
		Ok(Err(refused)) => refusal(refused),
		Err(_) => error_response(StatusCode::INTERNAL_SERVER_ERROR, "the service is ending"),
	}
}

/// Refuses a request that cannot be worked on.
fn refusal(refused: Refused) -> Response {
	match refused {
		Refused::Syntax(reason) => error_response(StatusCode::BAD_REQUEST, reason),
		Refused::Content(reason) => error_response(StatusCode::UNPROCESSABLE_ENTITY, reason),
	}
}

/// Takes a request to fetch a sealed test set ahead. The answer says nothing of its end.
async fn prefetch(State(service): State<Service>, body: Bytes) -> Response {
	match request::parse_prefetch(&body) {
		Ok(request) => {
			service.prefetches.submit(request);
			(StatusCode::ACCEPTED, Json(json!({ "status": "accepted" }))).into_response()
		}
		Err(refused) => refusal(refused),
	}
}

async fn look_up<R: Request>(State(jobs): State<Arc<JobQueue<R>>>, Path(id): Path<String>) -> Response {
	let mut bytes = [0; 32];
	let digits = id.strip_prefix("0x").unwrap_or(&id);
	if hex::decode_to_slice(digits, &mut bytes).is_err() {
		let reason = format!("the id of this {} is not 32 bytes in hexadecimal", R::KIND);
		return error_response(StatusCode::BAD_REQUEST, reason);
	}
	match tokio::task::spawn_blocking(move || jobs.get(&H256(bytes))).await {
		Ok(Some(job)) => Json(job).into_response(),
		Ok(None) => error_response(
			StatusCode::NOT_FOUND,
			format!("no {} of this id; post its request first", R::KIND),
		),
		Err(_) => error_response(StatusCode::INTERNAL_SERVER_ERROR, "the service is ending"),
	}
}

async fn health(State(service): State<Service>) -> Response {
	let (waiting, isolation) = (service.evaluations.waiting(), service.pool.isolation());
	let (device, refused) = match service.pool.gpu() {
		Ok(None) => ("cpu".into(), None),
		Ok(Some(number)) => (format!("cuda:{number}"), None),
		Err(reason) => ("cpu".into(), Some(reason)),
	};
	let arithmetic = json!({
		"device": device,
		"gpu_refused": refused,
		"kernels": descent_kernels::VERSION,
		"instructions": descent_kernels::Instructions::chosen().name(),
		"libtorch": descent_model::LIBTORCH,
	});
	let health =
		json!({ "status": "ok", "waiting": waiting, "isolation": isolation, "arithmetic": arithmetic });
	Json(health).into_response()
}

async fn metrics(State(service): State<Service>) -> Response {
	match service.metrics.render() {
		Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
		Err(error) => error_response(StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")),
	}
}
