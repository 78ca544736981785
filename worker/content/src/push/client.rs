use std::{sync::Arc, time::Duration};

use descent_protocol::ContentRef;
use futures::StreamExt;
use reqwest::{
	header::{AUTHORIZATION, CONTENT_LENGTH},
	redirect::Policy,
	Body, Client, Method, RequestBuilder, Response, StatusCode,
};
use serde::Deserialize;

use super::{PushAction, PushToken};
use crate::{
	fetch::reason,
	gateway::MIN_RATE,
	read_ahead::read_ahead,
	store::{StoreError, Walk},
	BlockId, Store,
};

/// Longest time to connect, and to wait for an answer once all is sent.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest answer that is read, in bytes.
const MAX_ANSWER: usize = 4 << 20;

/// Function that signs a text with an account's key, sr25519.
pub type Sign = Arc<dyn Fn(&str) -> [u8; 64] + Send + Sync>;

/// Errors of a push.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
	/// The gateway was not reached, or the connection broke.
	#[error("pushing to {url}: {reason}")]
	Transport {
		/// The gateway.
		url: String,
		/// The innermost cause.
		reason: String,
	},
	/// The gateway refused.
	#[error("{url} refused the push: {reason}")]
	Refused {
		/// The gateway.
		url: String,
		/// Its reason.
		reason: String,
	},
	/// The content could not be read.
	#[error(transparent)]
	Store(#[from] StoreError),
}

/// Content of an account at a gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedContent {
	/// The content.
	pub content: Vec<ContentRef>,
	/// Most bytes that the account may have there.
	pub max_bytes: u64,
}

/// Client that stores an account's content at a gateway, and removes it.
#[derive(Clone)]
pub struct Pusher {
	client: Client,
	url: String,
	account: [u8; 32],
	sign: Sign,
}

impl Pusher {
	/// Makes a client for a gateway's address, as `http://gateway.example.org:8080`. `sign` signs with the
	/// key of `account`.
	///
	/// # Errors
	/// [`PushError::Transport`] if no client can be made.
	pub fn new(url: &str, account: [u8; 32], sign: Sign) -> Result<Self, PushError> {
		let url = url.trim_end_matches('/').to_owned();
		let client = Client::builder().redirect(Policy::none()).connect_timeout(PATIENCE).build();
		let client = client.map_err(|error| transport(&url, error))?;
		Ok(Self { client, url, account, sign })
	}

	/// Address of the gateway.
	pub fn url(&self) -> &str {
		&self.url
	}

	/// Lists the account's content at the gateway.
	///
	/// # Errors
	/// [`PushError::Transport`]; [`PushError::Refused`] if the gateway takes no pushes, or none of this account.
	pub async fn list(&self) -> Result<PushedContent, PushError> {
		let path = format!("/pushed/{}", hex::encode(self.account));
		let answer = self.send(self.request(Method::GET, &path).timeout(PATIENCE)).await?;
		let bytes = self.bytes(answer).await?;
		let Listing { content, max_bytes } =
			serde_json::from_slice(&bytes).map_err(|_| self.refused("its answer is no list of content"))?;
		let content = content.into_iter().map(|Listed { cid, size }| {
			let id: BlockId = cid.parse().map_err(|_| self.refused("its list has a CID of another kind"))?;
			Ok(id.content(size))
		});
		Ok(PushedContent { content: content.collect::<Result<_, PushError>>()?, max_bytes })
	}

	/// Sends content of a store, unless the gateway has it of this account. `progress` is called with the
	/// number of bytes handed to the connection.
	///
	/// # Errors
	/// [`PushError::Refused`] with the gateway's reason, [`PushError::Transport`], [`PushError::Store`] if the
	/// content is not in the store as a whole.
	pub async fn push(
		&self,
		store: &Store,
		content: &ContentRef,
		progress: impl Fn(u64) + Send + Sync + 'static,
	) -> Result<(), PushError> {
		if self.list().await?.content.contains(content) {
			progress(content.size);
			return Ok(());
		}
		let parts = Walk::new(store, content)?.content();
		let body = read_ahead(parts)
			.inspect(move |part| progress(part.as_ref().map_or(0, |part| part.len() as u64)));
		let limit = PATIENCE.saturating_mul(2).saturating_add(Duration::from_secs(content.size / MIN_RATE));
		let request = self
			.signed(Method::PUT, PushAction::Store, content)
			.header(CONTENT_LENGTH, content.size)
			.body(Body::wrap_stream(body))
			.timeout(limit);
		self.send(request).await.map(drop)
	}

	/// Removes content of the account. It is not an error if it is not there.
	///
	/// # Errors
	/// [`PushError::Refused`], [`PushError::Transport`].
	pub async fn remove(&self, content: &ContentRef) -> Result<(), PushError> {
		let request = self.signed(Method::DELETE, PushAction::Remove, content).timeout(PATIENCE);
		let answer = request.send().await.map_err(|error| transport(&self.url, error))?;
		match answer.status() {
			StatusCode::NOT_FOUND => Ok(()),
			_ => self.accepted(answer).await.map(drop),
		}
	}

	fn request(&self, method: Method, path: &str) -> RequestBuilder {
		self.client.request(method, format!("{}{path}", self.url))
	}

	fn signed(&self, method: Method, action: PushAction, content: &ContentRef) -> RequestBuilder {
		let id = BlockId::from(content);
		let token = PushToken::new(self.account, action, &id, |text| (self.sign)(text));
		self.request(method, &format!("/ipfs/{id}")).header(AUTHORIZATION, token.to_string())
	}

	async fn send(&self, request: RequestBuilder) -> Result<Response, PushError> {
		let answer = request.send().await.map_err(|error| transport(&self.url, error))?;
		self.accepted(answer).await
	}

	/// Returns an answer that is no refusal.
	async fn accepted(&self, answer: Response) -> Result<Response, PushError> {
		let status = answer.status();
		if status.is_success() {
			return Ok(answer);
		}
		if matches!(status, StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_FOUND) {
			return Err(self.refused("it accepts no pushes: its operator names accounts with --accept-from"));
		}
		let bytes = self.bytes(answer).await.unwrap_or_default();
		let reason = String::from_utf8_lossy(&bytes[..bytes.len().min(400)]).trim().to_owned();
		Err(self.refused(&if reason.is_empty() { status.to_string() } else { reason }))
	}

	/// Reads an answer of bounded length.
	async fn bytes(&self, mut answer: Response) -> Result<Vec<u8>, PushError> {
		let mut bytes = Vec::new();
		while let Some(part) = answer.chunk().await.map_err(|error| transport(&self.url, error))? {
			if bytes.len().saturating_add(part.len()) > MAX_ANSWER {
				return Err(self.refused("its answer is too long"));
			}
			bytes.extend_from_slice(&part);
		}
		Ok(bytes)
	}

	fn refused(&self, reason: &str) -> PushError {
		PushError::Refused { url: self.url.clone(), reason: reason.to_owned() }
	}
}

fn transport(url: &str, error: reqwest::Error) -> PushError {
	PushError::Transport { url: url.to_owned(), reason: reason(error) }
}

#[derive(Deserialize)]
struct Listing {
	content: Vec<Listed>,
	max_bytes: u64,
}

#[derive(Deserialize)]
struct Listed {
	cid: String,
	size: u64,
}
