//! What other IPFS clients, browsers and caches ask of the gateway.

mod support;

use cid::Cid;
use descent_content::BlockId;
use reqwest::{Method, Response, StatusCode};
use support::{
	gateway::{header, read_car, Gateway},
	random_bytes, LEAF,
};

/// A gateway with content of three leaves and a bit, of which the first two are the same.
async fn with_content() -> (Gateway, Vec<u8>, BlockId) {
	let gateway = Gateway::start().await;
	let mut bytes = random_bytes(1, 3 * LEAF + 5);
	bytes.copy_within(..LEAF, LEAF);
	let id = BlockId::from(&gateway.import(&bytes));
	(gateway, bytes, id)
}

async fn car(gateway: &Gateway, id: &BlockId, query: &str) -> (String, Vec<(BlockId, Vec<u8>)>) {
	let response = gateway.get(&format!("/ipfs/{id}?format=car{query}")).await;
	assert_eq!(response.status(), StatusCode::OK, "{query}");
	let content_type = header(&response, "content-type").to_owned();
	(content_type, read_car(&response.bytes().await.unwrap()).1)
}

#[tokio::test]
async fn the_head_of_a_car_claims_no_length() {
	let (gateway, _, id) = with_content().await;
	let path = format!("/ipfs/{id}?format=car");
	let response = gateway.request(Method::HEAD, &path).send().await.unwrap();
	assert_eq!(response.status(), StatusCode::OK);
	assert!(!response.headers().contains_key("content-length"), "{:?}", response.headers());
	assert_eq!(header(&response, "content-type"), "application/vnd.ipld.car; version=1; order=dfs; dups=n");
}

#[tokio::test]
async fn a_car_has_the_blocks_that_are_asked_for() {
	let (gateway, bytes, id) = with_content().await;
	let leaves = |blocks: &[(BlockId, Vec<u8>)]| -> Vec<u8> {
		assert_eq!(blocks[0].0, id, "the root comes first");
		blocks[1..].iter().flat_map(|(_, bytes)| bytes.clone()).collect()
	};
	let (content_type, blocks) = car(&gateway, &id, "").await;
	assert!(content_type.ends_with("dups=n") && leaves(&blocks) == bytes[LEAF..]);
	let (content_type, blocks) = car(&gateway, &id, "&car-dups=y&dag-scope=entity").await;
	assert!(content_type.ends_with("dups=y") && leaves(&blocks) == bytes);
	let (_, blocks) = car(&gateway, &id, "&dag-scope=block").await;
	assert!(leaves(&blocks).is_empty());
	let (_, blocks) = car(&gateway, &id, "&entity-bytes=0:1023").await;
	assert!(leaves(&blocks) == bytes[..LEAF]);
	let (_, blocks) = car(&gateway, &id, &format!("&entity-bytes={}:{}", 2 * LEAF, 3 * LEAF)).await;
	assert!(leaves(&blocks) == bytes[2 * LEAF..]);
	let (_, blocks) = car(&gateway, &id, "&entity-bytes=-5:*").await;
	assert!(leaves(&blocks) == bytes[3 * LEAF..]);
}

#[tokio::test]
async fn answers_that_differ_have_tags_that_differ() {
	let (gateway, _, id) = with_content().await;
	let mut tags = std::collections::HashSet::new();
	let queries = [
		"",
		"?format=raw",
		"?format=car",
		"?format=car&car-dups=y",
		"?format=car&dag-scope=block",
		"?format=car&entity-bytes=0:1",
		"?format=car&entity-bytes=0:*",
	];
	for query in queries {
		let path = format!("/ipfs/{id}{query}");
		let response = gateway.request(Method::HEAD, &path).send().await.unwrap();
		let tag = header(&response, "etag").to_owned();
		for given in [&tag, "*"] {
			let request = gateway.request(Method::GET, &path).header("if-none-match", given);
			assert_eq!(request.send().await.unwrap().status(), StatusCode::NOT_MODIFIED, "{query} {given}");
		}
		assert!(tags.insert(tag), "{query}");
	}
}

