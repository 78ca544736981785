//! What the off-chain worker sends to the chain, and what it looks up there about its own keys.

use super::{case::Case, DATASET};
use crate::{attest_payload, open_payload, Attestation, Call, Check, Config};
use alloc::vec::Vec;
use descent_protocol::{DeltaVerdict, Salt};
use pallet_evaluators::{
	offchain::{own_seats, sign_and_submit},
	AuthorityId, EvaluatorSet,
};
use sp_core::H256;

/// A place in the committee that belongs to one of this node's keys.
pub(super) struct Seat {
	/// The place.
	pub(super) member: u32,
	/// The key.
	pub(super) evaluator: AuthorityId,
	/// What the chain has of it.
	pub(super) said: Option<Attestation>,
}

/// The places of this node's keys in an attempt's committee; in the one that it will have, while nobody has attested.
pub(super) fn seats<T: Config>(check: &Check<T::AccountId>, attempt: u32, keys: &[AuthorityId]) -> Vec<Seat> {
	let attempt = check.attempt(attempt);
	let committee = attempt.map_or_else(T::Evaluators::members, |attempt| attempt.committee.clone());
	own_seats(committee, keys)
		.into_iter()
		.map(|(member, evaluator)| Seat {
			member,
			evaluator,
			said: attempt.and_then(|attempt| attempt.attestation(member)),
		})
		.collect()
}

/// Sends an attestation.
pub(super) fn attest<T: Config>(case: &Case<T>, seat: &Seat, hash: H256) {
	let (group, proposal, attempt, member) = (case.group, case.proposal, case.attempt, seat.member);
	let version = case.check.version;
	let payload = attest_payload(case.genesis, group, proposal, version, attempt, member, hash);
	sign_and_submit::<T, Call<T>>(DATASET, case, &seat.evaluator, &payload, |signature| Call::attest {
		group,
		proposal,
		attempt,
		member,
		hash,
		signature,
	});
}

/// Opens the attestation that is on chain.
pub(super) fn open<T: Config>(case: &Case<T>, seat: &Seat, hash: H256, verdict: DeltaVerdict, salt: Salt) {
	let (group, proposal, attempt, member) = (case.group, case.proposal, case.attempt, seat.member);
	let version = case.check.version;
	let payload = open_payload(case.genesis, group, proposal, version, attempt, member, hash);
	sign_and_submit::<T, Call<T>>(DATASET, case, &seat.evaluator, &payload, |signature| Call::open {
		group,
		proposal,
		attempt,
		member,
		verdict,
		salt,
		signature,
	});
}
