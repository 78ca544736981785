//! The positions that a delta removes.

use crate::sort::{PositionedReader, Sorted};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Number of positions in one block.
const BLOCK: usize = 512;
/// Number of blocks that are kept in memory, 4 KiB each.
const CACHED: usize = 8 * 1024;

/// Ascending positions in a scratch file. Memory holds the first position of each block and some whole
/// blocks, so one read gives the new position of a record, however many are removed.
pub(super) struct Removed {
	file: File,
	len: u64,
	first: Vec<u64>,
	cache: HashMap<usize, Vec<u64>>,
}

impl Removed {
	/// Copies the positions, which are big-endian, to a scratch file.
	pub(super) fn new(positions: &Sorted<8>, scratch: &Path) -> io::Result<Self> {
		let mut out = BufWriter::with_capacity(1 << 18, tempfile::tempfile_in(scratch)?);
		let mut first = Vec::new();
		for (number, position) in positions.iter()?.enumerate() {
			let position = position?;
			if number % BLOCK == 0 {
				first.push(u64::from_be_bytes(position));
			}
			out.write_all(&position)?;
		}
		Ok(Self {
			file: out.into_inner().map_err(|e| e.into_error())?,
			len: positions.len(),
			first,
			cache: HashMap::new(),
		})
	}

	/// Returns the positions, ascending.
	pub(super) fn iter(&self) -> impl Iterator<Item = io::Result<u64>> + '_ {
		let mut reader = BufReader::with_capacity(1 << 16, PositionedReader::new(&self.file, 0));
		(0..self.len).map(move |_| {
			let mut position = [0; 8];
			reader.read_exact(&mut position).map(|()| u64::from_be_bytes(position))
		})
	}

	/// Returns the new position of the record at `position` after the removals, or `None` if it is removed.
	pub(super) fn moved(&mut self, position: u64) -> io::Result<Option<u64>> {
		let Some(block) = self.first.partition_point(|first| *first <= position).checked_sub(1) else {
			return Ok(Some(position));
		};
		let found = match self.cache.get(&block) {
			Some(positions) => positions.binary_search(&position),
			None => {
				let positions = self.block(block)?;
				let found = positions.binary_search(&position);
				if self.cache.len() < CACHED {
					self.cache.insert(block, positions);
				}
				found
			}
		};
		Ok(found.err().map(|before| position - (block * BLOCK + before) as u64))
	}

	fn block(&self, block: usize) -> io::Result<Vec<u64>> {
		let start = (block * BLOCK) as u64;
		let mut bytes = vec![0; 8 * (self.len - start).min(BLOCK as u64) as usize];
		self.file.read_exact_at(&mut bytes, 8 * start)?;
		let word = |b: &[u8]| u64::from_be_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]);
		Ok(bytes.chunks_exact(8).map(word).collect())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::sort::Sorter;

	#[test]
	fn positions_move_up_by_the_removed_ones_before_them() {
		let folder = tempfile::tempdir().unwrap();
		let mut sorter = Sorter::new(folder.path(), 100);
		for position in (0u64..6000).filter(|p| p % 3 == 1) {
			sorter.push(position.to_be_bytes()).unwrap();
		}
		let mut removed = Removed::new(&sorter.finish().unwrap(), folder.path()).unwrap();
		assert_eq!(removed.iter().count(), 2000);
		assert_eq!(removed.iter().nth(1999).unwrap().unwrap(), 5998);
		let mut next = 0;
		for position in 0..6100 {
			let expected = (position >= 6000 || position % 3 != 1).then_some(next);
			assert_eq!(removed.moved(position).unwrap(), expected, "{position}");
			next += u64::from(expected.is_some());
		}
	}

	#[test]
	fn nothing_moves_where_nothing_is_removed() {
		let folder = tempfile::tempdir().unwrap();
		let none = Sorter::new(folder.path(), 1).finish().unwrap();
		let mut removed = Removed::new(&none, folder.path()).unwrap();
		assert_eq!(removed.moved(u64::MAX).unwrap(), Some(u64::MAX));
	}
}
