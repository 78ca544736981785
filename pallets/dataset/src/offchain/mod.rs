//! The validators' off-chain worker.
//!
//! It carries what the evaluator beside the node has found of proposed deltas to the chain, and nothing else. With every
//! new best block it looks where each check stands and takes the step that is still missing:
//!
//! ```text
//! attest window | evaluator asked? -> done? -> verdict and salt on disk -> attest -> on chain? else again
//! open window   | own attestation on chain? -> open it from disk -> on chain? else again
//! ```
//!
//! Every step can be repeated and none waits for another, see [`pallet_evaluators::offchain`]. In each attempt the evaluator
//! is asked anew: what nobody served in one may be there in the next. Attempts at a proposal are numbered on for as long as
//! the version of the data set is the same, so that nothing that a node says of one can be taken for what it says of another.

mod case;
mod chain;
mod store;

#[cfg(test)]
pub(crate) use store::place;

use crate::{Config, Open};
use case::Case;
use codec::Encode;
use descent_protocol::{GroupId, ProposalId};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_evaluators::offchain::{after, Run, Worker};
use sp_runtime::offchain::storage::StorageValueRef;

/// Target of the messages about what is sent to the chain.
const DATASET: &str = "runtime::dataset";
/// The key of the local storage with the proposal of a group that the evaluator was asked about last.
const TURN: &[u8] = b"descent/dataset/turn/group";

const WORKER: Worker =
	Worker { target: DATASET, lock: b"descent/dataset/lock", turn: b"descent/dataset/turn" };

/// Takes the next step in every check, seen from the best block `now`.
pub(crate) fn run<T: Config>(now: BlockNumberFor<T>) {
	let groups = || Open::<T>::iter_keys().collect();
	WORKER.run::<T>(now, groups, visit::<T>);
}

/// Takes the next step in every check of a group. It begins behind the proposal that the evaluator was asked about last:
/// where they are too many for one run, or one of them has stopped a run, the others come first in the next.
fn visit<T: Config>(run: &mut Run, group: GroupId) {
	let key = (TURN, group).encode();
	let turn = StorageValueRef::persistent(&key);
	let last = turn.get::<ProposalId>().ok().flatten();
	let mut asked = None;
	for proposal in after(Open::<T>::get(group).into_inner(), last) {
		let calls = run.client.calls();
		if let Some(case) = Case::<T>::find(run, group, proposal) {
			case.advance(&run.keys, &mut run.client);
		}
		if run.client.calls() != calls {
			asked = Some(proposal);
		}
	}
	if let Some(asked) = asked.filter(|asked| Some(*asked) != last) {
		turn.set(&asked);
	}
}
