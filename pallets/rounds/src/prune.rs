//! The ring of settled rounds that a group keeps.

use crate::{Config, Kept, Pallet, Progress, Reveals, Rounds, Settlements, Tallies};
use descent_protocol::{GroupId, RoundIndex};
use frame_support::traits::Get;
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
	/// Returns the round of a group that was settled last.
	pub fn last_settled(group: GroupId) -> Option<RoundIndex> {
		Settlements::<T>::get(group).map(|progress| progress.last)
	}

	/// Records that a round was settled and removes the round whose place in the ring it takes. Returns the
	/// number of commitments of that one.
	pub(crate) fn keep_settled(group: GroupId, round: RoundIndex) -> u32 {
		let count = Settlements::<T>::get(group).map_or(0, |progress| progress.count);
		let progress = Progress { count: count.saturating_add(1), last: round };
		Settlements::<T>::insert(group, progress);
		let slot = count.checked_rem(T::Retention::get()).unwrap_or_default();
		let oldest = Kept::<T>::mutate(group, slot, |kept| kept.replace(round));
		match oldest {
			Some(oldest) => Self::remove_round(group, oldest),
			None => 0,
		}
	}

	/// Removes all that is stored of a settled round, except the digests of its checkpoints.
	fn remove_round(group: GroupId, round: RoundIndex) -> u32 {
		let commitments = Rounds::<T>::take(group, round).map(|round| round.commitments).unwrap_or_default();
		for commitment in &commitments {
			Reveals::<T>::remove((group, round), &commitment.account);
		}
		Tallies::<T>::remove((group, round));
		commitments.len().saturated_into()
	}
}
