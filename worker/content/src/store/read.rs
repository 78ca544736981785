use std::{
	fs,
	io::{self, Read},
	ops::Range,
	path::Path,
};

use bytes::{Buf, Bytes};
use descent_protocol::{ContentRef, LEAF_SIZE};

use super::{
	disk::{sync, Context},
	parallel::{for_each, grouped},
	writer::Writer,
	At, Check, Place, Result, Store, StoreError,
};
use crate::{
	block::LANES,
	layout::{numbered, Span},
	BlockId,
};

/// The blocks of content in depth-first order. Each is checked against its hash and its place before it is
/// returned.
pub(crate) struct Walk {
	store: Store,
	/// Blocks to visit, and the number of content bytes before each.
	pending: Vec<(BlockId, Span, u64)>,
	range: Range<u64>,
}

/// A block of content and its place.
pub(crate) struct Visited {
	pub(crate) id: BlockId,
	pub(crate) is_leaf: bool,
	/// Number of content bytes before this block.
	pub(crate) start: u64,
	pub(crate) bytes: Bytes,
}

impl Walk {
	pub(crate) fn new(store: &Store, content: &ContentRef) -> Result<Self> {
		Self::over(store, content, 0..content.size)
	}

	/// Returns the root, and of the blocks below it those that have bytes of this range of the content or
	/// lead to them.
	pub(crate) fn over(store: &Store, content: &ContentRef, range: Range<u64>) -> Result<Self> {
		let root = Span::root(content)?;
		Ok(Self { store: store.clone(), pending: vec![(content.into(), root, 0)], range })
	}
}

impl Walk {
	/// Returns the bytes of the range, from the blocks that have them.
	pub(crate) fn content(self) -> impl Iterator<Item = Result<Bytes>> {
		let range = self.range.clone();
		self.filter_map(move |visited| {
			let visited = match visited {
				Ok(visited) if visited.is_leaf => visited,
				Ok(_) => return None,
				Err(error) => return Some(Err(error)),
			};
			let within = |at: u64| {
				let len = visited.bytes.len();
				usize::try_from(at.saturating_sub(visited.start)).unwrap_or(len).min(len)
			};
			Some(Ok(visited.bytes.slice(within(range.start)..within(range.end))))
		})
	}
}

impl Iterator for Walk {
	type Item = Result<Visited>;

	fn next(&mut self) -> Option<Self::Item> {
		let (id, span, start) = self.pending.pop()?;
		let visited = self.store.get_block(&id).and_then(|block| {
			let bytes = block.ok_or(StoreError::Missing(id))?;
			let mut end = start;
			let children = span.open(&id, &bytes)?.into_iter().map(|(id, span)| {
				let start = end;
				end += span.size();
				(id, span, start)
			});
			let Range { start: from, end: to } = self.range;
			let wanted = children.filter(|(_, span, start)| *start < to && start + span.size() > from);
			let wanted: Vec<_> = wanted.collect();
			self.pending.extend(wanted.into_iter().rev());
			Ok(Visited { id, is_leaf: span.is_leaf(), start, bytes })
		});
		if visited.is_err() {
			self.pending.clear();
		}
		Some(visited)
	}
}

/// Reads content from a [`Store`], with one leaf of up to 1 MiB in memory at a time.
///
/// It returns exactly the content's `size` bytes or fails: with [`io::ErrorKind::NotFound`] if a block is
/// absent, with [`io::ErrorKind::InvalidData`] if the content is malformed. The error holds the
/// [`StoreError`].
pub struct ContentReader {
	walk: Walk,
	leaf: Bytes,
}

impl Read for ContentReader {
	fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
		while self.leaf.is_empty() {
			match self.walk.next() {
				None => return Ok(0),
				Some(Ok(visited)) if visited.is_leaf => self.leaf = visited.bytes,
				Some(Ok(_)) => {}
				Some(Err(error)) => return Err(to_io(error)),
			}
		}
		let count = buffer.len().min(self.leaf.len());
		self.leaf.copy_to_slice(&mut buffer[..count]);
		Ok(count)
	}
}

fn to_io(error: StoreError) -> io::Error {
	let kind = match &error {
		StoreError::Missing(_) => io::ErrorKind::NotFound,
		StoreError::Layout(_) => io::ErrorKind::InvalidData,
		StoreError::Io { source, .. } => source.kind(),
		_ => io::ErrorKind::Other,
	};
	io::Error::new(kind, error)
}

impl Store {
	/// Returns a reader over content in the store.
	///
	/// # Errors
	/// Returns [`StoreError::Layout`] if the reference itself is impossible. Absent and malformed blocks are
	/// reported on reading.
	pub fn reader(&self, content: &ContentRef) -> Result<ContentReader> {
		Ok(ContentReader { walk: Walk::new(self, content)?, leaf: Bytes::new() })
	}

