//! Fetches content from gateways that are not trusted.

mod address;
mod check;
mod download;
mod flight;
mod leaf;
mod probe;
mod providers;
mod relay;
mod request;
mod transfer;

pub use address::is_public;
pub(crate) use probe::reason;
pub use probe::{probe, ProbeError};

use std::{sync::Arc, time::Duration};

use descent_protocol::ContentRef;
use reqwest::{redirect::Policy, Client};
use tokio::time::Instant;

use crate::{
	layout::Span,
	store::{Session, StoreError},
	Store,
};
use address::PublicResolver;
use providers::Providers;
use request::blocking;
use transfer::Transfer;

/// Bounds on the size, time and number of requests of a fetch.
#[derive(Clone, Debug)]
pub struct FetchLimits {
	/// Largest content that is fetched, in bytes; 16 GiB by default.
	pub max_content_bytes: u64,
	/// Longest time for the whole content; 30 minutes by default.
	pub deadline: Duration,
	/// Longest time in which no block arrives before the content counts as unavailable; 2 minutes by default.
	pub patience: Duration,
	/// Longest time for one block, from the request to its last byte; 20 seconds by default.
	pub request_timeout: Duration,
	/// Longest time to connect to a provider, which is part of `request_timeout`; 5 seconds by default.
	pub connect_timeout: Duration,
	/// Most requests at one time to all providers together, and blocks that wait to be checked; 16 by
	/// default. Half as many come on top where providers stall. Each may hold one block of up to 2 MiB in
	/// memory.
	pub requests: usize,
	/// Most requests at one time to one provider, which is one scheme, host and port however many URLs name
	/// it; 4 by default.
	pub requests_per_provider: usize,
	/// Allows providers on this machine and in private networks; false by default. Names are checked when
	/// they are resolved.
	pub allow_private: bool,
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
			allow_private: false,
		}
	}
}

/// Progress of a fetch, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
	/// Number of content bytes that are in the store and checked.
	pub done: u64,
	/// The size of the content in bytes.
	pub total: u64,
	/// Number of bytes of the blocks that providers sent in this fetch, nodes of the tree included.
	pub downloaded: u64,
}

/// Reasons for which content could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
	/// No provider served every block in time. The fetch may succeed later or with other providers, and the
	/// blocks that arrived are kept for it.
	#[error(
		"content {content} is unavailable, {done} of {total} bytes are here: {reason}",
		total = content.size,
		content = crate::BlockId::from(content)
	)]
	Unavailable {
		/// The content.
		content: ContentRef,
		/// Number of content bytes that are in the store.
		done: u64,
		/// Reason for giving up, and the last failure.
		reason: String,
		/// True if any provider gave any HTTP answer. If none did, this machine may have no network.
		answered: bool,
	},
	/// The content under this address and of this size is malformed. Every fetcher finds the same.
	#[error("the content is malformed: {reason}")]
	Invalid {
		/// Description of the fault.
		reason: String,
	},
	/// The content is larger than this fetcher accepts. Nothing was downloaded.
	#[error("content of {size} bytes is more than the {limit} accepted")]
	TooLarge {
		/// Size of the content in bytes.
		size: u64,
		/// The limit in bytes.
		limit: u64,
	},
	/// The fetcher itself failed: its disk, its store's limit or its HTTP client. This says nothing about the
	/// content.
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

/// Fetches content into a [`Store`] from trustless gateways over HTTP.
#[derive(Clone, Debug)]
pub struct Fetcher {
	client: Client,
	store: Store,
	limits: FetchLimits,
	/// URL at which others that fetch the same content reach the store.
	own_gateway: Option<String>,
}

impl Fetcher {
	/// Returns a fetcher into `store`. It follows no redirects and takes no proxy from the environment.
	///
	/// # Errors
	/// Returns [`FetchError::Io`] if the HTTP client cannot be set up.
	pub fn new(store: Store, limits: FetchLimits) -> Result<Self, FetchError> {
		let mut client = Client::builder()
			.redirect(Policy::none())
			.no_proxy()
			.connect_timeout(limits.connect_timeout)
			.timeout(limits.request_timeout)
			.pool_max_idle_per_host(limits.requests_per_provider);
		if !limits.allow_private {
			client = client.dns_resolver(Arc::new(PublicResolver));
		}
		let client = client.build().map_err(|error| FetchError::Io(error.into()))?;
		Ok(Self { client, store, limits, own_gateway: None })
	}

