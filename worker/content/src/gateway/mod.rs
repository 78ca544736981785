//! The store as an IPFS trustless gateway over HTTP
//! (<https://specs.ipfs.tech/http-gateways/trustless-gateway/>).

mod accept;
mod answer;
mod body;
mod car;
mod connection;
mod peers;
mod request;

use std::{future::Future, io, net::SocketAddr, time::Duration};

use axum::{
	extract::{Path, RawQuery, State},
	http::{
		header::{CACHE_CONTROL, ETAG, RETRY_AFTER},
		HeaderMap, HeaderValue, Method, StatusCode,
	},
	middleware::map_response,
	response::{IntoResponse, Response},
	routing::{get, put},
	Json, Router,
};
use bytes::Bytes;
use tokio::task::JoinHandle;
use tower_http::{limit::RequestBodyLimitLayer, timeout::TimeoutLayer, trace::TraceLayer};

use crate::{block::parse_cid, push::PushPolicy, store::Result, BlockId, Store};
use accept::Acceptance;
use answer::{cross_origin, etag, identity, matches_etag, preflight, Asked};
use body::Slots;
pub(crate) use body::MIN_RATE;
use connection::Connections;
use request::form;

/// Longest time until an answer begins.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest time that a shutdown waits for open connections.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Clone)]
struct Gateway {
	store: Store,
	slots: Slots,
}

/// Returns the routes of a trustless gateway over a store: `GET`, `HEAD` and `OPTIONS` of `/ipfs/{cid}`, and
/// `GET /health`.
///
/// With `?format=raw` the answer is one block, with `?format=car` a CAR of version 1, depth first, and
/// without a format the bytes of the content, of which a `Range` may be asked. The format can be negotiated
/// by `Accept` as well. Of CARs, `dag-scope`, `entity-bytes` and `car-dups` are supported; repeated blocks
/// are left out unless they are asked for, or the content has more than 16 GiB.
///
/// At one time there are at most 256 answers of one block, and 32 that are CARs or plain bytes, which hold
/// four blocks each: together at most 384 MiB in memory. Further requests wait up to 5 seconds for their
/// turn, and then get status 503 with `Retry-After`. An answer that its client reads at less than 32 KiB a
/// second breaks off after the first 30 seconds.
pub fn router(store: Store) -> Router {
	let content = get(content).options(preflight);
	Router::new()
		.route("/ipfs/{cid}", content.clone())
		.route("/ipfs/{cid}/", content)
		.route("/ipfs/{cid}/{*path}", get(below))
		.layer(map_response(cross_origin))
		.route("/health", get(health))
		.fallback(nowhere)
		.layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, REQUEST_TIMEOUT))
		.layer(RequestBodyLimitLayer::new(0))
		.layer(TraceLayer::new_for_http())
		.with_state(Gateway { store, slots: Slots::new() })
}

/// Returns the routes of [`router`], and those by which accounts push content: `PUT` and `DELETE` of
/// `/ipfs/{cid}`, with a [`crate::PushToken`], and `GET /pushed/{account}`. The store must not be shared.
///
/// The body of `PUT` is the content's bytes, of which `Content-Length` tells the number. It is kept if it is
/// the content of the CID, and counts to the room that the account has. There are at most 16 pushes at one
/// time. A client that sends less than 32 KiB a second is cut off after the first 30 seconds.
///
/// # Errors
/// [`crate::StoreError::Io`] if what was pushed before cannot be read.
pub fn router_with_pushes(store: Store, policy: &PushPolicy) -> Result<Router> {
	let pushes = Router::new()
		.route("/ipfs/{cid}", put(accept::store).delete(accept::remove))
		.route("/pushed/{account}", get(accept::list))
		.layer(TraceLayer::new_for_http())
		.with_state(Acceptance::new(store.clone(), policy)?);
	Ok(router(store).merge(pushes))
}

