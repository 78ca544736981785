//! Content on disk, one file each, and an index of its blocks.

mod check;
mod collect;
mod content;
mod convert;
mod disk;
mod import;
mod parallel;
mod read;
mod session;
mod tree;
mod writer;

use std::{
	collections::{hash_map::Entry, BTreeMap, HashMap},
	fs::File,
	io,
	path::{Path, PathBuf},
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::{Duration, SystemTime},
};

use bytes::Bytes;
use descent_protocol::ContentRef;

pub use check::{Checked, Damage};
pub use import::address;
pub use read::ContentReader;
pub(crate) use {read::Walk, session::Session};

use crate::{
	block::blake2b_256_each,
	buffers::Buffers,
	layout::{numbered, Span},
	BlockId, LayoutError,
};
use content::Content;
use disk::Disk;

/// Age of a change after which another one has another time.
const SETTLED: Duration = Duration::from_secs(2);

/// Errors of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
	/// The file system failed.
	#[error("{path}: {source}")]
	Io {
		/// File or directory that was read or written.
		path: PathBuf,
		/// Error of the operating system.
		source: io::Error,
	},
	/// Another process has the store open, or fetches the same content into it.
	#[error("{0} is in use by another process: stop it, or give this one a directory of its own")]
	InUse(PathBuf),
	/// Nothing may be deleted from a store that other processes rely on.
	#[error("the store is shared with other processes, so nothing can be removed from it")]
	Shared,
	/// The block would exceed the store's limit.
	#[error(
		"the store holds {used} of at most {max} bytes, no room for {needed} more: remove content or \
		 raise the cap"
	)]
	Quota {
		/// Number of bytes in the store.
		used: u64,
		/// The limit in bytes.
		max: u64,
		/// Length in bytes of the block that was refused.
		needed: u64,
	},
	/// A block of the content is not in the store.
	#[error("block {0} is not in the store: fetch the content first")]
	Missing(BlockId),
	/// A leaf of the content is not in the store.
	#[error("leaf {leaf} of {content} is not in the store: fetch the content first")]
	Incomplete {
		/// Root of the content.
		content: BlockId,
		/// Number of the leaf, counted from 0.
		leaf: u64,
	},
	/// The content is larger than the caller allows to be read into memory.
	#[error("content of {size} bytes is more than the {limit} allowed here")]
	ContentTooLarge {
		/// Size of the content in bytes.
		size: u64,
		/// The caller's limit in bytes.
		limit: u64,
	},
	/// The content does not have the one form that its size prescribes.
	#[error(transparent)]
	Layout(#[from] LayoutError),
	/// Reading the content to import failed.
	#[error("reading the content to import: {0}")]
	Source(io::Error),
}

pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// A content-addressed store below one directory: each content is one file, next to the nodes of its tree.
///
/// Leaves are hashed when they are written, and again when they are read. Content is whole, and counts as
/// *pinned*, when it is flushed to disk and renamed; until then it is here in part, and a later fetch goes on
/// with it. A leaf that no longer hashes to its address counts as absent, and its content as here in part, so
/// that the next fetch replaces it. [`Store::gc`] deletes what is here in part; pinned content stays until
/// [`Store::remove`] or [`Store::retain`].
///
/// Content that is equal in part shares no room on disk, but what one has is not fetched for the other.
///
/// A clone is cheap. All methods block on the file system, so asynchronous callers run them on a blocking
/// thread. At one time a directory is open in one process, or in several that share it and delete nothing.
/// A directory of the older layout, with one file for each block, is converted when it is opened.
#[derive(Clone, Debug)]
pub struct Store {
	inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
	disk: Disk,
	max_bytes: u64,
	/// True if other processes may rely on content that this one does not know to be needed.
	is_shared: bool,
	buffers: Buffers,
	state: Mutex<State>,
	/// Holds the lock of the directory for as long as the store is open.
	_lock: Option<File>,
}

