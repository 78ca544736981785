#![allow(dead_code, missing_docs)]

pub(crate) mod gateway;

use std::{
	collections::HashMap,
	fs,
	future::pending,
	path::PathBuf,
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc, Mutex,
	},
	time::Duration,
};

use axum::{
	body::Body,
	extract::{Path, State},
	http::{header::RETRY_AFTER, StatusCode},
	response::{IntoResponse, Redirect, Response},
	routing::get,
	Router,
};
use bytes::Bytes;
use descent_content::{BlockId, FetchError, FetchLimits, Fetcher, Store};
use descent_protocol::{ContentRef, LEAF_SIZE};
use futures::{stream, StreamExt};
use rand::{rngs::StdRng, RngCore, SeedableRng};
use tokio::sync::oneshot;

pub(crate) const LEAF: usize = LEAF_SIZE as usize;

pub(crate) fn random_bytes(seed: u64, len: usize) -> Vec<u8> {
	let mut bytes = vec![0; len];
	StdRng::seed_from_u64(seed).fill_bytes(&mut bytes);
	bytes
}

/// A store in a directory that is deleted with it.
pub(crate) struct TestStore {
	pub store: Store,
	pub directory: tempfile::TempDir,
}

impl TestStore {
	pub(crate) fn new() -> Self {
		Self::with_cap(1 << 30)
	}

	pub(crate) fn with_cap(max_bytes: u64) -> Self {
		let directory = tempfile::tempdir().unwrap();
		Self { store: Store::open(directory.path(), max_bytes).unwrap(), directory }
	}

	pub(crate) fn fetcher(&self, limits: FetchLimits) -> Fetcher {
		Fetcher::new(self.store.clone(), limits).unwrap()
	}

	/// Path of content that is whole.
	pub(crate) fn file(&self, content: &ContentRef) -> PathBuf {
		self.directory.path().join("content").join(BlockId::from(content).to_string())
	}

	/// Path of content that is here in part.
	pub(crate) fn part(&self, content: &ContentRef) -> PathBuf {
		let name = format!("{}-{}", BlockId::from(content), content.size);
		self.directory.path().join("parts").join(name)
	}

	/// Flips a bit of whole content on disk.
	pub(crate) fn damage(&self, content: &ContentRef, offset: usize) {
		let mut bytes = fs::read(self.file(content)).unwrap();
		bytes[offset] ^= 1;
		fs::write(self.file(content), bytes).unwrap();
	}

	/// Fetches these blocks of content, and no other.
	pub(crate) async fn take(&self, content: &ContentRef, blocks: Blocks) {
		let provider = Provider::honest(blocks).await;
		let limits = FetchLimits { patience: Duration::from_millis(500), ..quick() };
		assert_unavailable(self.fetcher(limits).fetch(content, &[&provider.url], |_| {}).await);
	}
}

/// Limits short enough for tests of failures, long enough for a busy machine.
pub(crate) fn quick() -> FetchLimits {
	FetchLimits {
		deadline: Duration::from_secs(60),
		patience: Duration::from_secs(15),
		request_timeout: Duration::from_secs(3),
		connect_timeout: Duration::from_secs(3),
		allow_private: true,
		..FetchLimits::default()
	}
}

pub(crate) type Blocks = HashMap<BlockId, Bytes>;

/// The root of content, and as many of its leaves.
pub(crate) fn some_of(content: &ContentRef, blocks: &Blocks, leaves: usize) -> Blocks {
	let root = BlockId::from(content);
	let leaves = blocks.iter().filter(|(id, _)| **id != root).take(leaves);
	leaves.chain([(&root, &blocks[&root])]).map(|(id, block)| (*id, block.clone())).collect()
}

/// The blocks of content of at most two levels.
pub(crate) fn blocks_of(store: &Store, content: &ContentRef) -> Blocks {
	let root = BlockId::from(content);
	let bytes = store.get_block(&root).unwrap().unwrap();
	let mut blocks = Blocks::new();
	if let Some(branch) = rust_unixfs::file::adder::parse_file_branch(&bytes) {
		for link in branch.links {
			let id = BlockId::try_from(&link.cid).unwrap();
			blocks.insert(id, store.get_block(&id).unwrap().unwrap());
		}
	}
	blocks.insert(root, bytes);
	blocks
}

/// Content in memory: its reference, its bytes and its blocks.
pub(crate) fn sample(seed: u64, len: usize) -> (ContentRef, Vec<u8>, Blocks) {
	let source = TestStore::new();
	let bytes = random_bytes(seed, len);
	let content = source.store.import(bytes.as_slice()).unwrap();
	(content, bytes, blocks_of(&source.store, &content))
}

