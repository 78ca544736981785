//! Sorts more entries than memory holds: sorted runs in a scratch file, merged when they are read.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Number of entries that are sorted in memory before they are written as a run.
pub(crate) const RUN: usize = 512 * 1024;
/// Number of bytes of memory for reading all runs side by side.
const MERGE_BYTES: u64 = 16 << 20;

/// Collects entries and sorts them byte by byte, so numbers in them are big-endian.
pub(crate) struct Sorter<const N: usize> {
	folder: PathBuf,
	run: usize,
	pending: Vec<[u8; N]>,
	spilled: Option<BufWriter<File>>,
	/// Positions of the runs in the scratch file, in bytes.
	runs: Vec<Range<u64>>,
}

/// Sorted entries, which can be read several times.
pub(crate) struct Sorted<const N: usize> {
	spilled: Option<File>,
	runs: Vec<Range<u64>>,
	/// The last run, which stays in memory.
	last: Vec<[u8; N]>,
}

impl<const N: usize> Sorter<N> {
	/// Keeps up to `run` entries in memory and the others in a nameless file in `folder`, which is deleted
	/// when the sorter is dropped.
	pub(crate) fn new(folder: &Path, run: usize) -> Self {
		Self { folder: folder.into(), run: run.max(1), pending: Vec::new(), spilled: None, runs: Vec::new() }
	}

	pub(crate) fn push(&mut self, entry: [u8; N]) -> io::Result<()> {
		if self.pending.len() >= self.run {
			self.spill()?;
		}
		self.pending.push(entry);
		Ok(())
	}

	fn spill(&mut self) -> io::Result<()> {
		self.pending.sort_unstable();
		let spilled = match &mut self.spilled {
			Some(spilled) => spilled,
			None => {
				self.spilled.insert(BufWriter::with_capacity(1 << 20, tempfile::tempfile_in(&self.folder)?))
			}
		};
		let start = self.runs.last().map_or(0, |run| run.end);
		self.runs.push(start..start + (self.pending.len() * N) as u64);
		for entry in self.pending.drain(..) {
			spilled.write_all(&entry)?;
		}
		Ok(())
	}

	pub(crate) fn finish(mut self) -> io::Result<Sorted<N>> {
		self.pending.sort_unstable();
		let spilled = self.spilled.map(BufWriter::into_inner).transpose();
		Ok(Sorted { spilled: spilled.map_err(|e| e.into_error())?, runs: self.runs, last: self.pending })
	}
}

impl<const N: usize> Sorted<N> {
	pub(crate) fn len(&self) -> u64 {
		self.runs.last().map_or(0, |run| run.end) / N as u64 + self.last.len() as u64
	}

	/// Returns all entries, the smallest first.
	pub(crate) fn iter(&self) -> io::Result<Merge<'_, N>> {
		let buffer = (MERGE_BYTES / (self.runs.len() as u64).max(1)).clamp(4 << 10, 256 << 10) as usize;
		let spilled = self.spilled.iter().flat_map(|file| {
			self.runs.iter().map(move |run| {
				let bytes = PositionedReader::new(file, run.start).take(run.end - run.start);
				Run::Spilled(BufReader::with_capacity(buffer, bytes))
			})
		});
		let mut runs: Vec<_> = spilled.chain([Run::Memory(self.last.iter())]).collect();
		let mut heads = BinaryHeap::with_capacity(runs.len());
		for (number, run) in runs.iter_mut().enumerate() {
			if let Some(entry) = run.next()? {
				heads.push(Reverse((entry, number)));
			}
		}
		Ok(Merge { runs, heads })
	}
}

enum Run<'a, const N: usize> {
	Spilled(BufReader<io::Take<PositionedReader<'a>>>),
	Memory(std::slice::Iter<'a, [u8; N]>),
}

impl<const N: usize> Run<'_, N> {
	fn next(&mut self) -> io::Result<Option<[u8; N]>> {
		match self {
			Run::Memory(entries) => Ok(entries.next().copied()),
			Run::Spilled(bytes) if bytes.buffer().is_empty() && bytes.get_ref().limit() == 0 => Ok(None),
			Run::Spilled(bytes) => {
				let mut entry = [0; N];
				bytes.read_exact(&mut entry)?;
				Ok(Some(entry))
			}
		}
	}
}

/// Iterator over sorted runs.
pub(crate) struct Merge<'a, const N: usize> {
	runs: Vec<Run<'a, N>>,
	/// Next entry of each run that has one.
	heads: BinaryHeap<Reverse<([u8; N], usize)>>,
}

impl<const N: usize> Iterator for Merge<'_, N> {
	type Item = io::Result<[u8; N]>;

	fn next(&mut self) -> Option<Self::Item> {
		let mut head = self.heads.peek_mut()?;
		let Reverse((entry, number)) = *head;
		match self.runs[number].next() {
			Ok(Some(following)) => *head = Reverse((following, number)),
			Ok(None) => drop(std::collections::binary_heap::PeekMut::pop(head)),
			Err(error) => {
				drop(head);
				self.heads.clear();
				return Some(Err(error));
			}
		}
		Some(Ok(entry))
	}
}

/// Reads a file from its own position. Clones of a file share one position.
pub(crate) struct PositionedReader<'a> {
	file: &'a File,
	position: u64,
}

impl<'a> PositionedReader<'a> {
	pub(crate) fn new(file: &'a File, position: u64) -> Self {
		Self { file, position }
	}
}

impl Read for PositionedReader<'_> {
	fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
		let read = self.file.read_at(bytes, self.position)?;
		self.position += read as u64;
		Ok(read)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	proptest! {
		#[test]
		fn whatever_the_length_of_runs_the_order_is_the_same(
			numbers in prop::collection::vec(any::<u16>(), 0..500),
			run in 0usize..600,
		) {
			let folder = tempfile::tempdir().unwrap();
			let mut sorter = Sorter::new(folder.path(), run);
			for number in &numbers {
				sorter.push(number.to_be_bytes()).unwrap();
			}
			let sorted = sorter.finish().unwrap();
			prop_assert_eq!(sorted.len(), numbers.len() as u64);
			prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no file has a name");
			let mut expected = numbers;
			expected.sort_unstable();
			for _ in 0..2 {
				let found: io::Result<Vec<_>> = sorted.iter().unwrap().collect();
				let found: Vec<_> = found.unwrap().into_iter().map(u16::from_be_bytes).collect();
				prop_assert_eq!(&found, &expected);
			}
		}
	}
}