#[derive(Debug, Default)]
struct State {
	/// Number of bytes on disk, including those being written.
	used: u64,
	contents: BTreeMap<ContentRef, Arc<Content>>,
	/// A place of each block that is here.
	index: HashMap<[u8; 32], Place>,
	/// True if a block may be in more places than the index has.
	has_repetitions: bool,
	/// Time of the last change of the folder of content that was read.
	read_at: Option<SystemTime>,
}

/// Place of a block.
#[derive(Clone, Debug)]
struct Place {
	content: Arc<Content>,
	at: At,
}

/// Place of a block in its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
	/// A node of the tree.
	Node,
	/// A leaf, by its number.
	Leaf(u64),
}

/// Rule by which a block that this process has hashed before is hashed again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Check {
	Always,
	Once,
}

impl Store {
	/// Opens the store in `directory`, and creates it if there is none. It will hold at most `max_bytes` of
	/// leaves and nodes.
	///
	/// # Errors
	/// [`StoreError::InUse`] while another process has it open, [`StoreError::Io`] if it cannot be read or
	/// written. A store that already holds more than `max_bytes` opens, but takes no further block.
	pub fn open(directory: impl AsRef<Path>, max_bytes: u64) -> Result<Self> {
		let (disk, lock) = Disk::open(directory.as_ref())?;
		convert::convert(disk.root())?;
		Self::over(disk, Some(lock), max_bytes, false)
	}

	/// Opens the store together with other processes that share it, such as one that serves content and one
	/// that adds some.
	///
	/// [`Store::remove`], [`Store::gc`] and [`Store::retain`] are refused for a shared store. Each process
	/// counts `max_bytes` for itself.
	///
	/// # Errors
	/// As for [`Store::open`]; [`StoreError::InUse`] while a process has it to itself.
	pub fn open_shared(directory: impl AsRef<Path>, max_bytes: u64) -> Result<Self> {
		let (disk, lock) = Disk::open_shared(directory.as_ref(), |disk| convert::convert(disk.root()))?;
		Self::over(disk, Some(lock), max_bytes, true)
	}

	fn over(disk: Disk, lock: Option<File>, max_bytes: u64, is_shared: bool) -> Result<Self> {
		let (buffers, state) = (Buffers::default(), Mutex::default());
		let inner = Inner { disk, max_bytes, is_shared, buffers, state, _lock: lock };
		let store = Self { inner: Arc::new(inner) };
		store.read_directory()?;
		Ok(store)
	}

	fn read_directory(&self) -> Result<()> {
		let disk = &self.inner.disk;
		let mut state = self.state();
		state.read_at = Some(disk.changed()?);
		for reference in disk.list_whole()? {
			match Span::root(&reference) {
				Ok(_) => state.add(Arc::new(Content::whole(disk, reference)?))?,
				Err(error) => tracing::warn!(%error, "ignoring a file of impossible content"),
			}
		}
		for reference in disk.list_parts()? {
			if !state.contents.contains_key(&reference) && Span::root(&reference).is_ok() {
				state.add(Arc::new(Content::part(disk, reference)?))?;
			}
		}
		Ok(())
	}

	/// Reads content that another process has added since.
	fn read_additions(&self) -> Result<()> {
		let disk = &self.inner.disk;
		let changed = disk.changed()?;
		let mut state = self.state();
		// A change right after the last look may have left the time as it was.
		let is_settled = changed.elapsed().is_ok_and(|age| age > SETTLED);
		if state.read_at == Some(changed) && is_settled {
			return Ok(());
		}
		state.read_at = Some(changed);
		for reference in disk.list_whole()? {
			let is_known = state.contents.get(&reference).is_some_and(|content| content.is_whole());
			if !is_known && Span::root(&reference).is_ok() {
				state.forget(&reference);
				state.add(Arc::new(Content::whole(disk, reference)?))?;
			}
		}
		Ok(())
	}

	/// Memory for the blocks that are read and fetched.
	pub(crate) fn buffers(&self) -> &Buffers {
		&self.inner.buffers
	}

	/// Directory of the store.
	pub(crate) fn directory(&self) -> &Path {
		self.inner.disk.root()
	}

	/// Number of bytes that leaves and nodes take now.
	pub fn used_bytes(&self) -> u64 {
		self.state().used
	}

