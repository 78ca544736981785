//! The store on disk: round trips, damage, the cap, and what is kept.

mod support;

use std::{
	fs,
	io::{self, Read},
	os::unix::fs::MetadataExt,
	path::Path,
};

use descent_content::{address, BlockId, LayoutError, Store, StoreError, MAX_BLOCK_SIZE};
use descent_protocol::{Codec, ContentRef, LEAF_SIZE};
use proptest::prelude::*;
use support::{blocks_of, random_bytes, sample, some_of, TestStore, LEAF};

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

/// 1025 leaves: two levels of nodes.
#[test]
fn two_levels_of_nodes_come_back() {
	let test = TestStore::with_cap(2 << 30);
	let size = 1025 * LEAF_SIZE;
	let content = test.store.import(io::repeat(7).take(size)).unwrap();
	let TestStore { store, directory } = test;
	drop(store);
	let store = Store::open(directory.path(), 2 << 30).unwrap();
	let mut reader = store.reader(&content).unwrap();
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
	let used = store.used_bytes();
	assert!((size..size + LEAF_SIZE).contains(&used));
	assert_eq!(store.remove(&content).unwrap(), used);
	assert_eq!(store.used_bytes(), 0);
}

#[test]
fn a_damaged_leaf_is_noticed_and_healed() {
	let test = TestStore::new();
	let bytes = random_bytes(2, 2 * LEAF + 9);
	let content = test.store.import(bytes.as_slice()).unwrap();
	let leaf = BlockId::of(Codec::Raw, &bytes[LEAF..2 * LEAF]);
	let used = test.store.used_bytes();
	test.damage(&content, LEAF);
	let error = test.store.reader(&content).unwrap().read_to_end(&mut Vec::new()).unwrap_err();
	assert_eq!(error.kind(), io::ErrorKind::NotFound);
	assert!(error.to_string().contains(&leaf.to_string()), "{error}");
	assert!(!test.store.has(&leaf).unwrap() && !test.store.is_complete(&content).unwrap());
	assert_eq!(test.store.used_bytes(), used - LEAF_SIZE);
	assert!(test.store.pins().is_empty() && test.part(&content).exists());
	let target = test.directory.path().join("exported");
	assert!(matches!(test.store.export_to(&content, &target), Err(StoreError::Missing(id)) if id == leaf));
	assert!(!target.exists(), "a file that is not whole must not appear");
	test.store.import(bytes.as_slice()).unwrap();
	assert!(test.store.read(&content, u64::MAX).unwrap() == bytes);
	assert_eq!((test.store.used_bytes(), test.store.pins()), (used, vec![content]));
	assert!(!test.part(&content).exists());
}

/// Import must not take a damaged file for the content that it is about to write.
#[test]
fn importing_over_damaged_content_replaces_it() {
	let test = TestStore::new();
	let content = test.store.import(&b"some bytes"[..]).unwrap();
	for damage in [&b"other bytes"[..], b"", &[0; MAX_BLOCK_SIZE + 5]] {
		fs::write(test.file(&content), damage).unwrap();
		test.store.import(&b"some bytes"[..]).unwrap();
		assert_eq!(test.store.read(&content, 100).unwrap(), b"some bytes");
	}
}

/// A block that is served to others is hashed once in the life of a process, and always when it is read.
#[test]
fn damage_of_what_an_earlier_process_wrote_is_found_by_every_way_of_reading() {
	let bytes = random_bytes(2, 3 * LEAF);
	type Read = fn(&Store, &ContentRef, &Path) -> Result<(), StoreError>;
	let read: [Read; 4] = [
		|store, content, _| store.read(content, u64::MAX).map(drop),
		|store, content, path| store.export_to(content, path),
		|store, content, path| store.link_to(content, path),
		|store, content, path| store.move_to(content, path),
	];
	for read in read {
		let test = TestStore::new();
		let content = test.store.import(bytes.as_slice()).unwrap();
		test.damage(&content, 2 * LEAF + 1);
		let TestStore { store, directory } = test;
		drop(store);
		let store = Store::open(directory.path(), 1 << 30).unwrap();
		assert_eq!(store.pins(), [content]);
		let target = directory.path().join("out");
		assert!(matches!(read(&store, &content, &target), Err(StoreError::Missing(_))));
		assert!(store.pins().is_empty() && !target.exists());
	}
}

