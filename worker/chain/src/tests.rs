//! The client against a node that goes away and comes back.

use crate::{Client, Error, Options};
use descent_protocol::view::BlockEvents;
use futures::StreamExt;
use jsonrpsee::{
	server::{Server, ServerHandle, SubscriptionMessage},
	types::ErrorObjectOwned,
	RpcModule,
};
use sp_core::H256;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
	sync::Semaphore,
	time::{timeout, Instant},
};

const DEADLINE: Duration = Duration::from_secs(30);
const GENESIS: H256 = H256::repeat_byte(1);

/// What a node answers, as far as these tests ask: the genesis as every block's hash, and for every permit a block of
/// events.
fn module(genesis: H256, blocks: Arc<Semaphore>) -> RpcModule<()> {
	let mut module = RpcModule::new(());
	module
		.register_method("chain_getBlockHash", move |_, _, _| {
			Ok::<_, ErrorObjectOwned>(genesis)
		})
		.unwrap();
	module
		.register_method(
			"chain_getHeader",
			|_, _, _| serde_json::json!({ "parentHash": H256::zero(), "number": "0x7" }),
		)
		.unwrap();
	module
		.register_method("training_group", |_, _, _| {
			Err::<(), _>(ErrorObjectOwned::owned(8001, "there is no group 0", None::<()>))
		})
		.unwrap();
	module
		.register_subscription(
			"training_subscribeEvents",
			"training_events",
			"training_unsubscribeEvents",
			move |_, pending, _, _| {
				let blocks = blocks.clone();
				async move {
					let sink = pending.accept().await?;
					while let Ok(permit) = blocks.acquire().await {
						permit.forget();
						let block = BlockEvents {
							block: 7,
							hash: H256::zero(),
							events: vec![],
						};
						sink.send(SubscriptionMessage::from_json(&block)?).await?;
					}
					Ok(())
				}
			},
		)
		.unwrap();
	module
}

async fn start(address: &str, genesis: H256, blocks: &Arc<Semaphore>) -> (ServerHandle, SocketAddr) {
	let deadline = Instant::now() + DEADLINE;
	loop {
		match Server::builder().build(address).await {
			Ok(server) => {
				let bound = server.local_addr().unwrap();
				return (server.start(module(genesis, blocks.clone())), bound);
			}
			Err(error) => assert!(Instant::now() < deadline, "{error}"),
		}
		tokio::task::yield_now().await;
	}
}

async fn stop(node: ServerHandle) {
	node.stop().unwrap();
	timeout(DEADLINE, node.stopped()).await.unwrap();
}

fn options() -> Options {
	Options {
		connect_timeout: Duration::from_secs(2),
		request_timeout: Duration::from_secs(2),
		patience: DEADLINE,
		..Options::default()
	}
}

#[tokio::test]
async fn a_restart_of_the_node_is_not_noticed() {
	let blocks = Arc::new(Semaphore::new(0));
	let (node, address) = start("127.0.0.1:0", GENESIS, &blocks).await;
	let client = Client::connect_with(&format!("ws://{address}"), options())
		.await
		.unwrap();
	assert_eq!(client.best_block().await.unwrap().number, 7);
	stop(node).await;
	let address = address.to_string();
	let (read, (node, _)) = tokio::join!(client.best_block(), start(&address, GENESIS, &blocks));
	assert_eq!(read.unwrap().number, 7);
	stop(node).await;
}

#[tokio::test]
async fn a_node_that_comes_back_with_another_chain_is_refused() {
	let blocks = Arc::new(Semaphore::new(0));
	let (node, address) = start("127.0.0.1:0", GENESIS, &blocks).await;
	let client = Client::connect_with(&format!("ws://{address}"), options())
		.await
		.unwrap();
	stop(node).await;
	let other = H256::repeat_byte(2);
	let (node, _) = start(&address.to_string(), other, &blocks).await;
	let refused = client.best_block().await.unwrap_err();
	assert_eq!(
		refused,
		Error::OtherChain {
			url: client.url().into(),
			expected: GENESIS,
			found: other
		}
	);
	stop(node).await;
}

#[tokio::test]
async fn a_subscription_says_that_it_broke_and_goes_on() {
	let blocks = Arc::new(Semaphore::new(1));
	let (node, address) = start("127.0.0.1:0", GENESIS, &blocks).await;
	let client = Client::connect_with(&format!("ws://{address}"), options())
		.await
		.unwrap();
	let mut events = client.events(None, true).await.unwrap();
	let mut next = async || timeout(DEADLINE, events.next()).await.unwrap();
	assert_eq!(next().await.unwrap().unwrap().block, 7);
	stop(node).await;
	assert!(matches!(next().await, Some(Err(Error::Interrupted(_)))));
	let blocks = Arc::new(Semaphore::new(1));
	let (node, _) = start(&address.to_string(), GENESIS, &blocks).await;
	assert_eq!(next().await.unwrap().unwrap().block, 7);
	stop(node).await;
}

#[tokio::test]
async fn what_the_node_refuses_is_not_asked_again() {
	let blocks = Arc::new(Semaphore::new(0));
	let (node, address) = start("127.0.0.1:0", GENESIS, &blocks).await;
	let client = Client::connect_with(&format!("ws://{address}"), options())
		.await
		.unwrap();
	let refused = timeout(Duration::from_secs(5), client.group(0)).await.unwrap();
	let expected = Error::Refused {
		code: 8001,
		message: "there is no group 0".into(),
	};
	assert_eq!(refused, Err(expected));
	let unknown = client.leaderboard(0).await;
	assert!(
		matches!(&unknown, Err(Error::Unsupported { method, .. }) if method == "training_leaderboard"),
		"{unknown:?}"
	);
	stop(node).await;
}
