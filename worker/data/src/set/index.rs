//! The sorted file from ids to positions.

use crate::schema::RecordId;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

const ENTRY: u64 = 40;

pub(super) type Entry = (RecordId, u64);

/// Entries of 40 bytes: id, then position as little-endian u64; sorted by id.
#[derive(Debug)]
pub(super) struct Index {
	file: File,
	len: u64,
}

/// Reads a file from a position of its own, where clones would share one.
struct Cursor<'a> {
	file: &'a File,
	at: u64,
}

impl Read for Cursor<'_> {
	fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
		let read = self.file.read_at(bytes, self.at)?;
		self.at += read as u64;
		Ok(read)
	}
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
		Ok(Self {
			file,
			len: bytes / ENTRY,
		})
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

	/// All entries by id.
	fn entries(&self) -> impl Iterator<Item = io::Result<Entry>> + '_ {
		let mut reader = BufReader::with_capacity(
			1 << 16,
			Cursor {
				file: &self.file,
				at: 0,
			},
		);
		(0..self.len).map(move |_| {
			let mut bytes = [0; ENTRY as usize];
			reader.read_exact(&mut bytes).map(|()| decode(&bytes))
		})
	}

	/// Writes the index of the next version: `base` without the positions in `removed` (ascending), the rest
	/// moved up, and `added`, sorted by id, merged in.
	pub(super) fn write(base: Option<&Index>, removed: &[u64], added: &[Entry], out: File) -> io::Result<()> {
		let mut out = BufWriter::with_capacity(1 << 16, out);
		let mut put = |(id, position): Entry| {
			out.write_all(&id.0)?;
			out.write_all(&position.to_le_bytes())
		};
		let mut added = added.iter().copied().peekable();
		if let Some(base) = base {
			for entry in base.entries() {
				let (id, position) = entry?;
				let Err(before) = removed.binary_search(&position) else {
					continue;
				};
				while let Some(new) = added.next_if(|(new, _)| *new < id) {
					put(new)?;
				}
				put((id, position - before as u64))?;
			}
		}
		added.try_for_each(&mut put)?;
		out.flush()?;
		out.get_ref().sync_all()
	}
}
