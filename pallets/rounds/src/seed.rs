use crate::{Config, Pallet, Rounds, Seeds};
use codec::Encode;
use descent_protocol::{evaluation_seed, BlockNumber, GroupId, RoundIndex};
use frame_support::traits::Get;
use pallet_groups::GroupRules;
use sp_core::H256;
use sp_io::hashing::blake2_256;

impl<T: Config> Pallet<T> {
	/// How many blocks' randomness is kept: enough for the last block of the longest reveal window to know that of the
	/// block before the window.
	pub fn ring_size() -> u32 {
		T::Groups::longest_reveal().saturating_add(1)
	}

	/// Keeps the randomness of the block that ends, mixed with that of all blocks before it.
	///
	/// An author knows its own VRF outputs as soon as the epoch's randomness is known, minutes ahead. Were a seed drawn
	/// from one block's output alone, its author could train on a round's records before it commits. As it is, the seed is
	/// known to nobody before the last block that somebody else made.
	///
	/// Where the block has no randomness of its own, its parent's hash has to do. The parent's author could bias that, but a
	/// round that nobody can reveal would cost every trainer a deposit. With BABE's VRF in secondary slots every block has
	/// one.
	pub(crate) fn keep_randomness() {
		let now = Self::now();
		let fresh = T::BlockRandomness::get()
			.unwrap_or_else(|| blake2_256(&frame_system::Pallet::<T>::parent_hash().encode()));
		let before = now.checked_sub(1).and_then(Self::randomness_at).unwrap_or_default();
		let randomness = (before, fresh).using_encoded(blake2_256);
		Seeds::<T>::insert(Self::slot_of(now), (now, randomness));
	}

	/// What was kept at the end of a recent block.
	fn randomness_at(block: BlockNumber) -> Option<[u8; 32]> {
		Seeds::<T>::get(Self::slot_of(block))
			.filter(|(kept, _)| *kept == block)
			.map(|(_, randomness)| randomness)
	}

	/// The seed that draws a round's evaluation set; `None` before it is drawn, and where nobody has revealed while its
	/// block's randomness was still known.
	pub fn seed_of(group: GroupId, round: RoundIndex) -> Option<H256> {
		let fixed = Rounds::<T>::get(group, round).and_then(|round| round.seed);
		fixed.or_else(|| Self::drawn_seed(group, round, Self::windows(group, round)?.seed))
	}

	/// The seed out of what was kept at the end of a recent block.
	pub(crate) fn drawn_seed(group: GroupId, round: RoundIndex, block: BlockNumber) -> Option<H256> {
		Self::randomness_at(block)
			.map(|randomness| evaluation_seed(Self::genesis(), group, round, &randomness))
	}

	/// The place of a block in the ring.
	pub(crate) fn slot_of(block: BlockNumber) -> u32 {
		block.checked_rem(Self::ring_size()).unwrap_or_default()
	}
}
