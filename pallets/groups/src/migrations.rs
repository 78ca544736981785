//! Migrations of the pallet's storage from earlier versions.
//!
//! A chain goes on while its storage is migrated: it takes no transactions, but alarms ring, voting periods
//! close and rounds are settled. So everything is read in either version.

mod optional_rules;

pub use optional_rules::AddOptionalRules;

use crate::{
	Amendment, AmendmentOf, Amendments, BalanceOf, Config, Ended, EndedOf, Groups, Pallet, Revisions, Rules,
	Tolerances, WeightInfo,
};
#[cfg(feature = "try-runtime")]
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use descent_protocol::{AmendmentId, GroupId};
use frame_support::{
	migrations::{MigrationId, SteppedMigration, SteppedMigrationError},
	pallet_prelude::{StorageVersion, Twox64Concat},
	storage::unhashed,
	traits::GetStorageVersion,
	weights::{Weight, WeightMeter},
};

/// Storage version 2: groups had a tolerance, and amendments could change it.
#[allow(missing_docs, reason = "the alias's macro makes a struct")]
pub mod v2 {
	use super::*;
	use crate::Summary;
	use descent_protocol::{
		view::AmendmentEnding, BlockNumber, ChangeV2, Clock, ContentRef, EvaluationPolicy, Metric, Providers,
		Score, Shares, MAX_CHANGES,
	};
	use frame_support::{traits::ConstU32, BoundedVec};

	/// The rules of a group's rounds.
	#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
	pub struct Rules<Balance> {
		/// The model description.
		pub model: ContentRef,
		/// Number of models that the group had before this one.
		pub model_version: u32,
		/// The addresses of providers that serve model and data.
		pub providers: Providers,
		/// The metric that training lowers.
		pub metric: Metric,
		/// The policy that selects the records on which the metric is measured.
		pub policy: EvaluationPolicy,
		/// The largest difference between a measured score and its claim, in micro-units.
		pub tolerance: u64,
		/// The least improvement of a candidate over the head, in micro-units.
		pub minimum_improvement: u64,
		/// The score at which no further round is played.
		pub target: Option<Score>,
		/// The windows of its rounds, from round `clock.first` on.
		pub clock: Clock,
		/// The smallest deposit of a commitment.
		pub deposit: Balance,
		/// The shares by which the earnings of its rounds are divided.
		pub shares: Shares,
	}

	impl<Balance> Rules<Balance> {
		/// The rules without the tolerance.
		pub(super) fn upgrade(self) -> crate::Rules<Balance> {
			let Self { model, model_version, providers, metric, policy, .. } = self;
			let Self { minimum_improvement, target, clock, deposit, shares, .. } = self;
			crate::Rules {
				model,
				model_version,
				providers,
				metric,
				policy,
				minimum_improvement,
				target,
				clock,
				deposit,
				shares,
				optional_rules: Default::default(),
			}
		}
	}

	#[cfg(any(test, feature = "runtime-benchmarks"))]
	impl<Balance> Rules<Balance> {
		/// Rules of version 3 with a tolerance.
		pub(crate) fn downgrade(new: crate::Rules<Balance>, tolerance: u64) -> Self {
			let crate::Rules { model, model_version, providers, metric, policy, .. } = new;
			let crate::Rules { minimum_improvement, target, clock, deposit, shares, .. } = new;
			Self {
				model,
				model_version,
				providers,
				metric,
				policy,
				tolerance,
				minimum_improvement,
				target,
				clock,
				deposit,
				shares,
			}
		}
	}

	/// Encodes an amendment that changes the tolerance before all else.
	#[cfg(any(test, feature = "runtime-benchmarks"))]
	pub(crate) fn with_tolerance<AccountId: Encode, Balance: Encode>(
		amendment: &crate::Amendment<AccountId, Balance>,
		tolerance: u64,
	) -> alloc::vec::Vec<u8> {
		let crate::Amendment { proposer, deposit, changes, summary, block } = amendment;
		let mut bytes = (proposer, deposit).encode();
		let count = u32::try_from(changes.len()).expect("fewer than there can be").saturating_add(1);
		codec::Compact(count).encode_to(&mut bytes);
		(3u8, tolerance).encode_to(&mut bytes);
		changes.iter().for_each(|change| change.encode_to(&mut bytes));
		(summary, block).encode_to(&mut bytes);
		bytes
	}

