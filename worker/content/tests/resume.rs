//! A fetch in a process that is killed, and goes on in another one.

mod support;

use std::{
	collections::HashMap,
	os::unix::fs::MetadataExt,
	process::{Command, Stdio},
	time::{Duration, Instant},
};

use descent_content::{BlockId, Fetcher, Store};
use descent_protocol::ContentRef;
use support::{quick, sample, Provider, Reply, LEAF};

/// Environment of a process that fetches: the store, the content and the provider.
const STORE: &str = "DESCENT_TEST_STORE";
const CONTENT: &str = "DESCENT_TEST_CONTENT";
const PROVIDER: &str = "DESCENT_TEST_PROVIDER";

/// Starts this test program again, to run [`fetches_where_it_is_told_to`] alone.
fn fetching(store: &str, content: &ContentRef, provider: &str) -> std::process::Child {
	Command::new(std::env::current_exe().unwrap())
		.args(["--exact", "fetches_where_it_is_told_to", "--nocapture"])
		.env(STORE, store)
		.env(CONTENT, format!("{}-{}", BlockId::from(content), content.size))
		.env(PROVIDER, provider)
		.stdout(Stdio::null())
		.spawn()
		.unwrap()
}

/// Fetches content into a store in a process of its own. Elsewhere it does nothing.
#[tokio::test]
async fn fetches_where_it_is_told_to() {
	let Ok(store) = std::env::var(STORE) else {
		return;
	};
	let content = std::env::var(CONTENT).unwrap();
	let (id, size) = content.split_once('-').unwrap();
	let content = id.parse::<BlockId>().unwrap().content(size.parse().unwrap());
	let store = Store::open(store, 1 << 30).unwrap();
	let fetcher = Fetcher::new(store, quick()).unwrap();
	fetcher.fetch(&content, &[std::env::var(PROVIDER).unwrap()], |_| {}).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_that_was_killed_goes_on_and_asks_for_hardly_anything_twice() {
	const BLOCKS: usize = 25;
	let (content, bytes, blocks) = sample(21, (BLOCKS - 1) * LEAF);
	assert_eq!(blocks.len(), BLOCKS);
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().to_str().unwrap();
	// After ten blocks the provider answers no more until the process is killed.
	let stuck = Provider::start(blocks.clone(), |before, _| match before {
		0..10 => Reply::Honest,
		_ => Reply::Stall,
	});
	let stuck = stuck.await;
	let mut killed = fetching(path, &content, &stuck.url);
	let deadline = Instant::now() + Duration::from_secs(60);
	let part = folder.path().join("parts").join(format!("{}-{}", BlockId::from(&content), content.size));
	// The file has holes: it has nine leaves when so much of it takes room.
	let written = || std::fs::metadata(&part).map_or(0, |metadata| metadata.blocks() * 512);
	while stuck.requests() < 14 || written() < 9 * LEAF as u64 {
		assert!(Instant::now() < deadline, "{} requests", stuck.requests());
		tokio::time::sleep(Duration::from_millis(10)).await;
	}
	killed.kill().unwrap();
	killed.wait().unwrap();
	let honest = Provider::honest(blocks.clone()).await;
	assert!(fetching(path, &content, &honest.url).wait().unwrap().success());
	let mut sent: HashMap<BlockId, usize> = HashMap::new();
	let answered = stuck.asked().into_iter().take(10).chain(honest.asked());
	answered.for_each(|id| *sent.entry(id).or_default() += 1);
	let twice = sent.values().filter(|count| **count > 1).count();
	assert!(twice <= 1 && sent.len() == BLOCKS, "{twice} of {} blocks were sent twice", sent.len());
	let store = Store::open(path, 1 << 30).unwrap();
	assert!(store.read(&content, u64::MAX).unwrap() == bytes);
}
