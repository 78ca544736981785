//! Memory for blocks, which is used again: memory that goes back to the system is cleared each time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Most buffers that are kept for later. Each has the length of a block, 1 MiB.
const KEPT: usize = 16;

/// Buffers that are used again. A clone shares them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

impl Buffers {
	/// Returns a buffer of this length, which holds anything.
	pub(crate) fn take(&self, len: usize) -> Vec<u8> {
		let mut buffer = self.all().pop().unwrap_or_default();
		buffer.resize(len, 0);
		buffer
	}

	/// Returns an empty buffer.
	pub(crate) fn empty(&self) -> Vec<u8> {
		self.take(0)
	}

	/// Takes a buffer back.
	pub(crate) fn give(&self, buffer: Vec<u8>) {
		let mut all = self.all();
		if all.len() < KEPT {
			all.push(buffer);
		}
	}

	/// Makes a buffer shared bytes, and takes it back when the last of them is dropped.
	pub(crate) fn share(&self, buffer: Vec<u8>) -> Bytes {
		Bytes::from_owner(Lent { buffers: self.clone(), buffer })
	}

	fn all(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
		self.0.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

struct Lent {
	buffers: Buffers,
	buffer: Vec<u8>,
}

impl AsRef<[u8]> for Lent {
	fn as_ref(&self) -> &[u8] {
		&self.buffer
	}
}

impl Drop for Lent {
	fn drop(&mut self) {
		self.buffers.give(std::mem::take(&mut self.buffer));
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn buffers_come_back_and_few_are_kept() {
		let buffers = Buffers::default();
		let all: Vec<_> = (0..2 * KEPT).map(|_| buffers.share(vec![1; 100])).collect();
		let parts: Vec<_> = all.iter().map(|bytes| bytes.slice(10..20)).collect();
		drop(all);
		assert!(buffers.all().is_empty(), "a part keeps the whole");
		assert!(parts.iter().all(|part| *part == [1; 10][..]));
		drop(parts);
		assert_eq!(buffers.all().len(), KEPT);
		assert_eq!((buffers.take(7).len(), buffers.take(300).len(), buffers.empty().len()), (7, 300, 0));
		assert_eq!(buffers.all().len(), KEPT - 3);
	}
}
