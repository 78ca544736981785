use super::{
	jobs::{Full, Jobs},
	metrics::Metrics,
	request,
};
use axum::{
	body::Bytes,
	extract::{DefaultBodyLimit, Path, Request, State},
	http::{header, StatusCode},
	middleware::{self, Next},
	response::{IntoResponse, Response},
	routing::{get, post},
	Json, Router,
};
use serde_json::json;
use sp_core::H256;
use std::{sync::Arc, time::Duration};
use tower_http::timeout::TimeoutLayer;

/// The longest request body in bytes: more than the largest request that a chain can make has, whose providers' addresses
/// may be such that JSON takes six bytes for each of theirs.
pub const MAX_BODY: usize = 1 << 20;

/// What the handlers share.
#[derive(Clone)]
pub struct Service {
	/// The jobs.
	pub jobs: Arc<Jobs>,
	/// What is counted.
	pub metrics: Arc<Metrics>,
	/// Seconds after which whoever finds the queue full should ask again.
	pub retry_after: u64,
}

/// The HTTP interface of the evaluator.
pub fn router(service: Service) -> Router {
	Router::new()
		.route("/v1/evaluations", post(submit))
		.route("/v1/evaluations/{id}", get(look_up))
		.route("/health", get(health))
		.route("/metrics", get(metrics))
		.layer(DefaultBodyLimit::max(MAX_BODY))
		.layer(TimeoutLayer::with_status_code(
			StatusCode::REQUEST_TIMEOUT,
			Duration::from_secs(10),
		))
		.layer(middleware::from_fn(refuse_browsers))
		.with_state(service)
}

/// A web page that the validator's operator visits must not be able to give this service work.
async fn refuse_browsers(request: Request, next: Next) -> Response {
	if request.headers().contains_key(header::ORIGIN) {
		return refusal(StatusCode::FORBIDDEN, "requests of web pages are not served");
	}
	next.run(request).await
}

fn refusal(status: StatusCode, reason: impl Into<String>) -> Response {
	(status, Json(json!({ "error": reason.into() }))).into_response()
}

async fn submit(State(service): State<Service>, body: Bytes) -> Response {
	let request = match request::parse(&body) {
		Ok(request) => request,
		Err(request::Refused::Syntax(reason)) => return refusal(StatusCode::BAD_REQUEST, reason),
		Err(request::Refused::Content(reason)) => return refusal(StatusCode::UNPROCESSABLE_ENTITY, reason),
	};
	// a finished job is written to disk under the same lock
	let jobs = service.jobs.clone();
	match tokio::task::spawn_blocking(move || jobs.submit(request)).await {
		Ok(Ok(job)) => (StatusCode::ACCEPTED, Json(job)).into_response(),
		Ok(Err(Full)) => {
			let mut response = refusal(
				StatusCode::SERVICE_UNAVAILABLE,
				"the queue is full; ask again later",
			);
			response
				.headers_mut()
				.insert(header::RETRY_AFTER, service.retry_after.into());
			response
		}
		Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "the service is ending"),
	}
}

async fn look_up(State(service): State<Service>, Path(id): Path<String>) -> Response {
	let mut bytes = [0; 32];
	let digits = id.strip_prefix("0x").unwrap_or(&id);
	if hex::decode_to_slice(digits, &mut bytes).is_err() {
		return refusal(
			StatusCode::BAD_REQUEST,
			"an evaluation's id is 32 bytes in hexadecimal",
		);
	}
	let jobs = service.jobs.clone();
	match tokio::task::spawn_blocking(move || jobs.get(&H256(bytes))).await {
		Ok(Some(job)) => Json(job).into_response(),
		Ok(None) => refusal(
			StatusCode::NOT_FOUND,
			"no evaluation of this id; post its request first",
		),
		Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "the service is ending"),
	}
}

async fn health(State(service): State<Service>) -> Response {
	Json(json!({ "status": "ok", "waiting": service.jobs.waiting() })).into_response()
}

async fn metrics(State(service): State<Service>) -> Response {
	match service.metrics.render() {
		Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
		Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")),
	}
}
