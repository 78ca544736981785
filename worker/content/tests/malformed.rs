//! Malformed content: every block has the right hash, but the tree is not one that its size allows. Every
//! fetcher must find it invalid, not unavailable, and keep nothing of it.

mod support;

use std::time::{Duration, Instant};

use bytes::Bytes;
use descent_content::{BlockId, FetchError, LINKS_PER_NODE};
use descent_protocol::{Codec, ContentRef, LEAF_SIZE};
use multihash_codetable::Code;
use rust_unixfs::{
	file::adder::{rebuild_file_branch, BalancedCollector, Chunker, FileAdder, FileBranchLink},
	Metadata,
};
use support::{quick, random_bytes, sample, Blocks, Provider, TestStore, LEAF};

/// Fetches from an honest provider of these blocks, and checks that the content is found invalid.
async fn assert_invalid(content: ContentRef, blocks: Blocks, words: &str) {
	let provider = Provider::honest(blocks).await;
	let test = TestStore::with_cap(u64::MAX);
	assert_invalid_from(&provider, &test, content, words).await;
}

async fn assert_invalid_from(provider: &Provider, test: &TestStore, content: ContentRef, words: &str) {
	let fetcher = test.fetcher(quick());
	let error = fetcher.fetch(&content, &[&provider.url], |_| {}).await.unwrap_err();
	assert!(matches!(&error, FetchError::Invalid { reason } if reason.contains(words)), "{words}: {error}");
	assert!(test.store.pins().is_empty());
	// Blocks that were being written when the verdict fell go as soon as they are there.
	let deadline = Instant::now() + Duration::from_secs(10);
	while test.store.used_bytes() > 0 {
		assert!(Instant::now() < deadline, "{} bytes stay", test.store.used_bytes());
		tokio::task::yield_now().await;
	}
}

/// Publishes a root node with these bytes for content of this size.
fn with_root(root: Vec<u8>, size: u64, mut blocks: Blocks) -> (ContentRef, Blocks) {
	let id = BlockId::of(Codec::UnixFs, &root);
	blocks.insert(id, root.into());
	(id.content(size), blocks)
}

/// A root over these children, encoded as any importer would.
fn root_over(links: &[FileBranchLink], size: u64) -> Vec<u8> {
	rebuild_file_branch(size, links, cid::Version::V1, Code::Blake2b256).1
}

fn link(id: BlockId, blocksize: u64, tsize: u64) -> FileBranchLink {
	FileBranchLink { cid: id.into(), blocksize, tsize }
}

fn leaf(seed: u64, len: usize, blocks: &mut Blocks) -> BlockId {
	let bytes = random_bytes(seed, len);
	let id = BlockId::of(Codec::Raw, &bytes);
	blocks.insert(id, bytes.into());
	id
}

#[tokio::test]
async fn another_size_than_claimed() {
	let (content, _, blocks) = sample(1, 3 * LEAF);
	for size in [content.size - 1, content.size + 1, LEAF_SIZE + 1, 1 << 33] {
		assert_invalid(ContentRef { size, ..content }, blocks.clone(), "").await;
	}
	let (content, _, blocks) = sample(2, 100);
	for size in [0, 99, 101, LEAF_SIZE] {
		assert_invalid(ContentRef { size, ..content }, blocks.clone(), "100 bytes").await;
	}
}

#[tokio::test]
async fn the_codec_of_another_size() {
	let (content, _, blocks) = sample(3, 100);
	assert_invalid(ContentRef { codec: Codec::UnixFs, ..content }, blocks.clone(), "codec").await;
	assert_invalid(ContentRef { size: LEAF_SIZE + 1, ..content }, blocks, "codec").await;
}

#[tokio::test]
async fn a_root_that_is_no_node() {
	let size = 2 * LEAF_SIZE;
	let (content, _, blocks) = sample(4, 2 * LEAF);
	let genuine = blocks[&BlockId::from(&content)].clone();
	for root in
		[Vec::new(), vec![0; genuine.len()], vec![0xff; genuine.len()], random_bytes(4, genuine.len())]
	{
		let (content, blocks) = with_root(root, size, Blocks::new());
		assert_invalid(content, blocks, "").await;
	}
	// Every single byte of a node but the digests is prescribed.
	let digests: Vec<_> =
		genuine.windows(4).enumerate().filter(|(_, w)| *w == [0xa0, 0xe4, 0x02, 0x20]).collect();
	assert_eq!(digests.len(), 2);
	let in_digest = |at: usize| digests.iter().any(|(start, _)| (start + 4..start + 36).contains(&at));
	let (mut all, mut mutants) = (blocks.clone(), Vec::new());
	for at in (0..genuine.len()).filter(|at| !in_digest(*at)) {
		let mut root = genuine.to_vec();
		root[at] ^= 1;
		let (mutant, blocks) = with_root(root, size, all);
		all = blocks;
		mutants.push(mutant);
	}
	let (provider, test) = (Provider::honest(all).await, TestStore::new());
	for mutant in mutants {
		assert_invalid_from(&provider, &test, mutant, "canonical").await;
	}
	let (content, blocks) = with_root([genuine.as_ref(), &[0]].concat(), size, blocks);
	assert_invalid(content, blocks, "demands").await;
}

