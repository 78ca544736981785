//! The evaluators of a session, as `pallet-session` tells of them.

use crate::{AuthorityId, Bonds, Config, Evaluator, Pallet};
use descent_protocol::MAX_COMMITTEE;
use frame_support::traits::OneSessionHandler;
use sp_runtime::{BoundToRuntimeAppPublic, SaturatedConversion};

impl<T: Config> Pallet<T> {
	fn begin_session<'a>(validators: impl Iterator<Item = (&'a T::AccountId, AuthorityId)>)
	where
		T::AccountId: 'a,
	{
		let evaluators: alloc::vec::Vec<_> = validators
			.map(|(account, key)| Evaluator { account: account.clone(), key, bond: T::Bonds::bond(account) })
			.collect();
		if evaluators.len() > MAX_COMMITTEE.saturated_into() {
			log::warn!(
				target: "runtime::evaluators",
				"the session has {} validators, only the first {MAX_COMMITTEE} evaluate",
				evaluators.len(),
			);
		}
		Self::put_evaluators(evaluators);
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
		Self::begin_session(validators);
	}

	fn on_new_session<'a, I>(_changed: bool, validators: I, _queued_validators: I)
	where
		I: Iterator<Item = (&'a T::AccountId, AuthorityId)> + 'a,
	{
		Self::begin_session(validators);
	}

	/// Keeps the validator: one that may not author blocks for a while still evaluates.
	fn on_disabled(_validator: u32) {}
}
