//! The store on disk: round trips, damage, the cap, and what is kept.

mod support;

use std::{
	fs,
	io::{self, Read},
};

use descent_content::{address, BlockId, LayoutError, Store, StoreError, MAX_BLOCK_SIZE};
use descent_protocol::{Codec, ContentRef, LEAF_SIZE};
use proptest::prelude::*;
use support::{blocks_of, random_bytes, TestStore, LEAF};

fn round_trip(bytes: &[u8]) {
	let test = TestStore::new();
	let content = test.store.import(bytes).unwrap();
	assert_eq!(content.size, bytes.len() as u64);
	assert!(content.is_canonical());
	assert_eq!(address(bytes).unwrap(), content);
	assert!(test.store.is_complete(&content).unwrap());
	let mut read = Vec::new();
	test.store.reader(&content).unwrap().read_to_end(&mut read).unwrap();
	assert!(read == bytes);
	assert!(test.store.read(&content, content.size).unwrap() == bytes);
	let path = test.directory.path().join("exported");
	test.store.export_to(&content, &path).unwrap();
	assert!(fs::read(&path).unwrap() == bytes);
	assert_eq!(test.store.import_path(&path).unwrap(), content);
}

#[test]
fn content_comes_back_at_every_boundary() {
	for len in [0, 1, LEAF - 1, LEAF, LEAF + 1, 2 * LEAF, 5 * LEAF + 3] {
		round_trip(&random_bytes(len as u64, len));
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(12))]
	#[test]
	fn content_of_any_size_comes_back(seed: u64, len in 0..4 * LEAF) {
		round_trip(&random_bytes(seed, len));
	}
}

#[test]
fn content_of_one_leaf_is_addressed_by_its_own_hash() {
	let bytes = random_bytes(1, LEAF);
	assert_eq!(Some(address(bytes.as_slice()).unwrap()), ContentRef::raw(&bytes));
}

/// 1025 equal leaves: two levels of nodes, four distinct blocks.
#[test]
fn two_levels_of_nodes_come_back() {
	let test = TestStore::new();
	let size = 1025 * LEAF_SIZE;
	let content = test.store.import(io::repeat(7).take(size)).unwrap();
	let mut reader = test.store.reader(&content).unwrap();
	let (mut buffer, mut read) = (vec![0; LEAF], 0);
	loop {
		let count = reader.read(&mut buffer).unwrap();
		if count == 0 {
			break;
		}
		assert!(buffer[..count].iter().all(|byte| *byte == 7));
		read += count as u64;
	}
	assert_eq!(read, size);
	let used = test.store.used_bytes();
	assert!(used < 2 * LEAF_SIZE, "equal leaves are stored once");
	assert_eq!(test.store.remove(&content).unwrap(), used);
	assert_eq!(test.store.used_bytes(), 0);
}

#[test]
fn a_damaged_block_is_noticed_deleted_and_healed() {
	let test = TestStore::new();
	let bytes = random_bytes(2, 2 * LEAF + 9);
	let content = test.store.import(bytes.as_slice()).unwrap();
	let leaf = *blocks_of(&test.store, &content).keys().find(|id| id.codec == Codec::Raw).unwrap();
	let used = test.store.used_bytes();
	let path = test.block_file(&leaf);
	let mut damaged = fs::read(&path).unwrap();
	damaged[0] ^= 1;
	fs::write(&path, &damaged).unwrap();
	let error = test.store.reader(&content).unwrap().read_to_end(&mut Vec::new()).unwrap_err();
	assert_eq!(error.kind(), io::ErrorKind::NotFound);
	assert!(error.to_string().contains(&leaf.to_string()), "{error}");
	assert!(!test.store.has(&leaf).unwrap());
	assert_eq!(test.store.used_bytes(), used - damaged.len() as u64);
	let target = test.directory.path().join("exported");
	assert!(matches!(test.store.export_to(&content, &target), Err(StoreError::Missing(id)) if id == leaf));
	assert!(!target.exists(), "a file that is not whole must not appear");
	assert!(matches!(test.store.pin(&content), Err(StoreError::Missing(_))));
	test.store.import(bytes.as_slice()).unwrap();
	assert!(test.store.read(&content, u64::MAX).unwrap() == bytes);
	assert_eq!(test.store.used_bytes(), used);
}

