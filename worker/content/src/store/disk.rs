//! The directory of a store: its folders, its lock, and the names of its files.

use std::{
	fs::{self, File, TryLockError},
	io,
	path::{Path, PathBuf},
	thread,
	time::{Duration, Instant, SystemTime},
};

use descent_protocol::ContentRef;
use tempfile::NamedTempFile;

use super::{Result, StoreError};
use crate::BlockId;

/// Longest time to wait for a process that opens a shared store at the same time.
const SHARING: Duration = Duration::from_secs(2);

/// Directory of a store:
///
/// - `content/CID`: the bytes of content that is whole;
/// - `parts/CID-SIZE`: the bytes of content that is here in part, each leaf at its place;
/// - `trees/CID-SIZE`: the nodes of the content's tree, see [`super::tree::Tree`];
/// - `tmp/`: imports, until their address is known;
/// - `lock`.
#[derive(Debug)]
pub(super) struct Disk {
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
pub(super) fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
	match result {
		Ok(value) => Ok(Some(value)),
		Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
		Err(error) => Err(error),
	}
}

/// Returns true if the lock was taken, false if another process has it.
pub(super) fn held(lock: std::result::Result<(), TryLockError>, path: &Path) -> Result<bool> {
	match lock {
		Ok(()) => Ok(true),
		Err(TryLockError::WouldBlock) => Ok(false),
		Err(TryLockError::Error(error)) => Err(error).at(path),
	}
}

/// Flushes a directory, so that renames in it survive a power cut.
pub(super) fn sync(directory: &Path) -> Result<()> {
	File::open(directory).and_then(|file| file.sync_all()).at(directory)
}

impl Disk {
	/// Locks the directory for this process alone, and deletes unfinished imports of an earlier one.
	pub(super) fn open(root: &Path) -> Result<(Self, File)> {
		let (disk, lock) = Self::prepare(root)?;
		if !held(lock.try_lock(), root)? {
			return Err(StoreError::InUse(root.into()));
		}
		disk.clear()?;
		Ok((disk, lock))
	}

	/// Locks the directory together with the processes that share it. The one that comes first has it alone
	/// for as long as `prepare` takes.
	pub(super) fn open_shared(
		root: &Path,
		prepare: impl FnOnce(&Self) -> Result<()>,
	) -> Result<(Self, File)> {
		let (disk, lock) = Self::prepare(root)?;
		if held(lock.try_lock(), root)? {
			disk.clear()?;
			prepare(&disk)?;
			lock.unlock().at(root)?;
		}
		let until = Instant::now() + SHARING;
		while !held(lock.try_lock_shared(), root)? {
			if Instant::now() >= until {
				return Err(StoreError::InUse(root.into()));
			}
			thread::sleep(SHARING / 100);
		}
		// A process of an earlier version has it open, and the older layout is still there.
		if !disk.contents().is_dir() {
			return Err(StoreError::InUse(root.into()));
		}
		Ok((disk, lock))
	}

	fn prepare(root: &Path) -> Result<(Self, File)> {
		fs::create_dir_all(root).at(root)?;
		let lock_path = root.join("lock");
		let lock = File::create(&lock_path).at(&lock_path)?;
		Ok((Self { root: root.into() }, lock))
	}

	/// Returns the directory without a lock, for a caller that has it.
	pub(super) fn at(root: &Path) -> Self {
		Self { root: root.into() }
	}

	fn clear(&self) -> Result<()> {
		let temporary = self.temporary();
		found(fs::remove_dir_all(&temporary)).at(&temporary)?;
		for directory in [temporary, self.contents(), self.parts(), self.trees()] {
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

	pub(super) fn contents(&self) -> PathBuf {
		self.root.join("content")
	}

	fn parts(&self) -> PathBuf {
		self.root.join("parts")
	}

	pub(super) fn trees(&self) -> PathBuf {
		self.root.join("trees")
	}

	/// Path of content that is whole.
	pub(super) fn whole(&self, content: &ContentRef) -> PathBuf {
		self.contents().join(BlockId::from(content).to_string())
	}

	/// Path of content that is here in part.
	pub(super) fn part(&self, content: &ContentRef) -> PathBuf {
		self.parts().join(sized_name(content))
	}

	/// Path of the nodes of content.
	pub(super) fn tree(&self, content: &ContentRef) -> PathBuf {
		self.trees().join(sized_name(content))
	}

	/// Creates a file that has no name yet, for an import.
	pub(super) fn temporary_file(&self) -> Result<NamedTempFile> {
		let directory = self.temporary();
		NamedTempFile::new_in(&directory).at(&directory)
	}

	/// Returns the time of the last change of the list of whole content.
	pub(super) fn changed(&self) -> Result<SystemTime> {
		let directory = self.contents();
		fs::metadata(&directory).and_then(|metadata| metadata.modified()).at(&directory)
	}

	/// Returns what the files of `content/` say that they hold. Files with other names are ignored.
	pub(super) fn list_whole(&self) -> Result<Vec<ContentRef>> {
		list(&self.contents(), |name, len| Some(name.parse::<BlockId>().ok()?.content(len)))
	}

	/// Returns what is here in part, as the names of files in `parts/` and `trees/` say.
	pub(super) fn list_parts(&self) -> Result<Vec<ContentRef>> {
		let named = |name: &str, _| {
			let (id, size) = name.split_once('-')?;
			Some(id.parse::<BlockId>().ok()?.content(size.parse().ok()?))
		};
		let mut all = list(&self.parts(), named)?;
		all.extend(list(&self.trees(), named)?);
		all.sort();
		all.dedup();
		Ok(all)
	}
}

fn sized_name(content: &ContentRef) -> String {
	format!("{}-{}", BlockId::from(content), content.size)
}

/// Reads a folder. `read` gets the name and the length of each file.
fn list(directory: &Path, read: impl Fn(&str, u64) -> Option<ContentRef>) -> Result<Vec<ContentRef>> {
	let mut all = Vec::new();
	for entry in fs::read_dir(directory).at(directory)? {
		let entry = entry.at(directory)?;
		// Another process that shares the store may delete or rename a file meanwhile.
		let Some(metadata) = found(entry.metadata()).at(&entry.path())? else {
			continue;
		};
		let content = entry.file_name().to_str().and_then(|name| read(name, metadata.len()));
		match content.filter(|_| metadata.is_file()) {
			Some(content) => all.push(content),
			None => tracing::warn!(path = %entry.path().display(), "ignoring a file that is no content"),
		}
	}
	Ok(all)
}