	/// Returns the same fetcher, knowing the URL at which its peers reach its store. It is not asked itself.
	#[must_use]
	pub fn served_at(mut self, gateway: Option<String>) -> Self {
		self.own_gateway = gateway;
		self
	}

	/// Returns the same fetcher with an earlier deadline. Unlike a future that is dropped, it says at the
	/// deadline why nothing came.
	#[must_use]
	pub fn until(&self, deadline: Instant) -> Self {
		let mut fetcher = self.clone();
		let left = deadline.saturating_duration_since(Instant::now());
		fetcher.limits.deadline = fetcher.limits.deadline.min(left);
		fetcher
	}

	/// Returns the store that content is fetched into.
	pub fn store(&self) -> &Store {
		&self.store
	}

	/// Fetches content from `providers` and pins it. A provider is the base URL of a trustless gateway, such
	/// as `http://127.0.0.1:8080`.
	///
	/// Blocks come from several providers at once. Each is kept only after it was checked against its hash
	/// and against its place in the tree, which the size of the content fixes. Blocks that the store has
	/// already are not requested. A provider that sends wrong bytes or redirects is not asked again. One that
	/// fails pauses, from 0.25 to 60 seconds, and one that says `Retry-After` for as long as it says, at most
	/// 60 seconds. One that does not have a block is asked for others. Where a request brings nothing for
	/// half a second, or for three times as long as blocks take, others are asked beside it, and the
	/// first good answer counts.
	///
	/// `progress` is called after every block and must not block. Dropping the future stops the fetch; the
	/// blocks that arrived are kept until [`Store::gc`].
	///
	/// # Errors
	/// See [`FetchError`]. A provider that is not an http(s) URL of at most 1,024 bytes is ignored, and so
	/// are all beyond the first 64, and private ones unless [`FetchLimits::allow_private`] is set.
	pub async fn fetch(
		&self,
		content: &ContentRef,
		providers: &[impl AsRef<str>],
		progress: impl Fn(Progress),
	) -> Result<(), FetchError> {
		self.fetch_with_peers(content, providers, &[] as &[&str], progress).await
	}

	/// Fetches content as [`Fetcher::fetch`] does, and asks `peers` for each block first. Peers are gateways
	/// of others that fetch the same content at the same time, such as other validators, and may have parts
	/// of it; the fetcher's own may be among them. That a peer does not have a block is nothing against it.
	///
	/// Larger content is divided among four peers or more: each fetches its part from the providers, and the
	/// rest from those whose part it is, so that a provider uploads little more than one copy. The parts of
	/// peers that fail fall to others. What the others do not bring in twice the time that the own part
	/// takes is fetched from anyone who has it.
	///
	/// # Errors
	/// As for [`Fetcher::fetch`]; of the peers, too, the first 64 are asked.
	pub async fn fetch_with_peers(
		&self,
		content: &ContentRef,
		providers: &[impl AsRef<str>],
		peers: &[impl AsRef<str>],
		progress: impl Fn(Progress),
	) -> Result<(), FetchError> {
		let limits = &self.limits;
		let (size, limit) = (content.size, limits.max_content_bytes);
		if size > limit {
			return Err(FetchError::TooLarge { size, limit });
		}
		let root = Span::root(content).map_err(StoreError::from)?;
		if size > self.store.max_bytes() {
			let (used, max) = (self.store.used_bytes(), self.store.max_bytes());
			return Err(StoreError::Quota { used, max, needed: size }.into());
		}
		let own = self.own_gateway.as_deref();
		let providers =
			Providers::new(providers, peers, own, limits.requests_per_provider, limits.allow_private);
		let (store, wanted) = (self.store.clone(), *content);
		let session = blocking(move || Session::new(&store, &wanted)).await??;
		Transfer::new(&self.client, limits, session, *content, root, providers).run(progress).await
	}
}
