use crate::{
	committee::{tallies, Answers},
	Config, Pallet, Reveals, Rounds, Subject, Subjects, Tallies, Unsettled, WeightInfo,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use core::marker::PhantomData;
use descent_protocol::{Answer, Ballot, GroupId, RoundIndex};
use frame_support::{
	migrations::{MigrationId, SteppedMigration, SteppedMigrationError},
	pallet_prelude::{ConstU32, StorageVersion, Twox64Concat},
	traits::GetStorageVersion,
	weights::WeightMeter,
	BoundedVec,
};
use pallet_evaluators::{
	tasks::{Committees, UnboundSeat},
	Attestation, AuthorityId, Member, Seat,
};
use sp_core::H256;
use sp_runtime::SaturatedConversion;

/// Storage version 3: rounds had the committees of their time, and all that their members had attested to and
/// opened, for as long as the round was kept.
#[allow(missing_docs, reason = "the alias's macro makes a struct")]
pub mod v3 {
	use super::*;

	/// The attestation of a committee member.
	#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
	pub struct Attestation {
		/// The [`descent_protocol::attestation_hash`] of the member's ballot.
		pub hash: H256,
		/// The ballot, once the member has opened it.
		pub ballot: Option<Ballot>,
	}

	/// The committees of rounds.
	#[frame_support::storage_alias]
	pub type Committees<T: Config> = StorageMap<
		Pallet<T>,
		Twox64Concat,
		(GroupId, RoundIndex),
		BoundedVec<(<T as frame_system::Config>::AccountId, AuthorityId), ConstU32<100>>,
	>;

	/// The attestations of committee members, by their places.
	#[frame_support::storage_alias]
	pub type Attestations<T: Config> =
		StorageDoubleMap<Pallet<T>, Twox64Concat, (GroupId, RoundIndex), Twox64Concat, u32, Attestation>;
}

/// The migration from storage version 3 to 4. The committees of rounds that are not settled become those of
/// their tasks, with equal weights, so that their members open what they have attested to. Of settled rounds
/// the tallies are kept.
pub struct CommitteesByTasks<T>(PhantomData<T>);

impl<T: Config> CommitteesByTasks<T> {
	/// Moves the committee of a round, if it is not moved yet. A round that is settled while the chain
	/// migrates does so.
	pub(crate) fn pull(group: GroupId, round: RoundIndex) {
		let Some(members) = v3::Committees::<T>::take((group, round)) else {
			return;
		};
		let reveals = Reveals::<T>::iter_key_prefix((group, round)).count();
		let seats: Vec<_> = (0u32..)
			.zip(members)
			.map(|(place, (account, key))| {
				let old = v3::Attestations::<T>::take((group, round), place);
				(Member { account, key, weight: 1 }, old.map(|old| Self::attestation(old, reveals)))
			})
			.collect();
		if Unsettled::<T>::get(group).contains(&round) {
			// What was revealed before is bound by no hash, and counts among the candidates all the same.
			let subject = Subject { hash: H256::zero(), reveals: reveals.saturated_into() };
			Subjects::<T>::insert((group, round), subject);
			if !seats.is_empty() {
				T::Committees::put_unbound(&Pallet::<T>::task(group, round), seats);
			}
		} else if Rounds::<T>::contains_key(group, round) {
			Self::keep_tallies(group, round, seats);
		}
	}

	/// Converts an attestation. The runtime before took verdicts on candidates that there were not.
	fn attestation(old: v3::Attestation, reveals: usize) -> Attestation {
		let answer = old.ballot.map(|mut ballot| {
			ballot.verdicts.truncate(reveals);
			Answer::Round(ballot)
		});
		Attestation { hash: old.hash, answer }
	}

	fn keep_tallies(group: GroupId, round: RoundIndex, seats: Vec<UnboundSeat<T::AccountId>>) {
		let seats = seats.into_iter().map(|(member, attestation)| Seat {
			member,
			attested: attestation.is_some(),
			answer: attestation.and_then(|attestation| attestation.answer),
		});
		let tallies = tallies(&Answers::of(&seats.collect::<Vec<_>>(), false).ballots);
		if !tallies.is_empty() {
			Tallies::<T>::insert((group, round), BoundedVec::truncate_from(tallies));
		}
	}
}

impl<T: Config> SteppedMigration for CommitteesByTasks<T> {
	/// Every step removes what it has migrated.
	type Cursor = ();
	type Identifier = MigrationId<13>;

	fn id() -> Self::Identifier {
		MigrationId { pallet_id: *b"pallet-rounds", version_from: 3, version_to: 4 }
	}

	fn step(
		_cursor: Option<Self::Cursor>,
		meter: &mut WeightMeter,
	) -> Result<Option<Self::Cursor>, SteppedMigrationError> {
		if Pallet::<T>::on_chain_storage_version() != StorageVersion::new(3) {
			return Ok(None);
		}
		let required = T::WeightInfo::migrate_committee();
		if !meter.can_consume(required) {
			return Err(SteppedMigrationError::InsufficientWeight { required });
		}
		while meter.try_consume(required).is_ok() {
			let Some((group, round)) = v3::Committees::<T>::iter_keys().next() else {
				StorageVersion::new(4).put::<Pallet<T>>();
				return Ok(None);
			};
			Self::pull(group, round);
		}
		Ok(Some(()))
	}
}
