//! The validators' off-chain worker.
//!
//! It carries what the evaluator beside the node has measured to the chain, and nothing else. With every new best block
//! it looks where each round stands and takes the step that is still missing:
//!
//! ```text
//! attest window | evaluator asked? -> measured? -> ballot and salt on disk -> attest -> on chain? else again
//! open window   | own attestation on chain? -> open it from disk -> on chain? else again
//! ```
//!
//! Every step can be repeated and none waits for another. No call of a run can end after [`RUN_TIME`], so that a slow
//! evaluator never holds up the workers of later blocks. Runs may overlap, be left out, or see one height twice on two
//! forks: a ballot and its salt are kept before anything is signed, so that whatever happens, what this node says of a
//! round with one key is the same every time.

mod chain;
mod http;
mod report;
mod round;
mod store;
#[cfg(test)]
pub(crate) mod testing;

use crate::{evaluator::AuthorityId as EvaluatorId, Config, Pallet, Unsettled};
use alloc::vec::Vec;
use descent_protocol::GroupId;
use frame_system::pallet_prelude::BlockNumberFor;
use http::Client;
use round::Round;
use sp_application_crypto::RuntimeAppPublic;
use sp_core::offchain::Duration;
use sp_io::offchain;
use sp_runtime::{
	offchain::{
		storage::StorageValueRef,
		storage_lock::{StorageLock, Time},
	},
	SaturatedConversion,
};

/// Target of the messages about what is sent to the chain.
const ROUNDS: &str = "runtime::rounds";
/// Target of the messages about the evaluator.
const EVALUATOR: &str = "descent::evaluator";
/// How long a run may take.
const RUN_TIME: Duration = Duration::from_millis(1_500);
/// Held while a run lasts.
const LOCK: &[u8] = b"descent/rounds/lock";
/// The group that the evaluator was asked for last.
const TURN: &[u8] = b"descent/rounds/turn";
/// After this time a run that holds the lock is taken for dead.
const LOCK_TIME: Duration = Duration::from_millis(5_000);

/// Takes the next step in every round, seen from the best block `now`.
pub(crate) fn run<T: Config>(now: BlockNumberFor<T>) {
	if !offchain::is_validator() {
		return;
	}
	let keys = EvaluatorId::all();
	if keys.is_empty() {
		return;
	}
	let now = now.saturated_into();
	let until = offchain::timestamp().add(RUN_TIME);
	let mut lock = StorageLock::<Time>::with_deadline(LOCK, LOCK_TIME);
	let Ok(_guard) = lock.try_lock() else {
		log::debug!(target: ROUNDS, "block {now}: another block's run is still at it");
		return;
	};
	let genesis = Pallet::<T>::genesis();
	let mut client = Client::new(until);
	let turn = StorageValueRef::persistent(TURN);
	let last = turn.get::<GroupId>().ok().flatten();
	let (mut asked, mut visited) = (None, None);
	for group in groups_after::<T>(last) {
		if offchain::timestamp() >= until {
			log::debug!(target: ROUNDS, "block {now}: out of time, the other groups come first next time");
			asked = visited;
			break;
		}
		let calls = client.calls();
		for index in Pallet::<T>::unsettled(group) {
			let round = Round {
				now,
				genesis,
				group,
				round: index,
			};
			round.advance::<T>(&keys, &mut client);
		}
		if client.calls() != calls {
			asked = Some(group);
		}
		visited = Some(group);
	}
	if let Some(asked) = asked.filter(|asked| Some(*asked) != last) {
		turn.set(&asked);
	}
}

/// The groups with unsettled rounds, beginning behind the one that the evaluator was asked for last: where they are too
/// many for one run, or one of them has stopped a run, the others come first in the next.
fn groups_after<T: Config>(last: Option<GroupId>) -> Vec<GroupId> {
	let mut groups: Vec<GroupId> = Unsettled::<T>::iter_keys().collect();
	groups.sort_unstable();
	let first = groups.partition_point(|group| Some(*group) <= last);
	groups.rotate_left(first);
	groups
}
