use std::{
	fs::File,
	io::{self, Read},
	path::Path,
};

use cid::Cid;
use descent_protocol::{ContentRef, LEAF_SIZE};
use multihash_codetable::Code;
use rust_unixfs::file::adder::{BalancedCollector, Chunker, FileAdder};

use super::{files::Context, Result, Session, Store, StoreError};
use crate::{BlockId, LayoutError, LINKS_PER_NODE, MAX_CONTENT_SIZE};

const LEAF: usize = LEAF_SIZE as usize;
const LINKS: usize = LINKS_PER_NODE as usize;

impl Store {
	/// Imports content from a reader and pins it. A few blocks are in memory, however long the content is.
	///
	/// # Errors
	/// [`StoreError::Source`] if the reader fails, [`StoreError::Quota`] if the content does not fit,
	/// [`StoreError::Layout`] beyond [`MAX_CONTENT_SIZE`], [`StoreError::Io`]. The blocks written by then are
	/// deleted.
	pub fn import(&self, reader: impl Read) -> Result<ContentRef> {
		self.import_if(reader, |_| true).map(|(content, _)| content)
	}

	/// Imports content from a reader as [`Store::import`] does, but only if it is this one. Returns false,
	/// and keeps nothing, if it is another one. Reads at most one byte more than the content has.
	pub(crate) fn import_as(&self, content: &ContentRef, reader: impl Read) -> Result<bool> {
		let bounded = reader.take(content.size.saturating_add(1));
		self.import_if(bounded, |imported| imported == content).map(|(_, is_kept)| is_kept)
	}

	/// Imports content, and pins it if it is wanted; otherwise it deletes what was written. Returns the
	/// content, and true if it is pinned.
	fn import_if(
		&self,
		reader: impl Read,
		is_wanted: impl FnOnce(&ContentRef) -> bool,
	) -> Result<(ContentRef, bool)> {
		let session = Session::new(self);
		let imported = build(reader, Code::Blake2b256, |cid, block| {
			session.put(&BlockId::try_from(cid).expect("the builder hashes with blake2b-256; qed"), block)
		})
		.and_then(|(root, size)| {
			let content =
				BlockId::try_from(&root).expect("the builder hashes with blake2b-256; qed").content(size);
			let is_kept = is_wanted(&content);
			if is_kept {
				session.commit(&content)?;
			}
			Ok((content, is_kept))
		});
		if !matches!(imported, Ok((_, true))) {
			session.discard()?;
		}
		imported
	}

	/// Imports the content of a file, as [`Store::import`] does.
	///
	/// # Errors
	/// Those of [`Store::import`], and [`StoreError::Io`] if the file cannot be opened.
	pub fn import_path(&self, path: impl AsRef<Path>) -> Result<ContentRef> {
		let path = path.as_ref();
		self.import(File::open(path).at(path)?)
	}
}

/// Computes the address of content without keeping it.
///
/// # Errors
/// [`StoreError::Source`] if the reader fails, [`StoreError::Layout`] beyond [`MAX_CONTENT_SIZE`].
pub fn address(reader: impl Read) -> Result<ContentRef> {
	let (root, size) = build(reader, Code::Blake2b256, |_, _| Ok(()))?;
	Ok(BlockId::try_from(&root).expect("the builder hashes with blake2b-256; qed").content(size))
}

/// Cuts content into blocks, children before parents. Returns the root and the size in bytes.
fn build(
	mut reader: impl Read,
	hasher: Code,
	mut emit: impl FnMut(&Cid, &[u8]) -> Result<()>,
) -> Result<(Cid, u64)> {
	let mut adder = FileAdder::builder()
		.with_chunker(Chunker::Size(LEAF))
		.with_collector(BalancedCollector::with_branching_factor(LINKS))
		.with_raw_leaves(true)
		.with_hasher(hasher)
		.build();
	let (mut buffer, mut size, mut root) = (vec![0; LEAF], 0, None);
	loop {
		let filled = fill(&mut reader, &mut buffer).map_err(StoreError::Source)?;
		size += filled as u64;
		if size > MAX_CONTENT_SIZE {
			return Err(LayoutError::Size { size }.into());
		}
		let mut rest = &buffer[..filled];
		while !rest.is_empty() {
			let (blocks, consumed) = adder.push(rest);
			for (cid, block) in blocks {
				emit(&cid, &block)?;
				root = Some(cid);
			}
			rest = &rest[consumed..];
		}
		if filled < buffer.len() {
			break;
		}
	}
	for (cid, block) in adder.finish() {
		emit(&cid, &block)?;
		root = Some(cid);
	}
	Ok((root.expect("even empty content has one leaf; qed"), size))
}

