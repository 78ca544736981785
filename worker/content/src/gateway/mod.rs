//! The store as an IPFS trustless gateway over HTTP
//! (<https://specs.ipfs.tech/http-gateways/trustless-gateway/>).

mod car;
mod connection;
mod peers;

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
	body::Body,
	extract::{Path, Query, State},
	http::{
		header::{
			ACCEPT, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
			RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
		},
		HeaderMap, HeaderValue, Method, StatusCode,
	},
	response::{IntoResponse, Response},
	routing::get,
	Json, Router,
};
use bytes::Bytes;
use futures::{stream, Stream};
use serde::Deserialize;
use tokio::{
	sync::{OwnedSemaphorePermit, Semaphore},
	task::JoinHandle,
};
use tower_http::{limit::RequestBodyLimitLayer, timeout::TimeoutLayer, trace::TraceLayer};

use crate::{block::parse_cid, store::StoreError, BlockId, Store};
use connection::Connections;

/// Most answers that are computed or sent at one time. Each holds at most one block in memory, or a few for a
/// CAR.
const MAX_REQUESTS: usize = 2 * peers::MAX_PER_PEER;
/// Longest time until an answer begins.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest time that a shutdown waits for open connections.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);
/// Number of bytes handed to the connection at a time.
const CHUNK: usize = 64 << 10;

/// Format of an answer: one block, or the whole tree below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
	Raw,
	Car,
}

#[derive(Debug, Deserialize)]
struct Parameters {
	format: Option<Format>,
}

#[derive(Clone)]
struct Gateway {
	store: Store,
	slots: Arc<Semaphore>,
}

/// Returns the routes of a trustless gateway over a store: `GET` and `HEAD` of `/ipfs/{cid}?format=raw|car`,
/// and `GET /health`.
///
/// The format can be negotiated by `Accept` as well. A CAR has version 1 and is depth first, with duplicates.
/// At most 128 answers are sent at a time; further requests get status 503. A request
/// gets status 504 if its answer has not begun after 20 seconds.
pub fn router(store: Store) -> Router {
	let gateway = Gateway { store, slots: Arc::new(Semaphore::new(MAX_REQUESTS)) };
	Router::new()
		.route("/ipfs/{cid}", get(content))
		.route("/health", get(health))
		.layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, REQUEST_TIMEOUT))
		.layer(RequestBodyLimitLayer::new(0))
		.layer(TraceLayer::new_for_http())
		.with_state(gateway)
}

