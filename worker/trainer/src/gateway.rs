//! The gateway that serves revealed checkpoints.

use anyhow::{Context, Result};
use descent_content::Store;
use std::net::SocketAddr;
use tokio::{sync::oneshot, task::JoinHandle};

/// Server of revealed checkpoints.
pub(crate) struct Gateway {
	address: SocketAddr,
	stop: oneshot::Sender<()>,
	serving: JoinHandle<std::io::Result<()>>,
}

impl Gateway {
	/// Listens at an address. If its port is 0, takes the port `before` if that is free, or any.
	pub(crate) async fn start(listen: SocketAddr, before: Option<u16>, store: Store) -> Result<Self> {
		let mut wanted = vec![listen];
		if let (0, Some(port)) = (listen.port(), before) {
			wanted.insert(0, SocketAddr::new(listen.ip(), port));
		}
		let mut failure = None;
		for address in wanted {
			let (stop, stopped) = oneshot::channel();
			let stopped = async {
				// ends as well when the sender is dropped
				let _ = stopped.await;
			};
			match descent_content::serve(address, store.clone(), stopped).await {
				Ok((address, serving)) => return Ok(Self { address, stop, serving }),
				Err(error) => failure = Some(error),
			}
		}
		let error = failure.map_or_else(|| anyhow::anyhow!("no address"), Into::into);
		Err(error).with_context(|| format!("cannot listen on {listen}: choose another address with --listen"))
	}

	/// Returns the address that it listens at.
	pub(crate) fn address(&self) -> SocketAddr {
		self.address
	}

	/// Stops listening, and waits until open requests are answered.
	pub(crate) async fn stop(self) {
		drop(self.stop);
		if let Ok(Err(error)) = self.serving.await {
			tracing::warn!("the gateway: {error}");
		}
	}
}