	/// Most bytes that leaves and nodes may take.
	pub fn max_bytes(&self) -> u64 {
		self.inner.max_bytes
	}

	/// Returns true if the block is here. It is not read, so it may turn out to be damaged.
	///
	/// # Errors
	/// [`StoreError::Io`].
	pub fn has(&self, id: &BlockId) -> Result<bool> {
		Ok(self.place(id)?.is_some())
	}

	/// Reads a block and checks its hash. Returns `None` if it is absent or was found damaged.
	///
	/// # Errors
	/// [`StoreError::Io`].
	pub fn get_block(&self, id: &BlockId) -> Result<Option<Bytes>> {
		self.block(id, Check::Always)
	}

	/// Reads a block for somebody who checks its hash, too. It is checked here once in the life of this
	/// process.
	pub(crate) fn served_block(&self, id: &BlockId) -> Result<Option<Bytes>> {
		self.block(id, Check::Once)
	}

	fn block(&self, id: &BlockId, check: Check) -> Result<Option<Bytes>> {
		// A damaged block may be whole in another place.
		while let Some(place) = self.place(id)? {
			if let Some(bytes) = place.read(id, check, &self.inner.buffers)? {
				return Ok(Some(bytes));
			}
			self.damaged(id, &place)?;
		}
		Ok(None)
	}

	fn place(&self, id: &BlockId) -> Result<Option<Place>> {
		let known = || self.state().index.get(&id.digest).cloned();
		if let Some(place) = known() {
			return Ok(Some(place));
		}
		if self.inner.is_shared {
			self.read_additions()?;
		}
		Ok(known())
	}

	/// Notes that a block is not what it should be in its place.
	fn damaged(&self, id: &BlockId, place: &Place) -> Result<()> {
		tracing::warn!(block = %id, content = %BlockId::from(&place.content.reference), "a damaged block");
		let mut state = self.state();
		let freed = match place.at {
			At::Leaf(number) => place.content.lost(number),
			At::Node => 0,
		};
		state.used = state.used.saturating_sub(freed);
		place.content.demote()?;
		state.index.remove(&id.digest);
		if state.has_repetitions {
			state.read_index()?;
		}
		Ok(())
	}

	/// Counts bytes that are about to be written.
	fn take_room(&self, needed: u64) -> Result<()> {
		let mut state = self.state();
		let (used, max) = (state.used, self.inner.max_bytes);
		if needed > 0 && used.checked_add(needed).is_none_or(|total| total > max) {
			return Err(StoreError::Quota { used, max, needed });
		}
		state.used += needed;
		Ok(())
	}

	fn free_room(&self, bytes: u64) {
		let mut state = self.state();
		state.used = state.used.saturating_sub(bytes);
	}

	/// Returns true if the content is whole. It is looked up, not read.
	///
	/// # Errors
	/// [`StoreError::Io`]; [`StoreError::Layout`] if the reference is impossible.
	pub fn is_complete(&self, content: &ContentRef) -> Result<bool> {
		Span::root(content)?;
		let is_whole = || self.state().contents.get(content).is_some_and(|content| content.is_whole());
		if !is_whole() && self.inner.is_shared {
			self.read_additions()?;
		}
		Ok(is_whole())
	}

	/// Returns all content that is whole.
	pub fn pins(&self) -> Vec<ContentRef> {
		let state = self.state();
		let whole = state.contents.values().filter(|content| content.is_whole());
		whole.map(|content| content.reference).collect()
	}

	/// Returns the entry of content, which is made if there is none.
	fn content(&self, state: &mut State, reference: &ContentRef) -> Result<Arc<Content>> {
		if let Some(content) = state.contents.get(reference) {
			return Ok(content.clone());
		}
		let content = Arc::new(Content::new(&self.inner.disk, *reference)?);
		state.contents.insert(*reference, content.clone());
		Ok(content)
	}

	fn state(&self) -> MutexGuard<'_, State> {
		// Every critical section leaves the state valid at each step, so a panic elsewhere does not spoil it.
		self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

impl Place {
	fn is(&self, other: &Self) -> bool {
		Arc::ptr_eq(&self.content, &other.content) && self.at == other.at
	}

