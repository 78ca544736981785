//! Blocks on disk, one file each, and the pins that keep them.

mod collect;
mod files;
mod import;
mod read;
mod session;

use std::{
	collections::{BTreeMap, HashMap, HashSet},
	fs::File,
	io,
	path::{Path, PathBuf},
	sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use descent_protocol::ContentRef;

pub use import::address;
pub use read::ContentReader;
pub(crate) use {read::Walk, session::Session};

use crate::{layout::Span, BlockId, LayoutError, MAX_BLOCK_SIZE};
use files::Files;

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
	/// Another process has the store open.
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
	/// The bytes offered for an address have another hash.
	#[error("the bytes offered as block {0} do not hash to it")]
	Mismatch(BlockId),
	/// The block exceeds [`MAX_BLOCK_SIZE`].
	#[error("a block of {0} bytes is more than the {MAX_BLOCK_SIZE} allowed")]
	BlockTooLarge(usize),
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

/// A content-addressed store below one directory: each block is a file named by its digest.
///
/// A block is written to a temporary file, flushed to disk and renamed, and hashed again whenever it is read.
/// A block that no longer hashes to its name is deleted and counts as absent, so that the next fetch replaces
/// it. Content that was imported or fetched completely is *pinned*: [`Store::gc`] keeps it until
/// [`Store::remove`].
///
/// A clone is cheap. All methods block on the file system, so asynchronous callers run them on a blocking
/// thread. At one time a directory is open in one process, or in several that share it and delete nothing.
#[derive(Clone, Debug)]
pub struct Store {
	inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
	files: Files,
	max_bytes: u64,
	/// True if other processes may rely on blocks that this one does not know to be needed.
	is_shared: bool,
	state: Mutex<State>,
	/// Holds the lock of the directory for as long as the store is open.
	_lock: File,
}

#[derive(Debug, Default)]
struct State {
	/// Number of bytes in block files, including those being written.
	used: u64,
	/// Roots to keep, with the size of their content in bytes.
	pins: BTreeMap<BlockId, u64>,
	/// Digests that imports and fetches in progress rely on.
	sessions: HashMap<u64, HashSet<[u8; 32]>>,
	next_session: u64,
}

impl Store {
	/// Opens the store in `directory`, and creates it if there is none. It will hold at most `max_bytes` of
	/// blocks.
	///
	/// # Errors
	/// [`StoreError::InUse`] while another process has it open, [`StoreError::Io`] if it cannot be read or
	/// written. A store that already holds more than `max_bytes` opens, but takes no further block.
	pub fn open(directory: impl AsRef<Path>, max_bytes: u64) -> Result<Self> {
		let opened = Files::open(directory.as_ref())?;
		Self::over(opened, max_bytes, false)
	}

	/// Opens the store together with other processes that share it, such as one that serves content and one
	/// that adds some.
	///
	/// Only damaged blocks are deleted from a shared store. [`Store::remove`], [`Store::gc`] and
	/// [`Store::retain`] are refused, and the blocks of a failed import stay until one process has the store
	/// to itself. Each process counts `max_bytes` for itself.
	///
	/// # Errors
	/// As for [`Store::open`]; [`StoreError::InUse`] while a process has it to itself.
	pub fn open_shared(directory: impl AsRef<Path>, max_bytes: u64) -> Result<Self> {
		let opened = Files::open_shared(directory.as_ref())?;
		Self::over(opened, max_bytes, true)
	}

	fn over((files, lock): (Files, File), max_bytes: u64, is_shared: bool) -> Result<Self> {
		let state = State { used: files.used()?, pins: files.pins()?, ..State::default() };
		Ok(Self {
			inner: Arc::new(Inner { files, max_bytes, is_shared, state: Mutex::new(state), _lock: lock }),
		})
	}

	/// Directory of the store.
	pub(crate) fn directory(&self) -> &Path {
		self.inner.files.root()
	}

	/// Number of bytes that the blocks take now.
	pub fn used_bytes(&self) -> u64 {
		self.state().used
	}

	/// Most bytes that the blocks may take.
	pub fn max_bytes(&self) -> u64 {
		self.inner.max_bytes
	}

	/// Returns true if there is a file for the block. The file is not read, so it may turn out to be damaged.
	///
	/// # Errors
	/// [`StoreError::Io`].
	pub fn has(&self, id: &BlockId) -> Result<bool> {
		Ok(self.inner.files.block_len(&id.digest)?.is_some())
	}

	/// Reads a block and checks its hash. Returns `None` if it is absent or was found damaged.
	///
	/// # Errors
	/// [`StoreError::Io`].
	pub fn get_block(&self, id: &BlockId) -> Result<Option<Bytes>> {
		let Some(bytes) = self.inner.files.read_block(&id.digest)? else {
			return Ok(None);
		};
		if id.matches(&bytes) {
			return Ok(Some(bytes.into()));
		}
		tracing::warn!(block = %id, "deleting a damaged block");
		self.delete(&mut self.state(), &id.digest)?;
		Ok(None)
	}

	/// Checks a block's hash and keeps the block. It stays until the next [`Store::gc`], or longer if it
	/// belongs to pinned content.
	///
	/// # Errors
	/// [`StoreError::Mismatch`], [`StoreError::BlockTooLarge`], [`StoreError::Quota`], [`StoreError::Io`].
	pub fn put_block(&self, id: &BlockId, bytes: &[u8]) -> Result<()> {
		if bytes.len() > MAX_BLOCK_SIZE {
			return Err(StoreError::BlockTooLarge(bytes.len()));
		}
		if !id.matches(bytes) {
			return Err(StoreError::Mismatch(*id));
		}
		self.write(id, bytes)
	}

	/// Keeps a block whose hash has been checked.
	fn write(&self, id: &BlockId, bytes: &[u8]) -> Result<()> {
		// Reading a damaged file deletes it, so that the block can be written anew.
		if self.has(id)? && self.get_block(id)?.is_some() {
			return Ok(());
		}
		let needed = bytes.len() as u64;
		{
			let mut state = self.state();
			let (used, max) = (state.used, self.inner.max_bytes);
			if used.checked_add(needed).is_none_or(|total| total > max) {
				return Err(StoreError::Quota { used, max, needed });
			}
			state.used += needed;
		}
		let file = self.inner.files.write_temporary(bytes);
		let mut state = self.state();
		let kept = file.and_then(|file| self.inner.files.keep_block(file, &id.digest));
		if !matches!(kept, Ok(true)) {
			state.used -= needed;
		}
		kept.map(drop)
	}

	/// Returns true if every block of the content is in the store. Leaves are looked up, not read.
	///
	/// # Errors
	/// [`StoreError::Io`]; [`StoreError::Layout`] if the content is malformed.
	pub fn is_complete(&self, content: &ContentRef) -> Result<bool> {
		let mut pending = vec![(BlockId::from(content), Span::root(content)?)];
		while let Some((id, span)) = pending.pop() {
			if span.is_leaf() {
				if self.inner.files.block_len(&id.digest)? != Some(span.size()) {
					return Ok(false);
				}
			} else {
				let Some(block) = self.get_block(&id)? else {
					return Ok(false);
				};
				pending.extend(span.open(&id, &block)?);
			}
		}
		Ok(true)
	}

	/// Returns the content that [`Store::gc`] keeps.
	pub fn pins(&self) -> Vec<ContentRef> {
		self.state().pins.iter().map(|(id, size)| id.content(*size)).collect()
	}

	fn state(&self) -> MutexGuard<'_, State> {
		// Every critical section leaves the state valid at each step, so a panic elsewhere does not spoil it.
		self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Deletes a block file and returns its length in bytes.
	fn delete(&self, state: &mut State, digest: &[u8; 32]) -> Result<u64> {
		let freed = self.inner.files.delete_block(digest)?;
		state.used = state.used.saturating_sub(freed);
		Ok(freed)
	}
}
