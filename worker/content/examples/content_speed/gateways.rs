//! Gateways over a store, each in a process of its own: honest ones and others.

use crate::Outcome;
use axum::serve::ListenerExt;
use axum::{
	body::{to_bytes, Body},
	extract::{Request, State},
	middleware::{from_fn_with_state, Next},
	response::{IntoResponse, Response},
	routing::get,
	Router,
};
use descent_content::{router, Store, MAX_BLOCK_SIZE};
use std::{
	future::pending,
	io::{BufRead, BufReader},
	net::TcpListener,
	path::Path,
	process::{Child, Command, Stdio},
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc,
	},
};

/// Answers of a gateway to requests for blocks.
#[derive(Clone, Copy)]
pub(crate) enum Behaviour {
	Honest,
	/// It flips a bit in one of a hundred blocks.
	Corrupt,
	/// It answers none.
	Stalling,
	/// It counts the blocks that it sends: `GET /sent` tells their number.
	Counting,
}

impl Behaviour {
	fn name(self) -> &'static str {
		match self {
			Self::Honest => "honest",
			Self::Corrupt => "corrupt",
			Self::Stalling => "stalling",
			Self::Counting => "counting",
		}
	}
}

/// A process that serves; it ends when this is dropped.
pub(crate) struct Served {
	pub(crate) url: String,
	child: Child,
}

impl Served {
	pub(crate) fn new(url: String, child: Child) -> Self {
		Self { url, child }
	}
}

impl Drop for Served {
	fn drop(&mut self) {
		let _ = self.child.kill();
		let _ = self.child.wait();
	}
}

/// Starts a gateway over a store.
pub(crate) fn start(store: &Path, behaviour: Behaviour) -> Outcome<Served> {
	let mut command = Command::new(std::env::current_exe()?);
	let mut child = command.args(["--serve", behaviour.name()]).arg(store).stdout(Stdio::piped()).spawn()?;
	let mut line = String::new();
	let out = child.stdout.take().ok_or("it has no output")?;
	BufReader::new(out).read_line(&mut line)?;
	Ok(Served { url: line.trim().to_owned(), child })
}

/// Starts Python's server of static files over a folder.
pub(crate) fn files(folder: &Path) -> Outcome<Served> {
	let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
	let mut command = Command::new("python3");
	command.args(["-m", "http.server", &port.to_string(), "--bind", "127.0.0.1", "--directory"]);
	let child = command.arg(folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
	let served = Served { url: format!("http://127.0.0.1:{port}"), child };
	while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
		std::thread::yield_now();
	}
	Ok(served)
}

/// Returns the CID and the size of the file that was imported.
pub(crate) fn content(descent: &Path, store: &Path, file: &Path) -> Outcome<(String, u64)> {
	let mut command = Command::new(descent);
	let output = command.args(["content", "add", "--json", "--store"]).arg(store).arg(file).output()?;
	let added: serde_json::Value = serde_json::from_slice(&output.stdout)?;
	let (cid, size) = (added[0]["cid"].as_str(), added[0]["size"].as_u64());
	Ok(cid.map(str::to_owned).zip(size).ok_or("the import printed no reference")?)
}

/// Serves a store, and prints the address.
#[tokio::main]
pub(crate) async fn serve(behaviour: &str, store: &Path) -> Outcome<()> {
	let routes = router(Store::open_shared(store, u64::MAX)?);
	let sent = Arc::new(AtomicUsize::new(0));
	let routes = match behaviour {
		"honest" => routes,
		"corrupt" => routes.layer(from_fn_with_state(sent, corrupt)),
		"stalling" => routes.layer(from_fn_with_state(sent, stall)),
		_ => {
			let count =
				|State(sent): State<Arc<AtomicUsize>>| async move { sent.load(Ordering::SeqCst).to_string() };
			let counter = Router::new().route("/sent", get(count)).with_state(sent.clone());
			routes.layer(from_fn_with_state(sent, counted)).merge(counter)
		}
	};
	let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
	println!("http://{}", listener.local_addr()?);
	let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap_or_default());
	Ok(axum::serve(listener, routes).await?)
}

async fn corrupt(State(sent): State<Arc<AtomicUsize>>, request: Request, next: Next) -> Response {
	let response = next.run(request).await;
	if sent.fetch_add(1, Ordering::SeqCst) % 100 != 99 {
		return response;
	}
	let mut bytes = to_bytes(response.into_body(), MAX_BLOCK_SIZE).await.unwrap_or_default().to_vec();
	bytes.first_mut().iter_mut().for_each(|byte| **byte ^= 1);
	bytes.into_response()
}

async fn stall(_: State<Arc<AtomicUsize>>, _: Request, _: Next) -> Response {
	pending().await
}

/// Counts a block when all of it was handed to the connection.
async fn counted(State(sent): State<Arc<AtomicUsize>>, request: Request, next: Next) -> Response {
	let (parts, body) = next.run(request).await.into_parts();
	let bytes = to_bytes(body, MAX_BLOCK_SIZE).await.unwrap_or_default();
	if parts.status.is_success() && !bytes.is_empty() {
		sent.fetch_add(1, Ordering::SeqCst);
	}
	Response::from_parts(parts, Body::from(bytes))
}
