//! One content in the store, whole or in part.

use std::{
	fs::{self, File},
	io,
	os::unix::fs::FileExt,
	path::{Path, PathBuf},
	sync::{
		atomic::{AtomicU8, AtomicUsize, Ordering},
		Arc, Mutex, MutexGuard, PoisonError,
	},
};

use bytes::Bytes;
use descent_protocol::{ContentRef, LEAF_SIZE};
use rustix::fs::{seek, SeekFrom};

use super::{
	disk::{found, held, Context, Disk},
	tree::{is_short, writable, Tree},
	writer::Writer,
	Result, StoreError,
};
use crate::{buffers::Buffers, layout::Span};

/// The leaf is not here.
const ABSENT: u8 = 0;
/// The leaf was written by an earlier process, or by another one.
const UNCHECKED: u8 = 1;
/// The leaf was hashed by this process.
const CHECKED: u8 = 2;

/// Content in the store: a file of its leaves, each at its place, and the nodes of its tree.
#[derive(Debug)]
pub(super) struct Content {
	pub(super) reference: ContentRef,
	pub(super) root: Span,
	pub(super) tree: Tree,
	/// Number of imports, fetches and readers that rely on it.
	pub(super) sessions: AtomicUsize,
	leaves: Box<[AtomicU8]>,
	whole: PathBuf,
	part: PathBuf,
	file: Mutex<State>,
}

#[derive(Debug)]
enum State {
	/// The content is whole.
	Whole,
	/// The content is here in part; the file, once something was written to it.
	Part(Option<Arc<Writer>>),
	/// The content was removed. What still writes to it writes nothing.
	Removed,
}

impl Content {
	/// Returns content of which nothing is here but, perhaps, nodes.
	pub(super) fn new(disk: &Disk, reference: ContentRef) -> Result<Self> {
		let root = Span::root(&reference)?;
		let leaves = (0..root.leaves()).map(|_| AtomicU8::new(ABSENT)).collect();
		Ok(Self {
			reference,
			root,
			tree: Tree::open(disk.tree(&reference))?,
			sessions: AtomicUsize::new(0),
			leaves,
			whole: disk.whole(&reference),
			part: disk.part(&reference),
			file: Mutex::new(State::Part(None)),
		})
	}

	/// Returns content of which this file is in `content/`.
	pub(super) fn whole(disk: &Disk, reference: ContentRef) -> Result<Self> {
		let mut content = Self::new(disk, reference)?;
		content.file = Mutex::new(State::Whole);
		content.leaves.iter().for_each(|leaf| leaf.store(UNCHECKED, Ordering::Relaxed));
		Ok(content)
	}

	/// Returns content of which there is a file in `parts/`, or only nodes.
	pub(super) fn part(disk: &Disk, reference: ContentRef) -> Result<Self> {
		let content = Self::new(disk, reference)?;
		if let Some(file) = found(File::open(&content.part)).at(&content.part)? {
			content.find_leaves(&file).at(&content.part)?;
		}
		Ok(content)
	}

	/// Notes the leaves of which the file has bytes, rather than a hole.
	fn find_leaves(&self, file: &File) -> io::Result<()> {
		let size = file.metadata()?.len();
		let mut at = 0;
		while at < size {
			let from = match seek(file, SeekFrom::Data(at)) {
				Ok(from) => from,
				Err(rustix::io::Errno::NXIO) => break,
				Err(error) => return Err(error.into()),
			};
			at = seek(file, SeekFrom::Hole(from))?;
			for number in from / LEAF_SIZE..at.div_ceil(LEAF_SIZE) {
				if number * LEAF_SIZE + self.leaf_len(number) <= size {
					self.set(number, UNCHECKED);
				}
			}
		}
		Ok(())
	}

	/// Number of leaves.
	pub(super) fn leaves(&self) -> u64 {
		self.leaves.len() as u64
	}

	/// Length of a leaf in bytes; 0 beyond the last one.
	pub(super) fn leaf_len(&self, number: u64) -> u64 {
		self.reference.size.saturating_sub(number.saturating_mul(LEAF_SIZE)).min(LEAF_SIZE)
	}

	fn leaf(&self, number: u64) -> Option<&AtomicU8> {
		self.leaves.get(usize::try_from(number).ok()?)
	}

	fn get(&self, number: u64) -> u8 {
		self.leaf(number).map_or(ABSENT, |leaf| leaf.load(Ordering::Acquire))
	}

	fn set(&self, number: u64, state: u8) -> u8 {
		self.leaf(number).map_or(ABSENT, |leaf| leaf.swap(state, Ordering::AcqRel))
	}

	pub(super) fn has_leaf(&self, number: u64) -> bool {
		self.get(number) != ABSENT
	}

	/// Returns true if this process has hashed the leaf.
	pub(super) fn is_checked(&self, number: u64) -> bool {
		self.get(number) == CHECKED
	}

	/// Notes that a leaf has the right hash. Returns true if it was absent.
	pub(super) fn checked(&self, number: u64) -> bool {
		self.set(number, CHECKED) == ABSENT
	}