/// Answer of a provider to one request for a block that it has.
pub(crate) enum Reply {
	Honest,
	Absent,
	/// The right length with one bit flipped.
	Corrupt,
	/// The provider never answers.
	Stall,
	/// Half of the block, and then a closed connection.
	Cut,
	/// Zeros without end.
	Endless,
	/// A byte every 100 ms, for ever.
	Drip,
	/// The block at some 100 KiB/s.
	Trickle,
	Status(StatusCode),
	/// Status 503 with this `Retry-After`.
	RetryAfter(String),
	Redirect(String),
}

type Behaviour = Arc<dyn Fn(usize, &BlockId) -> Reply + Send + Sync>;

/// A provider under the test's control. It stops when dropped.
pub(crate) struct Provider {
	pub url: String,
	requests: Arc<AtomicUsize>,
	asked: Arc<Mutex<Vec<BlockId>>>,
	_stop: oneshot::Sender<()>,
}

impl Provider {
	/// Serves these blocks; `behaviour` gets the number of requests before this one, and the block.
	pub(crate) async fn start(
		blocks: Blocks,
		behaviour: impl Fn(usize, &BlockId) -> Reply + Send + Sync + 'static,
	) -> Self {
		let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
		let url = format!("http://{}", listener.local_addr().unwrap());
		let requests = Arc::new(AtomicUsize::new(0));
		let asked = Arc::new(Mutex::new(Vec::new()));
		let behaviour: Behaviour = Arc::new(behaviour);
		let state = (Arc::new(blocks), behaviour, requests.clone(), asked.clone());
		let router = Router::new().route("/ipfs/{cid}", get(reply)).with_state(state);
		let (stop, stopped) = oneshot::channel::<()>();
		tokio::spawn(async move {
			let server = axum::serve(listener, router);
			tokio::select! {
				_ = server => {}
				_ = stopped => {}
			}
		});
		Self { url, requests, asked, _stop: stop }
	}

	pub(crate) async fn honest(blocks: Blocks) -> Self {
		Self::start(blocks, |_, _| Reply::Honest).await
	}

	pub(crate) fn requests(&self) -> usize {
		self.requests.load(Ordering::SeqCst)
	}

	pub(crate) fn asked(&self) -> Vec<BlockId> {
		self.asked.lock().unwrap().clone()
	}
}

type Shared = (Arc<Blocks>, Behaviour, Arc<AtomicUsize>, Arc<Mutex<Vec<BlockId>>>);

async fn reply(
	State((blocks, behaviour, requests, asked)): State<Shared>,
	Path(cid): Path<String>,
) -> Response {
	let before = requests.fetch_add(1, Ordering::SeqCst);
	let id: BlockId = cid.parse().unwrap();
	asked.lock().unwrap().push(id);
	let Some(block) = blocks.get(&id).cloned() else {
		return StatusCode::NOT_FOUND.into_response();
	};
	match behaviour(before, &id) {
		Reply::Honest => block.into_response(),
		Reply::Absent => StatusCode::NOT_FOUND.into_response(),
		Reply::Corrupt => {
			let mut bytes = block.to_vec();
			let middle = bytes.len() / 2;
			bytes[middle] ^= 1;
			bytes.into_response()
		}
		Reply::Stall => pending().await,
		Reply::Cut => {
			let half = block.slice(..block.len() / 2);
			let parts = [Ok(half), Err(std::io::Error::other("cut"))];
			Body::from_stream(stream::iter(parts)).into_response()
		}
		Reply::Endless => {
			let zeros = Bytes::from(vec![0; 64 << 10]);
			Body::from_stream(stream::repeat(zeros).map(std::io::Result::Ok)).into_response()
		}
		Reply::Drip => paced(Bytes::from_static(&[0; 4096]), 1),
		Reply::Trickle => paced(block, 10 << 10),
		Reply::Status(status) => status.into_response(),
		Reply::RetryAfter(wait) => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, wait)]).into_response(),
		Reply::Redirect(to) => Redirect::temporary(&format!("{to}/ipfs/{cid}?format=raw")).into_response(),
	}
}

/// Answers with these bytes, so many of them every 100 ms.
fn paced(bytes: Bytes, step: usize) -> Response {
	let pieces = stream::unfold(bytes, move |mut rest| async move {
		if rest.is_empty() {
			return None;
		}
		tokio::time::sleep(Duration::from_millis(100)).await;
		let piece = rest.split_to(step.min(rest.len()));
		Some((std::io::Result::Ok(piece), rest))
	});
	Body::from_stream(pieces).into_response()
}

/// Returns the reason for which content is unavailable, the bytes that are there, and whether anyone
/// answered.
pub(crate) fn assert_unavailable(result: Result<(), FetchError>) -> (u64, String, bool) {
	match result {
		Err(FetchError::Unavailable { done, reason, answered, .. }) => (done, reason, answered),
		other => panic!("{other:?}"),
	}
}
