//! The blocks in which nobody could reveal, attest or open.

use crate::{Closed, Config, Pallet, WeightInfo};
use core::ops::Range;
use descent_protocol::BlockNumber;
use descent_support::ClosedBlocks;
use frame_support::{
	dispatch::DispatchClass, migrations::MultiStepMigrator, pallet_prelude::Weight, traits::Get,
};
use frame_system::Pallet as System;

/// Number of ranges of closed blocks that are kept.
pub const MAX_CLOSED: u32 = 32;
/// Length of the longest reveal with its signature and extensions, in bytes, rounded up.
const LONGEST_REVEAL: u32 = 4_096;

impl<T: Config> ClosedBlocks for Pallet<T> {
	fn any_closed(blocks: &Range<BlockNumber>) -> bool {
		Closed::<T>::get().iter().any(|(first, last)| *first < blocks.end && *last >= blocks.start)
	}
}

impl<T: Config> Pallet<T> {
	/// Returns the weight of the longest reveal.
	pub fn longest_reveal_weight() -> Weight {
		T::WeightInfo::reveal().max(T::WeightInfo::reveal_recorded())
	}

	/// Notes that the block takes no transactions, as migrations go on. To be called as it begins: the block
	/// in which they end takes none either.
	pub(crate) fn note_migrations() {
		if T::MultiBlockMigrator::ongoing() {
			Self::close_block();
		}
	}

	/// Notes that the block had no room for another reveal. To be called as it ends.
	pub(crate) fn note_full_block() {
		if !Self::has_room() {
			Self::close_block();
		}
	}

	/// Returns true if the block can take another reveal, by the rules of
	/// [`CheckWeight`](frame_system::CheckWeight). The extension that checks it takes no more than the call.
	fn has_room() -> bool {
		let (limits, used) = (T::BlockWeights::get(), System::<T>::block_weight());
		let class = limits.get(DispatchClass::Operational);
		let reveal = Self::longest_reveal_weight().saturating_mul(2).saturating_add(class.base_extrinsic);
		let of_class = used.get(DispatchClass::Operational).saturating_add(reveal);
		let fits_class = class.max_total.is_none_or(|most| of_class.all_lte(most));
		let fits_block = used.total().saturating_add(reveal).all_lte(limits.max_block);
		let is_reserved = class.reserved.is_none_or(|reserved| of_class.all_lte(reserved));
		let longest = *T::BlockLength::get().max.get(DispatchClass::Operational);
		let length = System::<T>::block_size().saturating_add(LONGEST_REVEAL);
		fits_class && (fits_block || is_reserved) && length <= longest
	}

	/// Adds the block to those that are closed. Where there are too many ranges, the two oldest become one,
	/// with the blocks between them: what is forgotten is a penalty.
	pub(crate) fn close_block() {
		let now = Self::now();
		Closed::<T>::mutate(|ranges| {
			match ranges.iter_mut().next_back() {
				Some((_, last)) if last.saturating_add(1) >= now => {
					*last = now;
					return;
				}
				_ => {}
			}
			if ranges.is_full() {
				let (oldest, _) = ranges.remove(0);
				if let Some((first, _)) = ranges.iter_mut().next() {
					*first = oldest;
				}
			}
			// There is room.
			let _ = ranges.try_push((now, now));
		});
	}
}
