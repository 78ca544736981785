use std::sync::{atomic::Ordering, Arc};

use descent_protocol::ContentRef;

use super::{content::Content, disk::sync, At, Check, Place, Result, Store};
use crate::{buffers::Buffers, layout::Span, BlockId};

/// Children of a block, with their places.
type Children = Vec<(BlockId, Span)>;

/// A fetch in progress. What is here of its content is safe from [`Store::gc`] until it is dropped.
#[derive(Debug)]
pub(crate) struct Session {
	store: Store,
	content: Arc<Content>,
}

impl Session {
	/// Begins to fetch content, or goes on with what is here of it.
	pub(crate) fn new(store: &Store, content: &ContentRef) -> Result<Self> {
		let mut state = store.state();
		let content = store.content(&mut state, content)?;
		content.sessions.fetch_add(1, Ordering::AcqRel);
		Ok(Self { store: store.clone(), content })
	}

	/// Memory for blocks.
	pub(crate) fn buffers(&self) -> &Buffers {
		self.store.buffers()
	}

	pub(super) fn store(&self) -> &Store {
		&self.store
	}

	pub(super) fn content(&self) -> &Arc<Content> {
		&self.content
	}

	/// Looks for a block: in its place, and then in other content, from which it is taken over. Returns its
	/// children, or `None` if it has to be fetched. `leaf` is the number of leaves before the block.
	pub(crate) fn find(&self, id: &BlockId, span: Span, leaf: u64) -> Result<Option<Children>> {
		let at = at(span, leaf);
		if let At::Leaf(number) = at {
			if self.content.is_checked(number) {
				return Ok(Some(Vec::new()));
			}
		}
		let place = Place { content: self.content.clone(), at };
		if let Some(block) = place.read(id, Check::Always, self.store.buffers())? {
			self.index(id, at);
			return Ok(Some(span.open(id, &block)?));
		}
		if let At::Leaf(number) = at {
			// What was there is damaged, or was torn off by a power cut.
			self.store.free_room(self.content.lost(number));
		}
		match self.store.get_block(id)? {
			Some(block) => self.put(id, span, leaf, &block).map(Some),
			None => Ok(None),
		}
	}

	/// Keeps a block whose hash the caller has checked. Returns its children.
	pub(crate) fn put(&self, id: &BlockId, span: Span, leaf: u64, block: &[u8]) -> Result<Children> {
		let children = span.open(id, block)?;
		match at(span, leaf) {
			At::Node => self.put_node(id, block)?,
			At::Leaf(number) => self.put_leaf(id, number, block)?,
		}
		Ok(children)
	}

	pub(super) fn put_node(&self, id: &BlockId, node: &[u8]) -> Result<()> {
		if self.content.tree.has(id) {
			return Ok(());
		}
		let needed = node.len() as u64;
		self.store.take_room(needed)?;
		let written = self.content.tree.put(id, node);
		// The length before the node is known only now.
		let mut state = self.store.state();
		state.used = (state.used + *written.as_ref().unwrap_or(&0)).saturating_sub(needed);
		drop(state);
		written?;
		self.index(id, At::Node);
		Ok(())
	}

	fn put_leaf(&self, id: &BlockId, number: u64, leaf: &[u8]) -> Result<()> {
		let needed = leaf.len() as u64;
		self.store.take_room(needed)?;
		let written = self.content.write_leaf(number, leaf);
		// Another session may have written it as well.
		if written.is_err() || !self.content.checked(number) {
			self.store.free_room(needed);
		}
		written?;
		self.index(id, At::Leaf(number));
		Ok(())
	}

	/// Makes a block known to others.
	fn index(&self, id: &BlockId, at: At) {
		let mut state = self.store.state();
		match self.content.path() {
			Some(_) => state.index_block(id, Place { content: self.content.clone(), at }),
			// It was discarded in the meantime.
			None => {
				let freed = match at {
					At::Leaf(number) => self.content.lost(number),
					At::Node => 0,
				};
				state.used = state.used.saturating_sub(freed);
			}
		}
	}

	/// Pins the content, all blocks of which this session wrote or found, after making sure that it survives
	/// a power cut.
	pub(crate) fn commit(&self) -> Result<()> {
		self.content.complete()?;
		self.survive()
	}

	/// Makes sure that the names of the files survive a power cut.
	pub(super) fn survive(&self) -> Result<()> {
		let disk = &self.store.inner.disk;
		sync(&disk.trees())?;
		sync(&disk.contents())
	}

	/// Deletes what is here of the content, unless another session relies on it, or it is whole.
	pub(crate) fn discard(&self) -> Result<()> {
		let mut state = self.store.state();
		if !self.content.is_whole() && self.content.sessions.load(Ordering::Acquire) <= 1 {
			self.store.delete(&mut state, &self.content.reference)?;
		}
		Ok(())
	}
}

impl Drop for Session {
	fn drop(&mut self) {
		let mut state = self.store.state();
		let others = self.content.sessions.fetch_sub(1, Ordering::AcqRel) - 1;
		// Nothing came, so that there is nothing to go on with.
		if others == 0 && !self.content.is_whole() && self.content.used() == 0 {
			if let Err(error) = self.store.delete(&mut state, &self.content.reference) {
				tracing::warn!(%error, "a store");
			}
		}
	}
}

/// Returns the place of a block before which there are `leaf` leaves.
fn at(span: Span, leaf: u64) -> At {
	match span.is_leaf() {
		true => At::Leaf(leaf),
		false => At::Node,
	}
}
