//! Fetchers that serve each other what they have of the same content.

mod support;

use std::{
	net::TcpListener,
	time::{Duration, Instant},
};

use descent_content::{FetchLimits, Fetcher, Progress, ServerHandle};
use support::{quick, sample, some_of, Blocks, Provider, Reply, TestStore, LEAF};

const FETCHERS: usize = 8;

fn quiet(_: Progress) {}

/// A store with its gateway and a fetcher into it.
struct Member {
	test: TestStore,
	gateway: ServerHandle,
	fetcher: Fetcher,
}

impl Member {
	async fn start() -> Self {
		let test = TestStore::new();
		let gateway =
			ServerHandle::gateway("127.0.0.1:0".parse().unwrap(), test.store.clone()).await.unwrap();
		let limits = FetchLimits { deadline: Duration::from_secs(600), ..quick() };
		let fetcher = test.fetcher(limits).served_at(Some(format!("http://{}", gateway.address())));
		Self { test, gateway, fetcher }
	}

	fn url(&self) -> String {
		format!("http://{}", self.gateway.address())
	}
}

/// Sum of the lengths of the blocks that a provider was asked for, in bytes.
fn uploaded(provider: &Provider, blocks: &Blocks) -> u64 {
	provider.asked().iter().map(|id| blocks[id].len() as u64).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_uploads_a_few_copies_to_many_fetchers() {
	let (content, bytes, blocks) = sample(1, 32 * LEAF + 5);
	let provider = Provider::honest(blocks.clone()).await;
	let mut members = Vec::new();
	for _ in 0..FETCHERS {
		members.push(Member::start().await);
	}
	let urls: Vec<_> = members.iter().map(Member::url).collect();
	let fetches = members.iter().map(|member| {
		let (fetcher, url, peers) = (member.fetcher.clone(), provider.url.clone(), urls.clone());
		tokio::spawn(async move { fetcher.fetch_with_peers(&content, &[url], &peers, quiet).await })
	});
	for fetch in fetches.collect::<Vec<_>>() {
		fetch.await.unwrap().unwrap();
	}
	for member in &members {
		assert!(member.test.store.read(&content, u64::MAX).unwrap() == bytes);
	}
	let copies = uploaded(&provider, &blocks) * 100 / content.size;
	println!("the provider uploaded {copies} % of the content");
	// A busy machine takes quick peers for slow ones, and asks the provider in their place.
	assert!(copies < 350, "{copies} %");
}

#[tokio::test]
async fn a_peer_with_a_part_serves_it() {
	let (content, bytes, blocks) = sample(2, 8 * LEAF);
	let provider = Provider::honest(blocks.clone()).await;
	let peer = Member::start().await;
	let part = some_of(&content, &blocks, 4);
	let others = blocks.clone().into_iter().filter(|(id, _)| !part.contains_key(id)).collect();
	peer.test.take(&content, part).await;
	let partial = Provider::honest(others).await;
	let test = TestStore::new();
	let fetcher = test.fetcher(quick());
	fetcher.fetch_with_peers(&content, &[&partial.url], &[peer.url()], quiet).await.unwrap();
	assert!(test.store.read(&content, u64::MAX).unwrap() == bytes);
	// A complete peer is enough where nobody else has the content.
	let alone = TestStore::new();
	let full = Member::start().await;
	full.fetcher.fetch(&content, &[&provider.url], quiet).await.unwrap();
	let nobody: [&str; 0] = [];
	alone.fetcher(quick()).fetch_with_peers(&content, &nobody, &[full.url()], quiet).await.unwrap();
}

#[tokio::test]
async fn bad_peers_cost_little_time() {
	let (content, bytes, blocks) = sample(3, 6 * LEAF);
	let provider = Provider::honest(blocks.clone()).await;
	let liar = Provider::start(blocks.clone(), |_, _| Reply::Corrupt).await;
	let dripping = Provider::start(blocks.clone(), |_, _| Reply::Drip).await;
	let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
	let silent: Vec<_> = (0..12).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
	let silent = silent.iter().map(|silent| silent.local_addr().unwrap());
	let dead: Vec<_> = silent.chain([closed]).map(|address| format!("http://{address}")).collect();
	let nobody = Vec::new();
	let mut alone = Duration::ZERO;
	for peers in [nobody, vec![liar.url.clone()], vec![dripping.url.clone()], vec![dead[12].clone()], dead] {
		let test = TestStore::new();
		let started = Instant::now();
		let fetcher = test.fetcher(quick());
		fetcher.fetch_with_peers(&content, &[&provider.url], &peers, quiet).await.unwrap();
		let took = started.elapsed();
		if peers.is_empty() {
			alone = took;
		}
		assert!(took < alone + Duration::from_secs(2), "{took:?} with {peers:?}, {alone:?} without");
		assert!(test.store.read(&content, u64::MAX).unwrap() == bytes);
	}
	// The root is asked of two at once, and the answer of the slower one is not waited for.
	assert!(liar.requests() <= 2, "a liar is not asked again");
}

#[tokio::test]
async fn peers_without_anything_are_asked_only_now_and_then() {
	let (content, _, blocks) = sample(4, 16 * LEAF);
	let provider = Provider::honest(blocks.clone()).await;
	let empty = Provider::honest(Blocks::new()).await;
	let test = TestStore::new();
	let started = Instant::now();
	let fetcher = test.fetcher(quick());
	fetcher.fetch_with_peers(&content, &[&provider.url], &[&empty.url], quiet).await.unwrap();
	assert_eq!(provider.requests(), blocks.len());
	let most = 6 + usize::try_from(started.elapsed().as_millis() / 200).unwrap();
	assert!((1..=most).contains(&empty.requests()), "{} requests", empty.requests());
}
