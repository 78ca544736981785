//! The client against a node that goes away and comes back.

use crate::{Client, Error, Options};
use descent_protocol::{
	trace::{Base, Precision, Recipe, RecipeOptimizer, Trace},
	view::{
		BlockEvents, ChainEvent, EventTopic, LogEntryView, OrderView, PotView, RecordingView, VoterView,
		VotersView,
	},
	ContentRef, Score, Shares,
};
use futures::StreamExt;
use jsonrpsee::{
	server::{Server, ServerHandle, SubscriptionMessage},
	types::ErrorObjectOwned,
	RpcModule,
};
use sp_core::{crypto::AccountId32, H256};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
	sync::Semaphore,
	time::{timeout, Instant},
};

pub(super) const DEADLINE: Duration = Duration::from_secs(30);
pub(super) const GENESIS: H256 = H256::repeat_byte(1);

/// Entries in the log of group 0.
const LOG: u32 = 250;

/// Voters of proposal 0.
const VOTERS: u8 = 250;

fn entry(version: u32) -> LogEntryView {
	LogEntryView {
		version,
		delta: ContentRef::raw(b"delta").unwrap(),
		providers: vec![],
		root: H256::zero(),
		from: version,
		report: None,
		proposer: AccountId32::new([7; 32]),
		block: version,
	}
}

fn pot() -> PotView {
	PotView {
		stake: u128::MAX,
		emission: 5,
		shares: Shares::default(),
		winner: 4,
		validators: 1,
		keepers: 0,
		proposer: 2,
		terms: H256::zero(),
		fundings: vec![],
	}
}

fn order() -> OrderView {
	OrderView {
		client: AccountId32::new([7; 32]),
		left: u128::MAX,
		price: 4,
		bonus: 1,
		target: Score(200),
		mark: Score(300),
		since: 1,
		until: 51,
		free: 700,
		paused: false,
	}
}

fn recording() -> RecordingView {
	let base = Base::Initial { seed: u64::MAX };
	let optimizer = RecipeOptimizer::Sgd { momentum: 0, nesterov: false, weight_decay: 0 };
	RecordingView {
		recipe: Recipe { base, optimizer, precision: Precision::F64, steps: 20, batch: 8 },
		trace: Trace { root: H256::zero(), segments: 3 },
		number: 2,
		rate: 1_000_000,
		start: None,
		end: ContentRef::raw(b"weights").unwrap(),
	}
}

fn voter(number: u8) -> VoterView {
	VoterView { account: AccountId32::new([number; 32]), stake: 5, pending: 0 }
}

/// A page of the voters 0 to 249 of proposal 0, a short page among them; other proposals only ever name
/// the same next page.
fn voters(proposal: u32, from: Option<&str>, limit: u32) -> VotersView {
	let accounts: Vec<_> = (0..VOTERS).map(voter).collect();
	let place = accounts.iter().position(|voter| Some(voter.account.to_string().as_str()) == from);
	let start = place.unwrap_or(0);
	let next = |place: usize| accounts.get(place).map(|voter| voter.account.clone());
	if proposal > 0 {
		return VotersView { voters: vec![], next: next(5) };
	}
	let end = (start + if start == 100 { 1 } else { limit as usize }).min(accounts.len());
	VotersView { voters: accounts[start..end].to_vec(), next: next(end) }
}

