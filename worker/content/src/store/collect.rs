use std::collections::HashSet;

use descent_protocol::ContentRef;

use super::{Result, State, Store, StoreError};
use crate::{layout::Span, BlockId};

impl Store {
	/// Keeps content from [`Store::gc`].
	///
	/// # Errors
	/// [`StoreError::Missing`] where a block of it is absent; [`StoreError::Layout`] where it is malformed;
	/// [`StoreError::Io`].
	pub fn pin(&self, content: &ContentRef) -> Result<()> {
		if !self.is_complete(content)? {
			return Err(StoreError::Missing(content.into()));
		}
		self.add_pin(content)
	}

	pub(super) fn add_pin(&self, content: &ContentRef) -> Result<()> {
		let id = BlockId::from(content);
		let mut state = self.state();
		self.inner.files.write_pin(&id, content.size)?;
		state.pins.insert(id, content.size);
		Ok(())
	}

	/// Unpins content and deletes those of its blocks that no other pinned content has; returns the bytes freed.
	/// Content that is there only in part, or not at all, is no error.
	///
	/// # Errors
	/// [`StoreError::Io`].
	pub fn remove(&self, content: &ContentRef) -> Result<u64> {
		self.have_alone()?;
		{
			let mut state = self.state();
			let id = BlockId::from(content);
			if state.pins.remove(&id).is_some() {
				self.inner.files.delete_pin(&id)?;
			}
		}
		let mut blocks = HashSet::new();
		self.reach(content, &mut blocks)?;
		self.free(blocks)
	}

	/// Deletes every block that no pinned content has, such as the remains of fetches given up; returns the bytes
	/// freed. Imports and fetches under way keep theirs. Writers wait until it is done.
	///
	/// # Errors
	/// [`StoreError::Io`], and then blocks may be left that could go.
	pub fn gc(&self) -> Result<u64> {
		self.have_alone()?;
		let mut state = self.state();
		self.sweep(&mut state, &[])
	}

	/// Forgets all content but this: unpins all other, and deletes every block that neither pinned content nor this has.
	/// What is here of this content in part stays, so that a fetch of it goes on where it was. Returns the bytes freed;
	/// imports and fetches under way keep theirs. Writers wait until it is done.
	///
	/// # Errors
	/// [`StoreError::Io`], and then blocks may be left that could go.
	pub fn retain(&self, kept: &[ContentRef]) -> Result<u64> {
		self.have_alone()?;
		let mut state = self.state();
		let pins = state.pins.iter().map(|(id, size)| (*id, id.content(*size)));
		let forgotten: Vec<_> = pins.filter(|(_, content)| !kept.contains(content)).collect();
		for (id, _) in forgotten {
			state.pins.remove(&id);
			self.inner.files.delete_pin(&id)?;
		}
		self.sweep(&mut state, kept)
	}

	fn have_alone(&self) -> Result<()> {
		match self.inner.is_shared {
			true => Err(StoreError::Shared),
			false => Ok(()),
		}
	}

	/// Deletes every block that nothing needs and none of this content has.
	fn sweep(&self, state: &mut State, kept: &[ContentRef]) -> Result<u64> {
		let mut needed = self.needed(state)?;
		for content in kept {
			self.reach(content, &mut needed)?;
		}
		let mut freed = 0;
		for first in 0..=u8::MAX {
			for (digest, _) in self.inner.files.shard_blocks(first)? {
				if !needed.contains(&digest) {
					freed += self.delete(state, &digest)?;
				}
			}
		}
		Ok(freed)
	}

	/// Deletes those of these blocks that nothing needs.
	pub(super) fn free(&self, blocks: HashSet<[u8; 32]>) -> Result<u64> {
		if self.inner.is_shared {
			return Ok(0);
		}
		let mut state = self.state();
		let needed = self.needed(&state)?;
		let mut freed = 0;
		for digest in blocks.difference(&needed) {
			freed += self.delete(&mut state, digest)?;
		}
		Ok(freed)
	}

	/// The digests of all blocks of pinned content and of sessions under way.
	fn needed(&self, state: &State) -> Result<HashSet<[u8; 32]>> {
		let mut needed: HashSet<_> = state.sessions.values().flatten().copied().collect();
		for (id, size) in &state.pins {
			self.reach(&id.content(*size), &mut needed)?;
		}
		Ok(needed)
	}

	/// Adds the digests of all blocks of the content, as far as its nodes are here and sound.
	fn reach(&self, content: &ContentRef, digests: &mut HashSet<[u8; 32]>) -> Result<()> {
		let Ok(root) = Span::root(content) else {
			return Ok(());
		};
		let mut pending = vec![(BlockId::from(content), root)];
		while let Some((id, span)) = pending.pop() {
			digests.insert(id.digest);
			if span.is_leaf() {
				continue;
			}
			// Unlike get_block, this leaves damaged blocks alone: the caller may hold the state's lock.
			if let Some(block) = self.inner.files.read_block(&id.digest)?.filter(|block| id.matches(block)) {
				pending.extend(span.open(&id, &block).unwrap_or_default());
			}
		}
		Ok(())
	}
}
