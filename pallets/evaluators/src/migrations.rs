//! Migrations of the pallet's storage from earlier versions.

use crate::{AuthorityId, Bonds, Config, Evaluator, EvaluatorSet, Evaluators, Pallet, STORAGE_VERSION};
use alloc::vec::Vec;
use codec::{Decode, DecodeAll};
use core::marker::PhantomData;
use frame_support::{
	storage::unhashed,
	traits::{Get, GetStorageVersion, OnRuntimeUpgrade, StorageVersion},
	weights::Weight,
	BoundedVec,
};

/// The migration from storage version 1 to 2, which adds their bonds to the evaluators. It takes one block.
pub struct AddBonds<T>(PhantomData<T>);

/// The evaluators of storage version 1.
#[derive(Decode)]
struct OldEvaluators<AccountId>(Vec<(AccountId, AuthorityId)>);

impl<T: Config> OnRuntimeUpgrade for AddBonds<T> {
	fn on_runtime_upgrade() -> Weight {
		if Pallet::<T>::on_chain_storage_version() != StorageVersion::new(1) {
			return T::DbWeight::get().reads(1);
		}
		let bytes = unhashed::get_raw(&Evaluators::<T>::hashed_key()).unwrap_or_default();
		let old = OldEvaluators::<T::AccountId>::decode_all(&mut &bytes[..]).map(|old| old.0);
		let evaluators: Vec<_> = old
			.unwrap_or_default()
			.into_iter()
			.map(|(account, key)| Evaluator { bond: T::Bonds::bond(&account), account, key })
			.collect();
		let members = u64::try_from(evaluators.len()).unwrap_or(u64::MAX);
		let evaluators = BoundedVec::truncate_from(evaluators);
		Evaluators::<T>::put(EvaluatorSet { since: 0, evaluators });
		STORAGE_VERSION.put::<Pallet<T>>();
		T::DbWeight::get().reads_writes(members.saturating_add(2), 2)
	}
}
