//! The signing records of the deltas that this node checks, in the persistent local storage of the off-chain
//! workers.
//!
//! A group has as many places as it can have open proposals, and the chain assigns one to each. A later
//! proposal gets a place only when the one before has ended. So no proposal makes a node forget the verdict
//! that it signed on another.

use alloc::vec::Vec;
use codec::{Decode, Encode};
use descent_protocol::{ContentRef, DeltaVerdict, GroupId, ProposalId};
use pallet_evaluators::offchain::{JobPoll, Signers, SigningRecord};
use sp_core::H256;
use sp_io::hashing::blake2_256;

/// Prefix of the keys. It changes when the encoding of the records does.
const PREFIX: &[u8] = b"descent/dataset/v1";

/// The attempt that a record belongs to: the proposal, the version and the attempt's number.
pub(super) type Order = (ProposalId, u32, u32);

/// The verdict of this node in an attempt, and the calls that it has signed with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Record {
	pub(super) job: JobPoll,
	/// The verdict, and the [`subject`] that was checked for it.
	pub(super) verdict: Option<(H256, DeltaVerdict)>,
	/// One signer for each of this node's keys in the committee.
	pub(super) signers: Signers,
}

impl SigningRecord for Record {
	fn has_signed(&self) -> bool {
		self.verdict.is_some()
	}
}

/// Returns the key of a place.
pub(crate) fn place(genesis: H256, group: GroupId, place: u32) -> Vec<u8> {
	(PREFIX, genesis, group, place).encode()
}

/// Returns the hash of a verdict's subject: the delta, on the version with this root, for this model.
pub(super) fn subject(delta: &ContentRef, root: H256, model: &ContentRef) -> H256 {
	H256((delta, root, model).using_encoded(blake2_256))
}
