//! Attestations and openings of committee members.

use crate::{Attestation, Attestations, Committees, Config, Error, Event, Pallet};
use alloc::vec::Vec;
use codec::Encode;
use core::ops::Range;
use descent_protocol::{attestation_hash, Ballot, BlockNumber, GroupId, RoundIndex, Salt, Windows};
use frame_support::pallet_prelude::{
	DispatchResult, InvalidTransaction, TransactionSource, TransactionValidityWithRefund,
};
use pallet_evaluators::{
	authorize::{self, admit},
	AuthorityId, AuthoritySignature, Committee,
};
use sp_core::H256;

/// Returns the bytes that a committee member signs to attest.
pub fn attest_payload(genesis: H256, group: GroupId, round: RoundIndex, member: u32, hash: H256) -> Vec<u8> {
	(b"descent/attest/v1", genesis, group, round, member, hash).encode()
}

/// Returns the bytes that a committee member signs to open its attestation. `hash` is the
/// [`attestation_hash`] of the ballot that it opens.
pub fn open_payload(genesis: H256, group: GroupId, round: RoundIndex, member: u32, hash: H256) -> Vec<u8> {
	(b"descent/open/v1", genesis, group, round, member, hash).encode()
}

impl<T: Config> Pallet<T> {
	/// Returns the committee of a round, or `None` before the first reveal.
	pub fn committee(group: GroupId, round: RoundIndex) -> Option<Committee<T::AccountId>> {
		Committees::<T>::get((group, round))
	}

	/// Returns the attestation of a member of a round's committee, by its place in it.
	pub fn attestation(group: GroupId, round: RoundIndex, member: u32) -> Option<Attestation> {
		Attestations::<T>::get((group, round), member)
	}

	/// Admits an attestation in its window, once, and signed by the member.
	pub(crate) fn authorize_attest(
		_source: TransactionSource,
		group: &GroupId,
		round: &RoundIndex,
		member: &u32,
		hash: &H256,
		signature: &AuthoritySignature,
	) -> TransactionValidityWithRefund {
		let (group, round, member) = (*group, *round, *member);
		let longevity = Self::blocks_left(group, round, |windows| windows.attest)?;
		authorize::attestation(
			Attestations::<T>::contains_key((group, round), member),
			|| Self::seat(group, round, member),
			|| attest_payload(Self::genesis(), group, round, member, *hash),
			signature,
		)?;
		admit("descent/attest", (group, round, member), longevity)
	}

	/// Admits a ballot in its window, once, if it is the one that the member attested to, and signed by the
	/// member.
	pub(crate) fn authorize_open(
		_source: TransactionSource,
		group: &GroupId,
		round: &RoundIndex,
		member: &u32,
		ballot: &Ballot,
		salt: &Salt,
		signature: &AuthoritySignature,
	) -> TransactionValidityWithRefund {
		let (group, round, member) = (*group, *round, *member);
		let longevity = Self::blocks_left(group, round, |windows| windows.open)?;
		let attestation = Self::attestation(group, round, member).ok_or(InvalidTransaction::Call)?;
		authorize::opening(
			attestation.ballot.is_some(),
			attestation.hash,
			|| Self::seat(group, round, member),
			|key| attestation_hash(Self::genesis(), group, round, key, ballot, salt),
			|hash| open_payload(Self::genesis(), group, round, member, hash),
			signature,
		)?;
		admit("descent/open", (group, round, member), longevity)
	}

	/// Returns the number of blocks until a window of a round closes, this one included.
	fn blocks_left(
		group: GroupId,
		round: RoundIndex,
		window: impl FnOnce(Windows) -> Range<BlockNumber>,
	) -> Result<BlockNumber, InvalidTransaction> {
		let windows = Self::windows(group, round).ok_or(InvalidTransaction::Call)?;
		authorize::blocks_left(&window(windows), Self::now())
	}

	/// Returns the key of a member of a round's committee.
	fn seat(group: GroupId, round: RoundIndex, member: u32) -> Result<AuthorityId, InvalidTransaction> {
		let committee = Self::committee(group, round).ok_or(InvalidTransaction::Call)?;
		authorize::seat(committee, member)
	}

	pub(crate) fn do_attest(group: GroupId, round: RoundIndex, member: u32, hash: H256) -> DispatchResult {
		Attestations::<T>::try_mutate((group, round), member, |attestation| {
			match attestation.replace(Attestation { hash, ballot: None }) {
				None => Ok(()),
				Some(_) => Err(Error::<T>::AlreadyAttested),
			}
		})?;
		Self::deposit_event(Event::Attested { group, round, member });
		Ok(())
	}

	pub(crate) fn do_open(group: GroupId, round: RoundIndex, member: u32, ballot: Ballot) -> DispatchResult {
		Attestations::<T>::try_mutate((group, round), member, |attestation| {
			let attestation = attestation.as_mut().ok_or(Error::<T>::NotAttested)?;
			match attestation.ballot.replace(ballot) {
				None => Ok(()),
				Some(_) => Err(Error::<T>::AlreadyOpened),
			}
		})?;
		Self::deposit_event(Event::Opened { group, round, member });
		Ok(())
	}
}
