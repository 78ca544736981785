//! `descent-worker serve`: answers of a model over HTTP.

use crate::predictor::{Encoded, ModelArg, Prediction, Predictor};
use anyhow::{Context, Result};
use axum::{
	body::Bytes,
	extract::{DefaultBodyLimit, State},
	http::{header, StatusCode},
	response::{IntoResponse, Response},
	routing::{get, post},
	Json, Router,
};
use clap::Args;
use descent_console::{screen, shutdown};
use serde::Deserialize;
use serde_json::{json, Value};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::Semaphore};
use tower_http::timeout::TimeoutLayer;

const EXAMPLES: &str = "Examples:
  descent-worker serve --model mnist
  curl -X POST http://127.0.0.1:8000/v1/predict -d '{\"inputs\": [[0.5, 1.5]]}'

GET /health and GET /v1/model tell about the service. Nobody is asked who he is: put a proxy with \
authentication before it where others than this machine are to reach it.";

/// Longest time until a request is answered.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest time that the end waits for requests.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// Serve the predictions of a checkpoint over HTTP, without a chain.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Options {
	#[command(flatten)]
	model: ModelArg,
	/// Address to listen on.
	#[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
	listen: SocketAddr,
	/// Most inputs in one request.
	#[arg(long, value_name = "N", default_value_t = 256)]
	max_inputs: usize,
	/// Bytes of the longest request.
	#[arg(long, value_name = "BYTES", default_value_t = 16 << 20)]
	max_body: usize,
	/// Requests that are computed at a time; twice as many wait, and others are refused.
	#[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
	concurrency: u16,
}

#[derive(Clone)]
struct Service {
	predictor: Arc<Predictor>,
	max_inputs: usize,
	/// Requests that are computed.
	running: Arc<Semaphore>,
	/// Requests that are computed or wait.
	admitted: Arc<Semaphore>,
}

/// Body of a request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
	/// Numbers of each input, nested or not; or a text, for models whose tokens are bytes.
	inputs: Vec<Value>,
	/// True if the probability of every class is wanted.
	#[serde(default)]
	probabilities: bool,
}

/// Serves until a signal.
pub(crate) async fn run(options: Options) -> Result<()> {
	let stopped = shutdown::requested()?;
	let model = options.model.clone();
	let predictor = tokio::task::spawn_blocking(move || model.load()).await??;
	let listener = TcpListener::bind(options.listen)
		.await
		.with_context(|| format!("cannot listen on {}", options.listen))?;
	screen::line(&format!("serving {} on http://{}", predictor.description().name(), listener.local_addr()?));
	let (stop, overdue) = tokio::sync::oneshot::channel::<()>();
	let server = axum::serve(listener, router(&options, predictor)).with_graceful_shutdown(async move {
		stopped.await;
		drop(stop);
	});
	tokio::select! {
		served = server => Ok(served?),
		() = async {
			// Completes, with an error, when the sender is dropped at the signal.
			let _ = overdue.await;
			tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
		} => Ok(()),
	}
}

fn router(options: &Options, predictor: Predictor) -> Router {
	let running = usize::from(options.concurrency);
	let service = Service {
		predictor: Arc::new(predictor),
		max_inputs: options.max_inputs,
		running: Arc::new(Semaphore::new(running)),
		admitted: Arc::new(Semaphore::new(running * 3)),
	};
	Router::new()
		.route("/health", get(|| async { Json(json!({ "status": "ok" })) }))
		.route("/v1/model", get(model))
		.route("/v1/predict", post(predict))
		.layer(DefaultBodyLimit::max(options.max_body))
		.layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT))
		.with_state(service)
}

async fn model(State(service): State<Service>) -> Response {
	let description = service.predictor.description();
	let plan = description.plan();
	Json(json!({
		"description": description.document(),
		"output": plan.output(),
		"parameters": plan.parameter_values,
	}))
	.into_response()
}

async fn predict(State(service): State<Service>, body: Bytes) -> Response {
	let Ok(admitted) = service.admitted.clone().try_acquire_owned() else {
		let busy = refuse(StatusCode::SERVICE_UNAVAILABLE, "too many requests at once: try again");
		return ([(header::RETRY_AFTER, "1")], busy).into_response();
	};
	let Ok(running) = service.running.clone().acquire_owned().await else {
		return refuse(StatusCode::SERVICE_UNAVAILABLE, "the service is ending");
	};
	// The places are given back when the work is done, also if the client has gone meanwhile.
	let work = tokio::task::spawn_blocking(move || {
		let _places = (admitted, running);
		service.answer(&body)
	});
	match work.await {
		Ok(Ok(predictions)) => Json(json!({ "predictions": predictions })).into_response(),
		Ok(Err(error)) => refuse(StatusCode::BAD_REQUEST, format!("{error:#}")),
		Err(_) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "the prediction failed"),
	}
}

