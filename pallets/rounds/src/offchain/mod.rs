//! The off-chain worker of validators, which carries the ballots of the evaluator beside the node to the
//! chain.
//!
//! With every new best block it looks at the phase of each round and takes the step that is still missing:
//!
//! ```text
//! attest window | job posted? -> measured? -> ballot and salt on disk -> attest -> on chain? else again
//! open window   | own attestation on chain? -> open it from disk -> on chain? else again
//! ```
//!
//! Every step can be repeated and none waits for another, see [`pallet_evaluators::offchain`].

mod round;
mod store;

#[cfg(test)]
pub(crate) use store::place;

use crate::{Config, Pallet, Unsettled};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_evaluators::offchain::Worker;
use round::Round;

/// Log target of messages about calls to the chain.
const ROUNDS: &str = "runtime::rounds";

const WORKER: Worker = Worker { target: ROUNDS, lock: b"descent/rounds/lock", turn: b"descent/rounds/turn" };

/// Takes the next step in every round, seen from the best block `now`.
pub(crate) fn run<T: Config>(now: BlockNumberFor<T>) {
	let groups = || Unsettled::<T>::iter_keys().collect();
	WORKER.run::<T>(now, groups, |run, group| {
		for index in Pallet::<T>::unsettled(group) {
			let round = Round { now: run.now, genesis: run.genesis, group, round: index };
			round.advance::<T>(&run.keys, &mut run.client);
		}
	});
}
