use std::{
	collections::BTreeMap,
	fs::{self, File, TryLockError},
	io::{self, Read, Write},
	path::{Path, PathBuf},
	thread,
	time::{Duration, Instant},
};

use tempfile::NamedTempFile;

use super::{Result, StoreError};
use crate::{BlockId, MAX_BLOCK_SIZE};

/// Longest time to wait for a process that opens a shared store at the same time.
const SHARING: Duration = Duration::from_secs(2);

/// Directory of a store: `blocks/ab/abcd…` (hex of the digest), `pins/<cid>` (the size in decimal), `tmp/`,
/// `lock`.
#[derive(Debug)]
pub(super) struct Files {
	root: PathBuf,
}

pub(super) trait Context<T> {
	fn at(self, path: &Path) -> Result<T>;
}

impl<T> Context<T> for io::Result<T> {
	fn at(self, path: &Path) -> Result<T> {
		self.map_err(|source| StoreError::Io { path: path.into(), source })
	}
}

/// Returns `None` in place of the error for a file that does not exist.
fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
	match result {
		Ok(value) => Ok(Some(value)),
		Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
		Err(error) => Err(error),
	}
}

/// Returns true if the lock was taken, false if another process has it.
fn held(lock: std::result::Result<(), TryLockError>, root: &Path) -> Result<bool> {
	match lock {
		Ok(()) => Ok(true),
		Err(TryLockError::WouldBlock) => Ok(false),
		Err(TryLockError::Error(error)) => Err(error).at(root),
	}
}

impl Files {
	/// Creates missing folders, locks the directory for this process alone, and deletes unfinished files of
	/// an earlier process.
	pub(super) fn open(root: &Path) -> Result<(Self, File)> {
		let (files, lock) = Self::prepare(root)?;
		if !held(lock.try_lock(), root)? {
			return Err(StoreError::InUse(root.into()));
		}
		files.clear()?;
		Ok((files, lock))
	}

	/// Creates missing folders and locks the directory together with the processes that share it.
	pub(super) fn open_shared(root: &Path) -> Result<(Self, File)> {
		let (files, lock) = Self::prepare(root)?;
		if held(lock.try_lock(), root)? {
			files.clear()?;
			lock.unlock().at(root)?;
		}
		let until = Instant::now() + SHARING;
		// The process that opens it first has it alone while it deletes unfinished files.
		while !held(lock.try_lock_shared(), root)? {
			if Instant::now() >= until {
				return Err(StoreError::InUse(root.into()));
			}
			thread::sleep(SHARING / 100);
		}
		Ok((files, lock))
	}

	fn prepare(root: &Path) -> Result<(Self, File)> {
		fs::create_dir_all(root).at(root)?;
		let lock_path = root.join("lock");
		let lock = File::create(&lock_path).at(&lock_path)?;
		Ok((Self { root: root.into() }, lock))
	}

	fn clear(&self) -> Result<()> {
		let temporary = self.temporary();
		found(fs::remove_dir_all(&temporary)).at(&temporary)?;
		for directory in
			[temporary, self.pin_directory()].into_iter().chain((0..=u8::MAX).map(|s| self.shard(s)))
		{
			fs::create_dir_all(&directory).at(&directory)?;
		}
		Ok(())
	}

	pub(super) fn root(&self) -> &Path {
		&self.root
	}

	fn temporary(&self) -> PathBuf {
		self.root.join("tmp")
	}

	fn pin_directory(&self) -> PathBuf {
		self.root.join("pins")
	}

	fn pin_path(&self, id: &BlockId) -> PathBuf {
		self.pin_directory().join(id.to_string())
	}

	fn shard(&self, first: u8) -> PathBuf {
		self.root.join("blocks").join(hex::encode([first]))
	}

	fn block_path(&self, digest: &[u8; 32]) -> PathBuf {
		self.shard(digest[0]).join(hex::encode(digest))
	}

	/// Returns the digests and lengths in bytes of the block files of one shard.
	pub(super) fn shard_blocks(&self, first: u8) -> Result<Vec<([u8; 32], u64)>> {
		let directory = self.shard(first);
		let mut blocks = Vec::new();
		for entry in fs::read_dir(&directory).at(&directory)? {
			let entry = entry.at(&directory)?;
			let mut digest = [0; 32];
			if hex::decode_to_slice(entry.file_name().as_encoded_bytes(), &mut digest).is_ok() {
				blocks.push((digest, entry.metadata().at(&entry.path())?.len()));
			}
		}
		Ok(blocks)
	}

