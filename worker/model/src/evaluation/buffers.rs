//! Memory for the values of layers.

use crate::memory::KEPT;

/// Buffers that are used again. The system gives new memory page by page and clears each, which takes a tenth
/// of an evaluation.
#[derive(Default)]
pub(super) struct Buffers(Vec<Vec<f64>>);

impl Buffers {
	/// Returns a buffer of so many values, which are those of whatever it held before.
	pub(super) fn take(&mut self, length: usize) -> Vec<f64> {
		let large_enough = |buffer: &&Vec<f64>| buffer.capacity() >= length;
		let smallest = self.0.iter().filter(large_enough).map(Vec::capacity).min();
		let place = smallest.and_then(|capacity| self.0.iter().position(|it| it.capacity() == capacity));
		let mut buffer = place.map(|place| self.0.swap_remove(place)).unwrap_or_default();
		buffer.resize(length, 0.0);
		buffer
	}

	/// Keeps a buffer, and of all only the largest that fit into the memory that is set aside for them.
	pub(super) fn give(&mut self, buffer: Vec<f64>) {
		self.0.push(buffer);
		self.0.sort_by_key(|buffer| std::cmp::Reverse(buffer.capacity()));
		let mut room = usize::try_from(KEPT / 8).unwrap_or(usize::MAX);
		self.0.retain(|buffer| match room.checked_sub(buffer.capacity()) {
			Some(rest) => {
				room = rest;
				true
			}
			None => false,
		});
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_smallest_buffer_that_is_large_enough_is_used_again() {
		let mut buffers = Buffers::default();
		for length in [100, 10, 1_000] {
			buffers.give(vec![1.0; length]);
		}
		assert_eq!(buffers.take(50), [1.0; 50]);
		assert_eq!(buffers.take(50), [1.0; 50]);
		assert_eq!(buffers.take(50), [0.0; 50]);
		assert_eq!(buffers.0.len(), 1);
	}

	#[test]
	fn no_more_is_kept_than_is_set_aside() {
		let mut buffers = Buffers::default();
		let most = usize::try_from(KEPT / 8).unwrap();
		buffers.give(Vec::with_capacity(most + 1));
		assert!(buffers.0.is_empty());
		for length in [most / 4, most / 2, most / 2] {
			buffers.give(Vec::with_capacity(length));
		}
		assert_eq!(buffers.0.iter().map(Vec::capacity).sum::<usize>(), most);
	}
}
