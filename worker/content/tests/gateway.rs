//! The gateway as any IPFS client sees it.

mod support;

use std::{
	net::{Ipv4Addr, SocketAddr},
	time::Duration,
};

use descent_content::BlockId;
use descent_protocol::Codec;
use futures::future::join_all;
use reqwest::{Client, Method, StatusCode};
use support::{
	gateway::{header, read_car, Gateway},
	random_bytes, LEAF,
};
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::{TcpSocket, TcpStream},
};

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
		(format!("/ipfs/{here}/a.txt?format=raw"), 404),
		(format!("/ipfs/{here}?format=raw&format=car"), 400),
		(format!("/ipfs/{here}?format=car&car-version=2"), 400),
		(format!("/ipfs/{here}?format=car&entity-bytes=9:*"), 400),
		("/ipns/example.org?format=raw".into(), 404),
		("/".into(), 404),
		(format!("/ipfs/{here}?format=tar"), 400),
		("/elsewhere".into(), 404),
		("/health".into(), 200),
		("/ipfs/bafkqaaa?format=raw".into(), 200),
	];
	for (path, status) in cases {
		let response = gateway.get(&path).await;
		assert_eq!(response.status(), status, "{path}");
		let text = response.text().await.unwrap();
		assert!(status == 200 || text.contains(' '), "{path} says {text:?}");
	}
	let inline = gateway.get("/ipfs/bafkqablimvwgy3y?format=raw").await.bytes().await.unwrap();
	assert_eq!(inline, &b"hello"[..]);
	let post = gateway.request(Method::POST, &format!("/ipfs/{here}?format=raw")).send().await.unwrap();
	assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_car_has_all_blocks_depth_first() {
	let gateway = Gateway::start().await;
	let mut bytes = random_bytes(2, 3 * LEAF + 5);
	bytes.copy_within(..LEAF, LEAF);
	let content = gateway.import(&bytes);
	let id = BlockId::from(&content);
	let response = gateway.get(&format!("/ipfs/{id}?format=car&car-dups=y")).await;
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
	gateway.test.damage(&content, LEAF + 3);
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

/// Clients that never read their answers take slots. Until they go, the gateway lets requests wait for a few
/// seconds, and then refuses them.
#[tokio::test]
async fn answers_that_nobody_reads_do_not_pile_up() {
	let gateway = Gateway::start().await;
	let id = BlockId::from(&gateway.import(&random_bytes(4, LEAF)));
	let request = format!("GET /ipfs/{id}?format=raw HTTP/1.1\r\nhost: x\r\n\r\n");
	let mut unread = Vec::new();
	for _ in 0..256 {
		let socket = TcpSocket::new_v4().unwrap();
		// Much less than an answer.
		socket.set_recv_buffer_size(4096).unwrap();
		let mut connection = socket.connect(gateway.address).await.unwrap();
		connection.write_all(request.repeat(8).as_bytes()).await.unwrap();
		unread.push(connection);
	}
	gateway.until(&id, StatusCode::SERVICE_UNAVAILABLE).await;
	let response = gateway.get(&format!("/ipfs/{id}?format=raw")).await;
	assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
	assert_eq!(header(&response, "retry-after"), "2");
	// Streams have slots of their own, and what is not here needs none.
	let absent = BlockId::of(Codec::Raw, b"absent");
	let started = std::time::Instant::now();
	assert_eq!(gateway.get(&format!("/ipfs/{id}")).await.status(), StatusCode::OK);
	assert_eq!(gateway.get(&format!("/ipfs/{absent}?format=raw")).await.status(), StatusCode::NOT_FOUND);
	assert_eq!(gateway.get("/health").await.status(), StatusCode::OK);
	assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
	drop(unread);
	gateway.until(&id, StatusCode::OK).await;
}

/// Each evaluator has an address of its own and makes four requests at a time.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_evaluators_are_answered_at_once() {
	let gateway = Gateway::start().await;
	let contents: Vec<_> = (0..4).map(|seed| random_bytes(seed, LEAF / 16)).collect();
	let ids: Vec<_> = contents.iter().map(|bytes| BlockId::from(&gateway.import(bytes))).collect();
	let requests = (1..=120).flat_map(|host| {
		let client = Client::builder()
			.no_proxy()
			.local_address(Some(Ipv4Addr::new(127, 0, 1, host).into()))
			.timeout(Duration::from_secs(60))
			.build()
			.unwrap();
		let address: SocketAddr = gateway.address;
		ids.iter().zip(&contents).map(move |(id, bytes)| {
			let request = client.get(format!("http://{address}/ipfs/{id}?format=raw"));
			async move {
				let response = request.send().await.unwrap();
				assert_eq!(response.status(), StatusCode::OK);
				assert!(response.bytes().await.unwrap() == *bytes);
			}
		})
	});
	assert_eq!(join_all(requests.collect::<Vec<_>>()).await.len(), 480);
}
