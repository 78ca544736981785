//! A WebSocket to a node that is opened again whenever it is lost.

use crate::{options::Options, Error};
use sp_core::H256;
use std::{
	sync::{Arc, OnceLock, PoisonError},
	time::Duration,
};
use subxt::{
	ext::jsonrpsee::{
		core::client::{Client, IdKind},
		ws_client::{PingConfig, WsClientBuilder},
	},
	rpcs::{
		client::{rpc_params, RawRpcFuture, RawRpcSubscription, RawValue},
		Error as RpcError, RpcClientT,
	},
};
use tokio::{
	sync::Mutex,
	time::{sleep, timeout, Instant},
};

/// The first pause before a request is repeated; each pause is twice the one before it.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Notifications of one subscription that wait to be read; with more the subscription breaks.
const SUBSCRIPTION_BUFFER: usize = 1024;
/// The largest answer of a node, which is its metadata or a full block.
const LARGEST_ANSWER: u32 = 32 << 20;

/// The connection, at most one at a time.
pub(crate) struct Transport {
	url: String,
	options: Options,
	genesis: OnceLock<H256>,
	connection: Mutex<Option<Arc<Client>>>,
	/// The reason that the last request failed, if it did for want of a node.
	failure: std::sync::Mutex<Option<Error>>,
}

impl Transport {
	/// A transport that has not connected yet.
	pub(crate) fn new(url: &str, options: Options) -> Self {
		Self {
			url: url.into(),
			options,
			genesis: OnceLock::new(),
			connection: Mutex::new(None),
			failure: std::sync::Mutex::new(None),
		}
	}

	/// Connects, once; returns the genesis of the node's chain.
	pub(crate) async fn connect(&self) -> Result<H256, Error> {
		self.connection().await?;
		self.genesis.get().copied().ok_or_else(|| Error::Answer("no genesis".into()))
	}

	/// The connection, opened where there is none, to the chain that the first one was to.
	async fn connection(&self) -> Result<Arc<Client>, Error> {
		let mut slot = self.connection.lock().await;
		if let Some(client) = slot.as_ref().filter(|client| client.is_connected()) {
			return Ok(client.clone());
		}
		*slot = None;
		let client = timeout(self.options.connect_timeout, self.open())
			.await
			.map_err(|_| self.unreachable("it does not answer"))??;
		let client = Arc::new(client);
		*slot = Some(client.clone());
		Ok(client)
	}

	async fn open(&self) -> Result<Client, Error> {
		let client: Client = WsClientBuilder::new()
			.id_format(IdKind::Number)
			.request_timeout(self.options.request_timeout)
			.connection_timeout(self.options.connect_timeout)
			.max_response_size(LARGEST_ANSWER)
			.max_buffer_capacity_per_subscription(SUBSCRIPTION_BUFFER)
			.enable_ws_ping(
				PingConfig::new()
					.ping_interval(Duration::from_secs(10))
					.inactive_limit(Duration::from_secs(30)),
			)
			.build(&self.url)
			.await
			.map_err(|error| self.unreachable(error))?;
		let answer = client
			.request_raw("chain_getBlockHash", rpc_params![0u32].build())
			.await
			.map_err(|error| Error::of_rpc(&self.url, "chain_getBlockHash", error))?;
		let found: H256 =
			serde_json::from_str(answer.get()).map_err(|error| Error::Answer(error.to_string()))?;
		let expected = *self.genesis.get_or_init(|| found);
		if expected != found {
			return Err(Error::OtherChain { url: self.url.clone(), expected, found });
		}
		Ok(client)
	}

	/// The reason that the last request failed, if it did for want of a node. Errors of layers above do not
	/// tell.
	pub(crate) fn failure(&self) -> Option<Error> {
		self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
	}

	fn note(&self, failure: Option<Error>) {
		*self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
	}

	fn unreachable(&self, reason: impl ToString) -> Error {
		Error::Unreachable { url: self.url.clone(), reason: reason.to_string() }
	}

