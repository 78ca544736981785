//! Migrations of the pallet's storage from earlier versions.
//!
//! A chain goes on while its storage is migrated: it takes no transactions, but alarms ring and rounds are
//! settled. So a settlement reads everything in either version.

use crate::{BalanceOf, Best, Config, Pallet, Standing, StandingOf, Standings, WeightInfo};
use codec::{Decode, DecodeAll, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use descent_protocol::{GroupId, Score};
use frame_support::{
	migrations::{MigrationId, SteppedMigration, SteppedMigrationError},
	pallet_prelude::{Blake2_128Concat, StorageVersion, Twox64Concat},
	storage::unhashed,
	traits::GetStorageVersion,
	weights::WeightMeter,
};
use pallet_groups::GroupRules;

/// Storage version 1: a trainer's best score was the best of all models that its group ever had.
#[allow(missing_docs, reason = "the alias's macro makes a struct")]
pub mod v1 {
	use super::*;

	/// The standing of a trainer in a group.
	#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
	pub struct Standing<Balance> {
		/// Number of settled rounds to which the trainer has committed.
		pub rounds: u32,
		/// Number of rounds that it has won.
		pub wins: u32,
		/// The best score that the committee measured of its checkpoints, whatever the model.
		pub best: Option<Score>,
		/// The sum of its rewards.
		pub earned: Balance,
		/// The sum of its slashed deposits.
		pub slashed: Balance,
	}

	/// The standings of trainers in groups.
	#[frame_support::storage_alias]
	pub type Standings<T: Config> = StorageDoubleMap<
		Pallet<T>,
		Twox64Concat,
		GroupId,
		Blake2_128Concat,
		<T as frame_system::Config>::AccountId,
		Standing<BalanceOf<T>>,
	>;
}

/// The migration from storage version 1 to 2, which adds the model to every best score.
///
/// The model is known if the group has had only one. Otherwise the score may be one of any model. It is
/// dropped, and the next one counts.
pub struct NameModels<T>(PhantomData<T>);

impl<T: Config> NameModels<T> {
	/// Returns a trainer's standing, stored in either version. The encodings of the versions have different
	/// lengths where their contents differ.
	pub(crate) fn standing(group: GroupId, account: &T::AccountId) -> Option<StandingOf<T>> {
		let bytes = unhashed::get_raw(&Standings::<T>::hashed_key_for(group, account))?;
		let new = StandingOf::<T>::decode_all(&mut &bytes[..]).ok();
		new.or_else(|| {
			let old = v1::Standing::decode_all(&mut &bytes[..]).ok()?;
			Some(Self::upgrade(group, old))
		})
	}

	/// Converts a standing of version 1.
	fn upgrade(group: GroupId, old: v1::Standing<BalanceOf<T>>) -> StandingOf<T> {
		let v1::Standing { rounds, wins, best, earned, slashed } = old;
		let only = || {
			let rules = T::Groups::rules(group, T::Groups::boundary(group)?)?;
			(rules.model_version == 0).then_some(0)
		};
		let best = best.and_then(|score| Some(Best { model_version: only()?, score }));
		Standing { rounds, wins, best, earned, slashed }
	}
}

impl<T: Config> SteppedMigration for NameModels<T> {
	/// The standing that was migrated last.
	type Cursor = (GroupId, T::AccountId);
	type Identifier = MigrationId<13>;

	fn id() -> Self::Identifier {
		MigrationId { pallet_id: *b"pallet-rounds", version_from: 1, version_to: 2 }
	}

	fn step(
		mut cursor: Option<Self::Cursor>,
		meter: &mut WeightMeter,
	) -> Result<Option<Self::Cursor>, SteppedMigrationError> {
		if Pallet::<T>::on_chain_storage_version() != StorageVersion::new(1) {
			return Ok(None);
		}
		let required = T::WeightInfo::migrate_standing();
		if !meter.can_consume(required) {
			return Err(SteppedMigrationError::InsufficientWeight { required });
		}
		while meter.try_consume(required).is_ok() {
			let mut keys = match &cursor {
				None => Standings::<T>::iter_keys(),
				Some((group, account)) => {
					Standings::<T>::iter_keys_from(Standings::<T>::hashed_key_for(group, account))
				}
			};
			let Some((group, account)) = keys.next() else {
				StorageVersion::new(2).put::<Pallet<T>>();
				return Ok(None);
			};
			let standing = Self::standing(group, &account).ok_or(SteppedMigrationError::Failed)?;
			Standings::<T>::insert(group, &account, standing);
			cursor = Some((group, account));
		}
		Ok(cursor)
	}
}
