//! The evaluators of a session, as `pallet-session` tells of them.

use crate::{AuthorityId, Committee, Config, EvaluatorSet, Evaluators, Pallet};
use alloc::vec::Vec;
use descent_protocol::MAX_COMMITTEE;
use frame_support::traits::OneSessionHandler;
use sp_runtime::BoundToRuntimeAppPublic;

impl<T: Config> Pallet<T> {
	fn set_evaluators<'a>(validators: impl Iterator<Item = (&'a T::AccountId, AuthorityId)>)
	where
		T::AccountId: 'a,
	{
		let validators: Vec<_> = validators.map(|(account, key)| (account.clone(), key)).collect();
		let count = validators.len();
		let evaluators = Committee::truncate_from(validators);
		if evaluators.len() < count {
			log::warn!(
				target: "runtime::evaluators",
				"the session has {count} validators, only the first {MAX_COMMITTEE} evaluate",
			);
		}
		Evaluators::<T>::put(evaluators);
	}
}

impl<T: Config> EvaluatorSet<T::AccountId> for Pallet<T> {
	fn members() -> Committee<T::AccountId> {
		Evaluators::<T>::get()
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn put_members(members: Committee<T::AccountId>) {
		Evaluators::<T>::put(members);
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

	/// Keeps the validator: one that may not author blocks for a while still evaluates.
	fn on_disabled(_validator: u32) {}
}