	/// Notes that a leaf is damaged. Returns the number of bytes that no longer count.
	pub(super) fn lost(&self, number: u64) -> u64 {
		match self.set(number, ABSENT) {
			ABSENT => 0,
			_ => self.leaf_len(number),
		}
	}

	/// Returns the first leaf that is absent.
	pub(super) fn first_absent(&self) -> Option<u64> {
		(0..self.leaves()).find(|number| !self.has_leaf(*number))
	}

	/// Number of bytes of the leaves that are here, and of the nodes.
	pub(super) fn used(&self) -> u64 {
		let here = (0..self.leaves()).filter(|number| self.has_leaf(*number));
		here.map(|number| self.leaf_len(number)).sum::<u64>() + self.tree.len()
	}

	pub(super) fn is_whole(&self) -> bool {
		matches!(*self.state(), State::Whole)
	}

	/// Path of the file; `None` if the content was removed.
	pub(super) fn path(&self) -> Option<&Path> {
		match *self.state() {
			State::Whole => Some(&self.whole),
			State::Part(_) => Some(&self.part),
			State::Removed => None,
		}
	}

	/// Reads a leaf without checking it. Returns `None` if it is not on disk.
	pub(super) fn read_leaf(&self, number: u64, buffers: &Buffers) -> Result<Option<Bytes>> {
		let Some(mut path) = self.path().filter(|_| self.has_leaf(number)) else {
			return Ok(None);
		};
		let Some(len) = usize::try_from(self.leaf_len(number)).ok() else {
			return Ok(None);
		};
		let mut bytes = buffers.take(len);
		loop {
			match File::open(path).and_then(|file| file.read_exact_at(&mut bytes, number * LEAF_SIZE)) {
				Ok(()) => return Ok(Some(buffers.share(bytes))),
				Err(error) if !is_short(&error) => return Err(error).at(path),
				Err(_) => {}
			}
			match self.path() {
				// It was renamed in the meantime.
				Some(renamed) if renamed != path => path = renamed,
				_ => return Ok(None),
			}
		}
	}

	/// Writes a leaf whose hash the caller has checked.
	pub(super) fn write_leaf(&self, number: u64, bytes: &[u8]) -> Result<()> {
		match self.writer()? {
			Some(file) => file.write(bytes, number * LEAF_SIZE).at(&self.part),
			None => Ok(()),
		}
	}

	/// Returns the file to write to; `None` if the content is whole, or was removed.
	fn writer(&self) -> Result<Option<Arc<Writer>>> {
		let mut state = self.state();
		match &mut *state {
			State::Whole | State::Removed => Ok(None),
			State::Part(Some(file)) => Ok(Some(file.clone())),
			State::Part(file) => {
				let opened = writable(&self.part)?;
				if !held(opened.try_lock(), &self.part)? {
					return Err(StoreError::InUse(self.part.clone()));
				}
				Ok(Some(file.insert(Arc::new(Writer::new(opened))).clone()))
			}
		}
	}

	/// Flushes all that was written, and makes it whole.
	pub(super) fn complete(&self) -> Result<()> {
		if let Some(number) = self.first_absent() {
			return Err(StoreError::Incomplete { content: (&self.reference).into(), leaf: number });
		}
		if let Some(file) = self.writer()? {
			file.finish().at(&self.part)?;
			self.tree.sync()?;
			let mut state = self.state();
			if matches!(*state, State::Part(_)) {
				fs::rename(&self.part, &self.whole).at(&self.whole)?;
				*state = State::Whole;
			}
		}
		Ok(())
	}

	/// Takes a file of all leaves, which is flushed and whose hashes were checked, in place of its own.
	pub(super) fn replace(&self, file: tempfile::NamedTempFile) -> Result<()> {
		self.tree.sync()?;
		let mut state = self.state();
		file.persist(&self.whole).map_err(|error| error.error).at(&self.whole)?;
		if let State::Part(_) = *state {
			found(fs::remove_file(&self.part)).at(&self.part)?;
		}
		*state = State::Whole;
		Ok(())
	}

	/// Moves whole content to what is here in part, as some of it is damaged.
	pub(super) fn demote(&self) -> Result<()> {
		let mut state = self.state();
		if matches!(*state, State::Whole) {
			found(fs::rename(&self.whole, &self.part)).at(&self.part)?;
			*state = State::Part(None);
		}
		Ok(())
	}

	/// Deletes its files. Returns the number of bytes that they had. What is written at the same time is
	/// either among them, or told to be [lost](Self::lost) by who has written it.
	pub(super) fn remove(&self) -> Result<u64> {
		let mut state = self.state();
		let path = match *state {
			State::Whole => &self.whole,
			State::Part(_) => &self.part,
			State::Removed => return Ok(0),
		};
		found(fs::remove_file(path)).at(path)?;
		*state = State::Removed;
		let leaves: u64 = (0..self.leaves()).map(|number| self.lost(number)).sum();
		Ok(leaves + self.tree.remove()?)
	}

	fn state(&self) -> MutexGuard<'_, State> {
		// Every critical section leaves the state valid at each step.
		self.file.lock().unwrap_or_else(PoisonError::into_inner)
	}
}