#[test]
fn content_moves_out_of_the_store() {
	let test = TestStore::new();
	let bytes = random_bytes(8, 2 * LEAF + 1);
	let content = test.store.import(bytes.as_slice()).unwrap();
	let (path, inode) = (test.directory.path().join("out"), fs::metadata(test.file(&content)).unwrap().ino());
	test.store.move_to(&content, &path).unwrap();
	assert!(fs::read(&path).unwrap() == bytes && fs::metadata(&path).unwrap().ino() == inode);
	assert_eq!((test.store.used_bytes(), test.store.pins().len()), (0, 0));
	assert!(!test.file(&content).exists());
}

#[test]
fn a_link_is_the_file_itself_and_outlives_the_content() {
	let test = TestStore::new();
	let bytes = random_bytes(8, 2 * LEAF + 1);
	let content = test.store.import(bytes.as_slice()).unwrap();
	let path = test.directory.path().join("linked");
	fs::write(&path, b"what was there").unwrap();
	test.store.link_to(&content, &path).unwrap();
	assert!(fs::read(&path).unwrap() == bytes);
	let inode = |path: &Path| fs::metadata(path).unwrap().ino();
	assert_eq!(inode(&path), inode(&test.file(&content)));
	test.store.remove(&content).unwrap();
	assert!(fs::read(&path).unwrap() == bytes);
	assert!(matches!(test.store.link_to(&content, &path), Err(StoreError::Missing(_))));
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
	for (removed, kept) in [(first, second), (second, first)] {
		test.store.remove(&removed).unwrap();
		assert_eq!(test.store.pins(), [kept]);
		assert_eq!(blocks_of(&test.store, &kept).len(), 4);
		assert_eq!(test.store.remove(&removed).unwrap(), 0);
		bytes[2 * LEAF] ^= 1;
		test.store.import(bytes.as_slice()).unwrap();
	}
	test.store.retain(&[]).unwrap();
	assert_eq!(test.store.used_bytes(), 0);
}

/// A leaf that is damaged in one content is read from another.
#[test]
fn shared_leaves_stand_in_for_each_other() {
	let test = TestStore::new();
	let bytes = random_bytes(5, 3 * LEAF);
	let [first, second] = [3, 2].map(|leaves| test.store.import(&bytes[..leaves * LEAF]).unwrap());
	test.damage(&first, 7);
	assert!(test.store.read(&first, u64::MAX).unwrap() == bytes);
	test.damage(&second, 7);
	assert!(matches!(test.store.read(&second, u64::MAX), Err(StoreError::Missing(_))));
}

#[tokio::test]
async fn gc_keeps_whole_content_only_and_all_survives_reopening() {
	let test = TestStore::new();
	let bytes = random_bytes(6, 2 * LEAF + 1);
	let content = test.store.import(bytes.as_slice()).unwrap();
	let used = test.store.used_bytes();
	let (part, _, blocks) = sample(7, 3 * LEAF);
	test.take(&part, some_of(&part, &blocks, 1)).await;
	let both = test.store.used_bytes();
	assert!((used + LEAF_SIZE..used + 2 * LEAF_SIZE).contains(&both));
	assert!(matches!(Store::open(test.directory.path(), 1), Err(StoreError::InUse(_))));
	let TestStore { store, directory } = test;
	drop(store);
	fs::write(directory.path().join("tmp/half-written"), b"x").unwrap();
	fs::write(directory.path().join("content/nonsense"), b"x").unwrap();
	fs::write(directory.path().join("parts/nonsense"), b"x").unwrap();
	let store = Store::open(directory.path(), 1 << 30).unwrap();
	assert_eq!((store.used_bytes(), store.pins()), (both, vec![content]));
	assert!(!directory.path().join("tmp/half-written").exists());
	assert_eq!(store.gc().unwrap(), both - used);
	assert!(store.read(&content, u64::MAX).unwrap() == bytes);
	assert_eq!((store.gc().unwrap(), store.used_bytes()), (0, used));
}

