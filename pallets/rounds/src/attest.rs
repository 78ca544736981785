use crate::{Attestation, Attestations, Config, Error, Event, Pallet};
use alloc::vec::Vec;
use codec::Encode;
use core::ops::Range;
use descent_protocol::{attestation_hash, Ballot, BlockNumber, GroupId, RoundIndex, Salt, Windows};
use frame_support::pallet_prelude::{
	DispatchResult, InvalidTransaction, TransactionSource, TransactionValidityWithRefund,
};
use pallet_evaluators::{admit, AuthorityId, AuthoritySignature};
use sp_application_crypto::RuntimeAppPublic;
use sp_core::H256;

/// What a committee member signs to attest.
pub fn attest_payload(genesis: H256, group: GroupId, round: RoundIndex, member: u32, hash: H256) -> Vec<u8> {
	(b"descent/attest/v1", genesis, group, round, member, hash).encode()
}

/// What a committee member signs to open its attestation. `hash` is the [`attestation_hash`] of what it opens.
pub fn open_payload(genesis: H256, group: GroupId, round: RoundIndex, member: u32, hash: H256) -> Vec<u8> {
	(b"descent/open/v1", genesis, group, round, member, hash).encode()
}

impl<T: Config> Pallet<T> {
	/// Whether an attestation is admitted: in its window, once, and signed by the member. What costs least comes first.
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
		if Attestations::<T>::contains_key((group, round), member) {
			return Err(InvalidTransaction::Stale.into());
		}
		let key = Self::seat(group, round, member)?;
		let payload = attest_payload(Self::genesis(), group, round, member, *hash);
		if !key.verify(&payload, signature) {
			return Err(InvalidTransaction::BadProof.into());
		}
		admit("descent/attest", (group, round, member), longevity)
	}

	/// Whether a ballot is admitted: in its window, once, what the member attested to, and signed by it. What costs least
	/// comes first.
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
		if attestation.ballot.is_some() {
			return Err(InvalidTransaction::Stale.into());
		}
		let key = Self::seat(group, round, member)?;
		let hash = attestation_hash(Self::genesis(), group, round, &key, ballot, salt);
		let payload = open_payload(Self::genesis(), group, round, member, hash);
		if attestation.hash != hash || !key.verify(&payload, signature) {
			return Err(InvalidTransaction::BadProof.into());
		}
		admit("descent/open", (group, round, member), longevity)
	}

	/// Blocks until a window of a round closes, this one included.
	fn blocks_left(
		group: GroupId,
		round: RoundIndex,
		window: impl FnOnce(Windows) -> Range<BlockNumber>,
	) -> Result<BlockNumber, InvalidTransaction> {
		let windows = Self::windows(group, round).ok_or(InvalidTransaction::Call)?;
		pallet_evaluators::blocks_left(&window(windows), Self::now())
	}

	/// The key of a member of a round's committee.
	fn seat(group: GroupId, round: RoundIndex, member: u32) -> Result<AuthorityId, InvalidTransaction> {
		let committee = Self::committee(group, round).ok_or(InvalidTransaction::Call)?;
		pallet_evaluators::seat(committee, member)
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
