//! The client with several nodes, of which one fails.

use crate::{
	progress::Head,
	tests::{options, serve, start, stop, DEADLINE, GENESIS},
	Client, Error, Submitted,
};
use descent_protocol::view::EventTopic;
use futures::StreamExt;
use jsonrpsee::{server::ServerHandle, types::ErrorObjectOwned, RpcModule};
use sp_core::{crypto::AccountId32, H256};
use std::{
	net::SocketAddr,
	sync::{Arc, Mutex},
	time::Duration,
};
use tokio::{
	net::TcpListener,
	sync::Semaphore,
	time::{timeout, Instant},
};

/// A transaction, as nodes list it in a block.
const TRANSACTION: &str = "0x1234";

/// Starts a node of a chain at any port; its subscription delivers this many blocks.
async fn node(genesis: H256, blocks: usize) -> (ServerHandle, String) {
	let (node, address) = start("127.0.0.1:0", genesis, &Arc::new(Semaphore::new(blocks))).await;
	(node, format!("ws://{address}"))
}

#[tokio::test]
async fn the_next_node_takes_the_place_of_one_that_dies() {
	let (first, first_url) = node(GENESIS, 0).await;
	let (second, second_url) = node(GENESIS, 0).await;
	let client = Client::connect_any(&[&first_url, &second_url], options()).await.unwrap();
	assert_eq!(client.url(), first_url);
	stop(first).await;
	assert_eq!(client.best_block().await.unwrap().number, 7);
	assert_eq!(client.url(), second_url);

	// And the first again, once it is back and the second is gone.
	let address = first_url.trim_start_matches("ws://");
	let (first, _) = start(address, GENESIS, &Arc::new(Semaphore::new(0))).await;
	stop(second).await;
	assert_eq!(client.best_block().await.unwrap().number, 7);
	assert_eq!(client.url(), first_url);
	stop(first).await;
	let waited = timeout(Duration::from_secs(2), client.best_block()).await;
	assert!(waited.is_err(), "a request waits for any of them: {waited:?}");
}

#[tokio::test]
async fn a_subscription_goes_on_at_the_next_node() {
	let (first, first_url) = node(GENESIS, 1).await;
	let (second, second_url) = node(GENESIS, 1).await;
	let client = Client::connect_any(&[first_url, second_url], options()).await.unwrap();
	let mut events = client.events(None, EventTopic::Rounds, true).await.unwrap();
	let mut next = async || timeout(DEADLINE, events.next()).await.unwrap();
	assert_eq!(next().await.unwrap().unwrap().block, 7);
	stop(first).await;
	assert!(matches!(next().await, Some(Err(Error::Interrupted(_)))));
	assert_eq!(next().await.unwrap().unwrap().block, 7);
	stop(second).await;
}

#[tokio::test]
async fn a_node_of_another_chain_takes_nobody_s_place() {
	let (first, first_url) = node(GENESIS, 0).await;
	let (other, other_url) = node(H256::repeat_byte(2), 0).await;
	let (third, third_url) = node(GENESIS, 0).await;
	let client = Client::connect_any(&[&first_url, &other_url, &third_url], options()).await.unwrap();
	stop(first).await;
	assert_eq!(client.best_block().await.unwrap().number, 7);
	assert_eq!(client.url(), third_url);
	stop(third).await;
	stop(other).await;
}

#[tokio::test]
async fn a_node_that_never_answers_is_passed_over() {
	let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
	let silent_url = format!("ws://{}", silent.local_addr().unwrap());
	let (second, second_url) = node(GENESIS, 0).await;
	let began = Instant::now();
	let client = Client::connect_any(&[&silent_url, &second_url], options()).await.unwrap();
	assert!(began.elapsed() < Duration::from_secs(10));
	assert_eq!(client.url(), second_url);
	stop(second).await;
}

#[tokio::test]
async fn all_nodes_are_named_where_none_answers() {
	let closed = || async { TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap() };
	let urls = [closed().await, closed().await].map(|address| format!("ws://{address}"));
	let error = Client::connect_any(&urls, options()).await.unwrap_err();
	let told = error.to_string();
	assert!(error.is_transient() && urls.iter().all(|url| told.contains(url)), "{told}");
	let nowhere: [&str; 0] = [];
	assert_eq!(Client::connect_any(&nowhere, options()).await.unwrap_err(), Error::Address(String::new()));
}

/// Transactions in a node's pool.
type Pool = Arc<Mutex<Vec<String>>>;

/// Serves a node that makes a block of its pool at once, if it makes blocks.
async fn pool(makes_blocks: bool) -> (ServerHandle, SocketAddr, Pool) {
	let pool = Pool::default();
	let mut module = RpcModule::new(());
	let made = pool.clone();
	let best = move || u32::try_from(made.lock().unwrap().len()).unwrap() * u32::from(makes_blocks);
	let hash = |number: u32| H256::repeat_byte(u8::try_from(number).unwrap() + 1);
	let number = best.clone();
	module
		.register_method("chain_getBlockHash", move |params, _, _| {
			let asked: Option<u32> = params.sequence().optional_next()?;
			Ok::<_, ErrorObjectOwned>(hash(asked.unwrap_or_else(&number)))
		})
		.unwrap();
	let number = best.clone();
	module
		.register_method("chain_getHeader", move |_, _, _| {
			let number = format!("{:#x}", number());
			serde_json::json!({ "parentHash": H256::zero(), "number": number })
		})
		.unwrap();
	let (number, taken) = (best, pool.clone());
	module
		.register_method("chain_getBlock", move |_, _, _| {
			let extrinsics = if makes_blocks { taken.lock().unwrap().clone() } else { vec![] };
			let header =
				serde_json::json!({ "parentHash": H256::zero(), "number": format!("{:#x}", number()) });
			serde_json::json!({ "block": { "header": header, "extrinsics": extrinsics } })
		})
		.unwrap();
	module.register_method("state_call", |_, _, _| "0x00000000").unwrap();
	let taken = pool.clone();
	module
		.register_method("author_submitExtrinsic", move |params, _, _| {
			let (bytes,): (String,) = params.parse()?;
			taken.lock().unwrap().push(bytes);
			Ok::<_, ErrorObjectOwned>(H256::zero())
		})
		.unwrap();
	let (server, address) = serve("127.0.0.1:0", module).await;
	(server, address, pool)
}

#[tokio::test]
async fn a_transaction_that_dies_with_its_node_is_sent_to_the_next() {
	let (first, first_address, _) = pool(false).await;
	let (second, second_address, taken) = pool(true).await;
	let urls = [first_address, second_address].map(|address| format!("ws://{address}"));
	let client = Client::connect_any(&urls, options()).await.unwrap();
	let submitted = Submitted {
		client: client.clone(),
		bytes: TRANSACTION.into(),
		hash: H256::repeat_byte(9),
		account: AccountId32::new([9; 32]),
		nonce: 0,
		born: 0,
		expires: 64,
		connection: client.transport().opened(),
		is_for_another: false,
	};
	let waiting = tokio::spawn(async move { submitted.find(Head::Best).await });
	assert!(taken.lock().unwrap().is_empty());
	stop(first).await;
	let (block, position) = timeout(DEADLINE, waiting).await.unwrap().unwrap().unwrap();
	assert_eq!((block.number, position), (1, 0));
	assert_eq!(*taken.lock().unwrap(), [TRANSACTION], "it is sent once");
	stop(second).await;
}
