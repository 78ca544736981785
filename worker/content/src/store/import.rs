use std::{
	fs::File,
	io::{self, Read},
	path::Path,
	sync::{
		atomic::{AtomicU64, Ordering},
		Mutex, PoisonError,
	},
};

use descent_protocol::{Codec, ContentRef, LEAF_SIZE};

use super::{
	disk::Context,
	parallel::{for_each, grouped},
	writer::Writer,
	At, Place, Result, Session, Store, StoreError,
};
use crate::{
	block::{blake2b_256_each, LANES},
	buffers::Buffers,
	layout::Span,
	BlockId, LayoutError, MAX_CONTENT_SIZE,
};

const LEAF: usize = LEAF_SIZE as usize;

impl Store {
	/// Imports content from a reader and pins it. Leaves are hashed and written on all cores while the next
	/// ones are read, four in memory for each core.
	///
	/// # Errors
	/// [`StoreError::Source`] if the reader fails, [`StoreError::Quota`] if the content does not fit,
	/// [`StoreError::Layout`] beyond [`MAX_CONTENT_SIZE`], [`StoreError::Io`]. What was written by then is
	/// deleted.
	pub fn import(&self, reader: impl Read + Send) -> Result<ContentRef> {
		self.import_if(reader, |_| true).map(|(content, _)| content)
	}

	/// Imports content from a reader as [`Store::import`] does, but only if it is this one. Returns false,
	/// and keeps nothing, if it is another one. Reads at most one byte more than the content has.
	pub(crate) fn import_as(&self, content: &ContentRef, reader: impl Read + Send) -> Result<bool> {
		let bounded = reader.take(content.size.saturating_add(1));
		self.import_if(bounded, |imported| imported == content).map(|(_, is_kept)| is_kept)
	}

	/// Imports content, and pins it if it is wanted. Returns the content, and true if it is pinned.
	fn import_if(
		&self,
		reader: impl Read + Send,
		is_wanted: impl FnOnce(&ContentRef) -> bool,
	) -> Result<(ContentRef, bool)> {
		let file = self.inner.disk.temporary_file()?;
		let writer = Writer::new(file.as_file().try_clone().at(file.path())?);
		let room = Room { store: self, taken: AtomicU64::new(0) };
		let leaves = hash(reader, self.buffers(), |number, leaf| {
			room.take(leaf.len())?;
			writer.write(leaf, number * LEAF_SIZE).at(file.path())
		})?;
		let mut nodes = Vec::new();
		let content = leaves.assemble(|id, node| nodes.push((id, node)))?;
		if !is_wanted(&content) {
			return Ok((content, false));
		}
		writer.finish().at(file.path())?;
		let session = Session::new(self, &content)?;
		let kept = nodes
			.iter()
			.try_for_each(|(id, node)| session.put_node(id, node))
			.and_then(|()| session.replace(file, &leaves.digests, &room));
		if kept.is_err() {
			session.discard()?;
		}
		kept?;
		session.survive()?;
		Ok((content, true))
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

impl Session {
	/// Takes a file of all leaves in place of what is here of the content.
	fn replace(&self, file: tempfile::NamedTempFile, digests: &[[u8; 32]], room: &Room<'_>) -> Result<()> {
		let content = self.content();
		let mut state = self.store().state();
		let before = content.used() - content.tree.len();
		content.replace(file)?;
		state.used = state.used.saturating_sub(before);
		room.keep();
		for (number, digest) in (0..).zip(digests) {
			content.checked(number);
			let id = BlockId { codec: Codec::Raw, digest: *digest };
			state.index_block(&id, Place { content: content.clone(), at: At::Leaf(number) });
		}
		Ok(())
	}
}

/// Room for an import, which is free again if the import fails.
struct Room<'a> {
	store: &'a Store,
	taken: AtomicU64,
}

impl Room<'_> {
	fn take(&self, bytes: usize) -> Result<()> {
		self.store.take_room(bytes as u64)?;
		self.taken.fetch_add(bytes as u64, Ordering::Relaxed);
		Ok(())
	}

