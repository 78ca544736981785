use std::collections::HashSet;

use bytes::Bytes;
use descent_protocol::ContentRef;

use super::{Result, Store};
use crate::BlockId;

/// An import or a fetch in progress. Blocks that it wrote or found are safe from [`Store::gc`] until it is
/// dropped.
#[derive(Debug)]
pub(crate) struct Session {
	store: Store,
	id: u64,
}

impl Session {
	pub(crate) fn new(store: &Store) -> Self {
		let mut state = store.state();
		let id = state.next_session;
		state.next_session += 1;
		state.sessions.insert(id, HashSet::new());
		Self { store: store.clone(), id }
	}

	/// Protects a block. Returns false once the session was discarded.
	fn protect(&self, id: &BlockId) -> bool {
		let mut state = self.store.state();
		let held = state.sessions.get_mut(&self.id);
		held.map(|held| held.insert(id.digest)).is_some()
	}

	/// Reads a block as [`Store::get_block`] does, and protects it.
	pub(crate) fn get(&self, id: &BlockId) -> Result<Option<Bytes>> {
		self.protect(id);
		self.store.get_block(id)
	}

	/// Keeps a block whose hash the caller has checked.
	pub(crate) fn put(&self, id: &BlockId, bytes: &[u8]) -> Result<()> {
		self.protect(id);
		self.store.write(id, bytes)?;
		// The session may have been discarded in the meantime, and then nothing else would delete the block.
		if !self.protect(id) {
			self.store.free(HashSet::from([id.digest]))?;
		}
		Ok(())
	}

	/// Pins content whose blocks this session all wrote or found, after making sure that they survive a power
	/// cut.
	pub(crate) fn commit(&self, content: &ContentRef) -> Result<()> {
		self.store.inner.files.sync_shards(self.shards())?;
		self.store.add_pin(content)
	}

	/// Deletes the blocks of this session that nothing else needs.
	pub(crate) fn discard(&self) -> Result<()> {
		let held = self.store.state().sessions.remove(&self.id).unwrap_or_default();
		self.store.free(held).map(drop)
	}

	fn shards(&self) -> HashSet<u8> {
		let state = self.store.state();
		state.sessions.get(&self.id).into_iter().flatten().map(|digest| digest[0]).collect()
	}
}

impl Drop for Session {
	fn drop(&mut self) {
		self.store.state().sessions.remove(&self.id);
	}
}
