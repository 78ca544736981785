use std::collections::HashSet;

use descent_protocol::ContentRef;

use super::{Result, State, Store, StoreError};
use crate::{layout::Span, BlockId};

impl Store {
	/// Pins content, which keeps it from [`Store::gc`].
	///
	/// # Errors
	/// [`StoreError::Missing`] if a block of it is absent; [`StoreError::Layout`] if it is malformed;
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

	/// Unpins content and deletes those of its blocks that no other pinned content has. Returns the number of
	/// bytes freed. It is not an error if the content is there in part or not at all.
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

	/// Deletes every block that no pinned content has, such as the remains of abandoned fetches. Returns the
	/// number of bytes freed. Imports and fetches in progress keep their blocks, and writers wait until the
	/// deletion is done.
	///
	/// # Errors
	/// [`StoreError::Io`]; blocks that could be deleted may then be left.
	pub fn gc(&self) -> Result<u64> {
		self.have_alone()?;
		let mut state = self.state();
		self.sweep(&mut state, &[])
	}

	/// Unpins all content but this, and deletes every block that belongs neither to pinned content nor to
	/// this. Blocks of this content that are there in part stay, so that a fetch of it can go on. Returns the
	/// number of bytes freed. Imports and fetches in progress keep their blocks, and writers wait until the
	/// deletion is done.
	///
	/// # Errors
	/// [`StoreError::Io`]; blocks that could be deleted may then be left.
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

	/// Deletes every block that nothing needs and that does not belong to this content.
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

	/// Returns the digests of all blocks of pinned content and of sessions in progress.
	fn needed(&self, state: &State) -> Result<HashSet<[u8; 32]>> {
		let mut needed: HashSet<_> = state.sessions.values().flatten().copied().collect();
		for (id, size) in &state.pins {
			self.reach(&id.content(*size), &mut needed)?;
		}
		Ok(needed)
	}

	/// Adds the digests of all blocks of the content, as far as its nodes are present and intact.
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
