//! The ring of settled rounds that a group keeps.

use crate::{Config, Kept, Pallet, Progress, Recordings, Reveals, Rounds, Settlements, Tallies};
use descent_protocol::{GroupId, RoundIndex};
use frame_support::traits::Get;
use sp_runtime::SaturatedConversion;

/// Size of the ring of settled rounds. It is part of the storage's format: a runtime that changes it has to
/// migrate [`Kept`]. [`Config::Retention`] may be less and change.
pub const KEPT_RING: u32 = 256;

impl<T: Config> Pallet<T> {
	/// Returns the round of a group that was settled last.
	pub fn last_settled(group: GroupId) -> Option<RoundIndex> {
		Settlements::<T>::get(group).map(|progress| progress.last)
	}

	/// Records that a round was settled and removes the round that was kept long enough, and the one whose
	/// place in the ring it takes. There are only both for a while after the retention was lowered. Returns
	/// the number of commitments of those that were removed.
	pub(crate) fn keep_settled(group: GroupId, round: RoundIndex) -> u32 {
		let count = Settlements::<T>::get(group).map_or(0, |progress| progress.count);
		let progress = Progress { count: count.saturating_add(1), last: round };
		Settlements::<T>::insert(group, progress);
		let outdated = count.checked_sub(T::Retention::get());
		let outdated = outdated.and_then(|count| Kept::<T>::take(group, Self::place_of(count)));
		let oldest = Kept::<T>::mutate(group, Self::place_of(count), |kept| kept.replace(round));
		let removed = outdated.into_iter().chain(oldest);
		removed.fold(0, |sum, round| sum.saturating_add(Self::remove_round(group, round)))
	}

	/// Returns the place in the ring of the round that was settled as the `count`th, from 0.
	fn place_of(count: u32) -> u32 {
		count.checked_rem(KEPT_RING).unwrap_or_default()
	}

	/// Removes all that is stored of a settled round, except the digests of its checkpoints.
	fn remove_round(group: GroupId, round: RoundIndex) -> u32 {
		let commitments = Rounds::<T>::take(group, round).map(|round| round.commitments).unwrap_or_default();
		for commitment in &commitments {
			Reveals::<T>::remove((group, round), &commitment.account);
			Recordings::<T>::remove((group, round), &commitment.account);
		}
		Tallies::<T>::remove((group, round));
		commitments.len().saturated_into()
	}
}
