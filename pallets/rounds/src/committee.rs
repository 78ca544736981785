use crate::{
	evaluator::AuthorityId, Attestation, Attestations, Committee, Committees, Config, Evaluators, Pallet,
};
use alloc::vec::Vec;
use descent_protocol::{GroupId, RoundIndex, MAX_COMMITTEE};
use frame_support::traits::OneSessionHandler;
use sp_runtime::BoundToRuntimeAppPublic;

impl<T: Config> Pallet<T> {
	/// A round's committee; `None` before anybody has revealed.
	pub fn committee(group: GroupId, round: RoundIndex) -> Option<Committee<T::AccountId>> {
		Committees::<T>::get((group, round))
	}

	/// What a member of a round's committee said, by its place in it.
	pub fn attestation(group: GroupId, round: RoundIndex, member: u32) -> Option<Attestation> {
		Attestations::<T>::get((group, round), member)
	}

	fn set_evaluators<'a>(validators: impl Iterator<Item = (&'a T::AccountId, AuthorityId)>)
	where
		T::AccountId: 'a,
	{
		let validators: Vec<_> = validators.map(|(account, key)| (account.clone(), key)).collect();
		let count = validators.len();
		let evaluators = Committee::truncate_from(validators);
		if evaluators.len() < count {
			log::warn!(
				target: "runtime::rounds",
				"the session has {count} validators, only the first {MAX_COMMITTEE} measure",
			);
		}
		Evaluators::<T>::put(evaluators);
	}
}

impl<T: Config> BoundToRuntimeAppPublic for Pallet<T> {
	type Public = AuthorityId;
}

impl<T: Config> OneSessionHandler<T::AccountId> for Pallet<T> {
	type Key = AuthorityId;

	fn on_genesis_session<'a, I>(validators: I)
	where
		I: Iterator<Item = (&'a T::AccountId, AuthorityId)> + 'a,
	{
		Self::set_evaluators(validators);
	}

	fn on_new_session<'a, I>(_changed: bool, validators: I, _queued_validators: I)
	where
		I: Iterator<Item = (&'a T::AccountId, AuthorityId)> + 'a,
	{
		Self::set_evaluators(validators);
	}

	/// A validator that does not author blocks for a while is still a witness.
	fn on_disabled(_validator: u32) {}
}
