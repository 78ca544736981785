//! The off-chain worker of validators, which carries the evaluator's verdicts on proposed deltas to the
//! chain.
//!
//! With every new best block it looks at the phase of each check and takes the step that is still missing:
//!
//! ```text
//! attest window | job posted? -> done? -> verdict and salt on disk -> attest -> on chain? else again
//! open window   | own attestation on chain? -> open it from disk -> on chain? else again
//! ```
//!
//! Every step can be repeated and none waits for another, see [`pallet_evaluators::offchain`]. The evaluator
//! is asked anew in each attempt, as content that nobody served in one may be available in the next. Attempts
//! at a proposal are numbered consecutively for as long as the version of the data set is the same. So a
//! verdict that a node signs in one attempt can't be taken for its verdict in another.

mod check;
mod store;

#[cfg(test)]
pub(crate) use store::place;

use crate::{Config, Open};
use check::Check;
use codec::Encode;
use descent_protocol::{GroupId, ProposalId};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_evaluators::offchain::{after, Run, Worker};
use sp_runtime::offchain::storage::StorageValueRef;

/// Log target of messages about calls to the chain.
const DATASET: &str = "runtime::dataset";
/// Prefix of the keys in the local storage of the proposal of each group for which the evaluator was asked
/// last.
const TURN: &[u8] = b"descent/dataset/turn/group";

const WORKER: Worker =
	Worker { target: DATASET, lock: b"descent/dataset/lock", turn: b"descent/dataset/turn" };

/// Takes the next step in every check, seen from the best block `now`.
pub(crate) fn run<T: Config>(now: BlockNumberFor<T>) {
	let groups = || Open::<T>::iter_keys().collect();
	WORKER.run::<T>(now, groups, visit::<T>);
}

/// Takes the next step in every check of a group.
///
/// It begins after the proposal for which the evaluator was asked last. If there are too many proposals for
/// one run, or one of them has stopped a run, the others come first in the next run.
fn visit<T: Config>(run: &mut Run, group: GroupId) {
	let key = (TURN, group).encode();
	let turn = StorageValueRef::persistent(&key);
	let last = turn.get::<ProposalId>().ok().flatten();
	let mut asked = None;
	for proposal in after(Open::<T>::get(group).into_inner(), last) {
		let calls = run.client.calls();
		if let Some(check) = Check::<T>::find(run, group, proposal) {
			check.advance(&run.keys, &mut run.client);
		}
		if run.client.calls() != calls {
			asked = Some(proposal);
		}
	}
	if let Some(asked) = asked.filter(|asked| Some(*asked) != last) {
		turn.set(&asked);
	}
}
