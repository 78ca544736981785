//! What the off-chain worker sends to the chain, and what it looks up there about its own keys.

use super::{round::Round, ROUNDS};
use crate::{attest_payload, open_payload, Attestation, Call, Config, Pallet};
use alloc::vec::Vec;
use descent_protocol::{Ballot, Salt};
use pallet_evaluators::{
	offchain::{own_seats, sign_and_submit},
	AuthorityId,
};
use sp_core::H256;

/// A place in a round's committee that belongs to one of this node's keys.
pub(super) struct Seat {
	/// The place.
	pub(super) member: u32,
	/// The key.
	pub(super) evaluator: AuthorityId,
	/// What the chain has of it.
	pub(super) said: Option<Attestation>,
}

/// The places of this node's keys in a round's committee.
pub(super) fn seats<T: Config>(round: &Round, keys: &[AuthorityId]) -> Vec<Seat> {
	let committee = Pallet::<T>::committee(round.group, round.round).unwrap_or_default();
	own_seats(committee, keys)
		.into_iter()
		.map(|(member, evaluator)| Seat {
			member,
			evaluator,
			said: Pallet::<T>::attestation(round.group, round.round, member),
		})
		.collect()
}

/// Sends an attestation.
pub(super) fn attest<T: Config>(at: &Round, seat: &Seat, hash: H256) {
	let (group, round, member) = (at.group, at.round, seat.member);
	let payload = attest_payload(at.genesis, group, round, member, hash);
	sign_and_submit::<T, Call<T>>(ROUNDS, at, &seat.evaluator, &payload, |signature| Call::attest {
		group,
		round,
		member,
		hash,
		signature,
	});
}

/// Opens the attestation that is on chain.
pub(super) fn open<T: Config>(at: &Round, seat: &Seat, hash: H256, ballot: Ballot, salt: Salt) {
	let (group, round, member) = (at.group, at.round, seat.member);
	let payload = open_payload(at.genesis, group, round, member, hash);
	sign_and_submit::<T, Call<T>>(ROUNDS, at, &seat.evaluator, &payload, |signature| Call::open {
		group,
		round,
		member,
		ballot,
		salt,
		signature,
	});
}
