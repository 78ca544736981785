//! Checks of keepers, with real gateways.

use super::*;
use crate::tests::answers::dripping;
use descent_content::Store;
use descent_protocol::{
	evaluation::{CustodyRequest, Kept, KeptLeaf},
	kept_hash, Codec,
};
use sp_core::crypto::AccountId32;

/// Content of three leaves, the last of them short.
fn bytes() -> Vec<u8> {
	(0..(2u32 << 20) + 77).map(|place| (place % 251) as u8).collect()
}

fn account(number: u8) -> AccountId32 {
	AccountId32::new([number; 32])
}

/// A keeper's gateway over a store of its own.
async fn keeper(folder: &Path, name: &str) -> (Store, Vec<String>) {
	let store = Store::open(folder.join(name), 1 << 24).unwrap();
	let any = "127.0.0.1:0".parse().unwrap();
	let (address, _) = descent_content::serve(any, store.clone(), std::future::pending()).await.unwrap();
	(store, vec![format!("http://{address}")])
}

fn request(leaves: Vec<KeptLeaf>, gateways: Vec<String>) -> CustodyRequest {
	CustodyRequest { genesis: H256::repeat_byte(1), group: 2, check: 3, leaves, gateways, fetch_ms: 3_000 }
}

fn leaf(number: u8, content: ContentRef, leaf: u32, providers: Vec<String>) -> KeptLeaf {
	KeptLeaf { keeper: account(number), providers, content, leaf }
}

fn hash(number: u8, bytes: &[u8]) -> Option<H256> {
	Some(kept_hash(H256::repeat_byte(1), 2, 3, &account(number), bytes))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_keeper_is_asked_for_its_own_leaf_and_answers_for_itself() {
	let folder = tempfile::tempdir().unwrap();
	let client = Client::start(&folder.path().join("evaluator")).await;
	let (whole, whole_at) = keeper(folder.path(), "whole").await;
	let (part, part_at) = keeper(folder.path(), "part").await;
	let (_, empty_at) = keeper(folder.path(), "empty").await;
	let bytes = bytes();
	let content = whole.import(&bytes[..]).unwrap();
	let small = part.import(&b"small"[..]).unwrap();
	let dead = vec!["http://127.0.0.1:1".to_owned()];
	let asked = vec![
		leaf(1, content, 0, whole_at.clone()),
		leaf(2, content, 2, whole_at.clone()),
		leaf(3, small, 0, part_at.clone()),
		leaf(4, content, 1, part_at.clone()),
		leaf(5, content, 1, empty_at.clone()),
		leaf(6, content, 1, dead.clone()),
		// Its first gateway is gone, and its second one serves.
		leaf(7, content, 1, [dead, whole_at].concat()),
		leaf(8, content, 1, Vec::new()),
		leaf(9, content, 1, dripping().await),
	];
	let Kept { kept } = client.outcome(&request(asked, Vec::new())).await;
	let expected = [
		hash(1, &bytes[..1 << 20]),
		hash(2, &bytes[2 << 20..]),
		hash(3, b"small"),
		None,
		None,
		None,
		hash(7, &bytes[1 << 20..2 << 20]),
		None,
		None,
	];
	assert_eq!(kept.as_slice(), expected);
	client.evaluator.stop().await.unwrap();
}

/// Content that the evaluator has itself is of no use to a keeper that lacks it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_here_already_is_no_answer() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	let own = fixture.publish(7);
	let (_, empty) = keeper(fixture.directory.path(), "empty").await;
	let Kept { kept } = client.outcome(&request(vec![leaf(1, own, 0, empty)], Vec::new())).await;
	assert_eq!(kept.as_slice(), [None]);
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_without_a_network_says_nothing_of_keepers() {
	let folder = tempfile::tempdir().unwrap();
	let client = Client::start(&folder.path().join("evaluator")).await;
	let (_, empty) = keeper(folder.path(), "empty").await;
	let content = ContentRef::raw(b"descent").unwrap();
	let dead = vec!["http://127.0.0.1:1".to_owned()];
	let reason = client.failure(&request(vec![leaf(1, content, 0, dead.clone())], dead.clone())).await;
	assert!(reason.contains("no network"), "{reason}");
	// A gateway of the group answers, so that it is the keeper that does not.
	let request = CustodyRequest { check: 4, ..request(vec![leaf(1, content, 0, dead)], empty) };
	assert_eq!(client.outcome(&request).await.kept.as_slice(), [None]);
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_no_chain_makes_are_refused() {
	let folder = tempfile::tempdir().unwrap();
	let client = Client::start(&folder.path().join("evaluator")).await;
	let content = ContentRef { digest: H256::repeat_byte(1), codec: Codec::UnixFs, size: (1 << 20) + 1 };
	let empty = ContentRef { size: 0, ..content };
	for (leaves, word) in [
		(vec![leaf(1, content, 2, Vec::new())], "none at place 2"),
		(vec![leaf(1, empty, 0, Vec::new())], "not a reference"),
		(vec![leaf(1, content, 0, vec![String::new(); 9])], "at most 8 addresses"),
		(vec![leaf(1, content, 0, Vec::new()); 17], "at most 16 keepers"),
	] {
		let response = client.post(&request(leaves, Vec::new())).await;
		assert_eq!(response.status(), 422);
		let text = response.text().await.unwrap();
		assert!(text.contains(word), "{text}");
	}
	client.evaluator.stop().await.unwrap();
}
