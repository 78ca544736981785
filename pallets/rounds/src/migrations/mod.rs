//! Migrations of the pallet's storage from earlier versions.
//!
//! A chain goes on while its storage is migrated: it takes no transactions, but alarms ring and rounds are
//! settled. So a settlement reads everything in either version.

mod committees;

pub use committees::{v3, CommitteesByTasks};

use crate::{BalanceOf, Best, Config, DitheredSince, Pallet, Standing, StandingOf, Standings, WeightInfo};
#[cfg(feature = "try-runtime")]
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode, MaxEncodedLen};
use core::marker::PhantomData;
#[cfg(feature = "try-runtime")]
use descent_protocol::BlockNumber;
use descent_protocol::{GroupId, Score};
use frame_support::{
	migrations::{MigrationId, SteppedMigration, SteppedMigrationError},
	pallet_prelude::{Blake2_128Concat, StorageVersion, Twox64Concat},
	storage::unhashed,
	traits::{Get, GetStorageVersion, OnRuntimeUpgrade},
	weights::{Weight, WeightMeter},
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

/// The migration from storage version 1 to 2, which adds the model to every best score. It raises the version
/// to 3, as [`DitherScores`] has run when it ends.
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
				StorageVersion::new(3).put::<Pallet<T>>();
				return Ok(None);
			};
			let standing = Self::standing(group, &account).ok_or(SteppedMigrationError::Failed)?;
			Standings::<T>::insert(group, &account, standing);
			cursor = Some((group, account));
		}
		Ok(cursor)
	}
}

/// The migration from storage version 2 to 3, which notes the block from which on scores are dithered. It
/// takes one block, so that no round gets its seed while the rule is not known.
///
/// On a chain of version 1 it does the same and leaves the version to [`NameModels`], which takes more
/// blocks.
pub struct DitherScores<T>(PhantomData<T>);

impl<T: Config> OnRuntimeUpgrade for DitherScores<T> {
	fn on_runtime_upgrade() -> Weight {
		let version = Pallet::<T>::on_chain_storage_version();
		if version >= StorageVersion::new(3) || DitheredSince::<T>::exists() {
			return T::DbWeight::get().reads(2);
		}
		// The runtime is upgraded before the block begins: the number is that of the last block of the
		// runtime before, which drew the last seed of an undithered round.
		DitheredSince::<T>::put(Pallet::<T>::now().saturating_add(1));
		if version == StorageVersion::new(2) {
			StorageVersion::new(3).put::<Pallet<T>>();
		}
		T::DbWeight::get().reads_writes(3, 2)
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, sp_runtime::TryRuntimeError> {
		let is_due =
			Pallet::<T>::on_chain_storage_version() < StorageVersion::new(3) && !DitheredSince::<T>::exists();
		Ok((is_due, DitheredSince::<T>::get(), Pallet::<T>::now()).encode())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(before: Vec<u8>) -> Result<(), sp_runtime::TryRuntimeError> {
		let (is_due, since, now) = <(bool, BlockNumber, BlockNumber)>::decode(&mut &before[..])
			.map_err(|_| sp_runtime::TryRuntimeError::Other("the state before the upgrade is unreadable"))?;
		let expected = if is_due { now.saturating_add(1) } else { since };
		frame_support::ensure!(
			DitheredSince::<T>::get() == expected,
			"scores are not dithered from the upgrade on"
		);
		Ok(())
	}
}
