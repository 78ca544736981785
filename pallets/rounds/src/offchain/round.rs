//! One round, seen from a run of the off-chain worker.

use super::{
	store::{place, subject, Record},
	ROUNDS,
};
use crate::{attest_payload, open_payload, Attestation, Call, Config, Pallet};
use alloc::vec::Vec;
use core::fmt;
use descent_protocol::{
	attestation_hash,
	evaluation::{EvaluationRequest, Measured},
	Ballot, BlockNumber, GroupId, Phase, RoundIndex, Salt,
};
use pallet_evaluators::{
	offchain::{is_due, may_open, own_seats, sign_and_submit, warn, Client, SlashingProtection},
	AuthorityId,
};
use sp_core::H256;

/// The path of the evaluator for evaluations.
const EVALUATIONS: &str = "/v1/evaluations";

/// A member of a round's committee whose key is one of this node's.
struct Seat {
	member: u32,
	evaluator: AuthorityId,
	/// The member's attestation on chain.
	attestation: Option<Attestation>,
}

/// Returns true if a ballot can answer the request: it has no verdicts on unknown candidates, and no baseline
/// without a head.
fn answers(ballot: &Ballot, request: &EvaluationRequest) -> bool {
	ballot.verdicts.len() <= request.candidates.len() && (ballot.baseline.is_none() || request.head.is_some())
}

/// A round, seen from a block.
pub(super) struct Round {
	pub(super) now: BlockNumber,
	pub(super) genesis: H256,
	pub(super) group: GroupId,
	pub(super) round: RoundIndex,
}

impl fmt::Display for Round {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		write!(f, "group {}, round {}", self.group, self.round)
	}
}

impl Round {
	/// Takes the step that is still missing.
	pub(super) fn advance<T: Config>(&self, keys: &[AuthorityId], client: &mut Client) {
		let Some(windows) = Pallet::<T>::windows(self.group, self.round) else {
			return;
		};
		// A call that is sent now is in the next block at the earliest.
		match windows.phase(self.now.saturating_add(1)) {
			Phase::Attest => self.attest::<T>(keys, client),
			Phase::Open if may_open(&windows.open, self.now) => self.open::<T>(keys),
			_ => {}
		}
	}

	fn attest<T: Config>(&self, keys: &[AuthorityId], client: &mut Client) {
		let mut seats = self.seats::<T>(keys);
		seats.retain(|seat| seat.attestation.is_none());
		if seats.is_empty() {
			return;
		}
		let Some(mut stored) = self.load() else {
			return;
		};
		if stored.record.ballot.is_none() && client.calls() == 0 {
			return;
		}
		let Some(request) = self.request::<T>(&stored.record) else {
			return;
		};
		let record = &mut stored.record;
		if record.ballot.is_none() {
			self.measure(&request, record, client);
		}
		let Some((_, ballot)) = record.ballot.clone() else {
			// Without the record, the next run only polls or warns once more.
			let _ = stored.save();
			return;
		};
		let mut hashes = Vec::new();
		for seat in seats {
			let signer = record.signers.of(&seat.evaluator);
			if is_due(signer.attested, self.now) {
				signer.attested = Some(self.now);
				let hash = self.hash(&seat.evaluator, &ballot, &signer.salt);
				hashes.push((seat, hash));
			}
		}
		if stored.save() {
			for (seat, hash) in hashes {
				self.submit_attestation::<T>(&seat, hash);
			}
		}
	}

	fn open<T: Config>(&self, keys: &[AuthorityId]) {
		let mut seats = self.seats::<T>(keys);
		seats.retain(|seat| seat.attestation.as_ref().is_some_and(|attested| attested.ballot.is_none()));
		if seats.is_empty() {
			return;
		}
		let Some(mut stored) = self.load() else {
			return;
		};
		if self.request::<T>(&stored.record).is_none() {
			return;
		}
		let mut openings = Vec::new();
		for seat in seats {
			let record = &mut stored.record;
			let Some((hash, ballot, salt)) = self.attested(&seat, record) else {
				warn(
					ROUNDS,
					format_args!(
						"{self}: member {}'s attestation was not made with this node's data base and can't \
						be opened here. Use a session key on one node only, and keep the node's data",
						seat.member,
					),
				);
				continue;
			};
			let signer = record.signers.of(&seat.evaluator);
			if is_due(signer.opened, self.now) {
				signer.opened = Some(self.now);
				openings.push((seat, hash, ballot, salt));
			}
		}
		if !openings.is_empty() && stored.save() {
			for (seat, hash, ballot, salt) in openings {
				self.submit_opening::<T>(&seat, hash, ballot, salt);
			}
		}
	}

