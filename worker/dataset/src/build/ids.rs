//! Sets of ids that do not fit into memory.

use crate::schema::RecordId;
use crate::sort::{Sorter, RUN};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const ID: usize = 32;
/// Number of ids that are read to look for one: 4 KiB.
const PAGE: usize = 128;

/// Collects ids.
pub(super) struct IdsWriter {
	scratch: PathBuf,
	ids: Sorter<ID>,
}

impl IdsWriter {
	/// Creates a writer that keeps the ids in nameless files in the folder `scratch`.
	pub(super) fn new(scratch: &Path) -> Self {
		Self { scratch: scratch.into(), ids: Sorter::new(scratch, RUN) }
	}

	pub(super) fn insert(&mut self, id: RecordId) -> io::Result<()> {
		self.ids.push(id.0)
	}

	pub(super) fn finish(self) -> io::Result<Ids> {
		let mut out = BufWriter::with_capacity(1 << 18, tempfile::tempfile_in(&self.scratch)?);
		let (mut firsts, mut len, mut last) = (Vec::new(), 0usize, None);
		for id in self.ids.finish()?.iter()? {
			let id = id?;
			if last.replace(id) == Some(id) {
				continue;
			}
			if len.is_multiple_of(PAGE) {
				firsts.push(id);
			}
			out.write_all(&id)?;
			len += 1;
		}
		let file = out.into_inner().map_err(|error| error.into_error())?;
		Ok(Ids { file, len, firsts })
	}
}

/// Sorted and distinct ids on disk, with the first of each page in memory.
pub(super) struct Ids {
	file: File,
	len: usize,
	firsts: Vec<[u8; ID]>,
}

impl Ids {
	pub(super) fn contains(&self, id: RecordId) -> io::Result<bool> {
		let Some(page) = self.firsts.partition_point(|first| *first <= id.0).checked_sub(1) else {
			return Ok(false);
		};
		let start = page * PAGE;
		let mut bytes = [0; PAGE * ID];
		let bytes = &mut bytes[..(self.len - start).min(PAGE) * ID];
		self.file.read_exact_at(bytes, (start * ID) as u64)?;
		let (ids, _) = bytes.as_chunks::<ID>();
		Ok(ids.binary_search(&id.0).is_ok())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_id_is_found_and_no_other() {
		let folder = tempfile::tempdir().unwrap();
		let id = |n: u32| RecordId::of(&n.to_le_bytes());
		for count in [0u32, 1, 127, 128, 129, 1000] {
			let mut writer = IdsWriter::new(folder.path());
			for n in (0..count).chain(0..count / 3) {
				writer.insert(id(n)).unwrap();
			}
			let ids = writer.finish().unwrap();
			assert_eq!(ids.len, count as usize, "repeated ids are kept once");
			assert!((0..count).all(|n| ids.contains(id(n)).unwrap()));
			assert!((count..count + 500).all(|n| !ids.contains(id(n)).unwrap()));
			for edge in [[0; 32], [255; 32]] {
				assert!(!ids.contains(RecordId(edge)).unwrap());
			}
		}
		assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
	}
}