/// The answers of a node, as far as these tests ask: the genesis as every block's hash, a log of which other
/// groups than the first only ever show the first entry, the voters of a proposal, and for every permit a
/// block of events.
fn module(genesis: H256, blocks: Arc<Semaphore>) -> RpcModule<()> {
	let mut module = RpcModule::new(());
	module.register_method("chain_getBlockHash", move |_, _, _| Ok::<_, ErrorObjectOwned>(genesis)).unwrap();
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
		.register_method("training_datasetLog", |params, _, _| {
			let (group, from, limit): (u32, u32, u32) = params.parse()?;
			let versions = match group {
				0 => from..(from + limit).min(LOG + 1),
				_ => 1..2,
			};
			Ok::<_, ErrorObjectOwned>(versions.map(entry).collect::<Vec<_>>())
		})
		.unwrap();
	module
		.register_method("training_voters", |params, _, _| {
			let (_, proposal, from, limit, _): (u32, u32, Option<String>, u32, H256) = params.parse()?;
			Ok::<_, ErrorObjectOwned>(voters(proposal, from.as_deref(), limit))
		})
		.unwrap();
	module.register_method("training_pot", |_, _, _| Ok::<_, ErrorObjectOwned>(pot())).unwrap();
	module.register_method("training_orders", |_, _, _| Ok::<_, ErrorObjectOwned>([order()])).unwrap();
	module
		.register_method("training_recording", |params, _, _| {
			let (group, round, account): (u32, u32, String) = params.parse()?;
			let shown = account == AccountId32::new([7; 32]).to_string() && (group, round) == (0, 5);
			Ok::<_, ErrorObjectOwned>(shown.then(recording))
		})
		.unwrap();
	module
		.register_method("state_getStorage", |params, _, _| {
			let (key,): (String,) = params.parse()?;
			let keys = key.ends_with(&"09".repeat(32)).then(|| {
				let keys: Vec<_> = (1u8..=3).flat_map(|key| [key; 32]).collect();
				format!("0x{}", hex::encode(keys))
			});
			Ok::<_, ErrorObjectOwned>(keys)
		})
		.unwrap();
	offer_events(&mut module, &blocks);
	module
}

/// Offers a subscription that delivers a block for every permit: without events of rounds, with one of votes.
fn offer_events(module: &mut RpcModule<()>, blocks: &Arc<Semaphore>) {
	let blocks = blocks.clone();
	module
		.register_subscription(
			"training_subscribeEvents",
			"training_events",
			"training_unsubscribeEvents",
			move |params, pending, _, _| {
				let blocks = blocks.clone();
				async move {
					let (_, _, topic): (Option<u32>, bool, EventTopic) = params.parse()?;
					let mut events = vec![ChainEvent::PeriodClosed { group: 0, next: 27 }];
					events.retain(|event| topic.includes(event));
					let message = BlockEvents { block: 7, hash: H256::zero(), events };
					let sink = pending.accept().await?;
					while let Ok(permit) = blocks.acquire().await {
						permit.forget();
						sink.send(SubscriptionMessage::from_json(&message)?).await?;
					}
					Ok(())
				}
			},
		)
		.unwrap();
}

pub(super) async fn start(
	address: &str,
	genesis: H256,
	blocks: &Arc<Semaphore>,
) -> (ServerHandle, SocketAddr) {
	serve(address, module(genesis, blocks.clone())).await
}

/// Serves a module at an address, as soon as that is free.
pub(super) async fn serve(address: &str, module: RpcModule<()>) -> (ServerHandle, SocketAddr) {
	let deadline = Instant::now() + DEADLINE;
	loop {
		match Server::builder().build(address).await {
			Ok(server) => {
				let bound = server.local_addr().unwrap();
				return (server.start(module), bound);
			}
			Err(error) => assert!(Instant::now() < deadline, "{error}"),
		}
		tokio::task::yield_now().await;
	}
}

pub(super) async fn stop(node: ServerHandle) {
	node.stop().unwrap();
	timeout(DEADLINE, node.stopped()).await.unwrap();
}

pub(super) fn options() -> Options {
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
	let client = Client::connect_with(&format!("ws://{address}"), options()).await.unwrap();
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
	let client = Client::connect_with(&format!("ws://{address}"), options()).await.unwrap();
	stop(node).await;
	let other = H256::repeat_byte(2);
	let (node, _) = start(&address.to_string(), other, &blocks).await;
	let refused = client.best_block().await.unwrap_err();
	assert_eq!(refused, Error::OtherChain { url: client.url().into(), expected: GENESIS, found: other });
	stop(node).await;
}