fn refuse(status: StatusCode, reason: impl Into<String>) -> Response {
	(status, Json(json!({ "error": reason.into() }))).into_response()
}

impl Service {
	fn answer(&self, body: &[u8]) -> Result<Vec<Prediction>> {
		let asked: Asked = serde_json::from_slice(body).context("the body is not {\"inputs\": [..]}")?;
		let count = asked.inputs.len();
		anyhow::ensure!(
			count <= self.max_inputs,
			"{count} inputs are more than the {} allowed",
			self.max_inputs
		);
		let encode = |(at, input): (usize, &Value)| -> Result<Encoded> {
			let encoded = match input {
				Value::String(text) => self.predictor.encode_text(text),
				numbers => self.predictor.encode(numbers),
			};
			encoded.with_context(|| format!("input {at} cannot be used"))
		};
		let inputs = asked.inputs.iter().enumerate().map(encode).collect::<Result<Vec<_>>>()?;
		self.predictor.predict(&inputs, asked.probabilities)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::predictor::tests::larger;
	use clap::Parser;
	use std::future::IntoFuture;

	#[derive(Parser)]
	struct Line {
		#[command(flatten)]
		options: Options,
	}

	/// Serves the model of two numbers on a free port.
	async fn serving(more: &str) -> String {
		let line = format!("serve --model m {more}");
		let options = Line::try_parse_from(line.split_whitespace()).unwrap().options;
		let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
		let address = listener.local_addr().unwrap();
		tokio::spawn(axum::serve(listener, router(&options, larger())).into_future());
		format!("http://{address}")
	}

	async fn ask(url: &str, body: &str) -> (u16, Value) {
		let sent = reqwest::Client::new().post(format!("{url}/v1/predict")).body(body.to_owned()).send();
		let response = sent.await.unwrap();
		(response.status().as_u16(), response.json().await.unwrap_or_default())
	}

	#[tokio::test]
	async fn inputs_are_answered_in_their_order() {
		let url = serving("").await;
		let (status, answer) = ask(&url, r#"{"inputs": [[1, 2], [2, 1]], "probabilities": true}"#).await;
		assert_eq!(status, 200, "{answer}");
		let classes: Vec<_> = answer["predictions"].as_array().unwrap().iter().map(|p| &p["class"]).collect();
		assert_eq!(classes, [&Value::from(1), &Value::from(0)]);
		assert_eq!(answer["predictions"][0]["probabilities"].as_array().unwrap().len(), 2);
		let model: Value = reqwest::get(format!("{url}/v1/model")).await.unwrap().json().await.unwrap();
		assert_eq!((&model["description"]["name"], &model["output"]), (&"m".into(), &json!([2])));
		assert!(reqwest::get(format!("{url}/health")).await.unwrap().status().is_success());
	}

	#[tokio::test]
	async fn requests_are_bounded_and_their_faults_named() {
		let url = serving("--max-inputs 2 --max-body 1000").await;
		for (body, part) in [
			("{", "not {\"inputs\""),
			(r#"{"inputs": [], "more": 1}"#, "unknown field"),
			(r#"{"inputs": [[1, 2], [1]]}"#, "input 1 cannot be used"),
			(r#"{"inputs": ["text"]}"#, "tokenizer"),
			(r#"{"inputs": [[1, 2], [1, 2], [1, 2]]}"#, "more than the 2 allowed"),
		] {
			let (status, answer) = ask(&url, body).await;
			let reason = answer["error"].as_str().unwrap();
			assert!(status == 400 && reason.contains(part), "{body}: {status} {reason}");
		}
		assert_eq!(ask(&url, &" ".repeat(1001)).await.0, 413);
	}

	#[tokio::test]
	async fn more_requests_than_places_are_refused() {
		let options = Line::try_parse_from(["serve", "--model", "m"]).unwrap().options;
		let service = Service {
			predictor: Arc::new(larger()),
			max_inputs: options.max_inputs,
			running: Arc::new(Semaphore::new(1)),
			admitted: Arc::new(Semaphore::new(0)),
		};
		let response = predict(State(service), Bytes::from_static(b"{\"inputs\": []}")).await;
		assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
		assert!(response.headers().contains_key(header::RETRY_AFTER));
	}
}
