use crate::{Attestation, Attestations, Committees, Config, Pallet};
use descent_protocol::{GroupId, RoundIndex};
use pallet_evaluators::Committee;

impl<T: Config> Pallet<T> {
	/// A round's committee; `None` before anybody has revealed.
	pub fn committee(group: GroupId, round: RoundIndex) -> Option<Committee<T::AccountId>> {
		Committees::<T>::get((group, round))
	}

	/// What a member of a round's committee said, by its place in it.
	pub fn attestation(group: GroupId, round: RoundIndex, member: u32) -> Option<Attestation> {
		Attestations::<T>::get((group, round), member)
	}
}
