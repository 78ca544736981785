//! A check of all that is in the store.

use std::sync::{
	atomic::{AtomicU64, Ordering},
	Arc,
};

use descent_protocol::ContentRef;

use super::{
	content::Content,
	parallel::{for_each, grouped},
	At, Place, Result, Store,
};
use crate::{
	block::LANES,
	layout::{numbered, Span},
	BlockId,
};

/// Findings of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
	/// Content that is whole and intact.
	pub intact: Vec<ContentRef>,
	/// Content that was whole, and of which leaves or nodes are damaged. It now counts as here in part.
	pub damaged: Vec<Damage>,
	/// Content that is here in part.
	pub parts: Vec<ContentRef>,
	/// Number of bytes that were read.
	pub bytes: u64,
}

/// Damage of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
	/// The content.
	pub content: ContentRef,
	/// Number of leaves and nodes that are damaged.
	pub blocks: u64,
}

impl Store {
	/// Reads everything that is here and checks every hash, on all cores. What is damaged counts as absent
	/// afterwards, and a fetch of its content brings it back. `progress` gets the number of bytes read, and
	/// the number of all.
	///
	/// # Errors
	/// [`super::StoreError::Io`].
	pub fn check(&self, progress: impl Fn(u64, u64) + Sync) -> Result<Checked> {
		let contents: Vec<_> = self.state().contents.values().cloned().collect();
		let (total, done) = (self.used_bytes(), AtomicU64::new(0));
		let mut checked = Checked::default();
		for content in contents {
			let was_whole = content.is_whole();
			let blocks = self.check_content(&content, |bytes| {
				progress(done.fetch_add(bytes, Ordering::Relaxed) + bytes, total);
			})?;
			let content = content.reference;
			match was_whole {
				true if blocks == 0 => checked.intact.push(content),
				true => checked.damaged.push(Damage { content, blocks }),
				false => checked.parts.push(content),
			}
		}
		checked.bytes = done.into_inner();
		Ok(checked)
	}

	/// Returns the number of damaged blocks.
	fn check_content(&self, content: &Arc<Content>, read: impl Fn(u64) + Sync) -> Result<u64> {
		let damaged = AtomicU64::new(0);
		let blocks = Blocks { content, pending: vec![((&content.reference).into(), content.root, 0)] };
		let here =
			blocks.filter(|block| !matches!(block, Ok((_, At::Leaf(number))) if !content.has_leaf(*number)));
		let places = here.map(|block| block.map(|(id, at)| (id, Place { content: content.clone(), at })));
		for_each(grouped(places, LANES), |group| {
			for ((id, place), block) in group.iter().zip(Place::read_each(&group, self.buffers())?) {
				if let Some(bytes) = block {
					read(bytes.len() as u64);
				} else if content.is_whole() || matches!(place.at, At::Leaf(_)) {
					damaged.fetch_add(1, Ordering::Relaxed);
					self.damaged(id, place)?;
				}
			}
			Ok(())
		})?;
		Ok(damaged.into_inner())
	}
}

/// The blocks of content, as far as nodes lead to them.
struct Blocks<'a> {
	content: &'a Content,
	pending: Vec<(BlockId, Span, u64)>,
}

impl Iterator for Blocks<'_> {
	type Item = Result<(BlockId, At)>;

	fn next(&mut self) -> Option<Self::Item> {
		let (id, span, leaf) = self.pending.pop()?;
		if span.is_leaf() {
			return Some(Ok((id, At::Leaf(leaf))));
		}
		match self.content.tree.get(&id) {
			Ok(node) => {
				let children = node.and_then(|node| span.open(&id, &node).ok()).unwrap_or_default();
				self.pending.extend(numbered(children, leaf));
				Some(Ok((id, At::Node)))
			}
			Err(error) => Some(Err(error)),
		}
	}
}
