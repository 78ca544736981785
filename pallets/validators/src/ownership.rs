use crate::{Config, Pallet, ServingKeys};
use core::marker::PhantomData;
use frame_support::{storage::with_transaction, traits::KeyOwnerProofSystem};
use pallet_session::{historical, NextKeys, QueuedKeys};
use sp_runtime::{DispatchError, KeyTypeId, TransactionOutcome};

/// Proves the owner of a key in a session, by the keys that the session's validators serve with.
///
/// `pallet_session::historical` does the same by the keys that validators have set last. With it, a validator
/// that sets other keys while it serves would escape: it signs with the old ones until the session is over,
/// and nobody could prove that they are its own. Proofs of its peers' keys that were made before would fail
/// too.
pub struct KeyOwners<T>(PhantomData<T>);

impl<T: Config> KeyOwners<T> {
	/// Runs `prove` with the keys that the validators of this session serve with in place of those that they
	/// have set since.
	fn with_serving_keys<R>(prove: impl FnOnce() -> Option<R>) -> Option<R> {
		with_transaction(|| {
			for (validator, keys) in ServingKeys::<T>::get() {
				NextKeys::<T>::insert(validator, keys);
			}
			TransactionOutcome::Rollback(Ok::<_, DispatchError>(prove()))
		})
		.ok()
		.flatten()
	}
}

impl<T: Config, Key: AsRef<[u8]>> KeyOwnerProofSystem<(KeyTypeId, Key)> for KeyOwners<T> {
	type Proof = <historical::Pallet<T> as KeyOwnerProofSystem<(KeyTypeId, Key)>>::Proof;
	type IdentificationTuple = historical::IdentificationTuple<T>;

	fn prove(key: (KeyTypeId, Key)) -> Option<Self::Proof> {
		Self::with_serving_keys(|| historical::Pallet::<T>::prove(key))
	}

	fn check_proof(key: (KeyTypeId, Key), proof: Self::Proof) -> Option<Self::IdentificationTuple> {
		Self::with_serving_keys(|| historical::Pallet::<T>::check_proof(key, proof))
	}
}

impl<T: Config> Pallet<T> {
	/// Keeps the keys of the session that starts, which are queued until the next one is planned.
	pub(crate) fn keep_serving_keys() {
		ServingKeys::<T>::put(QueuedKeys::<T>::get());
	}
}