/// Serves [`router`] on `address` until `shutdown` completes; port 0 takes a free one.
///
/// Returns the bound address and the serving task. The task ends when the last connection is closed, at most
/// 5 seconds after `shutdown`. At most 256 connections are open at one time, 64 of them for one peer; peers
/// on this machine have no limit of their own. A connection on which no byte moves for 30 seconds is closed.
///
/// # Errors
/// Fails if the address cannot be bound.
pub async fn serve(
	address: SocketAddr,
	store: Store,
	shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<(SocketAddr, JoinHandle<std::io::Result<()>>)> {
	let listener = tokio::net::TcpListener::bind(address).await?;
	let local = listener.local_addr()?;
	let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
	let server = axum::serve(Connections::new(listener), router(store)).with_graceful_shutdown(async move {
		shutdown.await;
		drop(stop);
	});
	let task = tokio::spawn(async move {
		let overdue = async {
			// Completes, with an error, when the sender is dropped at shutdown.
			let _ = stopped.await;
			tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
		};
		tokio::select! {
			served = server => served,
			() = overdue => Ok(()),
		}
	});
	Ok((local, task))
}

async fn health(State(gateway): State<Gateway>) -> impl IntoResponse {
	let store = &gateway.store;
	let (used, max) = (store.used_bytes(), store.max_bytes());
	Json(serde_json::json!({ "status": "ok", "used_bytes": used, "max_bytes": max }))
}

async fn content(
	State(gateway): State<Gateway>,
	Path(text): Path<String>,
	Query(parameters): Query<Parameters>,
	method: Method,
	headers: HeaderMap,
) -> Response {
	let cid = match parse_cid(&text) {
		Ok(cid) => cid,
		Err(error) => return refuse(StatusCode::BAD_REQUEST, error),
	};
	let Some(format) = parameters.format.or_else(|| accepted(&headers)) else {
		return refuse(
			StatusCode::BAD_REQUEST,
			"ask for ?format=raw or ?format=car: this gateway serves nothing else",
		);
	};
	// An identity CID holds its block itself.
	if cid.hash().code() == 0 && format == Format::Raw {
		let block = Bytes::copy_from_slice(cid.hash().digest());
		return answer(&text, format, Some(block.len()), Body::from(block));
	}
	let Ok(id) = BlockId::try_from(&cid) else {
		return refuse(
			StatusCode::NOT_FOUND,
			"this gateway has CIDv1 of raw and dag-pb with blake2b-256 only",
		);
	};
	if matches_etag(&headers, &text, format) && gateway.store.has(&id).unwrap_or(false) {
		return (StatusCode::NOT_MODIFIED, [(ETAG, etag(&text, format))]).into_response();
	}
	let Ok(slot) = gateway.slots.try_acquire_owned() else {
		let busy = refuse(StatusCode::SERVICE_UNAVAILABLE, "too many requests at once: try again");
		return ([(RETRY_AFTER, HeaderValue::from_static("1"))], busy).into_response();
	};
	let store = gateway.store.clone();
	let block = match tokio::task::spawn_blocking(move || store.get_block(&id)).await {
		Ok(Ok(Some(block))) => block,
		Ok(Ok(None)) => return refuse(StatusCode::NOT_FOUND, StoreError::Missing(id)),
		Ok(Err(error)) => {
			tracing::error!(%error, block = %id, "reading a block");
			return refuse(StatusCode::INTERNAL_SERVER_ERROR, "the store failed");
		}
		Err(_) => return refuse(StatusCode::INTERNAL_SERVER_ERROR, "the store failed"),
	};
	match (format, method) {
		(Format::Raw, _) => answer(&text, format, Some(block.len()), Body::from_stream(chunks(block, slot))),
		(Format::Car, Method::HEAD) => answer(&text, format, None, Body::empty()),
		(Format::Car, _) => match car::root(&id, &block) {
			Ok(root) => {
				answer(&text, format, None, Body::from_stream(car::stream(gateway.store, root, slot)))
			}
			Err(error) => refuse(StatusCode::NOT_FOUND, error),
		},
	}
}

fn accepted(headers: &HeaderMap) -> Option<Format> {
	let accept = headers.get(ACCEPT)?.to_str().ok()?;
	accept.split(',').find_map(|part| match part.split(';').next()?.trim() {
		"application/vnd.ipld.raw" => Some(Format::Raw),
		"application/vnd.ipld.car" => Some(Format::Car),
		_ => None,
	})
}

/// Returns the entity tag. It is weak for a CAR, as the specification demands: the order of blocks is not
/// part of the address.
fn etag(cid: &str, format: Format) -> String {
	match format {
		Format::Raw => format!("\"{cid}.raw\""),
		Format::Car => format!("W/\"{cid}.car\""),
	}
}

fn matches_etag(headers: &HeaderMap, cid: &str, format: Format) -> bool {
	let given = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
	let weak = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
	given.split(',').any(|tag| weak(tag) == weak(&etag(cid, format)))
}

fn answer(cid: &str, format: Format, len: Option<usize>, body: Body) -> Response {
	let (content_type, extension) = match format {
		Format::Raw => ("application/vnd.ipld.raw", "bin"),
		Format::Car => ("application/vnd.ipld.car; version=1; order=dfs; dups=y", "car"),
	};
	let headers = [
		(CONTENT_TYPE, content_type.to_owned()),
		(CACHE_CONTROL, "public, max-age=29030400, immutable".to_owned()),
		(ETAG, etag(cid, format)),
		(CONTENT_DISPOSITION, format!("attachment; filename=\"{cid}.{extension}\"")),
		(X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
		(VARY, "Accept".to_owned()),
	];
	let len = len.map(|len| [(CONTENT_LENGTH, len)]);
	let mut response = (headers, body).into_response();
	for (name, len) in len.into_iter().flatten() {
		response.headers_mut().insert(name, len.into());
	}
	response
}

fn refuse(status: StatusCode, reason: impl ToString) -> Response {
	(status, reason.to_string()).into_response()
}

/// Streams a block in pieces. The slot is free again when the last piece is sent or the client is gone.
fn chunks(block: Bytes, slot: OwnedSemaphorePermit) -> impl Stream<Item = std::io::Result<Bytes>> {
	stream::unfold((block, slot), |(mut block, slot)| async move {
		if block.is_empty() {
			return None;
		}
		let chunk = block.split_to(block.len().min(CHUNK));
		Some((Ok(chunk), (block, slot)))
	})
}
