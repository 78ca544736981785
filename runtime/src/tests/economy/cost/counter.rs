//! Externalities that count the keys that are read and written through them.

use codec::Encode;
use sp_core::storage::{ChildInfo, StateVersion, TrackedStorageKey};
use sp_externalities::{
	set_and_run_with_externalities, with_externalities, Error, Extension, ExtensionStore, Externalities,
	MultiRemovalResults,
};
use std::{
	any::{Any, TypeId},
	collections::BTreeSet,
};

/// The storage that was touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Touched {
	/// Keys that were read before anything was written to them.
	pub(crate) reads: usize,
	/// Keys that were written to.
	pub(crate) writes: usize,
	/// Bytes of the values that were read.
	pub(crate) bytes: usize,
}

/// Runs a function in externalities. Returns its result and the storage that it touched.
pub(crate) fn counted<R>(run: impl FnOnce() -> R) -> (R, Touched) {
	with_externalities(|inner| {
		let mut counter = Counter { inner, read: BTreeSet::new(), written: BTreeSet::new(), bytes: 0 };
		let result = set_and_run_with_externalities(&mut counter, run);
		let touched =
			Touched { reads: counter.read.len(), writes: counter.written.len(), bytes: counter.bytes };
		(result, touched)
	})
	.expect("it runs inside externalities")
}

struct Counter<'a> {
	inner: &'a mut dyn Externalities,
	read: BTreeSet<Vec<u8>>,
	written: BTreeSet<Vec<u8>>,
	bytes: usize,
}

impl Counter<'_> {
	fn note_read(&mut self, key: &[u8], value: Option<&Vec<u8>>) {
		if !self.written.contains(key) && self.read.insert(key.to_vec()) {
			self.bytes += value.map_or(0, Vec::len);
		}
	}

	fn note_written(&mut self, key: &[u8]) {
		self.written.insert(key.to_vec());
	}
}

/// The runtime has no child tries.
const NO_CHILDREN: &str = "no pallet of this runtime keeps a child trie";

impl Externalities for Counter<'_> {
	fn storage(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		let value = self.inner.storage(key);
		self.note_read(key, value.as_ref());
		value
	}

	fn storage_hash(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		let hash = self.inner.storage_hash(key);
		self.note_read(key, hash.as_ref());
		hash
	}

	fn next_storage_key(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		let next = self.inner.next_storage_key(key);
		self.note_read(&(b"next", key).encode(), next.as_ref());
		next
	}

	fn place_storage(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
		self.note_written(&key);
		self.inner.place_storage(key, value);
	}

	fn storage_append(&mut self, key: Vec<u8>, value: Vec<u8>) {
		self.note_written(&key);
		self.inner.storage_append(key, value);
	}

	fn clear_prefix(
		&mut self,
		prefix: &[u8],
		limit: Option<u32>,
		cursor: Option<&[u8]>,
	) -> MultiRemovalResults {
		let removed = self.inner.clear_prefix(prefix, limit, cursor);
		for removal in 0..removed.loops {
			self.note_written(&(prefix, removal).encode());
		}
		removed
	}

	fn storage_root(&mut self, version: StateVersion) -> Vec<u8> {
		self.inner.storage_root(version)
	}

	fn storage_start_transaction(&mut self) {
		self.inner.storage_start_transaction();
	}

	fn storage_rollback_transaction(&mut self) -> Result<(), ()> {
		self.inner.storage_rollback_transaction()
	}

	fn storage_commit_transaction(&mut self) -> Result<(), ()> {
		self.inner.storage_commit_transaction()
	}

	fn set_offchain_storage(&mut self, key: &[u8], value: Option<&[u8]>) {
		self.inner.set_offchain_storage(key, value);
	}

	fn child_storage_hash(&mut self, _: &ChildInfo, _: &[u8]) -> Option<Vec<u8>> {
		unreachable!("{NO_CHILDREN}")
	}

	fn child_storage(&mut self, _: &ChildInfo, _: &[u8]) -> Option<Vec<u8>> {
		unreachable!("{NO_CHILDREN}")
	}

	fn next_child_storage_key(&mut self, _: &ChildInfo, _: &[u8]) -> Option<Vec<u8>> {
		unreachable!("{NO_CHILDREN}")
	}

	fn kill_child_storage(&mut self, _: &ChildInfo, _: Option<u32>, _: Option<&[u8]>) -> MultiRemovalResults {
		unreachable!("{NO_CHILDREN}")
	}

	fn clear_child_prefix(
		&mut self,
		_: &ChildInfo,
		_: &[u8],
		_: Option<u32>,
		_: Option<&[u8]>,
	) -> MultiRemovalResults {
		unreachable!("{NO_CHILDREN}")
	}

	fn place_child_storage(&mut self, _: &ChildInfo, _: Vec<u8>, _: Option<Vec<u8>>) {
		unreachable!("{NO_CHILDREN}")
	}

	fn child_storage_root(&mut self, _: &ChildInfo, _: StateVersion) -> Vec<u8> {
		unreachable!("{NO_CHILDREN}")
	}

	fn wipe(&mut self) {
		self.inner.wipe();
	}

	fn commit(&mut self) {
		self.inner.commit();
	}

	fn read_write_count(&self) -> (u32, u32, u32, u32) {
		self.inner.read_write_count()
	}

	fn reset_read_write_count(&mut self) {
		self.inner.reset_read_write_count();
	}

	fn get_whitelist(&self) -> Vec<TrackedStorageKey> {
		self.inner.get_whitelist()
	}

	fn set_whitelist(&mut self, new: Vec<TrackedStorageKey>) {
		self.inner.set_whitelist(new);
	}

	fn get_read_and_written_keys(&self) -> Vec<(Vec<u8>, u32, u32, bool)> {
		self.inner.get_read_and_written_keys()
	}
}

impl ExtensionStore for Counter<'_> {
	fn extension_by_type_id(&mut self, id: TypeId) -> Option<&mut dyn Any> {
		self.inner.extension_by_type_id(id)
	}

	fn register_extension_with_type_id(
		&mut self,
		id: TypeId,
		extension: Box<dyn Extension>,
	) -> Result<(), Error> {
		self.inner.register_extension_with_type_id(id, extension)
	}

	fn deregister_extension_by_type_id(&mut self, id: TypeId) -> Result<(), Error> {
		self.inner.deregister_extension_by_type_id(id)
	}
}
