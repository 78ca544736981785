//! The ring of settled rounds that a group keeps.

use crate::{
	settle::Work, Attestations, Committees, Config, Kept, Pallet, Progress, Reveals, Rounds, Settlements,
};
use descent_protocol::{GroupId, RoundIndex};
use frame_support::traits::Get;
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
	/// Returns the round of a group that was settled last.
	pub fn last_settled(group: GroupId) -> Option<RoundIndex> {
		Settlements::<T>::get(group).map(|progress| progress.last)
	}

	/// Records that a round was settled and removes the round whose place in the ring it takes.
	pub(crate) fn keep_settled(group: GroupId, round: RoundIndex) -> Work {
		let count = Settlements::<T>::get(group).map_or(0, |progress| progress.count);
		let progress = Progress { count: count.saturating_add(1), last: round };
		Settlements::<T>::insert(group, progress);
		let slot = count.checked_rem(T::Retention::get()).unwrap_or_default();
		let oldest = Kept::<T>::mutate(group, slot, |kept| kept.replace(round));
		match oldest {
			Some(oldest) => Self::remove_round(group, oldest),
			None => Work { candidates: 0, members: 0 },
		}
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
