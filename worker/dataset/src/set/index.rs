//! The sorted file that maps ids to positions.

use super::removed::Removed;
use crate::schema::RecordId;
use crate::sort::PositionedReader;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

const ENTRY: u64 = 40;
/// Number of index entries per looked-up id above which searching is faster than reading all entries.
const SPARSE: u64 = 64;

/// Error for files that contradict themselves or each other.
pub(super) const DAMAGED: &str = "a data set is damaged; remove the version's folder to have it built again";

pub(super) type Entry = (RecordId, u64);

/// File of entries of 40 bytes, sorted by id: the id, then the position as little-endian u64.
#[derive(Debug)]
pub(super) struct Index {
	file: File,
	len: u64,
}

fn decode(bytes: &[u8; ENTRY as usize]) -> Entry {
	let mut id = [0; 32];
	let mut position = [0; 8];
	id.copy_from_slice(&bytes[..32]);
	position.copy_from_slice(&bytes[32..]);
	(RecordId(id), u64::from_le_bytes(position))
}

impl Index {
	pub(super) fn open(path: &Path) -> io::Result<Self> {
		let file = File::open(path)?;
		let bytes = file.metadata()?.len();
		if bytes % ENTRY != 0 {
			return Err(io::Error::new(io::ErrorKind::InvalidData, "the index is cut off"));
		}
		Ok(Self { file, len: bytes / ENTRY })
	}

	pub(super) fn len(&self) -> u64 {
		self.len
	}

	fn entry(&self, at: u64) -> io::Result<Entry> {
		let mut bytes = [0; ENTRY as usize];
		self.file.read_exact_at(&mut bytes, at * ENTRY)?;
		Ok(decode(&bytes))
	}

	pub(super) fn find(&self, id: RecordId) -> io::Result<Option<u64>> {
		let (mut low, mut high) = (0, self.len);
		while low < high {
			let middle = low + (high - low) / 2;
			let (found, position) = self.entry(middle)?;
			match found.cmp(&id) {
				std::cmp::Ordering::Equal => return Ok(Some(position)),
				std::cmp::Ordering::Less => low = middle + 1,
				std::cmp::Ordering::Greater => high = middle,
			}
		}
		Ok(None)
	}

	/// Returns all entries by id. Fails if they are out of order, which only damage causes.
	pub(super) fn entries(&self) -> Entries<'_> {
		Entries {
			reader: BufReader::with_capacity(1 << 16, PositionedReader::new(&self.file, 0)),
			left: self.len,
			len: self.len,
			previous: None,
		}
	}

	/// Returns a finder for `wanted` ids that are looked up in ascending order.
	pub(super) fn finder(&self, wanted: u64) -> Finder<'_> {
		let dense = wanted.saturating_mul(SPARSE) >= self.len;
		Finder { index: self, entries: dense.then(|| self.entries()), head: None }
	}

	/// Writes the index of the next version: `base` without the removed positions, with the others moved up,
	/// and with `added`, sorted by id, merged in.
	pub(super) fn write(
		base: Option<&Index>,
		removed: &mut Removed,
		added: impl Iterator<Item = io::Result<Entry>>,
		out: File,
	) -> io::Result<()> {
		let mut out = BufWriter::with_capacity(1 << 16, out);
		let mut put = |(id, position): Entry| {
			out.write_all(&id.0)?;
			out.write_all(&position.to_le_bytes())
		};
		let mut added = added.peekable();
		for entry in base.iter().flat_map(|base| base.entries()) {
			let (id, position) = entry?;
			let Some(position) = removed.moved(position)? else {
				continue;
			};
			// An error is taken out as well and returned.
			while let Some(new) = added.next_if(|new| new.as_ref().map_or(true, |(new, _)| *new < id)) {
				put(new?)?;
			}
			put((id, position))?;
		}
		added.try_for_each(|new| put(new?))?;
		out.flush()?;
		out.get_ref().sync_all()
	}
}

/// Iterator over an index.
pub(super) struct Entries<'a> {
	reader: BufReader<PositionedReader<'a>>,
	left: u64,
	len: u64,
	previous: Option<RecordId>,
}

impl Iterator for Entries<'_> {
	type Item = io::Result<Entry>;

	fn next(&mut self) -> Option<Self::Item> {
		self.left = self.left.checked_sub(1)?;
		let mut bytes = [0; ENTRY as usize];
		let entry = self.reader.read_exact(&mut bytes).map(|()| decode(&bytes));
		let entry = entry.and_then(|(id, position)| {
			if self.previous.is_some_and(|previous| previous >= id) || position >= self.len {
				return Err(io::Error::new(io::ErrorKind::InvalidData, DAMAGED));
			}
			self.previous = Some(id);
			Ok((id, position))
		});
		if entry.is_err() {
			self.left = 0;
		}
		Some(entry)
	}
}

/// Looks up ids in ascending order. If they are many, it reads the whole index once.
pub(super) struct Finder<'a> {
	index: &'a Index,
	entries: Option<Entries<'a>>,
	/// Entry that was read and not reached yet.
	head: Option<Entry>,
}

impl Finder<'_> {
	pub(super) fn find(&mut self, id: RecordId) -> io::Result<Option<u64>> {
		let Some(entries) = &mut self.entries else {
			return self.index.find(id);
		};
		while self.head.is_none_or(|(head, _)| head < id) {
			match entries.next().transpose()? {
				None => return Ok(None),
				head => self.head = head,
			}
		}
		Ok(self.head.filter(|(head, _)| *head == id).map(|(_, position)| position))
	}
}