	/// Leaves the room to content that is now in the store.
	fn keep(&self) {
		self.taken.store(0, Ordering::Relaxed);
	}
}

impl Drop for Room<'_> {
	fn drop(&mut self) {
		self.store.free_room(self.taken.load(Ordering::Relaxed));
	}
}

/// Computes the address of content without keeping it.
///
/// # Errors
/// [`StoreError::Source`] if the reader fails, [`StoreError::Layout`] beyond [`MAX_CONTENT_SIZE`].
pub fn address(reader: impl Read + Send) -> Result<ContentRef> {
	hash(reader, &Buffers::default(), |_, _| Ok(()))?.assemble(|_, _| {})
}

/// The hashes of all leaves of content.
struct Leaves {
	digests: Vec<[u8; 32]>,
	/// Size of the content in bytes.
	size: u64,
}

impl Leaves {
	/// Builds the nodes over the leaves. Returns the content.
	fn assemble(&self, mut emit: impl FnMut(BlockId, Vec<u8>)) -> Result<ContentRef> {
		let codec = if self.size > LEAF_SIZE { Codec::UnixFs } else { Codec::Raw };
		let root = Span::root(&ContentRef { codec, size: self.size, digest: [0; 32].into() })?;
		let mut digests = self.digests.iter().copied();
		Ok(root.assemble(&mut digests, &mut emit).content(self.size))
	}
}

/// Cuts content into leaves and hashes them on all cores. `emit` gets each with its number, in any order.
fn hash(
	reader: impl Read + Send,
	buffers: &Buffers,
	emit: impl Fn(u64, &[u8]) -> Result<()> + Sync,
) -> Result<Leaves> {
	let (digests, size) = (Mutex::new(Vec::new()), AtomicU64::new(0));
	let mut leaves = Cut { reader, buffers, number: 0, is_over: false };
	let work = |group: Vec<(u64, Vec<u8>)>| {
		group.iter().try_for_each(|(number, leaf)| emit(*number, leaf))?;
		let hashes = blake2b_256_each(group.iter().map(|(_, leaf)| leaf.as_slice()));
		let mut digests = digests.lock().unwrap_or_else(PoisonError::into_inner);
		for ((number, leaf), digest) in group.into_iter().zip(hashes) {
			size.fetch_add(leaf.len() as u64, Ordering::Relaxed);
			buffers.give(leaf);
			let number = usize::try_from(number).unwrap_or(usize::MAX);
			if digests.len() <= number {
				digests.resize(number + 1, [0; 32]);
			}
			digests[number] = digest;
		}
		Ok(())
	};
	// Small content is not worth a thread.
	if let Some(first) = leaves.next() {
		work(vec![first?])?;
	}
	if !leaves.is_over {
		for_each(grouped(leaves, LANES), work)?;
	}
	let digests = digests.into_inner().unwrap_or_else(PoisonError::into_inner);
	Ok(Leaves { digests, size: size.into_inner() })
}

/// Leaves of a reader, with their numbers. Even empty content has one.
struct Cut<'a, R> {
	reader: R,
	buffers: &'a Buffers,
	number: u64,
	is_over: bool,
}

