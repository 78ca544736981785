use super::{reports::Reports, Client};
use crate::AuthorityId;
use alloc::vec::Vec;
use descent_protocol::BlockNumber;
use sp_core::H256;

/// A run of the worker, seen from a best block.
pub(super) struct Run {
	/// The number of the best block.
	pub(super) now: BlockNumber,
	/// The hash of the chain's first block.
	pub(super) genesis: H256,
	/// This node's evaluator keys, at least one.
	pub(super) keys: Vec<AuthorityId>,
	/// The run's client for the evaluators.
	pub(super) client: Client,
	/// All that is to be said with each of the keys.
	pub(super) reports: Reports,
}
