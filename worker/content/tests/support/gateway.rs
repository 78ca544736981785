use std::{
	io::Cursor,
	net::SocketAddr,
	time::{Duration, Instant},
};

use cid::Cid;
use descent_content::{serve, BlockId};
use descent_protocol::ContentRef;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use tokio::sync::oneshot;

use super::TestStore;

/// A gateway over a store, and a client.
pub(crate) struct Gateway {
	pub test: TestStore,
	pub address: SocketAddr,
	pub client: Client,
	pub stop: oneshot::Sender<()>,
	pub task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Gateway {
	pub(crate) async fn start() -> Self {
		let test = TestStore::new();
		let (stop, stopped) = oneshot::channel::<()>();
		let shutdown = async move { drop(stopped.await) };
		let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
		let (address, task) = serve(any_port, test.store.clone(), shutdown).await.unwrap();
		let client = Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
		Self { test, address, client, stop, task }
	}

	pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
		self.client.request(method, format!("http://{}{path}", self.address))
	}

	pub(crate) async fn get(&self, path: &str) -> Response {
		self.request(Method::GET, path).send().await.unwrap()
	}

	/// Asks for a block until the answer has this status.
	pub(crate) async fn until(&self, id: &BlockId, status: StatusCode) {
		let deadline = Instant::now() + Duration::from_secs(60);
		while self.get(&format!("/ipfs/{id}?format=raw")).await.status() != status {
			assert!(Instant::now() < deadline, "no {status} came");
		}
	}

	pub(crate) fn import(&self, bytes: &[u8]) -> ContentRef {
		self.test.store.import(bytes).unwrap()
	}
}

pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
	response.headers()[name].to_str().unwrap()
}

/// Reads a CAR. Returns the header's bytes and the checked blocks in order.
pub(crate) fn read_car(car: &[u8]) -> (Vec<u8>, Vec<(BlockId, Vec<u8>)>) {
	let mut sections = Vec::new();
	let mut rest = car;
	while !rest.is_empty() {
		let (mut len, mut shift) = (0, 0);
		loop {
			let byte = rest[0];
			rest = &rest[1..];
			len |= usize::from(byte & 0x7f) << shift;
			shift += 7;
			if byte < 0x80 {
				break;
			}
		}
		let (section, after) = rest.split_at(len);
		sections.push(section);
		rest = after;
	}
	let blocks = sections[1..].iter().map(|section| {
		let mut cursor = Cursor::new(section);
		let id = BlockId::try_from(&Cid::read_bytes(&mut cursor).unwrap()).unwrap();
		let bytes = section[cursor.position() as usize..].to_vec();
		assert!(id.matches(&bytes));
		(id, bytes)
	});
	(sections[0].to_vec(), blocks.collect())
}