	/// Reads the whole content into memory; `limit` is the most bytes to accept.
	///
	/// # Errors
	/// [`StoreError::ContentTooLarge`] beyond `limit`, [`StoreError::Missing`], [`StoreError::Layout`],
	/// [`StoreError::Io`].
	pub fn read(&self, content: &ContentRef, limit: u64) -> Result<Vec<u8>> {
		let size = content.size;
		let capacity = usize::try_from(size).ok().filter(|_| size <= limit);
		let capacity = capacity.ok_or(StoreError::ContentTooLarge { size, limit })?;
		let mut bytes = Vec::with_capacity(capacity);
		for visited in Walk::new(self, content)? {
			let visited = visited?;
			if visited.is_leaf {
				bytes.extend_from_slice(&visited.bytes);
			}
		}
		Ok(bytes)
	}

	/// Writes content to a file, which appears under its name only when it is complete and on disk. Leaves
	/// are checked on all cores.
	///
	/// # Errors
	/// [`StoreError::Missing`], [`StoreError::Layout`], [`StoreError::Io`].
	pub fn export_to(&self, content: &ContentRef, path: impl AsRef<Path>) -> Result<()> {
		let path = path.as_ref();
		let directory = folder_of(path);
		let file = tempfile::NamedTempFile::new_in(directory).at(directory)?;
		let writer = Writer::new(file.as_file().try_clone().at(path)?);
		for_each(Leaves::of(self, content)?, |(id, number)| {
			let leaf = self.get_block(&id)?.ok_or(StoreError::Missing(id))?;
			writer.write(&leaf, number * LEAF_SIZE).at(path)
		})?;
		writer.finish().at(path)?;
		file.persist(path).map_err(|error| error.error).at(path)?;
		sync(directory)
	}

	/// Gives the file of whole content another name, under which it stays though the content is removed.
	/// Leaves are checked on all cores. No byte is copied if the path is on the store's file system. Nobody
	/// may write to the file.
	///
	/// # Errors
	/// [`StoreError::Missing`], [`StoreError::Layout`], [`StoreError::Io`].
	pub fn link_to(&self, content: &ContentRef, path: impl AsRef<Path>) -> Result<()> {
		self.link(content, path.as_ref(), Check::Always)
	}

	/// Moves the file of whole content out of the store. Leaves are checked that this process has not
	/// checked before. No byte is copied if the path is on the store's file system.
	///
	/// # Errors
	/// Those of [`Store::link_to`] and of [`Store::remove`].
	pub fn move_to(&self, content: &ContentRef, path: impl AsRef<Path>) -> Result<()> {
		let path = path.as_ref();
		self.link(content, path, Check::Once)?;
		sync(folder_of(path))?;
		self.remove(content).map(drop)
	}

	fn link(&self, content: &ContentRef, path: &Path, check: Check) -> Result<()> {
		let absent = || StoreError::Missing(content.into());
		if !self.is_complete(content)? {
			return Err(absent());
		}
		let kept = self.state().contents.get(content).cloned().ok_or_else(absent)?;
		let leaves = Leaves::of(self, content)?.filter(|leaf| {
			let is_trusted = |number| check == Check::Once && kept.is_checked(number);
			!matches!(leaf, Ok((_, number)) if is_trusted(*number))
		});
		let place = |number| Place { content: kept.clone(), at: At::Leaf(number) };
		let places = leaves.map(|leaf| leaf.map(|(id, number)| (id, place(number))));
		for_each(grouped(places, LANES), |group| {
			let blocks = Place::read_each(&group, self.buffers())?;
			match group.iter().zip(blocks).find(|(_, block)| block.is_none()) {
				None => Ok(()),
				Some(((id, place), _)) => {
					self.damaged(id, place)?;
					Err(StoreError::Missing(*id))
				}
			}
		})?;
		let source = kept.path().ok_or_else(absent)?;
		let target =
			tempfile::Builder::new().make_in(folder_of(path), |name| match fs::hard_link(source, name) {
				Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
					fs::copy(source, name).map(drop)
				}
				linked => linked,
			});
		target.at(path)?.into_temp_path().persist(path).map_err(|error| error.error).at(path)
	}
}

fn folder_of(path: &Path) -> &Path {
	match path.parent() {
		Some(parent) if !parent.as_os_str().is_empty() => parent,
		_ => Path::new("."),
	}
}

/// The leaves of content with their numbers, in order. Nodes are read and checked.
struct Leaves {
	store: Store,
	pending: Vec<(BlockId, Span, u64)>,
}

impl Leaves {
	fn of(store: &Store, content: &ContentRef) -> Result<Self> {
		Ok(Self { store: store.clone(), pending: vec![(content.into(), Span::root(content)?, 0)] })
	}

	/// Puts the children of a node before what is pending.
	fn open(&mut self, id: &BlockId, span: Span, leaf: u64) -> Result<()> {
		let node = self.store.get_block(id)?.ok_or(StoreError::Missing(*id))?;
		let mut children: Vec<_> = numbered(span.open(id, &node)?, leaf).collect();
		children.reverse();
		self.pending.extend(children);
		Ok(())
	}
}

impl Iterator for Leaves {
	type Item = Result<(BlockId, u64)>;

	fn next(&mut self) -> Option<Self::Item> {
		loop {
			let (id, span, leaf) = self.pending.pop()?;
			if span.is_leaf() {
				return Some(Ok((id, leaf)));
			}
			if let Err(error) = self.open(&id, span, leaf) {
				self.pending.clear();
				return Some(Err(error));
			}
		}
	}
}
