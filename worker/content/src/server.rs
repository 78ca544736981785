use crate::{serve, serve_with_pushes, PushPolicy, Store};
use axum::Router;
use futures::future::BoxFuture;
use std::{
	future::{Future, IntoFuture},
	io,
	net::SocketAddr,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// Handle of a server that runs in the background. The server also stops when the handle is dropped.
#[derive(Debug)]
pub struct ServerHandle {
	address: SocketAddr,
	stop: oneshot::Sender<()>,
	serving: JoinHandle<io::Result<()>>,
}

impl ServerHandle {
	/// Runs a server that listens on `address`. `server` is made with a future that completes when the server
	/// is to stop gracefully.
	pub fn spawn<S>(address: SocketAddr, server: impl FnOnce(BoxFuture<'static, ()>) -> S) -> Self
	where
		S: Future<Output = io::Result<()>> + Send + 'static,
	{
		let (stop, stopped) = stop_signal();
		let serving = tokio::spawn(server(Box::pin(stopped)));
		Self { address, stop, serving }
	}

	/// Serves routes on `address`; port 0 takes a free one.
	///
	/// # Errors
	/// Fails if the address cannot be bound.
	pub async fn routes(address: SocketAddr, router: Router) -> io::Result<Self> {
		let listener = TcpListener::bind(address).await?;
		let address = listener.local_addr()?;
		Ok(Self::spawn(address, |stopped| {
			axum::serve(listener, router).with_graceful_shutdown(stopped).into_future()
		}))
	}

	/// Publishes a store as a gateway, as [`serve`] does. Port 0 takes a free one.
	///
	/// # Errors
	/// Fails if the address cannot be bound.
	pub async fn gateway(address: SocketAddr, store: Store) -> io::Result<Self> {
		let (stop, stopped) = stop_signal();
		let (address, serving) = serve(address, store, stopped).await?;
		Ok(Self { address, stop, serving })
	}

	/// Publishes a store as [`Self::gateway`] does, and takes pushes, as [`serve_with_pushes`] does.
	///
	/// # Errors
	/// Fails if the address cannot be bound, or if what was pushed before cannot be read.
	pub async fn gateway_with_pushes(
		address: SocketAddr,
		store: Store,
		policy: &PushPolicy,
	) -> io::Result<Self> {
		let (stop, stopped) = stop_signal();
		let (address, serving) = serve_with_pushes(address, store, policy, stopped).await?;
		Ok(Self { address, stop, serving })
	}

	/// Returns the address that the server listens on.
	pub fn address(&self) -> SocketAddr {
		self.address
	}

	/// Stops the server, and waits until its connections are closed.
	///
	/// # Errors
	/// Fails if the server has failed.
	pub async fn stop(self) -> io::Result<()> {
		drop(self.stop);
		self.serving.await.map_err(io::Error::other)?
	}
}

/// Creates a sender and a future that completes when the sender is dropped.
fn stop_signal() -> (oneshot::Sender<()>, impl Future<Output = ()> + Send + 'static) {
	let (stop, stopped) = oneshot::channel();
	let stopped = async {
		// fails when the sender is dropped, which is the signal
		let _ = stopped.await;
	};
	(stop, stopped)
}