	/// Returns the members of the round's committee whose keys are this node's.
	fn seats<T: Config>(&self, keys: &[AuthorityId]) -> Vec<Seat> {
		let committee = Pallet::<T>::committee(self.group, self.round).unwrap_or_default();
		own_seats(committee, keys)
			.into_iter()
			.map(|(member, evaluator)| Seat {
				member,
				evaluator,
				attestation: Pallet::<T>::attestation(self.group, self.round, member),
			})
			.collect()
	}

	fn submit_attestation<T: Config>(&self, seat: &Seat, hash: H256) {
		let (group, round, member) = (self.group, self.round, seat.member);
		let payload = attest_payload(self.genesis, group, round, member, hash);
		sign_and_submit::<T, Call<T>>(ROUNDS, self, &seat.evaluator, &payload, |signature| Call::attest {
			group,
			round,
			member,
			hash,
			signature,
		});
	}

	fn submit_opening<T: Config>(&self, seat: &Seat, hash: H256, ballot: Ballot, salt: Salt) {
		let (group, round, member) = (self.group, self.round, seat.member);
		let payload = open_payload(self.genesis, group, round, member, hash);
		sign_and_submit::<T, Call<T>>(ROUNDS, self, &seat.evaluator, &payload, |signature| Call::open {
			group,
			round,
			member,
			ballot,
			salt,
			signature,
		});
	}

	/// Loads the signing record of the round. Returns `None` if the node must not sign anything in the round.
	fn load(&self) -> Option<SlashingProtection<RoundIndex, Record>> {
		let key = place(self.genesis, self.group, self.round);
		let stored = SlashingProtection::load(key, self.round);
		if stored.is_none() {
			warn(
				ROUNDS,
				format_args!(
					"{self}: this node has signed a ballot of a later round, or can't read its record of this \
					one; it abstains from it. Nothing has to be done",
				),
			);
		}
		stored
	}

	/// Returns the request to the evaluator, or `None` if something else was measured before. A ballot is
	/// only about the head and the candidates that it was made for, and a second one would contradict it.
	fn request<T: Config>(&self, record: &Record) -> Option<EvaluationRequest> {
		let request = Pallet::<T>::evaluation_request(self.group, self.round)?;
		let measured = record.ballot.as_ref().map(|(measured, _)| *measured);
		if measured.is_some_and(|measured| measured != subject(&request)) {
			warn(
				ROUNDS,
				format_args!(
					"{self}: the chain was reorganised after the round was measured, and asks for something \
					else now; this node abstains from it. Nothing has to be done",
				),
			);
			return None;
		}
		Some(request)
	}

	/// Returns a member's attestation on chain with the ballot and the salt behind it, if the record has
	/// them.
	fn attested(&self, seat: &Seat, record: &Record) -> Option<(H256, Ballot, Salt)> {
		let (_, ballot) = record.ballot.clone()?;
		let salt = record.signers.known(&seat.evaluator)?.salt;
		let hash = self.hash(&seat.evaluator, &ballot, &salt);
		let is_attested = seat.attestation.as_ref().is_some_and(|attested| attested.hash == hash);
		is_attested.then_some((hash, ballot, salt))
	}

	fn hash(&self, evaluator: &AuthorityId, ballot: &Ballot, salt: &Salt) -> H256 {
		attestation_hash(self.genesis, self.group, self.round, evaluator, ballot, salt)
	}

	/// Polls the evaluator for a ballot.
	fn measure(&self, request: &EvaluationRequest, record: &mut Record, client: &mut Client) {
		let is_answer = |measured: &Measured| answers(&measured.ballot, request);
		let id = request.id();
		let measured = record.job.poll(client, EVALUATIONS, id, request, self, is_answer);
		record.ballot = measured.map(|Measured { ballot }| (subject(request), ballot));
	}
}