/// Serves [`router`] on `address` until `shutdown` completes; port 0 takes a free one.
///
/// Returns the bound address and the serving task. The task ends when the last connection is closed, at most
/// 5 seconds after `shutdown`. At most 640 connections are open at one time, 32 of them for one peer; peers
/// on this machine have no limit of their own. A connection on which no byte moves for 30 seconds is closed.
///
/// # Errors
/// Fails if the address cannot be bound.
pub async fn serve(
	address: SocketAddr,
	store: Store,
	shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<(SocketAddr, JoinHandle<io::Result<()>>)> {
	serve_routes(address, router(store), shutdown).await
}

/// Serves [`router_with_pushes`] as [`serve`] does.
///
/// # Errors
/// Fails if the address cannot be bound, or if what was pushed before cannot be read.
pub async fn serve_with_pushes(
	address: SocketAddr,
	store: Store,
	policy: &PushPolicy,
	shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<(SocketAddr, JoinHandle<io::Result<()>>)> {
	let routes = router_with_pushes(store, policy).map_err(io::Error::other)?;
	serve_routes(address, routes, shutdown).await
}

async fn serve_routes(
	address: SocketAddr,
	routes: Router,
	shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<(SocketAddr, JoinHandle<io::Result<()>>)> {
	let listener = tokio::net::TcpListener::bind(address).await?;
	let local = listener.local_addr()?;
	let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
	let server = axum::serve(Connections::new(listener), routes).with_graceful_shutdown(async move {
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

async fn below() -> Response {
	refuse(StatusCode::NOT_FOUND, "this gateway has files and no folders: ask for /ipfs/CID alone")
}

async fn nowhere() -> Response {
	let reason = "this is a gateway of content by its address: ask for /ipfs/CID?format=raw";
	refuse(StatusCode::NOT_FOUND, reason)
}

async fn content(
	State(gateway): State<Gateway>,
	Path(text): Path<String>,
	RawQuery(query): RawQuery,
	method: Method,
	headers: HeaderMap,
) -> Response {
	let cid = match parse_cid(&text) {
		Ok(cid) => cid,
		Err(error) => return refuse(StatusCode::BAD_REQUEST, error),
	};
	let form = match form(&query.unwrap_or_default(), &headers) {
		Ok(form) => form,
		Err(reason) => return refuse(StatusCode::BAD_REQUEST, reason),
	};
	if cid.hash().code() == 0 {
		return identity(&cid, form);
	}
	let Ok(id) = BlockId::try_from(&cid) else {
		return refuse(
			StatusCode::NOT_FOUND,
			"this gateway has CIDv1 of raw and dag-pb with blake2b-256 only",
		);
	};
	// Whether a block is here costs no memory, so that nobody waits for an answer that there is none.
	if !gateway.store.has(&id).unwrap_or(true) {
		return absent(&id, &headers);
	}
	if matches_etag(&headers, &cid, form) {
		return (StatusCode::NOT_MODIFIED, [(ETAG, etag(&cid, form))]).into_response();
	}
	let Some(slot) = gateway.slots.acquire(form).await else {
		let busy = refuse(StatusCode::SERVICE_UNAVAILABLE, "too many requests at once: try again");
		return ([(RETRY_AFTER, HeaderValue::from_static("2"))], busy).into_response();
	};
	match gateway.read(id).await {
		Ok(Some(block)) => {
			let is_head = method == Method::HEAD;
			let asked = Asked { cid, id, form, is_head, headers };
			asked.answer(&gateway.store, block, slot)
		}
		Ok(None) => absent(&id, &headers),
		Err(error) => {
			tracing::error!(%error, block = %id, "reading a block");
			refuse(StatusCode::INTERNAL_SERVER_ERROR, "the store failed")
		}
	}
}

impl Gateway {
	async fn read(&self, id: BlockId) -> io::Result<Option<Bytes>> {
		let store = self.store.clone();
		let read = tokio::task::spawn_blocking(move || store.served_block(&id)).await;
		read?.map_err(io::Error::other)
	}
}

/// Refuses a block that is not here. A client that wants only what a cache has is told so (RFC 9111, section
/// 5.2.1.7).
fn absent(id: &BlockId, headers: &HeaderMap) -> Response {
	let only_cached = headers.get(CACHE_CONTROL).and_then(|value| value.to_str().ok());
	let status = match only_cached {
		Some(text) if text.contains("only-if-cached") => StatusCode::PRECONDITION_FAILED,
		_ => StatusCode::NOT_FOUND,
	};
	refuse(status, format!("block {id} is not here"))
}

fn refuse(status: StatusCode, reason: impl ToString) -> Response {
	(status, reason.to_string()).into_response()
}