#[tokio::test]
async fn retaining_forgets_all_other_content_and_keeps_what_is_here_in_part() {
	let test = TestStore::new();
	let whole = test.store.import(random_bytes(1, LEAF).as_slice()).unwrap();
	let gone = test.store.import(random_bytes(2, 2 * LEAF).as_slice()).unwrap();
	let (part, _, blocks) = sample(3, 3 * LEAF);
	let some = some_of(&part, &blocks, 1);
	test.take(&part, some.clone()).await;
	let absent = address(random_bytes(4, LEAF).as_slice()).unwrap();
	test.store.retain(&[whole, part, absent]).unwrap();
	assert_eq!(test.store.pins(), [whole]);
	assert!(test.store.is_complete(&whole).unwrap());
	assert!(!test.store.has(&BlockId::from(&gone)).unwrap());
	assert!(some.keys().all(|id| test.store.has(id).unwrap()));
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

#[test]
fn a_check_finds_every_damaged_block_and_reads_all() {
	let test = TestStore::new();
	let [one, two, three] =
		[1, 2, 3].map(|seed| test.store.import(&random_bytes(seed, 3 * LEAF)[..]).unwrap());
	let small = test.store.import(&b"small"[..]).unwrap();
	let (used, last) = (test.store.used_bytes(), std::sync::Mutex::new((0, 0)));
	let checked = test.store.check(|done, total| *last.lock().unwrap() = (done, total)).unwrap();
	let mut all = vec![one, two, three, small];
	all.sort();
	assert_eq!((checked.intact, checked.damaged, checked.parts), (all, vec![], vec![]));
	assert_eq!((checked.bytes, last.into_inner().unwrap().1), (used - 3 * 4, used));
	test.damage(&one, 5);
	test.damage(&one, 2 * LEAF);
	test.damage(&small, 0);
	let tree = test.directory.path().join("trees");
	let tree = tree.join(format!("{}-{}", BlockId::from(&two), two.size));
	fs::write(&tree, vec![0; fs::read(&tree).unwrap().len()]).unwrap();
	let checked = test.store.check(|_, _| {}).unwrap();
	let mut damaged: Vec<_> = checked.damaged.iter().map(|damage| (damage.content, damage.blocks)).collect();
	damaged.sort();
	let mut expected = vec![(one, 2), (two, 1), (small, 1)];
	expected.sort();
	assert_eq!((checked.intact, damaged), (vec![three], expected));
	assert_eq!(test.store.pins(), [three]);
	let again = test.store.check(|_, _| {}).unwrap();
	assert!(again.damaged.is_empty());
	assert_eq!(again.parts.len(), 3);
}

/// A store as it was before: a file for each block, named by its digest, and a file for each pin.
#[tokio::test]
async fn a_store_of_the_older_layout_is_converted() {
	let directory = tempfile::tempdir().unwrap();
	let write = |id: &BlockId, bytes: &[u8]| {
		let name = hex::encode(id.digest);
		let folder = directory.path().join("blocks").join(&name[..2]);
		fs::create_dir_all(&folder).unwrap();
		fs::write(folder.join(name), bytes).unwrap();
	};
	fs::create_dir_all(directory.path().join("pins")).unwrap();
	let samples: Vec<_> = [10, LEAF, 3 * LEAF + 5, 2 * LEAF]
		.into_iter()
		.zip(0..)
		.map(|(len, seed)| sample(seed, len))
		.collect();
	let (damaged, _, blocks) = &samples[3];
	for (content, _, blocks) in &samples {
		blocks.iter().for_each(|(id, block)| write(id, block));
		let pin = directory.path().join("pins").join(BlockId::from(content).to_string());
		fs::write(pin, content.size.to_string()).unwrap();
	}
	let leaf = blocks.keys().find(|id| id.codec == Codec::Raw).unwrap();
	write(leaf, b"damaged");
	write(&BlockId::of(Codec::Raw, b"stray"), b"stray");
	fs::write(directory.path().join("pins/nonsense"), b"x").unwrap();
	for open in [Store::open_shared, Store::open] {
		let store = open(directory.path(), 1).unwrap();
		let mut pins = store.pins();
		pins.sort();
		let mut expected: Vec<_> = samples[..3].iter().map(|(content, ..)| *content).collect();
		expected.sort();
		assert_eq!(pins, expected);
		for (content, bytes, _) in &samples[..3] {
			assert!(store.read(content, u64::MAX).unwrap() == *bytes);
		}
		assert!(!store.is_complete(damaged).unwrap());
		assert!(!directory.path().join("blocks").exists() && !directory.path().join("pins").exists());
	}
	// What is left of damaged content is taken over, too.
	let store = Store::open(directory.path(), 1 << 30).unwrap();
	let provider = support::Provider::honest(blocks.clone()).await;
	let fetcher = descent_content::Fetcher::new(store, support::quick()).unwrap();
	fetcher.fetch(damaged, &[&provider.url], |_| {}).await.unwrap();
	assert_eq!(provider.asked(), [*leaf]);
}
