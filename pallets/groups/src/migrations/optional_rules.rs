use crate::{BalanceOf, Config, Pallet, Revisions, Rules, WeightInfo};
#[cfg(feature = "try-runtime")]
use alloc::vec::Vec;
use codec::{DecodeAll, Encode};
use core::marker::PhantomData;
use descent_protocol::{GroupId, OptionalRules};
use frame_support::{
	migrations::{MigrationId, SteppedMigration, SteppedMigrationError},
	pallet_prelude::StorageVersion,
	storage::unhashed,
	traits::GetStorageVersion,
	weights::WeightMeter,
};

/// The migration from storage version 3 to 4, which ends the rules of every revision with an empty list of
/// optional rules. Rules of kinds to come need no other one.
///
/// Rules of version 3 can't be read as such of version 4, which are longer, and no encoding of version 4
/// begins with another one. So an encoding tells its version.
pub struct AddOptionalRules<T>(PhantomData<T>);

impl<T: Config> AddOptionalRules<T> {
	/// Returns a revision's rules, stored in either version.
	pub(crate) fn rules(group: GroupId, revision: u32) -> Option<Rules<BalanceOf<T>>> {
		let mut bytes = unhashed::get_raw(&Revisions::<T>::hashed_key_for(group, revision))?;
		let new = Rules::decode_all(&mut &bytes[..]).ok();
		new.or_else(|| {
			OptionalRules::default().encode_to(&mut bytes);
			Rules::decode_all(&mut &bytes[..]).ok()
		})
	}
}

impl<T: Config> SteppedMigration for AddOptionalRules<T> {
	/// The group and the revision that were migrated last.
	type Cursor = (GroupId, u32);
	type Identifier = MigrationId<13>;

	fn id() -> Self::Identifier {
		MigrationId { pallet_id: *b"pallet-groups", version_from: 3, version_to: 4 }
	}

	fn step(
		mut cursor: Option<Self::Cursor>,
		meter: &mut WeightMeter,
	) -> Result<Option<Self::Cursor>, SteppedMigrationError> {
		if Pallet::<T>::on_chain_storage_version() != StorageVersion::new(3) {
			return Ok(None);
		}
		// The step of the migration before reads and writes more.
		let required = T::WeightInfo::migrate_revision();
		if !meter.can_consume(required) {
			return Err(SteppedMigrationError::InsufficientWeight { required });
		}
		while meter.try_consume(required).is_ok() {
			let mut keys = match cursor {
				None => Revisions::<T>::iter_keys(),
				Some((group, revision)) => {
					Revisions::<T>::iter_keys_from(Revisions::<T>::hashed_key_for(group, revision))
				}
			};
			let Some((group, revision)) = keys.next() else {
				StorageVersion::new(4).put::<Pallet<T>>();
				return Ok(None);
			};
			let rules = Self::rules(group, revision).ok_or(SteppedMigrationError::Failed)?;
			Revisions::<T>::insert(group, revision, rules);
			cursor = Some((group, revision));
		}
		Ok(cursor)
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, sp_runtime::TryRuntimeError> {
		Ok(count::<T>().encode())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(before: Vec<u8>) -> Result<(), sp_runtime::TryRuntimeError> {
		use codec::Decode;
		use frame_support::ensure;

		let before = u64::decode(&mut &before[..])
			.map_err(|_| sp_runtime::TryRuntimeError::Other("the count before the upgrade is unreadable"))?;
		// Periods that closed meanwhile may have made revisions.
		ensure!(count::<T>() >= before, "a revision is lost");
		ensure!(
			Revisions::<T>::iter().count() == Revisions::<T>::iter_keys().count(),
			"a revision cannot be read"
		);
		Pallet::<T>::do_try_state()
	}
}

/// Number of revisions.
#[cfg(feature = "try-runtime")]
fn count<T: Config>() -> u64 {
	use sp_runtime::SaturatedConversion;

	Revisions::<T>::iter_keys().count().saturated_into()
}
