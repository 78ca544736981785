//! What the off-chain worker sends to the chain, and what it looks up there about its own keys.

use super::{round::Round, EvaluatorId, ROUNDS};
use crate::{attest_payload, evaluator::AuthoritySignature, open_payload, Attestation, Call, Config, Pallet};
use alloc::vec::Vec;
use descent_protocol::{Ballot, Salt};
use frame_system::offchain::SubmitTransaction;
use sp_application_crypto::RuntimeAppPublic;
use sp_core::H256;

/// A place in a round's committee that belongs to one of this node's keys.
pub(super) struct Seat {
	/// The place.
	pub(super) member: u32,
	/// The key.
	pub(super) evaluator: EvaluatorId,
	/// What the chain has of it.
	pub(super) said: Option<Attestation>,
}

/// The places of this node's keys in a round's committee.
pub(super) fn seats<T: Config>(round: &Round, keys: &[EvaluatorId]) -> Vec<Seat> {
	let committee = Pallet::<T>::committee(round.group, round.round).unwrap_or_default();
	(0..)
		.zip(committee)
		.filter(|(_, (_, evaluator))| keys.contains(evaluator))
		.map(|(member, (_, evaluator))| Seat {
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
	sign_and_submit::<T>(at, seat, &payload, |signature| Call::attest {
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
	sign_and_submit::<T>(at, seat, &payload, |signature| Call::open {
		group,
		round,
		member,
		ballot,
		salt,
		signature,
	});
}

fn sign_and_submit<T: Config>(
	at: &Round,
	seat: &Seat,
	payload: &[u8],
	call: impl FnOnce(AuthoritySignature) -> Call<T>,
) {
	match seat.evaluator.sign(&payload) {
		Some(signature) => submit::<T>(call(signature)),
		None => log::error!(
			target: ROUNDS,
			"group {}, round {}: the keystore lists an evaluator key but does not sign with it. Insert the session key of \
			type `eval` again",
			at.group,
			at.round,
		),
	}
}

fn submit<T: Config>(call: Call<T>) {
	let transaction = T::create_authorized_transaction(call.into());
	if SubmitTransaction::<T, Call<T>>::submit_transaction(transaction).is_err() {
		// Most likely the one sent before is still in the pool.
		log::debug!(target: ROUNDS, "the transaction pool did not take an attestation or its opening");
	}
}
