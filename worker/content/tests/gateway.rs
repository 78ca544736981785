//! The gateway as any IPFS client sees it.

mod support;

use std::{
	fs,
	io::Cursor,
	net::SocketAddr,
	time::{Duration, Instant},
};

use cid::Cid;
use descent_content::{serve, BlockId};
use descent_protocol::{Codec, ContentRef};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use support::{blocks_of, random_bytes, TestStore, LEAF};
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::TcpStream,
	sync::oneshot,
};

struct Gateway {
	test: TestStore,
	address: SocketAddr,
	client: Client,
	stop: oneshot::Sender<()>,
	task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Gateway {
	async fn start() -> Self {
		let test = TestStore::new();
		let (stop, stopped) = oneshot::channel::<()>();
		let shutdown = async move { drop(stopped.await) };
		let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
		let (address, task) = serve(any_port, test.store.clone(), shutdown).await.unwrap();
		let client = Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
		Self { test, address, client, stop, task }
	}

	fn request(&self, method: Method, path: &str) -> RequestBuilder {
		self.client.request(method, format!("http://{}{path}", self.address))
	}

	async fn get(&self, path: &str) -> Response {
		self.request(Method::GET, path).send().await.unwrap()
	}

	/// Asks for a block until the answer has this status.
	async fn until(&self, id: &BlockId, status: StatusCode) {
		let deadline = Instant::now() + Duration::from_secs(20);
		while self.get(&format!("/ipfs/{id}?format=raw")).await.status() != status {
			assert!(Instant::now() < deadline, "no {status} came");
		}
	}

	fn import(&self, bytes: &[u8]) -> ContentRef {
		self.test.store.import(bytes).unwrap()
	}
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
	response.headers()[name].to_str().unwrap()
}

#[tokio::test]
async fn a_block_comes_with_the_headers_of_the_specification() {
	let gateway = Gateway::start().await;
	let bytes = random_bytes(1, LEAF);
	let id = BlockId::from(&gateway.import(&bytes));
	for (method, body) in [(Method::GET, bytes.as_slice()), (Method::HEAD, &[])] {
		let response = gateway.request(method, &format!("/ipfs/{id}?format=raw")).send().await.unwrap();
		assert_eq!(response.status(), StatusCode::OK);
		assert_eq!(header(&response, "content-type"), "application/vnd.ipld.raw");
		assert_eq!(header(&response, "content-length"), bytes.len().to_string());
		assert_eq!(header(&response, "etag"), format!("\"{id}.raw\""));
		assert_eq!(header(&response, "cache-control"), "public, max-age=29030400, immutable");
		assert_eq!(header(&response, "x-content-type-options"), "nosniff");
		assert!(response.bytes().await.unwrap() == body);
	}
}

#[tokio::test]
async fn the_format_may_come_by_accept_and_cached_answers_stay_valid() {
	let gateway = Gateway::start().await;
	let id = BlockId::from(&gateway.import(b"small"));
	let path = format!("/ipfs/{id}");
	let accept = "text/html, application/vnd.ipld.raw;q=0.9";
	let response = gateway.request(Method::GET, &path).header("accept", accept).send().await.unwrap();
	assert_eq!(response.bytes().await.unwrap(), &b"small"[..]);
	for tag in [format!("\"{id}.raw\""), format!("\"x\", W/\"{id}.raw\"")] {
		let request =
			gateway.request(Method::GET, &format!("{path}?format=raw")).header("if-none-match", tag);
		assert_eq!(request.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
	}
	let absent = BlockId::of(Codec::Raw, b"absent");
	let request = gateway.request(Method::GET, &format!("/ipfs/{absent}?format=raw"));
	let response = request.header("if-none-match", format!("\"{absent}.raw\"")).send().await.unwrap();
	assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn errors_have_the_right_status() {
	let gateway = Gateway::start().await;
	let here = BlockId::from(&gateway.import(b"small"));
	let absent = BlockId::of(Codec::Raw, b"absent");
	let sha2 = "bafybeif434e7thzts2ypgnh6srgzklylieg6hwlgds4q4amtz77jva7lk4";
	let cases = [
		(format!("/ipfs/{absent}?format=raw"), 404),
		(format!("/ipfs/{absent}?format=car"), 404),
		(format!("/ipfs/{sha2}?format=raw"), 404),
		("/ipfs/nonsense?format=raw".into(), 400),
		("/ipfs/..%2F..%2Flock?format=raw".into(), 400),
		(format!("/ipfs/{here}"), 400),
		(format!("/ipfs/{here}?format=tar"), 400),
		("/elsewhere".into(), 404),
		("/health".into(), 200),
		("/ipfs/bafkqaaa?format=raw".into(), 200),
	];
	for (path, status) in cases {
		assert_eq!(gateway.get(&path).await.status(), status, "{path}");
	}
	let inline = gateway.get("/ipfs/bafkqablimvwgy3y?format=raw").await.bytes().await.unwrap();
	assert_eq!(inline, &b"hello"[..]);
	let post = gateway.request(Method::POST, &format!("/ipfs/{here}?format=raw")).send().await.unwrap();
	assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
}

/// Reads a CAR. Returns the header's bytes and the checked blocks in order.
fn read_car(car: &[u8]) -> (Vec<u8>, Vec<(BlockId, Vec<u8>)>) {
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

#[tokio::test]
async fn a_car_has_all_blocks_depth_first() {
	let gateway = Gateway::start().await;
	let mut bytes = random_bytes(2, 3 * LEAF + 5);
	bytes.copy_within(..LEAF, LEAF);
	let content = gateway.import(&bytes);
	let id = BlockId::from(&content);
	let response = gateway.get(&format!("/ipfs/{id}?format=car")).await;
	assert_eq!(header(&response, "content-type"), "application/vnd.ipld.car; version=1; order=dfs; dups=y");
	let (head, blocks) = read_car(&response.bytes().await.unwrap());
	assert_eq!(&head[..13], b"\xa2\x65roots\x81\xd8\x2a\x58\x27\x00");
	assert_eq!(head[13..51], content.cid_bytes());
	assert_eq!(&head[51..], b"\x67version\x01");
	assert_eq!(blocks[0].0, id);
	let leaves: Vec<u8> = blocks[1..].iter().flat_map(|(_, bytes)| bytes.clone()).collect();
	assert!(leaves == bytes, "duplicate leaves are sent again, in order");
}

#[tokio::test]
async fn a_car_of_a_tree_with_a_hole_breaks_off() {
	let gateway = Gateway::start().await;
	let content = gateway.import(&random_bytes(3, 2 * LEAF));
	let leaf = *blocks_of(&gateway.test.store, &content).keys().find(|id| id.codec == Codec::Raw).unwrap();
	fs::remove_file(gateway.test.block_file(&leaf)).unwrap();
	let path = format!("/ipfs/{}?format=car", BlockId::from(&content));
	let whole = match gateway.request(Method::GET, &path).send().await {
		Ok(response) => response.bytes().await,
		Err(error) => Err(error),
	};
	assert!(whole.is_err());
}

#[tokio::test]
async fn shutdown_ends_the_task_though_a_client_hangs() {
	let gateway = Gateway::start().await;
	let id = BlockId::from(&gateway.import(b"small"));
	let mut hanging = TcpStream::connect(gateway.address).await.unwrap();
	hanging
		.write_all(format!("GET /ipfs/{id}?format=raw HTTP/1.1\r\nhost: x\r\n\r\nGET ").as_bytes())
		.await
		.unwrap();
	let mut first = [0; 12];
	hanging.read_exact(&mut first).await.unwrap();
	assert_eq!(&first, b"HTTP/1.1 200");
	gateway.stop.send(()).unwrap();
	tokio::time::timeout(Duration::from_secs(15), gateway.task).await.unwrap().unwrap().unwrap();
	let refused = gateway.client.get(format!("http://{}/health", gateway.address)).send().await;
	assert!(refused.is_err());
}

/// Clients that never read their answers take slots. Until they go, the gateway refuses requests instead of
/// queueing them.
#[tokio::test]
async fn answers_that_nobody_reads_do_not_pile_up() {
	let gateway = Gateway::start().await;
	let id = BlockId::from(&gateway.import(&random_bytes(4, LEAF)));
	// More answers than the socket buffers of one connection can hold.
	let requests = format!("GET /ipfs/{id}?format=raw HTTP/1.1\r\nhost: x\r\n\r\n").repeat(40);
	let mut unread = Vec::new();
	for _ in 0..128 {
		let mut connection = TcpStream::connect(gateway.address).await.unwrap();
		connection.write_all(requests.as_bytes()).await.unwrap();
		unread.push(connection);
	}
	gateway.until(&id, StatusCode::SERVICE_UNAVAILABLE).await;
	assert_eq!(gateway.get("/health").await.status(), StatusCode::OK);
	drop(unread);
	gateway.until(&id, StatusCode::OK).await;
}
