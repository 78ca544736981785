//! Slashing protection: a node signs one answer to each task, whatever happens to the chain or to the node.

use super::{JobPoll, Signers};
use crate::tasks::RecordPlace;
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode, Error, Input};
use descent_protocol::{Answer, Ballot, CustodyBallot, DeltaVerdict, HiddenBallot, TaskId};
use sp_core::{offchain::StorageKind, H256};
use sp_io::offchain;

/// The answer of a node to a task, and the calls that it has signed with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
	/// The job at the evaluators.
	pub job: JobPoll,
	/// The answer, and the subject for which it was found. It was signed, or is about to be: no other may be
	/// signed in its place.
	pub answer: Option<(H256, Answer)>,
	/// One signer for each of this node's keys in the committee.
	pub signers: Signers,
}

impl Record {
	/// Encodes the record. The answer is encoded without its kind, as in the records of the first runtimes: a
	/// node that is upgraded still knows what it has signed. A ballot on a hidden test set has a mark of its
	/// own, 2.
	pub fn encode_to(&self, dest: &mut Vec<u8>) {
		self.job.encode_to(dest);
		match &self.answer {
			None => 0u8.encode_to(dest),
			Some((subject, Answer::Round(ballot))) => (1u8, subject, ballot).encode_to(dest),
			Some((subject, Answer::Delta(verdict))) => (1u8, subject, verdict).encode_to(dest),
			Some((subject, Answer::Hidden(hidden))) => (2u8, subject, hidden).encode_to(dest),
			Some((subject, Answer::Custody(ballot))) => (1u8, subject, ballot).encode_to(dest),
		}
		self.signers.encode_to(dest);
	}

	/// Decodes the record of a task of this kind.
	///
	/// # Errors
	/// Fails if the bytes are none, or there are more of them.
	pub fn decode_all(task: &TaskId, input: &mut &[u8]) -> Result<Self, Error> {
		let job = JobPoll::decode(input)?;
		let answer = match input.read_byte()? {
			0 => None,
			1 => {
				let subject = H256::decode(input)?;
				Some((
					subject,
					match task {
						TaskId::Round { .. } => Answer::Round(Ballot::decode(input)?),
						TaskId::Delta { .. } => Answer::Delta(DeltaVerdict::decode(input)?),
						TaskId::Custody { .. } => Answer::Custody(CustodyBallot::decode(input)?),
					},
				))
			}
			2 => Some((H256::decode(input)?, Answer::Hidden(HiddenBallot::decode(input)?))),
			_ => return Err("neither an answer nor none".into()),
		};
		Ok(Self { job, answer, signers: Signers::decode_all(input)? })
	}
}

/// A signing record in the persistent local storage of the off-chain workers. It keeps a node from signing
/// two answers to one task, for which its validator would be slashed.
///
/// A storage key holds one record at a time. The order of a record says which task's it is. It is stored
/// before the record, so that it can be read whatever the shape of the record.
///
/// A newer record replaces an older one. An older record replaces a newer one that has signed nothing, which
/// a reorganised chain leaves behind. It never replaces a newer one that has signed something. So storage
/// stays bounded, and a node cannot forget what it signed and sign something else.
pub struct SlashingProtection {
	place: RecordPlace,
	before: Option<Vec<u8>>,
	/// The record. Changes to it are kept with [`SlashingProtection::save`].
	pub record: Record,
}

impl SlashingProtection {
	/// Loads the record of a task, or a default one if its place holds none, or another one that may be
	/// replaced.
	///
	/// Returns `None` if the place holds a newer record that has signed something. It does the same if the
	/// stored bytes cannot be decoded, as they may be a record of this task that has signed something.
	pub fn load(task: &TaskId, place: RecordPlace) -> Option<Self> {
		let before = offchain::local_storage_get(StorageKind::PERSISTENT, &place.key);
		let mut record = Record::default();
		if let Some(bytes) = &before {
			let mut bytes = &bytes[..];
			let order = place.order.iter().map(|_| u32::decode(&mut bytes).ok());
			let stored_order = order.collect::<Option<Vec<_>>>()?;
			if stored_order >= place.order {
				let stored = Record::decode_all(task, &mut bytes).ok()?;
				if stored_order == place.order {
					record = stored;
				} else if stored.answer.is_some() {
					return None;
				}
			}
		}
		Some(Self { place, before, record })
	}

	/// Stores the record. Returns false if another run has changed it since it was loaded: then nothing may
	/// be signed that relies on it.
	#[must_use]
	pub fn save(&mut self) -> bool {
		let mut after = Vec::new();
		for part in &self.place.order {
			part.encode_to(&mut after);
		}
		self.record.encode_to(&mut after);
		if self.before.as_ref() == Some(&after) {
			return true;
		}
		let is_stored = offchain::local_storage_compare_and_set(
			StorageKind::PERSISTENT,
			&self.place.key,
			self.before.clone(),
			&after,
		);
		if is_stored {
			self.before = Some(after);
		}
		is_stored
	}
}