	/// The rules of each group, revision by revision. Version 3 keeps them under another name: an encoding of
	/// one version may be one of the other, too.
	#[frame_support::storage_alias]
	pub type Revisions<T: Config> =
		StorageDoubleMap<Pallet<T>, Twox64Concat, GroupId, Twox64Concat, u32, Rules<BalanceOf<T>>>;

	/// An amendment as it was proposed.
	#[derive(Decode)]
	pub(super) struct Amendment<AccountId, Balance> {
		proposer: AccountId,
		deposit: Balance,
		changes: BoundedVec<ChangeV2, ConstU32<MAX_CHANGES>>,
		summary: Summary,
		block: BlockNumber,
	}

	impl<AccountId, Balance> Amendment<AccountId, Balance> {
		/// The amendment without changes of the tolerance.
		pub(super) fn upgrade(self) -> crate::Amendment<AccountId, Balance> {
			let Self { proposer, deposit, changes, summary, block } = self;
			let kept = changes.into_iter().filter_map(|change| change.0).collect();
			let changes = BoundedVec::truncate_from(kept);
			crate::Amendment { proposer, deposit, changes, summary, block }
		}
	}

	/// An amendment that has ended.
	#[derive(Decode)]
	pub(super) struct EndedAmendment<AccountId, Balance> {
		last: crate::OpenAmendment<AccountId, Balance>,
		amendment: Amendment<AccountId, Balance>,
		ending: AmendmentEnding,
	}

	impl<AccountId, Balance> EndedAmendment<AccountId, Balance> {
		/// The amendment without changes of the tolerance.
		pub(super) fn upgrade(self) -> crate::EndedAmendment<AccountId, Balance> {
			let Self { last, amendment, ending } = self;
			crate::EndedAmendment { last, amendment: amendment.upgrade(), ending }
		}
	}
}

/// The item that was migrated last, among those of its kind; `None` before the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]
pub enum Cursor {
	/// A group and a revision of its rules.
	Revisions(Option<(GroupId, u32)>),
	/// A group and an open amendment.
	Amendments(Option<(GroupId, AmendmentId)>),
	/// A group and a place among its ended amendments.
	Ended(Option<(GroupId, u32)>),
}

/// The migration from storage version 2 to 3, which drops the tolerance from rules and amendments.
///
/// An open amendment that changes nothing else ends as [`Impossible`](
/// descent_protocol::view::AmendmentEnding::Impossible): its deposit is returned and nothing is adopted.
/// Rounds that were in flight keep the tolerance that they began with, see [`Tolerances`].
pub struct DropTolerance<T>(PhantomData<T>);

impl<T: Config> DropTolerance<T> {
	/// Returns a revision's rules, stored in either version.
	pub(crate) fn rules(group: GroupId, revision: u32) -> Option<Rules<BalanceOf<T>>> {
		AddOptionalRules::<T>::rules(group, revision)
			.or_else(|| v2::Revisions::<T>::get(group, revision).map(v2::Rules::upgrade))
	}

	/// Returns a revision's tolerance, stored in either version; `None` for revisions that have none.
	pub(crate) fn tolerance(group: GroupId, revision: u32) -> Option<u64> {
		Tolerances::<T>::get(group, revision)
			.or_else(|| v2::Revisions::<T>::get(group, revision).map(|rules| rules.tolerance))
	}

	/// Returns an open amendment, stored in either version.
	pub(crate) fn amendment(group: GroupId, id: AmendmentId) -> Option<AmendmentOf<T>> {
		let bytes = unhashed::get_raw(&Amendments::<T>::hashed_key_for(group, id))?;
		let (amendment, _) = either(&bytes, v2::Amendment::upgrade)?;
		Some(amendment)
	}