#[tokio::test]
async fn a_leaf_of_another_length() {
	for (first, second) in [(LEAF - 1, 10), (LEAF + 1, 10), (LEAF, 9), (LEAF, 0), (LEAF, 11)] {
		let mut blocks = Blocks::new();
		let ids = [leaf(1, first, &mut blocks), leaf(2, second, &mut blocks)];
		let links = [link(ids[0], LEAF_SIZE, LEAF_SIZE), link(ids[1], 10, 10)];
		let size = LEAF_SIZE + 10;
		let (content, blocks) = with_root(root_over(&links, size), size, blocks);
		assert_invalid(content, blocks, "its place demands").await;
	}
}

#[tokio::test]
async fn the_same_block_as_leaf_and_shorter_leaf() {
	let mut blocks = Blocks::new();
	let id = leaf(1, LEAF, &mut blocks);
	let size = LEAF_SIZE + 10;
	let root = root_over(&[link(id, LEAF_SIZE, LEAF_SIZE), link(id, 10, 10)], size);
	let (content, blocks) = with_root(root, size, blocks);
	assert_invalid(content, blocks, "its place demands").await;
}

#[tokio::test]
async fn too_many_links() {
	let mut blocks = Blocks::new();
	let id = leaf(1, LEAF, &mut blocks);
	let count = LINKS_PER_NODE + 1;
	let links = vec![link(id, LEAF_SIZE, LEAF_SIZE); count as usize];
	let size = count * LEAF_SIZE;
	let (content, blocks) = with_root(root_over(&links, size), size, blocks);
	assert_invalid(content, blocks, "demands").await;
}

#[tokio::test]
async fn a_tree_deeper_than_its_size_needs() {
	let (inner, _, blocks) = sample(5, 2 * LEAF);
	let size = inner.size;
	let mut root = (BlockId::from(&inner), blocks);
	for _ in 0..3 {
		let node = root_over(&[link(root.0, size, size + 200)], size);
		let (content, blocks) = with_root(node, size, root.1);
		assert_invalid(content, blocks.clone(), "demands").await;
		root = (BlockId::from(&content), blocks);
	}
	// These nodes are in the places of leaves.
	let links = [
		link(BlockId::from(&inner), LEAF_SIZE, LEAF_SIZE),
		link(BlockId::from(&inner), LEAF_SIZE, LEAF_SIZE),
	];
	let (content, blocks) = with_root(root_over(&links, size), size, root.1);
	assert_invalid(content, blocks, "canonical").await;
}

#[tokio::test]
async fn trees_of_other_importers() {
	let bytes = random_bytes(6, 2 * LEAF + 1);
	let builders = [
		FileAdder::builder().with_chunker(Chunker::Size(LEAF / 4)),
		FileAdder::builder()
			.with_chunker(Chunker::Size(LEAF))
			.with_collector(BalancedCollector::with_branching_factor(2)),
		FileAdder::builder().with_chunker(Chunker::Size(LEAF)).with_raw_leaves(false),
		FileAdder::builder()
			.with_chunker(Chunker::Size(LEAF))
			.with_metadata(Metadata::default().with_mode(0o644)),
	];
	for builder in builders {
		let mut adder = builder.with_hasher(Code::Blake2b256).build();
		let (mut rest, mut all) = (bytes.as_slice(), Vec::new());
		while !rest.is_empty() {
			let (blocks, consumed) = adder.push(rest);
			all.extend(blocks);
			rest = &rest[consumed..];
		}
		all.extend(adder.finish());
		let root = BlockId::try_from(&all.last().unwrap().0).unwrap();
		let blocks =
			all.into_iter().map(|(cid, block)| (BlockId::try_from(&cid).unwrap(), Bytes::from(block)));
		assert_invalid(root.content(bytes.len() as u64), blocks.collect(), "").await;
	}
}
