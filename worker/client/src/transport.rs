//! A WebSocket to one of several nodes that is opened again whenever it is lost, to the next of them.

use crate::{options::Options, Error};
use sp_core::H256;
use std::{
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc, OnceLock, PoisonError,
	},
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

/// Longest time to connect to one of several nodes: a reveal window is not much longer.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// Longest time for the answer of one of several nodes.
const REQUEST_LIMIT: Duration = Duration::from_secs(8);

/// The connection, at most one at a time.
pub(crate) struct Transport {
	/// Addresses of nodes, which are asked in turn: the next one as soon as one fails.
	urls: Vec<String>,
	options: Options,
	genesis: OnceLock<H256>,
	connection: Mutex<Option<Arc<Client>>>,
	/// Position of the node that is asked, or that is asked next.
	current: AtomicUsize,
	/// Number of connections that were opened.
	opened: AtomicUsize,
	/// The reason that the last request failed, if it did for want of a node.
	failure: std::sync::Mutex<Option<Error>>,
}

impl Transport {
	/// A transport that has not connected yet. There is at least one address.
	pub(crate) fn new(urls: Vec<String>, mut options: Options) -> Self {
		if urls.len() > 1 {
			options.connect_timeout = options.connect_timeout.min(CONNECT_LIMIT);
			options.request_timeout = options.request_timeout.min(REQUEST_LIMIT);
		}
		Self {
			urls,
			options,
			genesis: options.genesis.map_or_else(OnceLock::new, OnceLock::from),
			connection: Mutex::new(None),
			current: AtomicUsize::new(0),
			opened: AtomicUsize::new(0),
			failure: std::sync::Mutex::new(None),
		}
	}

	/// Connects, once; returns the genesis of the node's chain.
	pub(crate) async fn connect(&self) -> Result<H256, Error> {
		self.connection().await?;
		self.genesis.get().copied().ok_or_else(|| Error::Answer("no genesis".into()))
	}

	/// The address of the node that is asked.
	pub(crate) fn url(&self) -> &str {
		let current = self.current.load(Ordering::Relaxed);
		self.urls.get(current).map_or("", String::as_str)
	}

	/// Number of the nodes.
	pub(crate) fn nodes(&self) -> usize {
		self.urls.len()
	}

	/// Number of connections so far. What was sent over an earlier one may be lost.
	pub(crate) fn opened(&self) -> usize {
		self.opened.load(Ordering::Relaxed)
	}

	/// Goes on to the next node, if there is another. Only the holder of the connection's lock does.
	fn turn(&self) {
		let next = self.current.load(Ordering::Relaxed).saturating_add(1);
		self.current.store(next.checked_rem(self.urls.len()).unwrap_or(0), Ordering::Relaxed);
	}

	/// The connection, opened where there is none, to the chain that the first one was to. Each node is tried
	/// once.
	async fn connection(&self) -> Result<Arc<Client>, Error> {
		let mut slot = self.connection.lock().await;
		if let Some(client) = slot.as_ref().filter(|client| client.is_connected()) {
			return Ok(client.clone());
		}
		if slot.take().is_some() {
			self.turn();
		}
		let mut failures = Vec::new();
		for _ in &self.urls {
			let opened = timeout(self.options.connect_timeout, self.open()).await;
			match opened.unwrap_or_else(|_| Err(self.unreachable("it does not answer"))) {
				Ok(client) => {
					let before = self.opened.fetch_add(1, Ordering::Relaxed);
					if self.nodes() > 1 && before > 0 {
						tracing::warn!("the connection was lost; asking the node at {}", self.url());
					}
					let client = Arc::new(client);
					*slot = Some(client.clone());
					return Ok(client);
				}
				Err(error) => failures.push(error),
			}
			self.turn();
		}
		Err(self.all_failed(failures))
	}

	/// The error where none of the nodes can be asked. It is transient if that of one of them is.
	fn all_failed(&self, mut failures: Vec<Error>) -> Error {
		let transient = failures.iter().position(Error::is_transient);
		match (failures.len(), transient) {
			(2.., Some(_)) => {
				let reason = |failure: &Error| match failure {
					Error::Unreachable { url, reason } => format!("{url}: {reason}"),
					failure => failure.to_string(),
				};
				let reasons: Vec<_> = failures.iter().map(reason).collect();
				Error::Unreachable { url: self.urls.join(" or "), reason: reasons.join("; ") }
			}
			_ => failures.pop().unwrap_or_else(|| self.unreachable("there is no address")),
		}
	}

	async fn open(&self) -> Result<Client, Error> {
		let url = self.url();
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
			.build(url)
			.await
			.map_err(|error| self.unreachable(error))?;
		let answer = client
			.request_raw("chain_getBlockHash", rpc_params![0u32].build())
			.await
			.map_err(|error| Error::of_rpc(url, "chain_getBlockHash", error))?;
		let found: H256 =
			serde_json::from_str(answer.get()).map_err(|error| Error::Answer(error.to_string()))?;
		let expected = *self.genesis.get_or_init(|| found);
		if expected != found {
			return Err(Error::OtherChain { url: url.into(), expected, found });
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
		Error::Unreachable { url: self.url().into(), reason: reason.to_string() }
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
			tracing::debug!(url = self.url(), %error, "waiting for the node");
			sleep(pause).await;
			pause = (pause * 2).min(LONGEST_PAUSE);
		}
	}

	/// Gives up a connection on which something failed, and turns to the next node: one that does not answer
	/// on it may do so on a new one.
	async fn forget(&self, failed: &Arc<Client>) {
		let mut slot = self.connection.lock().await;
		if slot.as_ref().is_some_and(|client| Arc::ptr_eq(client, failed)) {
			*slot = None;
			self.turn();
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
		let transport = Transport::new(vec![url.clone()], options());
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
		let transport = Transport::new(vec![url.clone()], options());
		let connected = timeout(Duration::from_secs(10), transport.connect()).await.unwrap();
		assert!(matches!(connected, Err(Error::Unreachable { .. })), "{connected:?}");
	}
}
