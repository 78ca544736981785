use anyhow::{Context, Result};
use axum::{
	extract::{Request, State},
	http::StatusCode,
	Router,
};
use descent_content::{ServerHandle, Store};
use descent_protocol::ContentRef;
use std::{io::Read, net::SocketAddr, path::Path, time::Duration};
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::{TcpListener, TcpStream},
};

/// Largest size of a gateway's store, in bytes.
const MAX_STORE_BYTES: u64 = 2 << 30;

/// A gateway in the test's own process, with a store of its own.
pub struct Gateway {
	store: Store,
	server: ServerHandle,
}

impl Gateway {
	/// Opens a store in a folder, and serves it on a free port of loopback.
	///
	/// # Errors
	/// Fails if the store cannot be opened or the gateway not be started.
	pub async fn start(folder: &Path) -> Result<Self> {
		let store = Store::open(folder, MAX_STORE_BYTES)?;
		let server = ServerHandle::gateway(SocketAddr::from(([127, 0, 0, 1], 0)), store.clone()).await?;
		Ok(Self { store, server })
	}

	/// Base URL of the gateway.
	pub fn address(&self) -> String {
		format!("http://{}", self.server.address())
	}

	/// Puts content into the store.
	///
	/// # Errors
	/// Fails if it can't be read or written.
	pub async fn publish(&self, content: impl Read + Send + 'static) -> Result<ContentRef> {
		let store = self.store.clone();
		Ok(tokio::task::spawn_blocking(move || store.import(content)).await??)
	}

	/// Puts a file into the store.
	///
	/// # Errors
	/// Fails if it can't be read or written.
	pub async fn publish_file(&self, path: &Path) -> Result<ContentRef> {
		let file = std::fs::File::open(path).with_context(|| format!("{}", path.display()))?;
		self.publish(file).await
	}

	/// Stops the gateway. From then on its port is closed.
	///
	/// # Errors
	/// Fails if the gateway has failed.
	pub async fn stop(self) -> Result<()> {
		Ok(self.server.stop().await?)
	}
}

/// Starts a gateway on a free port of loopback that announces `length` bytes for every request and sends one
/// of them each second. Returns its base URL. It ends with the test's runtime.
///
/// # Errors
/// Fails if no port is free.
pub async fn dripping(length: u64) -> Result<String> {
	let listener = TcpListener::bind("127.0.0.1:0").await?;
	let address = format!("http://{}", listener.local_addr()?);
	tokio::spawn(async move {
		while let Ok((connection, _)) = listener.accept().await {
			tokio::spawn(async move {
				// The client may hang up at any time.
				let _ = drip(connection, length).await;
			});
		}
	});
	Ok(address)
}

/// Starts a gateway on a free port of loopback that answers with what another one has, but flips a bit of it.
/// Returns its base URL. It ends with the test's runtime.
///
/// # Errors
/// Fails if no port is free.
pub async fn corrupting(honest: String) -> Result<String> {
	let corrupt = |State(honest): State<String>, request: Request| async move {
		let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
		let answer = reqwest::get(format!("{honest}{path}")).await.map_err(|_| StatusCode::BAD_GATEWAY)?;
		let status = answer.status();
		let mut bytes = answer.bytes().await.map_err(|_| StatusCode::BAD_GATEWAY)?.to_vec();
		bytes.first_mut().into_iter().for_each(|byte| *byte ^= 1);
		Ok::<_, StatusCode>((status, bytes))
	};
	let listener = TcpListener::bind("127.0.0.1:0").await?;
	let address = format!("http://{}", listener.local_addr()?);
	let routes = Router::new().fallback(corrupt).with_state(honest);
	tokio::spawn(async move { axum::serve(listener, routes).await });
	Ok(address)
}

async fn drip(mut connection: TcpStream, length: u64) -> Result<()> {
	let mut request = [0; 4_096];
	if connection.read(&mut request).await? == 0 {
		return Ok(());
	}
	let head = format!(
		"HTTP/1.1 200 OK\r\ncontent-type: application/vnd.ipld.raw\r\ncontent-length: {length}\r\n\r\n"
	);
	connection.write_all(head.as_bytes()).await?;
	for _ in 0..length {
		connection.write_all(b"x").await?;
		connection.flush().await?;
		tokio::time::sleep(Duration::from_secs(1)).await;
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::time::Instant;

	#[tokio::test]
	async fn a_bit_is_another_one() {
		let folder = tempfile::tempdir().unwrap();
		let honest = Gateway::start(folder.path()).await.unwrap();
		let content = honest.publish(&b"descent"[..]).await.unwrap();
		let address = corrupting(honest.address()).await.unwrap();
		let path = format!("ipfs/{}?format=raw", descent_content::BlockId::from(&content));
		let get = async |base: String| reqwest::get(format!("{base}/{path}")).await.unwrap().bytes().await;
		assert_eq!(get(honest.address()).await.unwrap(), &b"descent"[..]);
		assert_eq!(get(address).await.unwrap(), &b"eescent"[..]);
	}

	#[tokio::test]
	async fn a_byte_a_second_comes_out() {
		let address = dripping(1_000).await.unwrap();
		let begun = Instant::now();
		let mut response = reqwest::get(address).await.unwrap();
		assert_eq!(response.content_length(), Some(1_000));
		for _ in 0..2 {
			assert_eq!(response.chunk().await.unwrap().unwrap(), &b"x"[..]);
		}
		assert!(begun.elapsed() >= Duration::from_millis(900));
	}
}
