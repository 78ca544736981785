//! The answers of `training_*` methods that failed.

use descent_protocol::{AmendmentId, GroupId, ProposalId, RoundIndex};
use descent_runtime::Hash;
use jsonrpsee::types::ErrorObjectOwned;

/// Errors of the `training_*` methods. The codes are part of the interface.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Error {
	/// 8001: there is no such group.
	UnknownGroup(GroupId),
	/// 8002: the round lies beyond the last block number.
	UnknownRound(GroupId, RoundIndex),
	/// 8003: the state of that block can't be read.
	State(Hash, String),
	/// 8004: there is no such delta proposal that is open.
	NotProposed(GroupId, ProposalId),
	/// 8004: there is no such amendment that is open.
	NoAmendment(GroupId, AmendmentId),
}

impl From<Error> for ErrorObjectOwned {
	fn from(error: Error) -> Self {
		let (code, message) = match error {
			Error::UnknownGroup(group) => {
				(8001, format!("there is no group {group}; training_groups lists those that there are"))
			}
			Error::UnknownRound(group, round) => (
				8002,
				format!(
					"there is no round {round} in group {group}; training_group tells the round that \
					 takes commitments"
				),
			),
			Error::State(block, reason) => (
				8003,
				format!(
					"the state of block {block:?} can't be read: {reason}; a node keeps the states of the \
					 last 256 blocks, ask one that runs with --state-pruning archive for older ones"
				),
			),
			Error::NotProposed(group, proposal) => (
				8004,
				format!(
					"no proposal {proposal} is open in group {group}; training_proposals lists those that are"
				),
			),
			Error::NoAmendment(group, amendment) => (
				8004,
				format!(
					"no amendment {amendment} is open in group {group}; training_amendments lists those that \
					 are"
				),
			),
		};
		ErrorObjectOwned::owned(code, message, None::<()>)
	}
}