	/// Returns an ended amendment, stored in either version.
	pub(crate) fn ended(group: GroupId, place: u32) -> Option<EndedOf<T>> {
		let bytes = unhashed::get_raw(&Ended::<T>::hashed_key_for(group, place))?;
		let (ended, _) = either(&bytes, v2::EndedAmendment::upgrade)?;
		Some(ended)
	}

	/// Returns the weight of the item after this one.
	fn weight(cursor: &Cursor) -> Weight {
		match cursor {
			Cursor::Revisions(_) => T::WeightInfo::migrate_revision(),
			Cursor::Amendments(_) | Cursor::Ended(_) => T::WeightInfo::migrate_amendment(),
		}
	}

	/// Migrates the item after this one. Returns `None` after the last.
	fn advance(cursor: Cursor) -> Result<Option<Cursor>, SteppedMigrationError> {
		Ok(Some(match cursor {
			Cursor::Revisions(last) => {
				let mut keys = match last {
					None => v2::Revisions::<T>::iter_keys(),
					Some((group, revision)) => v2::Revisions::<T>::iter_keys_from(
						v2::Revisions::<T>::hashed_key_for(group, revision),
					),
				};
				match keys.next() {
					Some((group, revision)) => {
						Self::migrate_revision(group, revision)?;
						Cursor::Revisions(Some((group, revision)))
					}
					None => Cursor::Amendments(None),
				}
			}
			Cursor::Amendments(last) => {
				let mut keys = match last {
					None => Amendments::<T>::iter_keys(),
					Some((group, id)) => {
						Amendments::<T>::iter_keys_from(Amendments::<T>::hashed_key_for(group, id))
					}
				};
				match keys.next() {
					Some((group, id)) => {
						Self::migrate_amendment(group, id)?;
						Cursor::Amendments(Some((group, id)))
					}
					None => Cursor::Ended(None),
				}
			}
			Cursor::Ended(last) => {
				let mut keys = match last {
					None => Ended::<T>::iter_keys(),
					Some((group, place)) => {
						Ended::<T>::iter_keys_from(Ended::<T>::hashed_key_for(group, place))
					}
				};
				let Some((group, place)) = keys.next() else {
					return Ok(None);
				};
				Self::migrate_ended(group, place)?;
				Cursor::Ended(Some((group, place)))
			}
		}))
	}

	/// Moves a revision's rules to where version 3 has them. A revision that was changed meanwhile stays as
	/// it is.
	fn migrate_revision(group: GroupId, revision: u32) -> Result<(), SteppedMigrationError> {
		/// Number of revisions before the newest that may have a round in flight. The newest may not have
		/// begun, a period that closes meanwhile may add another one, and the round before the one that takes
		/// commitments may have older rules than that.
		const IN_FLIGHT: u32 = 3;
		let old = v2::Revisions::<T>::take(group, revision).ok_or(SteppedMigrationError::Failed)?;
		let newest = Groups::<T>::get(group).map(|group| group.revision).unwrap_or_default();
		if revision.saturating_add(IN_FLIGHT) >= newest && old.tolerance > 0 {
			Tolerances::<T>::insert(group, revision, old.tolerance);
		}
		if !Revisions::<T>::contains_key(group, revision) {
			Revisions::<T>::insert(group, revision, old.upgrade());
		}
		Ok(())
	}

	fn migrate_amendment(group: GroupId, id: AmendmentId) -> Result<(), SteppedMigrationError> {
		let key = Amendments::<T>::hashed_key_for(group, id);
		let found: Option<(AmendmentOf<T>, bool)> =
			unhashed::get_raw(&key).and_then(|bytes| either(&bytes, v2::Amendment::upgrade));
		match found.ok_or(SteppedMigrationError::Failed)? {
			(_, false) => (),
			(Amendment { changes, .. }, true) if changes.is_empty() => Pallet::<T>::end_empty(group, id),
			(amendment, true) => Amendments::<T>::insert(group, id, amendment),
		}
		Ok(())
	}

