//! Pushes of named accounts to a gateway, as honest clients and others send them.

mod support;

use std::{
	net::SocketAddr,
	path::Path,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
	time::{Duration, SystemTime, UNIX_EPOCH},
};

use blake2::{digest::consts::U64, Blake2b, Digest};
use descent_content::{
	serve_with_pushes, BlockId, PushAction, PushError, PushPolicy, PushToken, Pusher, Store,
};
use descent_protocol::ContentRef;
use reqwest::{Client, Method, StatusCode};
use support::{random_bytes, TestStore, LEAF};
use tokio::sync::oneshot;

const ALICE: [u8; 32] = [1; 32];
const BOB: [u8; 32] = [2; 32];
const STRANGER: [u8; 32] = [3; 32];
/// Bytes that each account may have.
const MAX: u64 = 4 * LEAF as u64;

/// Stands in for a signature: anybody could make it, so that the tests can.
fn signature(account: &[u8; 32], text: &str) -> [u8; 64] {
	Blake2b::<U64>::new().chain_update(account).chain_update(text).finalize().into()
}

struct Gateway {
	store: Store,
	address: SocketAddr,
	_stop: oneshot::Sender<()>,
	client: Client,
	/// Store of the one who pushes.
	own: TestStore,
}

impl Gateway {
	async fn start(directory: &Path) -> Self {
		let store = Store::open(directory, 1 << 28).unwrap();
		let policy = PushPolicy {
			accounts: vec![ALICE, BOB],
			max_bytes: MAX,
			verify: |account, text, given| signature(account, text) == *given,
		};
		let (stop, stopped) = oneshot::channel::<()>();
		let shutdown = async move { drop(stopped.await) };
		let any = SocketAddr::from(([127, 0, 0, 1], 0));
		let (address, _) = serve_with_pushes(any, store.clone(), &policy, shutdown).await.unwrap();
		let client = Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
		Self { store, address, _stop: stop, client, own: TestStore::new() }
	}

	fn pusher(&self, account: [u8; 32]) -> Pusher {
		let sign = Arc::new(move |text: &str| signature(&account, text));
		Pusher::new(&format!("http://{}/", self.address), account, sign).unwrap()
	}

	async fn push(&self, account: [u8; 32], content: &ContentRef) -> Result<(), PushError> {
		self.pusher(account).push(&self.own.store, content, |_| {}).await
	}

	/// Sends a request with this token, and returns the status and the reason.
	async fn send(&self, method: Method, id: &BlockId, token: &str, body: Vec<u8>) -> (StatusCode, String) {
		let request = self.client.request(method, format!("http://{}/ipfs/{id}", self.address));
		let answer = request.header("authorization", token).body(body).send().await.unwrap();
		(answer.status(), answer.text().await.unwrap())
	}
}

fn token(account: [u8; 32], action: PushAction, id: &BlockId) -> PushToken {
	PushToken::new(account, action, id, |text| signature(&account, text))
}

#[tokio::test]
async fn pushed_content_is_served_until_its_account_removes_it() {
	let directory = tempfile::tempdir().unwrap();
	let gateway = Gateway::start(directory.path()).await;
	let bytes = random_bytes(1, 2 * LEAF + 7);
	let content = gateway.own.store.import(&bytes[..]).unwrap();
	let sent = Arc::new(AtomicU64::new(0));
	let count = sent.clone();
	let progress = move |bytes| {
		count.fetch_add(bytes, Ordering::Relaxed);
	};
	gateway.pusher(ALICE).push(&gateway.own.store, &content, progress).await.unwrap();
	assert_eq!(sent.load(Ordering::Relaxed), content.size);
	let url = format!("http://{}/ipfs/{}", gateway.address, BlockId::from(&content));
	assert!(gateway.client.get(&url).send().await.unwrap().bytes().await.unwrap() == bytes);
	// Bob cannot remove it; what Bob pushes as well stays for him.
	gateway.pusher(BOB).remove(&content).await.unwrap();
	assert!(gateway.store.is_complete(&content).unwrap());
	gateway.push(BOB, &content).await.unwrap();
	gateway.pusher(ALICE).remove(&content).await.unwrap();
	assert!(gateway.store.is_complete(&content).unwrap());
	assert_eq!(gateway.pusher(ALICE).list().await.unwrap().content, []);
	gateway.pusher(BOB).remove(&content).await.unwrap();
	assert_eq!(gateway.client.get(&url).send().await.unwrap().status(), StatusCode::NOT_FOUND);
	assert_eq!(gateway.store.used_bytes(), 0);
}

#[tokio::test]
async fn an_account_has_its_room_and_keeps_it_over_a_restart() {
	let directory = tempfile::tempdir().unwrap();
	let before = {
		let gateway = Gateway::start(directory.path()).await;
		let content = gateway.own.store.import(&random_bytes(2, 3 * LEAF)[..]).unwrap();
		gateway.push(ALICE, &content).await.unwrap();
		content
	};
	// A push that was cut off by a power cut leaves its file.
	let folder = directory.path().join("pushed").join(hex::encode(ALICE));
	let absent = BlockId::of(descent_protocol::Codec::Raw, b"absent");
	std::fs::write(folder.join(absent.to_string()), "6").unwrap();
	let deadline = std::time::Instant::now() + Duration::from_secs(30);
	while Store::open(directory.path(), 1 << 28).is_err() {
		assert!(std::time::Instant::now() < deadline, "the gateway did not stop");
		tokio::time::sleep(Duration::from_millis(20)).await;
	}
	let gateway = Gateway::start(directory.path()).await;
	let listed = gateway.pusher(ALICE).list().await.unwrap();
	assert_eq!((listed.content, listed.max_bytes), (vec![before], MAX));
	let more = gateway.own.store.import(&random_bytes(3, LEAF + 1)[..]).unwrap();
	let error = gateway.push(ALICE, &more).await.unwrap_err().to_string();
	assert!(error.contains("no room") && error.contains("remove content"), "{error}");
	gateway.push(BOB, &more).await.unwrap();
	gateway.pusher(ALICE).remove(&before).await.unwrap();
	gateway.push(ALICE, &more).await.unwrap();
}

