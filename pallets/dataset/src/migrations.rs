//! Migrations of the pallet's storage from earlier versions.
//!
//! A chain goes on while its storage is migrated: it takes no transactions, but voting periods close. A close
//! has a check that is not migrated yet begin anew, as the migration does.

use crate::{Check, Config, OpenChecks, Pallet, Proposals, WeightInfo};
use codec::{Decode, Encode};
use core::marker::PhantomData;
use descent_protocol::{BlockNumber, ContentRef, GroupId, ProposalId, MAX_ATTEMPTS};
use frame_support::{
	migrations::{MigrationId, SteppedMigration, SteppedMigrationError},
	pallet_prelude::{StorageVersion, Twox64Concat},
	traits::GetStorageVersion,
	weights::WeightMeter,
};

/// Storage version 1: a check had its committee, and what its members attested to and opened.
#[allow(missing_docs, reason = "the alias's macro makes a struct")]
pub mod v1 {
	use super::*;

	/// The check of an open proposal, without the attempt that follows in the encoding.
	#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
	pub struct Check {
		/// The version.
		pub version: u32,
		/// The model.
		pub model: ContentRef,
		/// The number of its first attempt.
		pub first_attempt: u32,
		/// The block at which it begins.
		pub since: BlockNumber,
		/// The size of the delta.
		pub size: u64,
		/// True if the delta was found valid.
		pub is_decided: bool,
	}

	/// The checks of open proposals.
	#[frame_support::storage_alias]
	pub type Checks<T: Config> =
		StorageDoubleMap<Pallet<T>, Twox64Concat, GroupId, Twox64Concat, ProposalId, Check>;
}

/// The migration from storage version 1 to 2. Checks that are not decided begin anew, under new numbers: no
/// verdict that was signed before counts again, and nobody loses anything.
pub struct CheckByTasks<T>(PhantomData<T>);

impl<T: Config> CheckByTasks<T> {
	/// Stores a check in the new form, unless a close has done so.
	fn migrate(group: GroupId, id: ProposalId, old: v1::Check) {
		if OpenChecks::<T>::contains_key(group, id) || !Proposals::<T>::contains_key(group, id) {
			return;
		}
		let v1::Check { version, model, first_attempt, size, is_decided, .. } = old;
		let first_attempt = first_attempt.saturating_add(MAX_ATTEMPTS);
		let since = Pallet::<T>::now();
		let check = Check { version, model, first_attempt, attempt: first_attempt, since, size, is_decided };
		Pallet::<T>::put_check(group, id, check);
	}
}

impl<T: Config> SteppedMigration for CheckByTasks<T> {
	/// Every step drains what it has migrated.
	type Cursor = ();
	type Identifier = MigrationId<14>;

	fn id() -> Self::Identifier {
		MigrationId { pallet_id: *b"pallet-dataset", version_from: 1, version_to: 2 }
	}

	fn step(
		_cursor: Option<Self::Cursor>,
		meter: &mut WeightMeter,
	) -> Result<Option<Self::Cursor>, SteppedMigrationError> {
		if Pallet::<T>::on_chain_storage_version() != StorageVersion::new(1) {
			return Ok(None);
		}
		let required = T::WeightInfo::migrate_check();
		if !meter.can_consume(required) {
			return Err(SteppedMigrationError::InsufficientWeight { required });
		}
		let mut checks = v1::Checks::<T>::iter().drain();
		while meter.try_consume(required).is_ok() {
			let Some((group, id, old)) = checks.next() else {
				StorageVersion::new(2).put::<Pallet<T>>();
				return Ok(None);
			};
			Self::migrate(group, id, old);
		}
		Ok(Some(()))
	}
}
