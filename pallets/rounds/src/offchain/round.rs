//! One round, as a run of the off-chain worker finds it.

use super::{
	chain::{self, Seat},
	http::{CallError, Client},
	report::warn,
	store::{subject, Record, Stored},
	EvaluatorId, EVALUATOR, ROUNDS,
};
use crate::{Config, Pallet};
use alloc::{string::String, vec::Vec};
use descent_protocol::{
	attestation_hash,
	evaluation::{EvaluationRequest, JobStatus},
	request_id, Ballot, BlockNumber, GroupId, Phase, RoundIndex, Salt, Windows,
};
use sp_core::H256;

/// What is sent with one block is in the next one, or has to be sent again: the pool refuses what it has already, and may have
/// refused what came before it had seen the block. Windows are short.
const RESEND_AFTER: BlockNumber = 1;
/// An open window of at least this length leaves room to wait a block before ballots are shown, so that a fork of the
/// attest window's last block can't carry an attestation that was copied from them.
const PATIENT_WINDOW: BlockNumber = 3;
/// The most characters shown of an evaluator's reason.
const MAX_REASON: usize = 200;

/// Whether it is time to send what was sent last with block `sent`.
fn is_due(sent: Option<BlockNumber>, now: BlockNumber) -> bool {
	sent.is_none_or(|sent| now.saturating_sub(sent) >= RESEND_AFTER)
}

/// Whether ballots may be shown, seen from the block `now`.
fn may_open(windows: &Windows, now: BlockNumber) -> bool {
	let length = windows.open.end.saturating_sub(windows.open.start);
	length < PATIENT_WINDOW || windows.open.contains(&now)
}

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

impl Round {
	/// Takes the step that is missing.
	pub(super) fn advance<T: Config>(&self, keys: &[EvaluatorId], client: &mut Client) {
		let Some(windows) = Pallet::<T>::windows(self.group, self.round) else {
			return;
		};
		// What is sent now is in the next block at the earliest.
		match windows.phase(self.now.saturating_add(1)) {
			Phase::Attest => self.attest::<T>(keys, client),
			Phase::Open if may_open(&windows, self.now) => self.open::<T>(keys),
			_ => {}
		}
	}

	fn attest<T: Config>(&self, keys: &[EvaluatorId], client: &mut Client) {
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
			let voice = record.voice(&seat.evaluator);
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

	fn open<T: Config>(&self, keys: &[EvaluatorId]) {
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
						"group {}, round {}: member {}'s attestation was not made with this node's data base and can't be \
						opened here. Use a session key on one node only, and keep the node's data",
						self.group,
						self.round,
						seat.member,
					),
				);
				continue;
			};
			let voice = record.voice(&seat.evaluator);
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
	fn recall(&self) -> Option<Stored> {
		let stored = Stored::load(self.genesis, self.group, self.round);
		if stored.is_none() {
			warn(
				ROUNDS,
				format_args!(
					"group {}, round {}: this node has gone on to a later round, or can't read what it has said of this \
					one; it abstains from it. Nothing has to be done",
					self.group,
					self.round,
				),
			);
		}
		stored
	}

	/// What there is to measure. `None` where something else was measured: a ballot only speaks of the candidates that
	/// it was made for, and a second one would contradict it.
	fn request<T: Config>(&self, record: &Record) -> Option<EvaluationRequest> {
		let request = Pallet::<T>::evaluation_request(self.group, self.round)?;
		let measured = record.ballot.as_ref().map(|(measured, _)| *measured);
		if measured.is_some_and(|measured| measured != subject(&request)) {
			warn(
				ROUNDS,
				format_args!(
					"group {}, round {}: the chain was reorganised after the round was measured, and asks for other \
					candidates now; this node abstains from it. Nothing has to be done",
					self.group,
					self.round,
				),
			);
			return None;
		}
		Some(request)
	}

	/// A member's attestation on chain and the ballot and the salt behind it, where they are known.
	fn said(&self, seat: &Seat, record: &Record) -> Option<(H256, Ballot, Salt)> {
		let (_, ballot) = record.ballot.clone()?;
		let salt = record.known_voice(&seat.evaluator)?.salt;
		let hash = self.hash(&seat.evaluator, &ballot, &salt);
		let is_said = seat.said.as_ref().is_some_and(|said| said.hash == hash);
		is_said.then_some((hash, ballot, salt))
	}

	fn hash(&self, evaluator: &EvaluatorId, ballot: &Ballot, salt: &Salt) -> H256 {
		attestation_hash(self.genesis, self.group, self.round, evaluator, ballot, salt)
	}

	/// One step towards a ballot.
	fn measure(&self, request: &EvaluationRequest, record: &mut Record, client: &mut Client) {
		let id = request_id(request);
		record.posted &= record.request == id;
		record.request = id;
		let known = record.posted.then(|| client.get(id));
		let answer = match known {
			// Never asked, or forgotten since.
			Some(Err(CallError::Status(404))) | None => client.post(request),
			Some(answer) => answer,
		};
		let Self { group, round, .. } = self;
		let problem = match answer.map(|job| job.status) {
			Ok(JobStatus::Queued | JobStatus::Running { .. }) => {
				record.posted = true;
				return;
			}
			Ok(JobStatus::Done { ballot }) if answers(&ballot, request) => {
				log::debug!(target: EVALUATOR, "group {group}, round {round}: measured");
				record.ballot = Some((subject(request), ballot));
				return;
			}
			Ok(JobStatus::Failed { reason }) => {
				record.posted = false;
				let reason: String = reason.chars().take(MAX_REASON).collect();
				warn(
					EVALUATOR,
					format_args!(
						"group {group}, round {round}: the evaluator at {} could not measure: {reason:?}. It is asked \
						again with the next block; see that it has disk and memory left and reaches the providers",
						client.address(),
					),
				);
				return;
			}
			Ok(JobStatus::Done { .. }) => {
				record.posted = false;
				CallError::Malformed
			}
			Err(CallError::Exhausted) => return,
			Err(error) => error,
		};
		if !core::mem::replace(&mut record.warned, true) {
			warn(
				EVALUATOR,
				format_args!(
					"group {group}, round {round}: this validator can't attest, as the evaluator at {:?} {problem}. {}. \
					It is asked again with every block while the round can be attested",
					client.address(),
					problem.remedy(),
				),
			);
		}
	}
}
