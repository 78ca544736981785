//! The ring of settled rounds that a group keeps.

use crate::{
	settle::Work, Attestations, Committees, Config, Kept, Pallet, Progress, Reveals, Rounds, Settlements,
};
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
	/// place in the ring it takes. There are only both for a while after the retention was lowered.
	pub(crate) fn keep_settled(group: GroupId, round: RoundIndex) -> Work {
		let count = Settlements::<T>::get(group).map_or(0, |progress| progress.count);
		let progress = Progress { count: count.saturating_add(1), last: round };
		Settlements::<T>::insert(group, progress);
		let outdated = count.checked_sub(T::Retention::get());
		let outdated = outdated.and_then(|count| Kept::<T>::take(group, Self::place_of(count)));
		let oldest = Kept::<T>::mutate(group, Self::place_of(count), |kept| kept.replace(round));
		outdated.into_iter().chain(oldest).fold(Work { candidates: 0, members: 0 }, |work, round| {
			let removed = Self::remove_round(group, round);
			Work {
				candidates: work.candidates.saturating_add(removed.candidates),
				members: work.members.saturating_add(removed.members),
			}
		})
	}

	/// Returns the place in the ring of the round that was settled as the `count`th, from 0.
	fn place_of(count: u32) -> u32 {
		count.checked_rem(KEPT_RING).unwrap_or_default()
	}

	/// Removes all that is stored of a settled round, except the digests of its checkpoints.
	fn remove_round(group: GroupId, round: RoundIndex) -> Work {
		let commitments = Rounds::<T>::take(group, round).map(|round| round.commitments).unwrap_or_default();
		for commitment in &commitments {
			Reveals::<T>::remove((group, round), &commitment.account);
		}
		let members: u32 = Committees::<T>::decode_len((group, round)).unwrap_or_default().saturated_into();
		Committees::<T>::remove((group, round));
		for member in 0..members {
			Attestations::<T>::remove((group, round), member);
		}
		Work { candidates: commitments.len().saturated_into(), members }
	}
}
