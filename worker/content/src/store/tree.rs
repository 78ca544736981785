//! The nodes of one content's tree on disk.

use std::{
	collections::HashMap,
	fs::{File, OpenOptions},
	io::{self, BufReader, Read},
	os::unix::fs::FileExt,
	path::{Path, PathBuf},
	sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
	disk::{found, Context},
	Result,
};
use crate::{block::blake2b_256, BlockId, MAX_BLOCK_SIZE};

/// Number of bytes before a node, which tell its length.
const HEAD: usize = 4;

/// The nodes of one content, in the order in which they came: each is written as its length in bytes, a u32
/// in little endian, and its bytes. A power cut may damage the last ones, which are then fetched again.
#[derive(Debug)]
pub(super) struct Tree {
	path: PathBuf,
	log: Mutex<Log>,
}

#[derive(Debug, Default)]
struct Log {
	/// The file, once it was written to.
	file: Option<File>,
	/// Number of bytes of whole nodes.
	len: u64,
	/// Place and length in bytes of each node, by digest.
	nodes: HashMap<[u8; 32], (u64, usize)>,
	is_removed: bool,
}

impl Tree {
	/// Reads the tree in a file, of which there need be none yet.
	pub(super) fn open(path: PathBuf) -> Result<Self> {
		let mut log = Log::default();
		if let Some(file) = found(File::open(&path)).at(&path)? {
			log.read(BufReader::new(file)).at(&path)?;
		}
		Ok(Self { path, log: Mutex::new(log) })
	}

	/// Length of the file in bytes.
	pub(super) fn len(&self) -> u64 {
		self.log().len
	}

	pub(super) fn has(&self, id: &BlockId) -> bool {
		self.log().nodes.contains_key(&id.digest)
	}

	/// Reads a node and checks its hash. Returns `None` if it is absent, and forgets it if it is damaged.
	pub(super) fn get(&self, id: &BlockId) -> Result<Option<Vec<u8>>> {
		let mut log = self.log();
		let Some((offset, len)) = log.nodes.get(&id.digest).copied() else {
			return Ok(None);
		};
		let mut bytes = vec![0; len];
		let read = File::open(&self.path).and_then(|file| file.read_exact_at(&mut bytes, offset));
		match read {
			Ok(()) if id.matches(&bytes) => return Ok(Some(bytes)),
			Ok(()) => {}
			Err(error) if is_short(&error) => {}
			Err(error) => return Err(error).at(&self.path),
		}
		log.nodes.remove(&id.digest);
		Ok(None)
	}

	/// Adds a node whose hash the caller has checked. Returns the number of bytes by which the file grows, 0
	/// if the node is there.
	pub(super) fn put(&self, id: &BlockId, node: &[u8]) -> Result<u64> {
		let mut log = self.log();
		if log.is_removed || log.nodes.contains_key(&id.digest) {
			return Ok(0);
		}
		if log.file.is_none() {
			log.file = Some(writable(&self.path)?);
		}
		let (offset, head) = (log.len, u32::try_from(node.len()).unwrap_or(u32::MAX).to_le_bytes());
		let record = [head.as_slice(), node].concat();
		let file = log.file.as_ref().map(|file| file.write_all_at(&record, offset));
		file.transpose().at(&self.path)?;
		log.len += record.len() as u64;
		log.nodes.insert(id.digest, (offset + HEAD as u64, node.len()));
		Ok(record.len() as u64)
	}

	/// Flushes the nodes to disk.
	pub(super) fn sync(&self) -> Result<()> {
		self.log().file.as_ref().map_or(Ok(()), File::sync_all).at(&self.path)
	}

	/// Deletes the file, which nothing writes to any more. Returns its length in bytes.
	pub(super) fn remove(&self) -> Result<u64> {
		let mut log = self.log();
		log.is_removed = true;
		found(std::fs::remove_file(&self.path)).at(&self.path)?;
		log.nodes.clear();
		Ok(std::mem::take(&mut log.len))
	}