#[tokio::test]
async fn content_of_the_operator_is_not_removed() {
	let directory = tempfile::tempdir().unwrap();
	let bytes = random_bytes(4, LEAF + 1);
	let operators = Store::open(directory.path(), 1 << 28).unwrap().import(&bytes[..]).unwrap();
	let gateway = Gateway::start(directory.path()).await;
	assert_eq!(gateway.own.store.import(&bytes[..]).unwrap(), operators);
	gateway.push(ALICE, &operators).await.unwrap();
	gateway.pusher(ALICE).remove(&operators).await.unwrap();
	assert!(gateway.store.is_complete(&operators).unwrap());
}

#[tokio::test]
async fn false_tokens_store_and_remove_nothing() {
	let directory = tempfile::tempdir().unwrap();
	let gateway = Gateway::start(directory.path()).await;
	let content = gateway.own.store.import(&b"weights"[..]).unwrap();
	let id = BlockId::from(&content);
	let good = token(ALICE, PushAction::Store, &id);
	let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
	let lasting = PushToken::message(PushAction::Store, &id, now + 7_200);
	let old = PushToken::message(PushAction::Store, &id, now - 1);
	let other = BlockId::of(descent_protocol::Codec::Raw, b"other");
	for (token, reason) in [
		(String::new(), "scheme"),
		(PushToken { account: BOB, ..good.clone() }.to_string(), "signature"),
		(PushToken { account: STRANGER, ..good.clone() }.to_string(), "ask its operator"),
		(token(ALICE, PushAction::Store, &other).to_string(), "signature"),
		(token(ALICE, PushAction::Remove, &id).to_string(), "signature"),
		(PushToken { expires: good.expires + 1, ..good.clone() }.to_string(), "signature"),
		(
			PushToken { account: ALICE, expires: now + 7_200, signature: signature(&ALICE, &lasting) }
				.to_string(),
			"hour",
		),
		(
			PushToken { account: ALICE, expires: now - 1, signature: signature(&ALICE, &old) }.to_string(),
			"expired",
		),
	] {
		let (status, answer) = gateway.send(Method::PUT, &id, &token, b"weights".to_vec()).await;
		assert!(status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN, "{status} {answer}");
		assert!(answer.contains(reason), "{answer}");
	}
	assert_eq!(gateway.store.used_bytes(), 0);
	let stranger = gateway.push(STRANGER, &content).await.unwrap_err().to_string();
	assert!(stranger.contains("ask its operator"), "{stranger}");
	let (status, _) = gateway.send(Method::PUT, &id, &good.to_string(), b"weights".to_vec()).await;
	assert_eq!(status, StatusCode::CREATED);
	let (status, _) = gateway.send(Method::DELETE, &id, &good.to_string(), Vec::new()).await;
	assert_eq!(status, StatusCode::UNAUTHORIZED);
	assert!(gateway.store.is_complete(&content).unwrap());
}

#[tokio::test]
async fn other_bytes_than_the_content_are_not_kept() {
	let directory = tempfile::tempdir().unwrap();
	let gateway = Gateway::start(directory.path()).await;
	let id = BlockId::from(&gateway.own.store.import(&random_bytes(5, 2 * LEAF)[..]).unwrap());
	let token = token(ALICE, PushAction::Store, &id).to_string();
	for body in [random_bytes(6, 2 * LEAF), random_bytes(5, LEAF), random_bytes(5, 3 * LEAF)] {
		let (status, reason) = gateway.send(Method::PUT, &id, &token, body).await;
		assert_eq!((status, reason.contains("not the content")), (StatusCode::UNPROCESSABLE_ENTITY, true));
	}
	assert_eq!((gateway.store.used_bytes(), gateway.store.pins()), (0, vec![]));
	let (status, _) = gateway.send(Method::PUT, &id, &token, random_bytes(7, 5 * LEAF)).await;
	assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE);
	assert_eq!(gateway.pusher(ALICE).list().await.unwrap().content, []);
}

#[tokio::test]
async fn a_gateway_that_accepts_nobody_says_so() {
	let own = TestStore::new();
	let content = own.store.import(&b"weights"[..]).unwrap();
	let any = SocketAddr::from(([127, 0, 0, 1], 0));
	let served = TestStore::new();
	let (address, _) =
		descent_content::serve(any, served.store.clone(), std::future::pending()).await.unwrap();
	let sign = Arc::new(|text: &str| signature(&ALICE, text));
	let pusher = Pusher::new(&format!("http://{address}"), ALICE, sign).unwrap();
	let error = pusher.push(&own.store, &content, |_| {}).await.unwrap_err().to_string();
	assert!(error.contains("--accept-from"), "{error}");
	let gone =
		Pusher::new("http://127.0.0.1:1", ALICE, Arc::new(|text: &str| signature(&ALICE, text))).unwrap();
	assert!(matches!(gone.list().await.unwrap_err(), PushError::Transport { .. }));
}
