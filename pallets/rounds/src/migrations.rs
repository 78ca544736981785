//! What earlier versions of the pallet stored, brought to what this one stores.
//!
//! A chain goes on while its storage is migrated: it takes no transactions, but alarms ring and rounds are settled. So
//! whatever a settlement reads is read as either version has it.

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

	/// How a trainer had done in a group.
	#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
	pub struct Standing<Balance> {
		/// Rounds committed to and settled.
		pub rounds: u32,
		/// Rounds won.
		pub wins: u32,
		/// The best score that the committee measured of its checkpoints, whatever the model.
		pub best: Option<Score>,
		/// What it was paid.
		pub earned: Balance,
		/// What it lost of its deposits.
		pub slashed: Balance,
	}

	/// How trainers had done in groups.
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

/// From storage version 1 to 2: says of every best score which model it is one of.
///
/// Of a group that has had one model only, that is known. Where it has had more, the score may be one of any: it is forgotten,
/// and the next one counts.
pub struct NameModels<T>(PhantomData<T>);

impl<T: Config> NameModels<T> {
	/// A trainer's standing, whichever version it is kept in. Their encodings differ in length where they differ.
	pub(crate) fn standing(group: GroupId, account: &T::AccountId) -> Option<StandingOf<T>> {
		let bytes = unhashed::get_raw(&Standings::<T>::hashed_key_for(group, account))?;
		let new = StandingOf::<T>::decode_all(&mut &bytes[..]).ok();
		new.or_else(|| {
			let old = v1::Standing::decode_all(&mut &bytes[..]).ok()?;
			Some(Self::upgrade(group, old))
		})
	}

	/// A standing of version 1 as it is kept now.
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
