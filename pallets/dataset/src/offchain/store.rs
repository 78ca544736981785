//! What this node remembers of the deltas that it checks, in the persistent local storage of the off-chain workers.
//!
//! A group has as many places as it can have open proposals, and the chain says which one is whose. A place is given to a
//! later proposal only when the one before has ended, so that no proposal makes a node forget what it said of another.

use alloc::vec::Vec;
use codec::{Decode, Encode};
use descent_protocol::{ContentRef, DeltaVerdict, GroupId, ProposalId};
use pallet_evaluators::offchain::{Inquiry, Speech, Voices};
use sp_core::H256;
use sp_io::hashing::blake2_256;

/// Changes when the records do.
const PREFIX: &[u8] = b"descent/dataset/v1";

/// Which attempt a record is of: the proposal, the version and the attempt.
pub(super) type Order = (ProposalId, u32, u32);

/// What this node knows of an attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Record {
	/// The check that the evaluator is asked for.
	pub(super) inquiry: Inquiry,
	/// What was found, and the [`subject`] of it.
	pub(super) verdict: Option<(H256, DeltaVerdict)>,
	/// One for every key that speaks for this node.
	pub(super) voices: Voices,
}

impl Speech for Record {
	fn has_spoken(&self) -> bool {
		self.verdict.is_some()
	}
}

/// The key of a place.
pub(crate) fn place(genesis: H256, group: GroupId, place: u32) -> Vec<u8> {
	(PREFIX, genesis, group, place).encode()
}

/// What a verdict speaks of: this delta, on the version with this root, for this model.
pub(super) fn subject(delta: &ContentRef, root: H256, model: &ContentRef) -> H256 {
	H256((delta, root, model).using_encoded(blake2_256))
}
