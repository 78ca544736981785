//! Migrations of the pallet's storage from earlier versions.

use crate::{
	AuthorityId, Bonds, Config, CurrentEvaluators, Evaluator, EvaluatorSet, Pallet, STORAGE_VERSION,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeAll};
use core::marker::PhantomData;
use frame_support::{
	storage::{storage_prefix, unhashed},
	traits::{Get, GetStorageVersion, OnRuntimeUpgrade, PalletInfoAccess, StorageVersion},
	weights::Weight,
	BoundedVec,
};

/// The migration from storage version 1 to 2, which adds their bonds to the evaluators. It takes one block.
pub struct AddBonds<T>(PhantomData<T>);

/// The evaluators of storage version 1.
#[derive(Decode)]
struct OldEvaluators<AccountId>(Vec<(AccountId, AuthorityId)>);

/// Returns the key of the evaluators of storage version 1. Those of version 2 have another, as the new
/// runtime reads the state of the block that brings it in before it migrates it.
pub(crate) fn old_key<T: Config>() -> [u8; 32] {
	storage_prefix(Pallet::<T>::name().as_bytes(), b"Evaluators")
}

impl<T: Config> OnRuntimeUpgrade for AddBonds<T> {
	fn on_runtime_upgrade() -> Weight {
		if Pallet::<T>::on_chain_storage_version() != StorageVersion::new(1) {
			return T::DbWeight::get().reads(1);
		}
		let key = old_key::<T>();
		let bytes = unhashed::get_raw(&key).unwrap_or_default();
		unhashed::kill(&key);
		let old = OldEvaluators::<T::AccountId>::decode_all(&mut &bytes[..]).map(|old| old.0);
		let evaluators: Vec<_> = old
			.unwrap_or_default()
			.into_iter()
			.map(|(account, key)| Evaluator { bond: T::Bonds::bond(&account), account, key })
			.collect();
		let members = u64::try_from(evaluators.len()).unwrap_or(u64::MAX);
		let evaluators = BoundedVec::truncate_from(evaluators);
		CurrentEvaluators::<T>::put(EvaluatorSet { since: 0, evaluators });
		STORAGE_VERSION.put::<Pallet<T>>();
		T::DbWeight::get().reads_writes(members.saturating_add(2), 3)
	}
}
