//! The order in which records are trained on.

use rand_chacha::rand_core::{RngCore, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// Endless batches of record positions. Each epoch is a new permutation of all records, which follows from
/// the seed and the epoch's number. A batch does not continue in the next epoch. Takes 8 bytes of memory per
/// record.
#[derive(Clone, Debug)]
pub struct Shuffle {
	seed: u64,
	batch: usize,
	epoch: u64,
	order: Vec<u64>,
	next: usize,
}

impl Shuffle {
	/// Returns batches of `batch` positions (at least one) out of `records` records.
	pub fn new(records: u64, batch: usize, seed: u64) -> Self {
		let mut shuffle =
			Self { seed, batch: batch.max(1), epoch: 0, order: (0..records).collect(), next: 0 };
		shuffle.permute();
		shuffle
	}

	/// Seed of the order.
	pub fn seed(&self) -> u64 {
		self.seed
	}

	/// Number of positions of a batch; the last one of an epoch may have fewer.
	pub fn batch(&self) -> usize {
		self.batch
	}

	/// Number of the current epoch, from 0.
	pub fn epoch(&self) -> u64 {
		self.epoch
	}

	/// Number of the batches taken in the current epoch, from 0.
	pub fn position(&self) -> u64 {
		(self.next.div_ceil(self.batch)) as u64
	}

	/// Goes on after this many batches of an epoch, as a training did that is continued.
	pub fn seek(&mut self, epoch: u64, position: u64) {
		self.epoch = epoch;
		self.permute();
		let taken = usize::try_from(position).unwrap_or(usize::MAX).saturating_mul(self.batch);
		self.next = taken.min(self.order.len());
	}

	/// Shuffles by Fisher and Yates. It is written here so that no library's update changes the order.
	fn permute(&mut self) {
		let mut rng = ChaCha12Rng::seed_from_u64(self.seed);
		rng.set_stream(self.epoch);
		self.order.sort_unstable();
		for last in (1..self.order.len()).rev() {
			let range = last as u128 + 1;
			// The bias of this draw is below records / 2^64.
			let chosen = (u128::from(rng.next_u64()) * range) >> 64;
			self.order.swap(last, chosen as usize);
		}
	}
}

impl Iterator for Shuffle {
	type Item = Vec<u64>;

	fn next(&mut self) -> Option<Self::Item> {
		if self.order.is_empty() {
			return None;
		}
		if self.next >= self.order.len() {
			self.epoch += 1;
			self.next = 0;
			self.permute();
		}
		let end = (self.next + self.batch).min(self.order.len());
		let batch = self.order[self.next..end].to_vec();
		self.next = end;
		Some(batch)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_epoch_holds_every_record_once_in_another_order() {
		let mut shuffle = Shuffle::new(10, 4, 7);
		let mut epochs = Vec::new();
		for epoch in 0..3 {
			let batches: Vec<_> = shuffle.by_ref().take(3).collect();
			assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
			assert_eq!(shuffle.epoch(), epoch);
			let order = batches.concat();
			let mut sorted = order.clone();
			sorted.sort_unstable();
			assert_eq!(sorted, (0..10).collect::<Vec<_>>());
			epochs.push(order);
		}
		assert!(epochs[0] != epochs[1] && epochs[1] != epochs[2]);
	}

	#[test]
	fn the_order_follows_from_the_seed() {
		let take = |seed| Shuffle::new(100, 8, seed).take(30).collect::<Vec<_>>();
		assert_eq!(take(1), take(1));
		assert_ne!(take(1), take(2));
		assert_eq!(Shuffle::new(0, 8, 1).next(), None);
	}

	#[test]
	fn a_continued_order_goes_on_where_it_was() {
		for taken in 0..8 {
			let mut whole = Shuffle::new(10, 4, 7);
			whole.by_ref().take(taken).for_each(drop);
			let mut continued = Shuffle::new(10, 4, 7);
			continued.seek(whole.epoch(), whole.position());
			assert_eq!(whole.take(5).collect::<Vec<_>>(), continued.take(5).collect::<Vec<_>>());
		}
	}

	#[test]
	fn the_order_is_frozen() {
		assert_eq!(Shuffle::new(5, 5, 1).next().unwrap(), FROZEN);
	}

	const FROZEN: [u64; 5] = [3, 0, 1, 2, 4];
}
