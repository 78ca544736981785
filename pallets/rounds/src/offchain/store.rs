//! What this node remembers of the rounds that it measures, in the persistent local storage of the off-chain workers.
//!
//! A group has two places, one for even rounds and one for odd ones, as two can be unsettled at a time. A newer round
//! takes the place of an older one, never the other way round: what is kept is bounded, and what was once said of a
//! round can't be forgotten and said differently.

use crate::evaluator::AuthorityId as EvaluatorId;
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode};
use descent_protocol::{evaluation::EvaluationRequest, Ballot, BlockNumber, GroupId, RoundIndex, Salt};
use sp_core::{offchain::StorageKind, H256};
use sp_io::{hashing::blake2_256, offchain};

/// Changes when the records do.
const PREFIX: &[u8] = b"descent/rounds/v1";

/// What this node has said, or is about to say, with one of its evaluator keys.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Voice {
	/// The key.
	pub(super) evaluator: EvaluatorId,
	/// Hides the ballot until it is opened.
	pub(super) salt: Salt,
	/// The block at which the attestation was sent last.
	pub(super) attested: Option<BlockNumber>,
	/// The block at which the opening was sent last.
	pub(super) opened: Option<BlockNumber>,
}

/// What this node knows of a round. The round comes first, so that it can be read of a record of any shape.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Record {
	/// The round.
	pub(super) round: RoundIndex,
	/// The evaluation that was asked for last.
	pub(super) request: H256,
	/// Whether the evaluator knows of the evaluation.
	pub(super) posted: bool,
	/// Whether the operator has been told that the evaluator can't be used.
	pub(super) warned: bool,
	/// What was measured, and the [`subject`] of it.
	pub(super) ballot: Option<(H256, Ballot)>,
	/// One for every key that speaks for this node.
	pub(super) voices: Vec<Voice>,
}

impl Record {
	/// The voice of a key, if it has one.
	pub(super) fn known_voice(&self, evaluator: &EvaluatorId) -> Option<&Voice> {
		self.voices.iter().find(|voice| voice.evaluator == *evaluator)
	}

	/// The voice of a key, with a fresh salt if it is new.
	pub(super) fn voice(&mut self, evaluator: &EvaluatorId) -> &mut Voice {
		let known = self.voices.iter().position(|voice| voice.evaluator == *evaluator);
		let index = known.unwrap_or_else(|| {
			self.voices.push(Voice {
				evaluator: evaluator.clone(),
				salt: offchain::random_seed(),
				attested: None,
				opened: None,
			});
			self.voices.len().saturating_sub(1)
		});
		&mut self.voices[index]
	}
}

/// The key of a round's place.
pub(super) fn place(genesis: H256, group: GroupId, round: RoundIndex) -> Vec<u8> {
	(PREFIX, genesis, group, round & 1).encode()
}

/// What a ballot speaks of: these candidates in this order, on this evaluation set.
pub(super) fn subject(request: &EvaluationRequest) -> H256 {
	let candidates: Vec<_> = request
		.candidates
		.iter()
		.map(|candidate| (candidate.checkpoint, candidate.claim))
		.collect();
	H256((request.seed, candidates).using_encoded(blake2_256))
}

/// A record and the place from which it was read.
pub(super) struct Stored {
	key: Vec<u8>,
	before: Option<Vec<u8>>,
	/// The record, to be changed and then kept with [`Stored::save`].
	pub(super) record: Record,
}

impl Stored {
	/// What is known of a round. `None` where its place holds a newer round, or something that can't be read and may be
	/// what was said of this round.
	pub(super) fn load(genesis: H256, group: GroupId, round: RoundIndex) -> Option<Self> {
		let key = place(genesis, group, round);
		let before = offchain::local_storage_get(StorageKind::PERSISTENT, &key);
		let kept = match &before {
			Some(bytes) => Some(RoundIndex::decode(&mut &bytes[..]).ok()?),
			None => None,
		};
		let record = match (&before, kept) {
			(Some(_), Some(kept)) if kept > round => return None,
			(Some(bytes), Some(kept)) if kept == round => Record::decode_all(&mut &bytes[..]).ok()?,
			_ => Record {
				round,
				request: H256::zero(),
				posted: false,
				warned: false,
				ballot: None,
				voices: Vec::new(),
			},
		};
		Some(Self { key, before, record })
	}

	/// Keeps the record. False where another run has changed it since it was read: then nothing may be said on its
	/// ground.
	#[must_use]
	pub(super) fn save(&mut self) -> bool {
		let after = self.record.encode();
		if self.before.as_ref() == Some(&after) {
			return true;
		}
		let kept = offchain::local_storage_compare_and_set(
			StorageKind::PERSISTENT,
			&self.key,
			self.before.take(),
			&after,
		);
		self.before = Some(after);
		kept
	}
}
