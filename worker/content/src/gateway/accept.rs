//! The routes by which named accounts store content, and remove it.

use std::{
	io::{self, Read},
	sync::Arc,
	time::{Duration, Instant},
};

use axum::{
	body::{Body, BodyDataStream},
	extract::{Path, State},
	http::{
		header::{AUTHORIZATION, CONTENT_LENGTH},
		HeaderMap, StatusCode,
	},
	Json,
};
use bytes::{Buf, Bytes};
use futures::executor::{block_on_stream, BlockingStream};
use serde_json::{json, Value};
use tokio::sync::Semaphore;

use super::body::{GRACE, MIN_RATE};
use crate::{
	push::{PushAction, PushPolicy, PushToken, Pushed, VerifySignature},
	store::StoreError,
	BlockId, Store,
};

/// Most pushes at one time. Each holds a few blocks of 1 MiB in memory.
const MAX_PUSHES: usize = 16;

/// Refusal of an account that the operator has not named.
const STRANGER: &str = "this gateway does not accept pushes of this account: ask its operator";

/// Status and reason of a refused request.
type Refusal = (StatusCode, String);

/// State of the routes.
#[derive(Clone)]
pub(super) struct Acceptance {
	pushed: Pushed,
	verify: VerifySignature,
	slots: Arc<Semaphore>,
}

impl Acceptance {
	pub(super) fn new(store: Store, policy: &PushPolicy) -> Result<Self, StoreError> {
		let pushed = Pushed::open(store, &policy.accounts, policy.max_bytes)?;
		Ok(Self { pushed, verify: policy.verify, slots: Arc::new(Semaphore::new(MAX_PUSHES)) })
	}

	/// Returns the account whose token for this action the request has.
	fn account(&self, headers: &HeaderMap, action: PushAction, id: &BlockId) -> Result<[u8; 32], Refusal> {
		let unknown = |reason: &str| refuse(StatusCode::UNAUTHORIZED, reason);
		let text = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
		let text = text.ok_or_else(|| unknown("a push needs a token in the header Authorization"))?;
		let token: PushToken = text.parse().map_err(unknown)?;
		token.check_time().map_err(|reason| unknown(&reason))?;
		if !self.pushed.is_named(&token.account) {
			return Err(refuse(StatusCode::FORBIDDEN, STRANGER));
		}
		let message = PushToken::message(action, id, token.expires);
		match (self.verify)(&token.account, &message, &token.signature) {
			true => Ok(token.account),
			false => Err(unknown("the signature is not the account's, or of another content or action")),
		}
	}
}

/// Stores content that is sent as its bytes.
pub(super) async fn store(
	State(acceptance): State<Acceptance>,
	Path(cid): Path<String>,
	headers: HeaderMap,
	body: Body,
) -> Result<StatusCode, Refusal> {
	acceptance.store(&cid, &headers, body).await
}

/// Removes content that the account stored.
pub(super) async fn remove(
	State(acceptance): State<Acceptance>,
	Path(cid): Path<String>,
	headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
	acceptance.remove(&cid, &headers).await
}

/// Lists the content of an account.
pub(super) async fn list(
	State(acceptance): State<Acceptance>,
	Path(account): Path<String>,
) -> Result<Json<Value>, Refusal> {
	let mut key = [0; 32];
	let unread = |_| refuse(StatusCode::BAD_REQUEST, "an account is written with 64 hex digits");
	hex::decode_to_slice(account.trim_start_matches("0x"), &mut key).map_err(unread)?;
	if !acceptance.pushed.is_named(&key) {
		return Err(refuse(StatusCode::FORBIDDEN, STRANGER));
	}
	let content = acceptance.pushed.of(&key);
	let content: Vec<_> =
		content.iter().map(|content| json!({ "cid": content.cid(), "size": content.size })).collect();
	Ok(Json(json!({ "content": content, "max_bytes": acceptance.pushed.max_bytes() })))
}

impl Acceptance {
	async fn store(&self, cid: &str, headers: &HeaderMap, body: Body) -> Result<StatusCode, Refusal> {
		let id: BlockId = cid.parse().map_err(|error| refuse(StatusCode::BAD_REQUEST, error))?;
		let account = self.account(headers, PushAction::Store, &id)?;
		let size = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
		let size =
			size.ok_or_else(|| refuse(StatusCode::LENGTH_REQUIRED, "a push needs a Content-Length"))?;
		let busy = |_| refuse(StatusCode::SERVICE_UNAVAILABLE, "too many pushes at once: try again");
		let slot = self.slots.clone().try_acquire_owned().map_err(busy)?;
		let no_room = |error| refuse(StatusCode::INSUFFICIENT_STORAGE, error);
		let room = self.pushed.room(account, id.content(size)).map_err(no_room)?;
		let filled = tokio::task::spawn_blocking(move || {
			let _slot = slot;
			room.fill(Incoming::new(body, size))
		});
		match filled.await.map_err(failed)?.map_err(unread)? {
			true => Ok(StatusCode::CREATED),
			false => {
				Err(refuse(StatusCode::UNPROCESSABLE_ENTITY, "the bytes are not the content of this CID"))
			}
		}
	}

	async fn remove(&self, cid: &str, headers: &HeaderMap) -> Result<StatusCode, Refusal> {
		let id: BlockId = cid.parse().map_err(|error| refuse(StatusCode::BAD_REQUEST, error))?;
		let account = self.account(headers, PushAction::Remove, &id)?;
		let pushed = self.pushed.clone();
		let removed = tokio::task::spawn_blocking(move || pushed.remove(&account, &id));
		match removed.await.map_err(failed)?.map_err(failed)? {
			true => Ok(StatusCode::NO_CONTENT),
			false => Err(refuse(StatusCode::NOT_FOUND, "this account has no such content here")),
		}
	}
}

fn refuse(status: StatusCode, reason: impl ToString) -> Refusal {
	(status, reason.to_string())
}

/// Refuses a push that broke off, or for which the store has no room.
fn unread(error: StoreError) -> Refusal {
	match error {
		StoreError::Source(_) => refuse(StatusCode::REQUEST_TIMEOUT, error),
		StoreError::Quota { .. } => refuse(StatusCode::INSUFFICIENT_STORAGE, error),
		StoreError::Layout(_) => refuse(StatusCode::PAYLOAD_TOO_LARGE, error),
		error => failed(error),
	}
}

fn failed(error: impl std::fmt::Display) -> Refusal {
	tracing::error!(%error, "a push");
	refuse(StatusCode::INTERNAL_SERVER_ERROR, "the store failed")
}

/// Body of a push, read on a thread that may wait. It fails if the client sends too slowly.
struct Incoming {
	parts: BlockingStream<BodyDataStream>,
	part: Bytes,
	/// Time at which all has to be here.
	until: Instant,
}

impl Incoming {
	/// Reads a body of `size` bytes.
	fn new(body: Body, size: u64) -> Self {
		let limit = GRACE.saturating_add(Duration::from_secs(size / MIN_RATE));
		let parts = block_on_stream(body.into_data_stream());
		Self { parts, part: Bytes::new(), until: Instant::now() + limit }
	}
}

impl Read for Incoming {
	fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
		while self.part.is_empty() {
			if Instant::now() > self.until {
				return Err(io::ErrorKind::TimedOut.into());
			}
			match self.parts.next() {
				None => return Ok(0),
				Some(part) => self.part = part.map_err(io::Error::other)?,
			}
		}
		let count = buffer.len().min(self.part.len());
		self.part.copy_to_slice(&mut buffer[..count]);
		Ok(count)
	}
}
