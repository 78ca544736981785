use crate::{Config, Pallet, ServingKeys};
use core::marker::PhantomData;
use frame_support::{storage::with_transaction, traits::KeyOwnerProofSystem};
use pallet_session::{historical, NextKeys, QueuedKeys};
use sp_runtime::{DispatchError, KeyTypeId, TransactionOutcome};

/// Proves whose a key is in a session, by the keys that its validators serve with.
///
/// `pallet_session::historical` does the same by the keys that validators have set last. One that sets others while it serves
/// could not be held to account for what it signs with those it has until the session is over, nor could its peers by proofs
/// that were made before.
pub struct KeyOwners<T>(PhantomData<T>);

impl<T: Config> KeyOwners<T> {
	/// What is said where the validators of this session have no other keys than those that they serve with.
	fn as_they_serve<R>(say: impl FnOnce() -> Option<R>) -> Option<R> {
		with_transaction(|| {
			for (validator, keys) in ServingKeys::<T>::get() {
				NextKeys::<T>::insert(validator, keys);
			}
			TransactionOutcome::Rollback(Ok::<_, DispatchError>(say()))
		})
		.ok()
		.flatten()
	}
}

impl<T: Config, Key: AsRef<[u8]>> KeyOwnerProofSystem<(KeyTypeId, Key)> for KeyOwners<T> {
	type Proof = <historical::Pallet<T> as KeyOwnerProofSystem<(KeyTypeId, Key)>>::Proof;
	type IdentificationTuple = historical::IdentificationTuple<T>;

	fn prove(key: (KeyTypeId, Key)) -> Option<Self::Proof> {
		Self::as_they_serve(|| historical::Pallet::<T>::prove(key))
	}

	fn check_proof(key: (KeyTypeId, Key), proof: Self::Proof) -> Option<Self::IdentificationTuple> {
		Self::as_they_serve(|| historical::Pallet::<T>::check_proof(key, proof))
	}
}

impl<T: Config> Pallet<T> {
	/// Keeps the keys of the session that starts, which are queued until the next one is planned.
	pub(crate) fn keep_serving_keys() {
		ServingKeys::<T>::put(QueuedKeys::<T>::get());
	}
}