/// Import must not take a damaged file for the block that it is about to write.
#[test]
fn importing_over_a_damaged_block_replaces_it() {
	let test = TestStore::new();
	let content = test.store.import(&b"some bytes"[..]).unwrap();
	let path = test.block_file(&BlockId::from(&content));
	for damage in [&b"other bytes"[..], b"", &[0; MAX_BLOCK_SIZE + 5]] {
		fs::write(&path, damage).unwrap();
		test.store.import(&b"some bytes"[..]).unwrap();
		assert_eq!(test.store.read(&content, 100).unwrap(), b"some bytes");
	}
}

#[test]
fn blocks_are_checked_when_put() {
	let test = TestStore::new();
	let id = BlockId::of(Codec::Raw, b"right");
	assert!(matches!(test.store.put_block(&id, b"wrong"), Err(StoreError::Mismatch(_))));
	let large = vec![0; MAX_BLOCK_SIZE + 1];
	let error = test.store.put_block(&BlockId::of(Codec::Raw, &large), &large).unwrap_err();
	assert!(matches!(error, StoreError::BlockTooLarge(len) if len == large.len()));
	assert_eq!(test.store.used_bytes(), 0);
	test.store.put_block(&id, b"right").unwrap();
	test.store.put_block(&id, b"right").unwrap();
	assert_eq!(test.store.used_bytes(), 5);
	assert_eq!(test.store.get_block(&id).unwrap().unwrap(), &b"right"[..]);
}

#[test]
fn the_cap_holds_and_a_failed_import_leaves_nothing() {
	let test = TestStore::with_cap(3 * LEAF_SIZE);
	let kept = test.store.import(&random_bytes(3, LEAF)[..]).unwrap();
	let error = test.store.import(&random_bytes(4, 3 * LEAF)[..]).unwrap_err();
	assert!(matches!(error, StoreError::Quota { max, .. } if max == 3 * LEAF_SIZE), "{error}");
	assert_eq!(test.store.used_bytes(), LEAF_SIZE);
	assert!(test.store.is_complete(&kept).unwrap());
	test.store.remove(&kept).unwrap();
	test.store.import(&random_bytes(4, 2 * LEAF)[..]).unwrap();
}

#[test]
fn a_failing_source_leaves_nothing() {
	struct Broken(usize);
	impl Read for Broken {
		fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
			self.0 = self.0.checked_sub(1).ok_or_else(|| io::Error::other("broken"))?;
			buffer.fill(1);
			Ok(buffer.len())
		}
	}
	let test = TestStore::new();
	assert!(matches!(test.store.import(Broken(3)), Err(StoreError::Source(_))));
	assert_eq!(test.store.used_bytes(), 0);
}

#[test]
fn removing_keeps_what_other_content_shares() {
	let test = TestStore::new();
	let mut bytes = random_bytes(5, 3 * LEAF);
	let first = test.store.import(bytes.as_slice()).unwrap();
	bytes[2 * LEAF] ^= 1;
	let second = test.store.import(bytes.as_slice()).unwrap();
	assert!(test.store.remove(&first).unwrap() < 2 * LEAF_SIZE);
	assert!(test.store.read(&second, u64::MAX).unwrap() == bytes);
	assert!(!test.store.is_complete(&first).unwrap());
	assert_eq!(test.store.pins(), [second]);
	assert_eq!(test.store.remove(&first).unwrap(), 0);
	test.store.remove(&second).unwrap();
	assert_eq!(test.store.used_bytes(), 0);
}

