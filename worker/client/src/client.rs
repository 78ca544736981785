use crate::{transport::Transport, Error, Options, Result};
use serde::de::DeserializeOwned;
use sp_core::H256;
use std::{fmt, sync::Arc};
use subxt::{
	backend::LegacyBackend,
	client::{OnlineClient, OnlineClientAtBlock},
	rpcs::{client::RpcParams, RpcClient},
	SubstrateConfig,
};
use tokio::sync::Mutex;

/// A client of a node, or of several that stand in for each other. Cheap to clone; clones share the
/// connection.
#[derive(Clone)]
pub struct Client {
	inner: Arc<Inner>,
}

struct Inner {
	options: Options,
	genesis: H256,
	transport: Arc<Transport>,
	rpc: RpcClient,
	online: OnlineClient<SubstrateConfig>,
	/// Held while a nonce is chosen and used.
	submitting: Mutex<()>,
}

impl fmt::Debug for Client {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.debug_struct("Client").field("url", &self.url()).field("genesis", &self.inner.genesis).finish()
	}
}

impl Client {
	/// Connects to a node with the default [`Options`]. `url` is the address of its RPC, as
	/// `ws://127.0.0.1:9944`.
	///
	/// # Errors
	/// [`Error::Address`] for anything that is not ws:// or wss://, [`Error::Unreachable`] where nothing
	/// answers.
	pub async fn connect(url: &str) -> Result<Self> {
		Self::connect_with(url, Options::default()).await
	}

	/// Connects to a node.
	///
	/// # Errors
	/// See [`Self::connect`].
	pub async fn connect_with(url: &str, options: Options) -> Result<Self> {
		Self::connect_any(&[url], options).await
	}

	/// Connects to one of several nodes of a chain. Where one fails, the next is asked, in their order and
	/// from the first again: connecting to one takes 3 seconds and an answer 8 seconds at most.
	///
	/// # Errors
	/// See [`Self::connect`]. Fails only where no node can be asked.
	pub async fn connect_any(urls: &[impl AsRef<str>], options: Options) -> Result<Self> {
		let urls: Vec<String> = urls.iter().map(|url| url.as_ref().to_owned()).collect();
		if urls.is_empty() {
			return Err(Error::Address(String::new()));
		}
		let is_address = |url: &str| {
			let host = url.strip_prefix("ws://").or_else(|| url.strip_prefix("wss://"));
			host.is_some_and(|host| !host.is_empty())
		};
		if let Some(wrong) = urls.iter().find(|url| !is_address(url)) {
			return Err(Error::Address(wrong.clone()));
		}
		let transport = Arc::new(Transport::new(urls, options));
		let genesis = transport.connect().await?;
		let rpc = RpcClient::new(transport.clone());
		let backend = LegacyBackend::builder().build(rpc.clone());
		let config = SubstrateConfig::builder().set_genesis_hash(genesis).build();
		let online = OnlineClient::from_backend_with_config(config, Arc::new(backend))
			.await
			.map_err(|error| Error::Answer(error.to_string()))?;
		let inner = Inner { options, genesis, transport, rpc, online, submitting: Mutex::new(()) };
		Ok(Self { inner: Arc::new(inner) })
	}

	/// Hash of the chain's first block. It never changes during a client's life.
	pub fn genesis(&self) -> H256 {
		self.inner.genesis
	}

	/// The address of the node that is asked at the moment.
	pub fn url(&self) -> &str {
		self.inner.transport.url()
	}

	pub(crate) fn transport(&self) -> &Transport {
		&self.inner.transport
	}

	pub(crate) fn options(&self) -> &Options {
		&self.inner.options
	}

	pub(crate) fn rpc(&self) -> &RpcClient {
		&self.inner.rpc
	}

	pub(crate) fn submitting(&self) -> &Mutex<()> {
		&self.inner.submitting
	}

	/// A request, repeated while the node is away.
	pub(crate) async fn request<T: DeserializeOwned>(&self, method: &str, params: RpcParams) -> Result<T> {
		self.inner.rpc.request(method, params).await.map_err(|error| self.error(method, error))
	}

	pub(crate) fn error(&self, method: &str, error: subxt::rpcs::Error) -> Error {
		Error::of_rpc(self.url(), method, error)
	}

	/// The chain as it is at a block: its metadata, storage and events.
	pub(crate) async fn at(&self, block: H256) -> Result<OnlineClientAtBlock<SubstrateConfig>> {
		let at = self.inner.online.at_block(block).await;
		at.map_err(|error| self.unreadable(error))
	}

	/// The error for something that could not be read through subxt: there is no node, or none that is
	/// understood.
	pub(crate) fn unreadable(&self, error: impl ToString) -> Error {
		let failure = self.inner.transport.failure();
		failure.unwrap_or_else(|| Error::Answer(error.to_string()))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[tokio::test]
	async fn only_websockets_are_addresses() {
		for url in ["", "127.0.0.1:9944", "http://127.0.0.1:9944", "ws://", "file:///etc/passwd"] {
			assert_eq!(Client::connect(url).await.unwrap_err(), Error::Address(url.into()));
		}
	}
}