	/// Sum of the lengths of all block files, in bytes.
	pub(super) fn used(&self) -> Result<u64> {
		let mut used = 0;
		for first in 0..=u8::MAX {
			used += self.shard_blocks(first)?.iter().map(|(_, len)| len).sum::<u64>();
		}
		Ok(used)
	}

	pub(super) fn block_len(&self, digest: &[u8; 32]) -> Result<Option<u64>> {
		let path = self.block_path(digest);
		Ok(found(fs::metadata(&path)).at(&path)?.map(|metadata| metadata.len()))
	}

	/// Reads a block file without checking it. Of a file that is longer than any block, only so much is read
	/// that no hash can match.
	pub(super) fn read_block(&self, digest: &[u8; 32]) -> Result<Option<Vec<u8>>> {
		let path = self.block_path(digest);
		let Some(file) = found(File::open(&path)).at(&path)? else {
			return Ok(None);
		};
		let limit = MAX_BLOCK_SIZE + 1;
		let len = file.metadata().at(&path)?.len();
		let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(limit).min(limit));
		file.take(limit as u64).read_to_end(&mut bytes).at(&path)?;
		Ok(Some(bytes))
	}

	/// Writes these bytes to a temporary file and flushes it to disk.
	pub(super) fn write_temporary(&self, bytes: &[u8]) -> Result<NamedTempFile> {
		let directory = self.temporary();
		let mut file = NamedTempFile::new_in(&directory).at(&directory)?;
		file.write_all(bytes).at(file.path())?;
		file.as_file().sync_all().at(file.path())?;
		Ok(file)
	}

	/// Renames a temporary file to its block's name. Returns false if that block exists already.
	pub(super) fn keep_block(&self, file: NamedTempFile, digest: &[u8; 32]) -> Result<bool> {
		let path = self.block_path(digest);
		match file.persist_noclobber(&path) {
			Ok(_) => Ok(true),
			Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
			Err(error) => Err(error.error).at(&path),
		}
	}

	/// Deletes a block file. Returns its length in bytes, 0 if there was none.
	pub(super) fn delete_block(&self, digest: &[u8; 32]) -> Result<u64> {
		let len = self.block_len(digest)?;
		let path = self.block_path(digest);
		Ok(if found(fs::remove_file(&path)).at(&path)?.is_some() { len.unwrap_or(0) } else { 0 })
	}

	/// Flushes the directories of these shards, so that the names of their block files survive a power cut.
	pub(super) fn sync_shards(&self, firsts: impl IntoIterator<Item = u8>) -> Result<()> {
		firsts.into_iter().try_for_each(|first| sync(&self.shard(first)))
	}

	pub(super) fn pins(&self) -> Result<BTreeMap<BlockId, u64>> {
		let directory = self.pin_directory();
		let mut pins = BTreeMap::new();
		for entry in fs::read_dir(&directory).at(&directory)? {
			let path = entry.at(&directory)?.path();
			let id =
				path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<BlockId>().ok());
			let size = fs::read_to_string(&path).at(&path)?.parse::<u64>();
			match (id, size) {
				(Some(id), Ok(size)) => drop(pins.insert(id, size)),
				_ => tracing::warn!(path = %path.display(), "ignoring a file that is no pin"),
			}
		}
		Ok(pins)
	}

	pub(super) fn write_pin(&self, id: &BlockId, size: u64) -> Result<()> {
		let path = self.pin_path(id);
		let file = self.write_temporary(size.to_string().as_bytes())?;
		file.persist(&path).map_err(|error| error.error).at(&path)?;
		sync(&self.pin_directory())
	}

	pub(super) fn delete_pin(&self, id: &BlockId) -> Result<()> {
		let path = self.pin_path(id);
		found(fs::remove_file(&path)).at(&path)?;
		sync(&self.pin_directory())
	}
}

/// Flushes a directory, so that renames in it survive a power cut.
pub(super) fn sync(directory: &Path) -> Result<()> {
	File::open(directory).and_then(|file| file.sync_all()).at(directory)
}