	/// Reads the block in this place. Returns `None` if it is not there any more, or is damaged.
	fn read(&self, id: &BlockId, check: Check, buffers: &Buffers) -> Result<Option<Bytes>> {
		let bytes = self.load(id, buffers)?;
		if check == Check::Once && matches!(self.at, At::Leaf(number) if self.content.is_checked(number)) {
			return Ok(bytes);
		}
		let intact = bytes.filter(|bytes| id.matches(bytes));
		Ok(intact.inspect(|_| self.checked()))
	}

	/// Reads blocks in their places, and checks the hashes of all side by side. A block that is not there
	/// any more, or is damaged, is `None`.
	fn read_each(blocks: &[(BlockId, Self)], buffers: &Buffers) -> Result<Vec<Option<Bytes>>> {
		let loaded = blocks.iter().map(|(id, place)| place.load(id, buffers));
		let loaded = loaded.collect::<Result<Vec<_>>>()?;
		let mut digests = blake2b_256_each(loaded.iter().flatten().map(AsRef::as_ref)).into_iter();
		let intact = blocks.iter().zip(loaded).map(|((id, place), bytes)| {
			let is_intact = bytes.is_some() && digests.next() == Some(id.digest);
			bytes.filter(|_| is_intact).inspect(|_| place.checked())
		});
		Ok(intact.collect())
	}

	/// Reads the block in this place without checking the hash of a leaf.
	fn load(&self, id: &BlockId, buffers: &Buffers) -> Result<Option<Bytes>> {
		match self.at {
			At::Node => Ok(self.content.tree.get(id)?.map(Bytes::from)),
			At::Leaf(number) => self.content.read_leaf(number, buffers),
		}
	}

	/// Notes that the block in this place has the right hash.
	fn checked(&self) {
		if let At::Leaf(number) = self.at {
			self.content.checked(number);
		}
	}
}

impl State {
	/// Adds content that was found on disk.
	fn add(&mut self, content: Arc<Content>) -> Result<()> {
		self.used += content.used();
		let is_here = self.index_blocks(&content)?;
		if !is_here {
			content.demote()?;
		}
		self.contents.insert(content.reference, content);
		Ok(())
	}

	/// Puts the blocks of content into the index. Returns true if all nodes of the tree are here.
	fn index_blocks(&mut self, content: &Arc<Content>) -> Result<bool> {
		let (mut pending, mut is_here) = (vec![(BlockId::from(&content.reference), content.root, 0)], true);
		while let Some((id, span, leaf)) = pending.pop() {
			if span.is_leaf() {
				if content.has_leaf(leaf) {
					self.index_block(&id, Place { content: content.clone(), at: At::Leaf(leaf) });
				}
				continue;
			}
			let Some(node) = content.tree.get(&id)? else {
				is_here = false;
				continue;
			};
			match span.open(&id, &node) {
				Ok(children) => pending.extend(numbered(children, leaf)),
				Err(_) => is_here = false,
			}
			self.index_block(&id, Place { content: content.clone(), at: At::Node });
		}
		Ok(is_here)
	}

	fn index_block(&mut self, id: &BlockId, place: Place) {
		match self.index.entry(id.digest) {
			Entry::Vacant(entry) => drop(entry.insert(place)),
			Entry::Occupied(entry) => self.has_repetitions |= !entry.get().is(&place),
		}
	}

	/// Builds the index anew.
	fn read_index(&mut self) -> Result<()> {
		self.index.clear();
		self.has_repetitions = false;
		let contents: Vec<_> = self.contents.values().cloned().collect();
		contents.iter().try_for_each(|content| self.index_blocks(content).map(drop))
	}

	/// Forgets content, but not its files.
	fn forget(&mut self, reference: &ContentRef) {
		if let Some(content) = self.contents.remove(reference) {
			self.used = self.used.saturating_sub(content.used());
			self.index.retain(|_, place| !Arc::ptr_eq(&place.content, &content));
		}
	}
}
