//! A check that a gateway serves a content, before others are told that it does.

use std::time::Duration;

use descent_protocol::ContentRef;
use reqwest::{
	header::{HeaderValue, ACCEPT, LOCATION},
	redirect::Policy,
	Client, Response, StatusCode, Url,
};
use tokio::time::{timeout, Instant};

use crate::{BlockId, MAX_BLOCK_SIZE};

/// Largest number of characters that are shown of what a gateway answers.
const MAX_SHOWN: usize = 200;

/// Reasons for which a gateway does not serve a content as others need it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
	/// The address is not one of a gateway.
	#[error("it is not the address of a gateway, as http://203.0.113.7:8080")]
	Address,
	/// There is no connection to the gateway, or it broke.
	#[error("it can't be reached: {0}. Start the gateway, and open its port to others")]
	Unreachable(String),
	/// The gateway did not send the block in time.
	#[error("it did not send a block within {} s. Others give up as well", .0.as_secs_f32())]
	Slow(Duration),
	/// The gateway names another address, which fetchers don't follow.
	#[error("it redirects to {0:?}, which is not followed. Give that address itself, without the path")]
	Redirected(String),
	/// The gateway does not have the block.
	#[error("it does not have block {0}. Add the content to the store that it serves: descent content add")]
	Absent(BlockId),
	/// The gateway answered with another status than 200.
	#[error("it answers with HTTP status {0}. Its log says why")]
	Status(u16),
	/// The content has another shape than its size prescribes. Everybody finds the same.
	#[error("block {0} is not what the size of its content prescribes")]
	Malformed(BlockId),
	/// The gateway sent something else than the block.
	#[error("it sends something else than block {0}. Give the address of an IPFS trustless gateway")]
	WrongBytes(BlockId),
}

/// Fetches the first block of a content, its root, from one gateway, as any fetcher does: over the trustless
/// gateway protocol (<https://specs.ipfs.tech/http-gateways/trustless-gateway/>), without redirects or
/// proxies, and with the hash checked. Returns the time that it took. Nothing is kept.
///
/// # Errors
/// See [`ProbeError`]. It ends after `deadline` at the latest.
pub async fn probe(provider: &str, content: &ContentRef, deadline: Duration) -> Result<Duration, ProbeError> {
	let id = BlockId::from(content);
	let base = Url::parse(provider).map_err(|_| ProbeError::Address)?;
	let url = block_url(&base, &id).ok_or(ProbeError::Address)?;
	let started = Instant::now();
	let client = Client::builder().redirect(Policy::none()).no_proxy().build();
	let client = client.map_err(|error| ProbeError::Unreachable(reason(error)))?;
	match timeout(deadline, fetch(&client, url, &id)).await {
		Ok(fetched) => fetched.map(|_| started.elapsed()),
		Err(_) => Err(ProbeError::Slow(deadline)),
	}
}

/// Returns the address of a block at a gateway.
pub(super) fn block_url(base: &Url, id: &BlockId) -> Option<Url> {
	let mut url = base.clone();
	if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
		return None;
	}
	url.path_segments_mut().ok()?.pop_if_empty().push("ipfs").push(&id.to_string());
	url.set_query(Some("format=raw"));
	url.set_fragment(None);
	Some(url)
}

/// Fetches one block from an address, and checks its hash.
pub(super) async fn fetch(client: &Client, url: Url, id: &BlockId) -> Result<Vec<u8>, ProbeError> {
	let accept = HeaderValue::from_static("application/vnd.ipld.raw");
	let unreachable = |error| ProbeError::Unreachable(reason(error));
	let mut response = client.get(url).header(ACCEPT, accept).send().await.map_err(unreachable)?;
	match response.status() {
		StatusCode::OK => {}
		StatusCode::NOT_FOUND | StatusCode::GONE => return Err(ProbeError::Absent(*id)),
		status if status.is_redirection() => return Err(ProbeError::Redirected(target(&response))),
		status => return Err(ProbeError::Status(status.as_u16())),
	}
	let mut block = Vec::new();
	while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
		if block.len() + chunk.len() > MAX_BLOCK_SIZE {
			return Err(ProbeError::WrongBytes(*id));
		}
		block.extend_from_slice(&chunk);
	}
	if id.matches(&block) {
		Ok(block)
	} else {
		Err(ProbeError::WrongBytes(*id))
	}
}

/// Returns the address that a redirect names.
fn target(response: &Response) -> String {
	let location = response.headers().get(LOCATION).map(|location| location.as_bytes());
	String::from_utf8_lossy(location.unwrap_or_default()).chars().take(MAX_SHOWN).collect()
}

/// Returns the last cause of an error, which is the one of the system.
pub(crate) fn reason(error: reqwest::Error) -> String {
	let error = error.without_url();
	let mut cause: &dyn std::error::Error = &error;
	while let Some(source) = cause.source() {
		cause = source;
	}
	cause.to_string().chars().take(MAX_SHOWN).collect()
}