#[test]
fn gc_keeps_pinned_content_only_and_all_survives_reopening() {
	let test = TestStore::new();
	let bytes = random_bytes(6, 2 * LEAF + 1);
	let content = test.store.import(bytes.as_slice()).unwrap();
	let used = test.store.used_bytes();
	test.store.put_block(&BlockId::of(Codec::Raw, b"stray"), b"stray").unwrap();
	assert!(matches!(Store::open(test.directory.path(), 1), Err(StoreError::InUse(_))));
	let TestStore { store, directory } = test;
	drop(store);
	fs::write(directory.path().join("tmp/half-written"), b"x").unwrap();
	fs::write(directory.path().join("pins/nonsense"), b"x").unwrap();
	let store = Store::open(directory.path(), 1 << 30).unwrap();
	assert_eq!(store.used_bytes(), used + 5);
	assert!(!directory.path().join("tmp/half-written").exists());
	assert_eq!(store.pins(), [content]);
	assert_eq!(store.gc().unwrap(), 5);
	assert!(store.read(&content, u64::MAX).unwrap() == bytes);
	assert_eq!(store.gc().unwrap(), 0);
}

#[test]
fn retaining_forgets_all_other_content_and_keeps_what_is_here_in_part() {
	let test = TestStore::new();
	let whole = test.store.import(random_bytes(1, LEAF).as_slice()).unwrap();
	let gone = test.store.import(random_bytes(2, 2 * LEAF).as_slice()).unwrap();
	let source = TestStore::new();
	let part = source.store.import(random_bytes(3, 3 * LEAF).as_slice()).unwrap();
	let blocks = blocks_of(&source.store, &part);
	let leaf = blocks.keys().find(|id| id.codec == Codec::Raw).unwrap();
	for id in [&BlockId::from(&part), leaf] {
		test.store.put_block(id, &blocks[id]).unwrap();
	}
	let absent = address(random_bytes(4, LEAF).as_slice()).unwrap();
	test.store.retain(&[whole, part, absent]).unwrap();
	assert_eq!(test.store.pins(), [whole]);
	assert!(test.store.is_complete(&whole).unwrap());
	assert!(!test.store.has(&BlockId::from(&gone)).unwrap());
	assert!(test.store.has(&BlockId::from(&part)).unwrap() && test.store.has(leaf).unwrap());
	test.store.retain(&[]).unwrap();
	assert_eq!((test.store.used_bytes(), test.store.pins().len()), (0, 0));
}

#[test]
fn impossible_references_are_refused_before_anything_is_read() {
	let test = TestStore::new();
	let digest = [0; 32].into();
	for (codec, size) in [(Codec::UnixFs, LEAF_SIZE), (Codec::Raw, LEAF_SIZE + 1)] {
		let content = ContentRef { digest, codec, size };
		assert!(matches!(test.store.reader(&content), Err(StoreError::Layout(LayoutError::Codec { .. }))));
	}
	for size in [(1 << 40) + 1, u64::MAX] {
		let content = ContentRef { digest, codec: Codec::UnixFs, size };
		assert!(matches!(
			test.store.is_complete(&content),
			Err(StoreError::Layout(LayoutError::Size { .. }))
		));
	}
	let content = test.store.import(&b"four"[..]).unwrap();
	let error = test.store.read(&content, 3).unwrap_err();
	assert!(matches!(error, StoreError::ContentTooLarge { size: 4, limit: 3 }));
	let longer = ContentRef { size: 5, ..content };
	assert!(matches!(test.store.read(&longer, 9), Err(StoreError::Layout(LayoutError::Length { .. }))));
}

#[test]
fn a_shared_store_serves_what_another_opener_adds_and_loses_nothing() {
	let directory = tempfile::tempdir().unwrap();
	let path = directory.path().join("store");
	let [serving, adding] = [(); 2].map(|()| Store::open_shared(&path, 1 << 30).unwrap());
	let bytes = random_bytes(9, 3 * LEAF + 1);
	let content = adding.import(bytes.as_slice()).unwrap();
	assert!(serving.read(&content, u64::MAX).unwrap() == bytes);
	for refused in [serving.gc(), serving.retain(&[]), serving.remove(&content)] {
		assert!(matches!(refused, Err(StoreError::Shared)));
	}
	assert!(matches!(Store::open(&path, 1 << 30), Err(StoreError::InUse(_))));
	drop((serving, adding));
	let alone = Store::open(&path, 1 << 30).unwrap();
	assert_eq!(alone.pins(), [content]);
	assert!(matches!(Store::open_shared(&path, 1 << 30), Err(StoreError::InUse(_))));
}