	fn migrate_ended(group: GroupId, place: u32) -> Result<(), SteppedMigrationError> {
		let key = Ended::<T>::hashed_key_for(group, place);
		let found: Option<(EndedOf<T>, bool)> =
			unhashed::get_raw(&key).and_then(|bytes| either(&bytes, v2::EndedAmendment::upgrade));
		if let (ended, true) = found.ok_or(SteppedMigrationError::Failed)? {
			Ended::<T>::insert(group, place, ended);
		}
		Ok(())
	}
}

/// Decodes a value that is stored in either version, and returns whether it is of the old one. What names the
/// tolerance can't be read as a value of the new version.
fn either<New: Decode, Old: Decode>(bytes: &[u8], upgrade: impl FnOnce(Old) -> New) -> Option<(New, bool)> {
	if let Ok(new) = New::decode_all(&mut &*bytes) {
		return Some((new, false));
	}
	Old::decode_all(&mut &*bytes).ok().map(|old| (upgrade(old), true))
}

impl<T: Config> SteppedMigration for DropTolerance<T> {
	type Cursor = Cursor;
	type Identifier = MigrationId<13>;

	fn id() -> Self::Identifier {
		MigrationId { pallet_id: *b"pallet-groups", version_from: 2, version_to: 3 }
	}

	fn step(
		cursor: Option<Self::Cursor>,
		meter: &mut WeightMeter,
	) -> Result<Option<Self::Cursor>, SteppedMigrationError> {
		if Pallet::<T>::on_chain_storage_version() != StorageVersion::new(2) {
			return Ok(None);
		}
		let mut cursor = cursor.unwrap_or(Cursor::Revisions(None));
		let required = Self::weight(&cursor);
		if !meter.can_consume(required) {
			return Err(SteppedMigrationError::InsufficientWeight { required });
		}
		while meter.try_consume(Self::weight(&cursor)).is_ok() {
			match Self::advance(cursor)? {
				Some(next) => cursor = next,
				None => {
					StorageVersion::new(3).put::<Pallet<T>>();
					return Ok(None);
				}
			}
		}
		Ok(Some(cursor))
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, sp_runtime::TryRuntimeError> {
		Ok(Counts::of::<T>().encode())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(before: Vec<u8>) -> Result<(), sp_runtime::TryRuntimeError> {
		use frame_support::ensure;

		let before = Counts::decode(&mut &before[..]).map_err(|_| {
			sp_runtime::TryRuntimeError::Other("the counts before the upgrade are unreadable")
		})?;
		let after = Counts::of::<T>();
		ensure!(v2::Revisions::<T>::iter_keys().next().is_none(), "a revision was not migrated");
		// Periods that closed meanwhile may have made revisions, and have ended amendments.
		ensure!(after.revisions >= before.revisions, "a revision is lost");
		ensure!(after.amendments <= before.amendments, "an amendment came from nowhere");
		ensure!(
			Amendments::<T>::iter().count() == Amendments::<T>::iter_keys().count()
				&& Ended::<T>::iter().count() == Ended::<T>::iter_keys().count(),
			"an amendment cannot be read"
		);
		Pallet::<T>::do_try_state()
	}
}

/// Numbers of items, in either version.
#[cfg(feature = "try-runtime")]
#[derive(Encode, Decode)]
struct Counts {
	revisions: u64,
	amendments: u64,
}

#[cfg(feature = "try-runtime")]
impl Counts {
	fn of<T: Config>() -> Self {
		use sp_runtime::SaturatedConversion;

		let old = v2::Revisions::<T>::iter_keys().count();
		let new = Revisions::<T>::iter_keys().count();
		Self {
			revisions: old.saturating_add(new).saturated_into(),
			amendments: Amendments::<T>::iter_keys().count().saturated_into(),
		}
	}
}