	/// Does `work` with a connection, again and again for as long as there is none and `patience` lasts.
	async fn attempt<'a, T>(
		&'a self,
		patience: Duration,
		work: impl Fn(Arc<Client>) -> RawRpcFuture<'a, T> + Send + Sync + 'a,
	) -> Result<T, RpcError> {
		let give_up = Instant::now() + patience;
		let mut pause = FIRST_PAUSE;
		loop {
			let error = match self.connection().await {
				Ok(client) => match work(client.clone()).await {
					Err(error @ (RpcError::Client(_) | RpcError::DisconnectedWillReconnect(_))) => {
						self.forget(&client).await;
						error
					}
					done => {
						self.note(None);
						return done;
					}
				},
				Err(error) if !error.is_transient() => {
					self.note(Some(error.clone()));
					return Err(RpcError::Client(Box::new(error)));
				}
				Err(error) => RpcError::Client(Box::new(error)),
			};
			if Instant::now() + pause > give_up {
				self.note(Some(self.unreachable(&error)));
				return Err(error);
			}
			tracing::debug!(url = self.url, %error, "waiting for the node");
			sleep(pause).await;
			pause = (pause * 2).min(LONGEST_PAUSE);
		}
	}

	/// Gives up a connection on which something failed: a node that does not answer on it may do so on a new
	/// one.
	async fn forget(&self, failed: &Arc<Client>) {
		let mut slot = self.connection.lock().await;
		if slot.as_ref().is_some_and(|client| Arc::ptr_eq(client, failed)) {
			*slot = None;
		}
	}

	/// Longest time for which a request is repeated. Only the caller repeats what changes the node's state,
	/// as only the caller knows what a second answer means.
	fn patience(&self, method: &str) -> Duration {
		if method.starts_with("author_") {
			Duration::ZERO
		} else {
			self.options.patience
		}
	}
}

impl RpcClientT for Transport {
	fn request_raw<'a>(
		&'a self,
		method: &'a str,
		params: Option<Box<RawValue>>,
	) -> RawRpcFuture<'a, Box<RawValue>> {
		Box::pin(async move {
			self.attempt(self.patience(method), move |client| {
				let params = params.clone();
				Box::pin(async move { client.request_raw(method, params).await })
			})
			.await
		})
	}

	fn subscribe_raw<'a>(
		&'a self,
		sub: &'a str,
		params: Option<Box<RawValue>>,
		unsub: &'a str,
	) -> RawRpcFuture<'a, RawRpcSubscription> {
		Box::pin(async move {
			self.attempt(self.patience(sub), move |client| {
				let params = params.clone();
				Box::pin(async move { client.subscribe_raw(sub, params, unsub).await })
			})
			.await
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn options() -> Options {
		Options {
			connect_timeout: Duration::from_millis(500),
			request_timeout: Duration::from_millis(500),
			patience: Duration::from_millis(300),
			..Options::default()
		}
	}

	#[tokio::test]
	async fn gives_up_on_a_node_that_is_not_there() {
		let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
		let url = format!("ws://{}", listener.local_addr().unwrap());
		drop(listener);
		let transport = Transport::new(&url, options());
		assert!(matches!(transport.connect().await, Err(Error::Unreachable { .. })));
		let request = transport.request_raw("system_health", None);
		let error = timeout(Duration::from_secs(10), request).await.unwrap().unwrap_err();
		assert!(matches!(transport.failure(), Some(Error::Unreachable { .. })));
		assert!(matches!(Error::of_rpc(&url, "system_health", error), Error::Unreachable { .. }));
	}

	#[tokio::test]
	async fn gives_up_on_a_node_that_never_answers() {
		let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
		let url = format!("ws://{}", listener.local_addr().unwrap());
		let transport = Transport::new(&url, options());
		let connected = timeout(Duration::from_secs(10), transport.connect()).await.unwrap();
		assert!(matches!(connected, Err(Error::Unreachable { .. })), "{connected:?}");
	}
}