#[tokio::test]
async fn without_a_format_the_bytes_come_and_no_browser_runs_them() {
	let (gateway, bytes, id) = with_content().await;
	for path in [format!("/ipfs/{id}"), format!("/ipfs/{id}/")] {
		let request = gateway.request(Method::GET, &path).header("accept", "text/html,*/*;q=0.8");
		let response = request.send().await.unwrap();
		assert_eq!(response.status(), StatusCode::OK);
		assert_eq!(header(&response, "content-length"), bytes.len().to_string());
		assert_eq!(header(&response, "content-type"), "application/octet-stream");
		assert_eq!(header(&response, "content-security-policy"), "sandbox");
		assert_eq!(header(&response, "x-content-type-options"), "nosniff");
		assert!(header(&response, "content-disposition").starts_with("attachment"));
		assert!(response.bytes().await.unwrap() == bytes);
	}
	let head = gateway.request(Method::HEAD, &format!("/ipfs/{id}")).send().await.unwrap();
	assert_eq!(header(&head, "content-length"), bytes.len().to_string());
	for len in [0, 10] {
		let id = BlockId::from(&gateway.import(&bytes[..len]));
		assert!(gateway.get(&format!("/ipfs/{id}")).await.bytes().await.unwrap() == bytes[..len]);
	}
}

#[tokio::test]
async fn a_range_of_the_bytes_comes_alone() {
	let (gateway, bytes, id) = with_content().await;
	let path = format!("/ipfs/{id}");
	let ask = async |range: &str, condition: Option<&str>| -> Response {
		let mut request = gateway.request(Method::GET, &path).header("range", range);
		if let Some(tag) = condition {
			request = request.header("if-range", tag);
		}
		request.send().await.unwrap()
	};
	let len = bytes.len();
	for (range, start, end) in [
		("bytes=0-9".to_owned(), 0, 10),
		(format!("bytes={}-{}", LEAF - 3, 2 * LEAF + 3), LEAF - 3, 2 * LEAF + 4),
		("bytes=-7".to_owned(), len - 7, len),
		(format!("bytes={}-", len - 1), len - 1, len),
	] {
		let response = ask(&range, Some(&format!("\"{id}\""))).await;
		assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT, "{range}");
		assert_eq!(header(&response, "content-range"), format!("bytes {start}-{}/{len}", end - 1));
		assert!(response.bytes().await.unwrap() == bytes[start..end], "{range}");
	}
	let outside = ask(&format!("bytes={len}-"), None).await;
	assert_eq!(outside.status(), StatusCode::RANGE_NOT_SATISFIABLE);
	assert_eq!(header(&outside, "content-range"), format!("bytes */{len}"));
	for (range, condition) in [("bytes=0-1,4-5", None), ("bytes=0-1", Some("\"another\""))] {
		assert_eq!(ask(range, condition).await.status(), StatusCode::OK);
	}
}

#[tokio::test]
async fn pages_of_every_origin_may_read() {
	let (gateway, _, id) = with_content().await;
	let path = format!("/ipfs/{id}?format=raw");
	let preflight = gateway.request(Method::OPTIONS, &path).header("origin", "https://example.org");
	let preflight = preflight.header("access-control-request-method", "GET").send().await.unwrap();
	assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
	assert_eq!(header(&preflight, "access-control-allow-methods"), "GET, HEAD, OPTIONS");
	for path in [&path, "/ipfs/nonsense", "/ipfs/bafkqaaa/a"] {
		let response = gateway.get(path).await;
		assert_eq!(header(&response, "access-control-allow-origin"), "*", "{path}");
		assert!(header(&response, "access-control-expose-headers").contains("Content-Range"));
	}
}

#[tokio::test]
async fn the_probe_of_the_specification_and_other_ways_to_write_a_cid() {
	let (gateway, _, id) = with_content().await;
	for format in ["", "?format=raw"] {
		let response = gateway.get(&format!("/ipfs/bafkqaaa{format}")).await;
		assert_eq!(response.status(), StatusCode::OK);
		assert!(response.bytes().await.unwrap().is_empty());
	}
	let response = gateway.get("/ipfs/bafkqaaa?format=car").await;
	let car = response.bytes().await.unwrap();
	let (head, blocks) = read_car(&car);
	assert!(blocks.is_empty() && head[..13] == *b"\xa2\x65roots\x81\xd8\x2a\x45\x00\x01");
	let cid = Cid::from(id);
	let upper = format!("B{}", cid.to_string()[1..].to_uppercase());
	let response = gateway.get(&format!("/ipfs/{upper}?format=raw")).await;
	assert_eq!(response.status(), StatusCode::OK);
	assert_eq!(header(&response, "etag"), format!("\"{id}.raw\""), "one address has one tag");
	let absent = BlockId::of(descent_protocol::Codec::Raw, b"absent");
	let request = gateway.request(Method::HEAD, &format!("/ipfs/{absent}?format=raw"));
	let response = request.header("cache-control", "only-if-cached").send().await.unwrap();
	assert_eq!(response.status(), StatusCode::PRECONDITION_FAILED);
}
