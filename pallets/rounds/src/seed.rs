//! The randomness of blocks, and the seeds of rounds that it draws.

use crate::{Config, DitheredSince, Pallet, Rounds, Seeds};
use codec::Encode;
use descent_protocol::{evaluation_seed, BlockNumber, GroupId, RoundIndex};
use frame_support::traits::Get;
use sp_core::H256;
use sp_io::hashing::blake2_256;

impl<T: Config> Pallet<T> {
	/// Stores the randomness of the block that ends, mixed with that of all blocks before it.
	///
	/// An author knows its own VRF outputs as soon as the epoch's randomness is known, minutes ahead. If a
	/// seed were drawn from one block's output alone, its author could train on a round's records before it
	/// commits. With the mixture, an author does not know the seed before the last block of another author.
	///
	/// A block without randomness of its own uses its parent's hash. The parent's author could bias that, but
	/// a round that cannot be revealed would cost every trainer a deposit. With BABE's VRF in secondary slots
	/// every block has randomness.
	pub(crate) fn keep_randomness() {
		let now = Self::now();
		let fresh = T::BlockRandomness::get()
			.unwrap_or_else(|| blake2_256(&frame_system::Pallet::<T>::parent_hash().encode()));
		let before = now.checked_sub(1).and_then(Self::kept_randomness).unwrap_or_default();
		let randomness = (before, fresh).using_encoded(blake2_256);
		Seeds::<T>::insert(Self::slot_of(now), (now, randomness));
	}

	/// Returns the randomness that was stored at the end of a recent block.
	pub(crate) fn kept_randomness(block: BlockNumber) -> Option<[u8; 32]> {
		Seeds::<T>::get(Self::slot_of(block))
			.filter(|(kept, _)| *kept == block)
			.map(|(_, randomness)| randomness)
	}

	/// Returns the seed that draws a round's evaluation set. Returns `None` before it is drawn, and if no
	/// trainer revealed while the randomness of its block was still stored.
	pub fn seed_of(group: GroupId, round: RoundIndex) -> Option<H256> {
		let fixed = Rounds::<T>::get(group, round).and_then(|round| round.seed);
		fixed.or_else(|| Self::drawn_seed(group, round, Self::windows(group, round)?.seed))
	}

	/// Returns true if the scores of a round whose seed the randomness of this block draws are dithered.
	pub(crate) fn is_dithered(block: BlockNumber) -> bool {
		block >= DitheredSince::<T>::get()
	}

	/// Returns the seed that the randomness of a recent block draws.
	pub(crate) fn drawn_seed(group: GroupId, round: RoundIndex, block: BlockNumber) -> Option<H256> {
		Self::kept_randomness(block)
			.map(|randomness| evaluation_seed(Self::genesis(), group, round, &randomness))
	}

	/// Returns the place of a block in the ring.
	pub(crate) fn slot_of(block: BlockNumber) -> u32 {
		block.checked_rem(T::SeedRing::get()).unwrap_or_default()
	}
}
