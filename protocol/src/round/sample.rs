use alloc::{collections::BTreeSet, vec::Vec};
use sp_core::H256;

/// The records that a round is measured on: `count` distinct positions below `population`, ascending, every
/// set of that size equally likely over `seed`. All positions where the population is not larger than
/// `count`.
///
/// Robert Floyd's sampling (Bentley & Floyd, "A sample of brilliance", CACM 30:9, 1987), drawing from
/// `blake2_256(seed, counter)` with rejection, so that no position is favoured.
pub fn sample(seed: H256, population: u64, count: u32) -> Vec<u64> {
	let count = u64::from(count);
	if population <= count {
		return (0..population).collect();
	}
	let mut draws = Draws::new(seed);
	let mut chosen = BTreeSet::new();
	for last in population.saturating_sub(count)..population {
		let position = draws.below(last);
		if !chosen.insert(position) {
			chosen.insert(last);
		}
	}
	chosen.into_iter().collect()
}

/// Returns a number below `count` that a seed draws, each equally likely; 0 where there is none.
pub(crate) fn draw_below(seed: H256, count: u64) -> u64 {
	count.checked_sub(1).map_or(0, |last| Draws::new(seed).below(last))
}

/// Returns numbers below `count` that a seed draws one after the other, each equally likely every time; none
/// where there is none.
pub(crate) fn draw_each_below(seed: H256, count: u64, draws: u8) -> Vec<u64> {
	let mut words = Draws::new(seed);
	let last = count.checked_sub(1);
	(0..draws).filter_map(|_| Some(words.below(last?))).collect()
}

/// A stream of 64-bit words out of a seed.
struct Draws {
	seed: H256,
	counter: u64,
	word: usize,
	block: [u8; 32],
}

impl Draws {
	fn new(seed: H256) -> Self {
		Self { seed, counter: 0, word: 4, block: [0; 32] }
	}

	fn next(&mut self) -> u64 {
		if self.word >= 4 {
			let mut input = [0; 40];
			input[..32].copy_from_slice(self.seed.as_bytes());
			input[32..].copy_from_slice(&self.counter.to_le_bytes());
			self.block = sp_crypto_hashing::blake2_256(&input);
			self.counter = self.counter.wrapping_add(1);
			self.word = 0;
		}
		let mut bytes = [0; 8];
		bytes.copy_from_slice(self.block.chunks_exact(8).nth(self.word).unwrap_or(&[0; 8]));
		self.word = self.word.saturating_add(1);
		u64::from_le_bytes(bytes)
	}

	/// A word in `0..=last`, each equally likely.
	fn below(&mut self, last: u64) -> u64 {
		let Some(range) = last.checked_add(1) else {
			return self.next();
		};
		// The largest multiple of `range`: words from there on would favour the low positions.
		let excess = (u64::MAX.checked_rem(range)).and_then(|rest| rest.checked_add(1)).unwrap_or_default();
		let fair = if excess == range { u64::MAX } else { u64::MAX.saturating_sub(excess) };
		loop {
			let word = self.next();
			if word <= fair {
				return word.checked_rem(range).unwrap_or_default();
			}
		}
	}
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn a_small_population_is_taken_whole() {
		assert_eq!(sample(H256::zero(), 3, 10), [0, 1, 2]);
		assert_eq!(sample(H256::zero(), 0, 10), Vec::<u64>::new());
		assert_eq!(sample(H256::zero(), 10, 0), Vec::<u64>::new());
	}

	#[test]
	fn every_position_is_about_equally_likely() {
		let mut hits = [0u32; 50];
		for seed in 0..2_000u64 {
			for position in sample(H256::from_low_u64_be(seed), 50, 10) {
				hits[usize::try_from(position).unwrap()] += 1;
			}
		}
		// 400 expected, standard deviation 18
		assert!(hits.iter().all(|hits| (300..500).contains(hits)), "{hits:?}");
	}

	proptest! {
		#[test]
		fn is_distinct_ascending_and_of_the_asked_size(seed: [u8; 32], population in 0u64..10_000, count in 0u32..500) {
			let drawn = sample(H256(seed), population, count);
			prop_assert_eq!(drawn.len() as u64, population.min(count.into()));
			prop_assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]));
			prop_assert!(drawn.last().is_none_or(|last| *last < population));
			prop_assert_eq!(&drawn, &sample(H256(seed), population, count));
		}
	}
}
