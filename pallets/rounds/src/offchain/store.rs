//! What this node remembers of the rounds that it measures, in the persistent local storage of the off-chain workers.
//!
//! A group has two places, one for even rounds and one for odd ones, as two can be unsettled at a time.

use alloc::vec::Vec;
use codec::{Decode, Encode};
use descent_protocol::{evaluation::EvaluationRequest, Ballot, GroupId, RoundIndex};
use pallet_evaluators::offchain::{Inquiry, Speech, Voices};
use sp_core::H256;
use sp_io::hashing::blake2_256;

/// Changes when the records do.
const PREFIX: &[u8] = b"descent/rounds/v1";

/// What this node knows of a round.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Record {
	/// The evaluation that is asked for.
	pub(super) inquiry: Inquiry,
	/// What was measured, and the [`subject`] of it.
	pub(super) ballot: Option<(H256, Ballot)>,
	/// One for every key that speaks for this node.
	pub(super) voices: Voices,
}

impl Speech for Record {
	fn has_spoken(&self) -> bool {
		self.ballot.is_some()
	}
}

/// The key of a round's place.
pub(crate) fn place(genesis: H256, group: GroupId, round: RoundIndex) -> Vec<u8> {
	(PREFIX, genesis, group, round & 1).encode()
}

/// What a ballot speaks of: this head and these candidates in this order, on this evaluation set.
pub(super) fn subject(request: &EvaluationRequest) -> H256 {
	let candidates: Vec<_> =
		request.candidates.iter().map(|candidate| (candidate.checkpoint, candidate.claim)).collect();
	let head = request.head.as_ref().map(|head| head.checkpoint);
	H256((request.seed, head, candidates).using_encoded(blake2_256))
}
