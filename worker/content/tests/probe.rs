//! The check of a gateway before others are told of it.

mod support;

use std::{net::SocketAddr, time::Duration};

use axum::{http::StatusCode, response::Redirect, routing::get, Router};
use descent_content::{probe, serve, BlockId, ProbeError};
use descent_protocol::ContentRef;
use support::{random_bytes, TestStore, LEAF};
use tokio::net::TcpListener;

const DEADLINE: Duration = Duration::from_secs(10);

/// Serves every path by these routes, for as long as the test runs.
async fn serves(router: Router) -> String {
	let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
	let address = listener.local_addr().unwrap();
	tokio::spawn(async move { axum::serve(listener, router).await });
	format!("http://{address}")
}

fn content() -> ContentRef {
	ContentRef::raw(b"weights").unwrap()
}

#[tokio::test]
async fn a_gateway_that_serves_the_content_passes() {
	let test = TestStore::new();
	let small = test.store.import(&b"weights"[..]).unwrap();
	let large = test.store.import(&random_bytes(1, 2 * LEAF)[..]).unwrap();
	let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
	let (address, _task) = serve(any_port, test.store.clone(), std::future::pending()).await.unwrap();
	for provider in [format!("http://{address}"), format!("http://{address}/")] {
		for content in [small, large] {
			assert!(probe(&provider, &content, DEADLINE).await.unwrap() < DEADLINE);
		}
	}
	let other = ContentRef::raw(b"others").unwrap();
	let absent = probe(&format!("http://{address}"), &other, DEADLINE).await;
	assert_eq!(absent, Err(ProbeError::Absent(BlockId::from(&other))));
}

#[tokio::test]
async fn a_port_on_which_nobody_listens_is_unreachable() {
	let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
	let address = listener.local_addr().unwrap();
	drop(listener);
	let error = probe(&format!("http://{address}"), &content(), DEADLINE).await.unwrap_err();
	assert!(matches!(&error, ProbeError::Unreachable(why) if why.contains("refused")), "{error}");
}

#[tokio::test]
async fn other_answers_are_told_apart() {
	let id = BlockId::from(&content());
	let large = || async { vec![0u8; 3 << 20] };
	for (router, expected) in [
		(get(|| async { "something else" }), ProbeError::WrongBytes(id)),
		(get(large), ProbeError::WrongBytes(id)),
		(get(|| async { Redirect::temporary("https://b/x") }), ProbeError::Redirected("https://b/x".into())),
		(get(|| async { StatusCode::BAD_GATEWAY }), ProbeError::Status(502)),
		(get(|| async { StatusCode::GONE }), ProbeError::Absent(id)),
	] {
		let provider = serves(Router::new().fallback_service(router)).await;
		assert_eq!(probe(&provider, &content(), DEADLINE).await, Err(expected));
	}
}

#[tokio::test]
async fn a_silent_gateway_is_given_up_at_the_deadline() {
	let silent = serves(Router::new().fallback_service(get(std::future::pending::<String>))).await;
	let deadline = Duration::from_millis(300);
	assert_eq!(probe(&silent, &content(), deadline).await, Err(ProbeError::Slow(deadline)));
}

#[tokio::test]
async fn what_is_no_address_is_not_called() {
	for provider in ["", "127.0.0.1:8080", "ftp://127.0.0.1", "file:///etc/passwd", "http://"] {
		assert_eq!(probe(provider, &content(), DEADLINE).await, Err(ProbeError::Address), "{provider}");
	}
}
