//! The signing records of the rounds that this node measures, in the persistent local storage of the
//! off-chain workers.
//!
//! A group has two keys, one for even rounds and one for odd ones, as two rounds can be unsettled at a time.

use alloc::vec::Vec;
use codec::{Decode, Encode};
use descent_protocol::{evaluation::EvaluationRequest, Ballot, GroupId, RoundIndex};
use pallet_evaluators::offchain::{JobPoll, Signers, SigningRecord};
use sp_core::H256;
use sp_io::hashing::blake2_256;

/// Prefix of the keys. It changes when the encoding of the records does.
const PREFIX: &[u8] = b"descent/rounds/v1";

/// The ballot of this node in a round, and the calls that it has signed with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Record {
	pub(super) job: JobPoll,
	/// The ballot, and the [`subject`] that was measured for it.
	pub(super) ballot: Option<(H256, Ballot)>,
	/// One signer for each of this node's keys in the committee.
	pub(super) signers: Signers,
}

impl SigningRecord for Record {
	fn has_signed(&self) -> bool {
		self.ballot.is_some()
	}
}

/// Returns the key of a round's record.
pub(crate) fn place(genesis: H256, group: GroupId, round: RoundIndex) -> Vec<u8> {
	(PREFIX, genesis, group, round & 1).encode()
}

/// Returns the hash of a ballot's subject: the head and the candidates in this order, on this evaluation set.
pub(super) fn subject(request: &EvaluationRequest) -> H256 {
	let candidates: Vec<_> =
		request.candidates.iter().map(|candidate| (candidate.checkpoint, candidate.claim)).collect();
	let head = request.head.as_ref().map(|head| head.checkpoint);
	H256((request.seed, head, candidates).using_encoded(blake2_256))
}