impl<R: Read> Iterator for Cut<'_, R> {
	type Item = Result<(u64, Vec<u8>)>;

	fn next(&mut self) -> Option<Self::Item> {
		if self.is_over {
			return None;
		}
		let mut leaf = self.buffers.take(LEAF);
		let filled = match fill(&mut self.reader, &mut leaf) {
			Ok(filled) => filled,
			Err(error) => return Some(Err(StoreError::Source(error))),
		};
		self.is_over = filled < LEAF;
		if filled == 0 && self.number > 0 {
			return None;
		}
		leaf.truncate(filled);
		let size = self.number * LEAF_SIZE + filled as u64;
		if size > MAX_CONTENT_SIZE {
			return Some(Err(LayoutError::Size { size }.into()));
		}
		self.number += 1;
		Some(Ok((self.number - 1, leaf)))
	}
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
	use multihash_codetable::Code;
	use rust_unixfs::file::adder::{BalancedCollector, Chunker, FileAdder};
	use std::collections::HashMap;

	const LINKS: usize = crate::LINKS_PER_NODE as usize;

	/// Returns blocks, children before parents, as an independent library builds them.
	fn independent(
		mut reader: impl Read,
		chunk: usize,
		links: usize,
		hasher: Code,
	) -> Vec<(cid::Cid, Vec<u8>)> {
		let mut adder = FileAdder::builder()
			.with_chunker(Chunker::Size(chunk))
			.with_collector(BalancedCollector::with_branching_factor(links))
			.with_raw_leaves(true)
			.with_hasher(hasher)
			.build();
		let mut all = Vec::new();
		let mut buffer = vec![0; chunk];
		loop {
			let filled = fill(&mut reader, &mut buffer).unwrap();
			let mut rest = &buffer[..filled];
			while !rest.is_empty() {
				let (blocks, consumed) = adder.push(rest);
				all.extend(blocks);
				rest = &rest[consumed..];
			}
			if filled < buffer.len() {
				break;
			}
		}
		all.extend(adder.finish());
		all
	}

	/// Returns the input of the layout vector: byte i is i mod 251, for 200 * 262144 + 5 bytes.
	fn vector_input() -> impl Read + Send {
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

	/// The library that our trees are compared with agrees with the roots that js ipfs-unixfs-importer 17.1.1
	/// computes of the same input, with 1 MiB raw leaves and 1024 links, and with 256 KiB leaves and 174
	/// links, where nodes have parents.
	#[test]
	fn the_library_agrees_with_an_independent_importer() {
		for (chunk, links, root) in [
			(LEAF, LINKS, "bafybeihdfwyu3xb5xzeqq4n77oau5dzvwygoiwtzepw5ycektv6ueexsy4"),
			(LEAF / 4, 174, "bafybeif434e7thzts2ypgnh6srgzklylieg6hwlgds4q4amtz77jva7lk4"),
		] {
			let blocks = independent(vector_input(), chunk, links, Code::Sha2_256);
			assert_eq!(blocks.last().unwrap().0.to_string(), root);
		}
	}

	/// 1026 leaves make two levels of nodes. Every block is the one that the library builds, and has the form
	/// that its place demands.
	#[test]
	fn trees_are_those_of_the_library() {
		for size in [0, 1, LEAF_SIZE, LEAF_SIZE + 1, 3 * LEAF_SIZE, 1024 * LEAF_SIZE, 1025 * LEAF_SIZE + 7] {
			let expected = independent(vector_of(size), LEAF, LINKS, Code::Blake2b256);
			let expected: HashMap<_, _> =
				expected.into_iter().map(|(cid, block)| (BlockId::try_from(&cid).unwrap(), block)).collect();
			let mut nodes = HashMap::new();
			let leaves = hash(vector_of(size), &Buffers::default(), |_, _| Ok(())).unwrap();
			let content = leaves.assemble(|id, node| drop(nodes.insert(id, node))).unwrap();
			assert_eq!((content.size, content), (size, address(vector_of(size)).unwrap()));
			assert!(nodes.iter().all(|(id, node)| expected.get(id) == Some(node)), "{size}");
			let mut pending = vec![(BlockId::from(&content), Span::root(&content).unwrap())];
			let (mut count, mut bytes) = (0, 0);
			while let Some((id, span)) = pending.pop() {
				let children = span.open(&id, &expected[&id]).unwrap();
				if span.is_leaf() {
					count += 1;
					bytes += span.size();
				}
				pending.extend(children);
			}
			assert_eq!((count, bytes), (size.div_ceil(LEAF_SIZE).max(1), size));
		}
	}

	fn vector_of(size: u64) -> impl Read + Send {
		io::repeat(7).take(size)
	}
}