#[tokio::test]
async fn a_subscription_says_that_it_broke_and_goes_on() {
	let blocks = Arc::new(Semaphore::new(1));
	let (node, address) = start("127.0.0.1:0", GENESIS, &blocks).await;
	let client = Client::connect_with(&format!("ws://{address}"), options()).await.unwrap();
	let mut events = client.events(None, EventTopic::Rounds, true).await.unwrap();
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
async fn votes_are_followed_as_events_are() {
	let blocks = Arc::new(Semaphore::new(1));
	let (node, address) = start("127.0.0.1:0", GENESIS, &blocks).await;
	let client = Client::connect_with(&format!("ws://{address}"), options()).await.unwrap();
	let mut votes = client.events(Some(0), EventTopic::Votes, false).await.unwrap();
	let block = timeout(DEADLINE, votes.next()).await.unwrap().unwrap().unwrap();
	assert_eq!(block.events, [ChainEvent::PeriodClosed { group: 0, next: 27 }]);
	stop(node).await;
	let broken = timeout(DEADLINE, votes.next()).await.unwrap();
	assert!(matches!(broken, Some(Err(Error::Interrupted(_)))));
}

#[tokio::test]
async fn a_log_is_read_page_by_page() {
	let blocks = Arc::new(Semaphore::new(0));
	let (node, address) = start("127.0.0.1:0", GENESIS, &blocks).await;
	let client = Client::connect_with(&format!("ws://{address}"), options()).await.unwrap();
	let whole: Vec<_> = (1..=LOG).map(entry).collect();
	assert_eq!(client.dataset_log(0, 1).await.as_ref(), Ok(&whole));
	assert_eq!(client.dataset_log(0, LOG).await.unwrap(), [entry(LOG)]);
	assert_eq!(client.dataset_log(0, LOG + 1).await, Ok(vec![]));
	let repeated = timeout(DEADLINE, client.dataset_log(1, 1)).await.unwrap();
	assert!(matches!(repeated, Err(Error::Answer(_))), "{repeated:?}");
	stop(node).await;
}

#[tokio::test]
async fn voters_are_read_page_by_page() {
	let blocks = Arc::new(Semaphore::new(0));
	let (node, address) = start("127.0.0.1:0", GENESIS, &blocks).await;
	let client = Client::connect_with(&format!("ws://{address}"), options()).await.unwrap();
	assert_eq!(client.voters(0, 0).await, Ok((0..VOTERS).map(voter).collect()));
	let repeated = timeout(DEADLINE, client.voters(0, 1)).await.unwrap();
	assert!(matches!(repeated, Err(Error::Answer(_))), "{repeated:?}");
	stop(node).await;
}

#[tokio::test]
async fn what_the_node_refuses_is_not_asked_again() {
	let blocks = Arc::new(Semaphore::new(0));
	let (node, address) = start("127.0.0.1:0", GENESIS, &blocks).await;
	let client = Client::connect_with(&format!("ws://{address}"), options()).await.unwrap();
	let refused = timeout(Duration::from_secs(5), client.group(0)).await.unwrap();
	let expected = Error::Refused { code: 8001, message: "there is no group 0".into() };
	assert_eq!(refused, Err(expected));
	let unknown = client.leaderboard(0).await;
	assert!(
		matches!(&unknown, Err(Error::Unsupported { method, .. }) if method == "training_leaderboard"),
		"{unknown:?}"
	);
	stop(node).await;
}

#[tokio::test]
async fn a_recorded_training_is_read() {
	let blocks = Arc::new(Semaphore::new(0));
	let (node, address) = start("127.0.0.1:0", GENESIS, &blocks).await;
	let client = Client::connect_with(&format!("ws://{address}"), options()).await.unwrap();
	let [trainer, stranger] = [7, 8].map(|number| AccountId32::new([number; 32]));
	assert_eq!(client.recording(0, 5, &trainer).await, Ok(Some(recording())));
	assert_eq!(client.recording(0, 5, &stranger).await, Ok(None));
	assert_eq!(client.recording(0, 4, &trainer).await, Ok(None));
	stop(node).await;
}

#[tokio::test]
async fn money_and_session_keys_are_read() {
	let blocks = Arc::new(Semaphore::new(0));
	let (node, address) = start("127.0.0.1:0", GENESIS, &blocks).await;
	let client = Client::connect_with(&format!("ws://{address}"), options()).await.unwrap();
	assert_eq!(client.pot(0).await, Ok(pot()));
	assert_eq!(client.orders(0).await, Ok(vec![order()]));
	let set = [1, 2, 3].map(H256::repeat_byte);
	assert_eq!(client.session_keys(&AccountId32::new([9; 32])).await, Ok(Some(set)));
	assert_eq!(client.session_keys(&AccountId32::new([8; 32])).await, Ok(None));
	stop(node).await;
}
