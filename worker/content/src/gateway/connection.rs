use std::{
	future::Future,
	io,
	net::SocketAddr,
	pin::Pin,
	sync::Arc,
	task::{Context, Poll},
	time::Duration,
};

use super::peers::{PeerPermit, Peers};
use axum::serve::Listener;
use tokio::{
	io::{AsyncRead, AsyncWrite, ReadBuf},
	net::{TcpListener, TcpStream},
	sync::{OwnedSemaphorePermit, Semaphore},
	time::{sleep, Instant, Sleep},
};

/// Most connections that are open at one time. Further ones wait in the backlog of the operating system.
const MAX_CONNECTIONS: usize = 640;
/// Longest time in which no byte moves on a connection, in either direction.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// A listener that bounds the number of its connections, in total and per peer, and their idle time.
pub(super) struct Connections {
	listener: TcpListener,
	slots: Arc<Semaphore>,
	peers: Peers,
}

impl Connections {
	pub(super) fn new(listener: TcpListener) -> Self {
		Self { listener, slots: Arc::new(Semaphore::new(MAX_CONNECTIONS)), peers: Peers::default() }
	}
}

impl Listener for Connections {
	type Io = Connection;
	type Addr = SocketAddr;

	async fn accept(&mut self) -> (Connection, SocketAddr) {
		let slot = self.slots.clone().acquire_owned().await.expect("the semaphore is never closed; qed");
		let (stream, peer, permit) = loop {
			let (stream, peer) = Listener::accept(&mut self.listener).await;
			match self.peers.admit(peer.ip()) {
				Some(permit) => break (stream, peer, permit),
				None => tracing::debug!(%peer, "closing a connection: the peer has too many"),
			}
		};
		if let Err(error) = stream.set_nodelay(true) {
			tracing::debug!(%error, %peer, "setting TCP_NODELAY");
		}
		(Connection { stream, idle: Box::pin(sleep(IDLE_TIMEOUT)), _slot: slot, _permit: permit }, peer)
	}

	fn local_addr(&self) -> io::Result<SocketAddr> {
		self.listener.local_addr()
	}
}

/// A connection that fails if no byte moves on it for [`IDLE_TIMEOUT`], so that a client that neither reads
/// nor writes cannot keep its slot.
pub(super) struct Connection {
	stream: TcpStream,
	idle: Pin<Box<Sleep>>,
	_slot: OwnedSemaphorePermit,
	_permit: PeerPermit,
}

impl Connection {
	fn watch<T>(&mut self, context: &mut Context<'_>, moved: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
		match moved {
			Poll::Ready(done) => {
				self.idle.as_mut().reset(Instant::now() + IDLE_TIMEOUT);
				Poll::Ready(done)
			}
			Poll::Pending => self.idle.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into())),
		}
	}
}

impl AsyncRead for Connection {
	fn poll_read(
		mut self: Pin<&mut Self>,
		context: &mut Context<'_>,
		buffer: &mut ReadBuf<'_>,
	) -> Poll<io::Result<()>> {
		let moved = Pin::new(&mut self.stream).poll_read(context, buffer);
		self.watch(context, moved)
	}
}

impl AsyncWrite for Connection {
	fn poll_write(
		mut self: Pin<&mut Self>,
		context: &mut Context<'_>,
		bytes: &[u8],
	) -> Poll<io::Result<usize>> {
		let moved = Pin::new(&mut self.stream).poll_write(context, bytes);
		self.watch(context, moved)
	}

	fn poll_write_vectored(
		mut self: Pin<&mut Self>,
		context: &mut Context<'_>,
		slices: &[io::IoSlice<'_>],
	) -> Poll<io::Result<usize>> {
		let moved = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
		self.watch(context, moved)
	}

	fn is_write_vectored(&self) -> bool {
		self.stream.is_write_vectored()
	}

	// Flushing a TCP stream does nothing, so it must not count as movement.
	fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
		Pin::new(&mut self.stream).poll_flush(context)
	}

	fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
		Pin::new(&mut self.stream).poll_shutdown(context)
	}
}