/// Reads until the buffer is full or the reader is at its end.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
	let mut filled = 0;
	while filled < buffer.len() {
		match reader.read(&mut buffer[filled..]) {
			Ok(0) => break,
			Ok(count) => filled += count,
			Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
			Err(error) => return Err(error),
		}
	}
	Ok(filled)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::layout::Span;
	use std::collections::HashMap;

	/// Returns the input of the layout vector: byte i is i mod 251, for 200 * 262144 + 5 bytes.
	fn vector_input() -> impl Read {
		let pattern: Vec<u8> = (0..251).collect();
		io::Read::take(Cycle { pattern, at: 0 }, 200 * 262_144 + 5)
	}

	struct Cycle {
		pattern: Vec<u8>,
		at: usize,
	}

	impl Read for Cycle {
		fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
			for byte in buffer.iter_mut() {
				*byte = self.pattern[self.at];
				self.at = (self.at + 1) % self.pattern.len();
			}
			Ok(buffer.len())
		}
	}

	/// Compares with the root that js ipfs-unixfs-importer 17.1.1 computes of the same input with 1 MiB raw
	/// leaves and 1024 links.
	#[test]
	fn layout_agrees_with_an_independent_importer() {
		let (root, size) = build(vector_input(), Code::Sha2_256, |_, _| Ok(())).unwrap();
		assert_eq!(root.to_string(), "bafybeihdfwyu3xb5xzeqq4n77oau5dzvwygoiwtzepw5ycektv6ueexsy4");
		assert_eq!(size, 52_428_805);
	}

	/// Compares with the same importer at 256 KiB leaves and 174 links, where the second level of nodes
	/// agrees as well.
	#[test]
	fn the_library_agrees_where_nodes_have_parents() {
		let mut adder = FileAdder::builder().with_hasher(Code::Sha2_256).build();
		let mut content = Vec::new();
		vector_input().read_to_end(&mut content).unwrap();
		let (mut rest, mut root) = (content.as_slice(), None);
		while !rest.is_empty() {
			let (blocks, consumed) = adder.push(rest);
			root = blocks.last().or(root);
			rest = &rest[consumed..];
		}
		let (root, _) = adder.finish().last().or(root).unwrap();
		assert_eq!(root.to_string(), "bafybeif434e7thzts2ypgnh6srgzklylieg6hwlgds4q4amtz77jva7lk4");
	}

	/// 1026 leaves make two levels of nodes. Every block that the library builds has the form that its place
	/// demands.
	#[test]
	fn every_built_block_opens_at_its_place() {
		let size = 1025 * LEAF_SIZE + 7;
		let mut nodes = HashMap::new();
		let zeros = io::repeat(0).take(size);
		let (root, built) = build(zeros, Code::Blake2b256, |cid, block| {
			nodes.insert(BlockId::try_from(cid).unwrap(), block.to_vec());
			Ok(())
		})
		.unwrap();
		assert_eq!(built, size);
		let content = BlockId::try_from(&root).unwrap().content(size);
		let mut pending = vec![(BlockId::from(&content), Span::root(&content).unwrap())];
		let (mut leaves, mut bytes) = (0, 0);
		while let Some((id, span)) = pending.pop() {
			let children = span.open(&id, &nodes[&id]).unwrap();
			if span.is_leaf() {
				leaves += 1;
				bytes += span.size();
			}
			pending.extend(children);
		}
		assert_eq!((leaves, bytes), (1026, size));
	}
}
