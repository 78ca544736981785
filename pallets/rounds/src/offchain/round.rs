//! One round, as a run of the off-chain worker finds it.

use super::{
	chain::{self, Seat},
	store::{place, subject, Record},
	ROUNDS,
};
use crate::{Config, Pallet};
use alloc::vec::Vec;
use core::fmt;
use descent_protocol::{
	attestation_hash,
	evaluation::{EvaluationRequest, Measured},
	Ballot, BlockNumber, GroupId, Phase, RoundIndex, Salt,
};
use pallet_evaluators::{
	offchain::{is_due, may_open, warn, Client, Stored},
	AuthorityId,
};
use sp_core::H256;

/// Where the evaluator takes evaluations.
const EVALUATIONS: &str = "/v1/evaluations";

/// Whether a ballot can be one on what was asked: no verdicts on candidates that are not there, no baseline without a
/// head.
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
	/// Takes the step that is missing.
	pub(super) fn advance<T: Config>(&self, keys: &[AuthorityId], client: &mut Client) {
		let Some(windows) = Pallet::<T>::windows(self.group, self.round) else {
			return;
		};
		// What is sent now is in the next block at the earliest.
		match windows.phase(self.now.saturating_add(1)) {
			Phase::Attest => self.attest::<T>(keys, client),
			Phase::Open if may_open(&windows.open, self.now) => self.open::<T>(keys),
			_ => {}
		}
	}

	fn attest<T: Config>(&self, keys: &[AuthorityId], client: &mut Client) {
		let mut seats = chain::seats::<T>(self, keys);
		seats.retain(|seat| seat.said.is_none());
		if seats.is_empty() {
			return;
		}
		let Some(mut stored) = self.recall() else {
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
			// A lost note only makes the next run ask or complain once more.
			let _ = stored.save();
			return;
		};
		let mut hashes = Vec::new();
		for seat in seats {
			let voice = record.voices.of(&seat.evaluator);
			if is_due(voice.attested, self.now) {
				voice.attested = Some(self.now);
				let hash = self.hash(&seat.evaluator, &ballot, &voice.salt);
				hashes.push((seat, hash));
			}
		}
		if stored.save() {
			for (seat, hash) in hashes {
				chain::attest::<T>(self, &seat, hash);
			}
		}
	}

	fn open<T: Config>(&self, keys: &[AuthorityId]) {
		let mut seats = chain::seats::<T>(self, keys);
		seats.retain(|seat| matches!(&seat.said, Some(said) if said.ballot.is_none()));
		if seats.is_empty() {
			return;
		}
		let Some(mut stored) = self.recall() else {
			return;
		};
		if self.request::<T>(&stored.record).is_none() {
			return;
		}
		let mut openings = Vec::new();
		for seat in seats {
			let record = &mut stored.record;
			let Some((hash, ballot, salt)) = self.said(&seat, record) else {
				warn(
					ROUNDS,
					format_args!(
						"{self}: member {}'s attestation was not made with this node's data base and can't be \
						opened here. Use a session key on one node only, and keep the node's data",
						seat.member,
					),
				);
				continue;
			};
			let voice = record.voices.of(&seat.evaluator);
			if is_due(voice.opened, self.now) {
				voice.opened = Some(self.now);
				openings.push((seat, hash, ballot, salt));
			}
		}
		if !openings.is_empty() && stored.save() {
			for (seat, hash, ballot, salt) in openings {
				chain::open::<T>(self, &seat, hash, ballot, salt);
			}
		}
	}

	/// What is known of the round.
	fn recall(&self) -> Option<Stored<RoundIndex, Record>> {
		let stored = Stored::load(place(self.genesis, self.group, self.round), self.round);
		if stored.is_none() {
			warn(
				ROUNDS,
				format_args!(
					"{self}: this node has spoken of a later round, or can't read what it has said of this one; it \
					abstains from it. Nothing has to be done",
				),
			);
		}
		stored
	}

	/// What there is to measure. `None` where something else was measured: a ballot only speaks of the head and the candidates
	/// that it was made for, and a second one would contradict it.
	fn request<T: Config>(&self, record: &Record) -> Option<EvaluationRequest> {
		let request = Pallet::<T>::evaluation_request(self.group, self.round)?;
		let measured = record.ballot.as_ref().map(|(measured, _)| *measured);
		if measured.is_some_and(|measured| measured != subject(&request)) {
			warn(
				ROUNDS,
				format_args!(
					"{self}: the chain was reorganised after the round was measured, and asks for something else \
					now; this node abstains from it. Nothing has to be done",
				),
			);
			return None;
		}
		Some(request)
	}

	/// A member's attestation on chain and the ballot and the salt behind it, where they are known.
	fn said(&self, seat: &Seat, record: &Record) -> Option<(H256, Ballot, Salt)> {
		let (_, ballot) = record.ballot.clone()?;
		let salt = record.voices.known(&seat.evaluator)?.salt;
		let hash = self.hash(&seat.evaluator, &ballot, &salt);
		let is_said = seat.said.as_ref().is_some_and(|said| said.hash == hash);
		is_said.then_some((hash, ballot, salt))
	}

	fn hash(&self, evaluator: &AuthorityId, ballot: &Ballot, salt: &Salt) -> H256 {
		attestation_hash(self.genesis, self.group, self.round, evaluator, ballot, salt)
	}

	/// One step towards a ballot.
	fn measure(&self, request: &EvaluationRequest, record: &mut Record, client: &mut Client) {
		let is_answer = |measured: &Measured| answers(&measured.ballot, request);
		let id = request.id();
		let measured = (record.inquiry).ask(client, EVALUATIONS, id, request, self, is_answer);
		record.ballot = measured.map(|Measured { ballot }| (subject(request), ballot));
	}
}