	fn log(&self) -> MutexGuard<'_, Log> {
		// Every critical section leaves the log valid at each step.
		self.log.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

impl Log {
	/// Reads all whole nodes.
	fn read(&mut self, mut file: impl Read) -> io::Result<()> {
		loop {
			let mut head = [0; HEAD];
			let Some(()) = whole(file.read_exact(&mut head))? else {
				return Ok(());
			};
			let len = usize::try_from(u32::from_le_bytes(head)).unwrap_or(usize::MAX);
			if len > MAX_BLOCK_SIZE {
				return Ok(());
			}
			let mut node = vec![0; len];
			let Some(()) = whole(file.read_exact(&mut node))? else {
				return Ok(());
			};
			self.nodes.insert(blake2b_256(&node), (self.len + HEAD as u64, len));
			self.len += (HEAD + len) as u64;
		}
	}
}

/// Returns `None` at the end of a file.
fn whole(read: io::Result<()>) -> io::Result<Option<()>> {
	match read {
		Ok(()) => Ok(Some(())),
		Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
		Err(error) => Err(error),
	}
}

/// Returns true if a file is missing or shorter than it was.
pub(super) fn is_short(error: &io::Error) -> bool {
	matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof)
}

/// Opens a file to write in any place, and creates it if there is none.
pub(super) fn writable(path: &Path) -> Result<File> {
	OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path).at(path)
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_protocol::Codec;

	fn nodes() -> Vec<(BlockId, Vec<u8>)> {
		let all = [b"one".to_vec(), b"two, longer".to_vec(), vec![3; 50_000]];
		all.map(|bytes| (BlockId::of(Codec::UnixFs, &bytes), bytes)).into()
	}

	#[test]
	fn nodes_come_back_and_a_torn_end_is_written_anew() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("tree");
		let tree = Tree::open(path.clone()).unwrap();
		let mut len = 0;
		for (id, bytes) in nodes() {
			assert_eq!(tree.get(&id).unwrap(), None);
			len += tree.put(&id, &bytes).unwrap();
			assert_eq!(tree.put(&id, &bytes).unwrap(), 0);
			assert_eq!(tree.get(&id).unwrap(), Some(bytes));
		}
		assert_eq!(tree.len(), len);
		tree.sync().unwrap();
		assert_eq!(std::fs::metadata(&path).unwrap().len(), len);
		for cut in [1, 49_000, 50_000, 50_003, 50_004, 50_005, 50_010] {
			writable(&path).unwrap().set_len(len - cut).unwrap();
			let torn = Tree::open(path.clone()).unwrap();
			for (id, bytes) in nodes() {
				let is_whole = torn.get(&id).unwrap().is_some();
				assert_eq!(is_whole, torn.put(&id, &bytes).unwrap() == 0);
			}
			assert_eq!(torn.len(), len, "{cut}");
			let again = Tree::open(path.clone()).unwrap();
			assert!(nodes().iter().all(|(id, bytes)| again.get(id).unwrap().as_ref() == Some(bytes)));
		}
	}

	#[test]
	fn a_damaged_node_is_forgotten() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("tree");
		let tree = Tree::open(path.clone()).unwrap();
		for (id, bytes) in nodes() {
			tree.put(&id, &bytes).unwrap();
		}
		writable(&path).unwrap().write_all_at(b"X", 5).unwrap();
		let all = nodes();
		for tree in [tree, Tree::open(path.clone()).unwrap()] {
			assert_eq!(tree.get(&all[0].0).unwrap(), None);
			assert!(!tree.has(&all[0].0) && tree.has(&all[1].0) && tree.has(&all[2].0));
		}
		let tree = Tree::open(path.clone()).unwrap();
		assert!(tree.put(&all[0].0, &all[0].1).unwrap() > 0);
		assert!(tree.get(&all[0].0).unwrap().is_some());
	}

	#[test]
	fn nothing_brings_back_a_tree_that_is_removed() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("tree");
		let tree = Tree::open(path.clone()).unwrap();
		let all = nodes();
		let len = tree.put(&all[0].0, &all[0].1).unwrap();
		assert_eq!(tree.remove().unwrap(), len);
		assert_eq!(tree.put(&all[1].0, &all[1].1).unwrap(), 0);
		assert!(!path.exists() && !tree.has(&all[0].0));
	}
}
