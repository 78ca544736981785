//! Content from gateways that nobody trusts.

mod download;
mod providers;
mod transfer;

use std::time::Duration;

use descent_protocol::ContentRef;
use reqwest::{redirect::Policy, Client};

use crate::{
	layout::Span,
	store::{Session, StoreError},
	Store,
};
use providers::Providers;
use transfer::Transfer;

/// What a fetch may cost.
#[derive(Clone, Debug)]
pub struct FetchLimits {
	/// Largest content that is fetched at all, in bytes.
	pub max_content_bytes: u64,
	/// Longest time for the whole content.
	pub deadline: Duration,
	/// Longest time in which no block arrives before the content counts as unavailable.
	pub patience: Duration,
	/// Longest time for one block, from the request to its last byte.
	pub request_timeout: Duration,
	/// Longest time to connect to a provider; part of `request_timeout`.
	pub connect_timeout: Duration,
	/// Requests at one time to all providers together. Each may hold one block of up to 2 MiB in memory.
	pub requests: usize,
	/// Requests at one time to one provider.
	pub requests_per_provider: usize,
}

impl Default for FetchLimits {
	fn default() -> Self {
		Self {
			max_content_bytes: 16 << 30,
			deadline: Duration::from_secs(30 * 60),
			patience: Duration::from_secs(120),
			request_timeout: Duration::from_secs(20),
			connect_timeout: Duration::from_secs(5),
			requests: 16,
			requests_per_provider: 4,
		}
	}
}

/// How far a fetch is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
	/// Content bytes that are in the store and checked.
	pub done: u64,
	/// The size of the content in bytes.
	pub total: u64,
	/// Bytes of blocks that came from providers in this fetch, nodes of the tree included.
	pub downloaded: u64,
}

/// Why content could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
	/// No provider served every block in time. Another time, or with other providers, it may succeed; the blocks that
	/// came are kept for that.
	#[error("content {content} is unavailable, {done} of {total} bytes are here: {reason}", total = content.size, content = crate::BlockId::from(content))]
	Unavailable {
		/// The content.
		content: ContentRef,
		/// Content bytes that are in the store.
		done: u64,
		/// What was waited for, and the last failure.
		reason: String,
	},
	/// The content under this address and of this size is malformed: whoever fetches it finds the same.
	#[error("the content is malformed: {reason}")]
	Invalid {
		/// What is wrong with it.
		reason: String,
	},
	/// The content is larger than this fetcher accepts; nothing was downloaded.
	#[error("content of {size} bytes is more than the {limit} accepted")]
	TooLarge {
		/// Size of the content in bytes.
		size: u64,
		/// The limit in bytes.
		limit: u64,
	},
	/// The fetcher itself failed: its disk, its store's cap, its HTTP client. This says nothing about the content.
	#[error("fetching failed here: {0}")]
	Io(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for FetchError {
	fn from(error: StoreError) -> Self {
		match error {
			StoreError::Layout(error) => Self::Invalid { reason: error.to_string() },
			error => Self::Io(error.into()),
		}
	}
}

/// Brings content into a [`Store`] from trustless gateways over HTTP.
#[derive(Clone, Debug)]
pub struct Fetcher {
	client: Client,
	store: Store,
	limits: FetchLimits,
}

impl Fetcher {
	/// A fetcher into `store`. It follows no redirects and takes no proxy from the environment.
	///
	/// # Errors
	/// [`FetchError::Io`] where the HTTP client cannot be set up.
	pub fn new(store: Store, limits: FetchLimits) -> Result<Self, FetchError> {
		let client = Client::builder()
			.redirect(Policy::none())
			.no_proxy()
			.connect_timeout(limits.connect_timeout)
			.timeout(limits.request_timeout)
			.pool_max_idle_per_host(limits.requests_per_provider)
			.build()
			.map_err(|error| FetchError::Io(error.into()))?;
		Ok(Self { client, store, limits })
	}

	/// The store that content is fetched into.
	pub fn store(&self) -> &Store {
		&self.store
	}

	/// Fetches content from `providers`, base URLs of trustless gateways such as `http://127.0.0.1:8080`, and pins it.
	///
	/// Blocks come from several providers at once. Each is checked against its hash and against the place in the tree
	/// that the size of the content gives it, and only then kept. Blocks that the store has already are not asked for.
	/// A provider that sends wrong bytes is not asked again; one that stalls or fails is asked less and less often; one
	/// that does not have a block is asked for others. `progress` is called after every block and must not block.
	/// Dropping the future stops the fetch; what came until then is kept until [`Store::gc`].
	///
	/// # Errors
	/// See [`FetchError`]. A provider that is no http(s) URL is ignored, as are all beyond the first 64.
	pub async fn fetch(
		&self,
		content: &ContentRef,
		providers: &[impl AsRef<str>],
		progress: impl Fn(Progress),
	) -> Result<(), FetchError> {
		let (size, limit) = (content.size, self.limits.max_content_bytes);
		if size > limit {
			return Err(FetchError::TooLarge { size, limit });
		}
		let root = Span::root(content).map_err(StoreError::from)?;
		if size > self.store.max_bytes() {
			let (used, max) = (self.store.used_bytes(), self.store.max_bytes());
			return Err(StoreError::Quota { used, max, needed: size }.into());
		}
		let providers = Providers::new(providers, self.limits.requests_per_provider);
		let session = Session::new(&self.store);
		Transfer::new(&self.client, &self.limits, session, *content, root, providers).run(progress).await
	}
}
