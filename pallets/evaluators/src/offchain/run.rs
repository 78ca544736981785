//! Runs of the off-chain worker, one for each best block.

use super::{reports::Reports, state::Run, task::TaskRun, Client, TASKS};
use crate::{AuthorityId, Config, Tasks};
use alloc::vec::Vec;
use descent_protocol::{BlockNumber, TaskId};
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

/// Path of an evaluator for requests to fetch something ahead.
const PREFETCH_PATH: &str = "/v1/test-sets";
/// Key in the local storage of the lock that a run holds.
const LOCK: &[u8] = b"descent/evaluators/lock";
/// Key in the local storage of the task for which the evaluator was asked last.
const TURN: &[u8] = b"descent/evaluators/turn";
/// Longest time that a run may take.
const RUN_TIME: Duration = Duration::from_millis(1_500);
/// Time after which a run that holds the lock is taken for dead.
const LOCK_TIME: Duration = Duration::from_millis(5_000);

/// Number of blocks between two requests to fetch something ahead. A request that was made before costs an
/// evaluator nothing.
const PREFETCH_INTERVAL: BlockNumber = 4;

/// Takes the next step in every ongoing task, and sends what is due. Does nothing if this node is not a
/// validator, has no evaluator key, or another block's run goes on.
///
/// The run begins after the task for which the evaluator was asked last. If there are too many tasks for one
/// run, or one of them has stopped a run, the others come first in the next run.
pub fn run<T: Config>(now: BlockNumber) {
	if !offchain::is_validator() {
		return;
	}
	let keys = AuthorityId::all();
	if keys.is_empty() {
		return;
	}
	let until = offchain::timestamp().add(RUN_TIME);
	let mut lock = StorageLock::<Time>::with_deadline(LOCK, LOCK_TIME);
	let Ok(_guard) = lock.try_lock() else {
		log::debug!(target: TASKS, "block {now}: another block's run is still at it");
		return;
	};
	let client = Client::new(until);
	let mut run = Run { now, genesis: crate::genesis::<T>(), keys, client, reports: Reports::new(now) };
	let turn = StorageValueRef::persistent(TURN);
	let last = turn.get::<TaskId>().ok().flatten();
	let (mut asked, mut visited) = (None, None);
	for task in after(T::Tasks::ongoing(now.saturating_add(1)), last) {
		if offchain::timestamp() >= until {
			log::debug!(
				target: TASKS,
				"block {now}: out of time, the other tasks come first next time",
			);
			asked = visited;
			break;
		}
		let calls = run.client.calls();
		if let Some(task) = TaskRun::<T>::find(&run, task) {
			task.advance(&mut run);
		}
		if run.client.calls() != calls {
			asked = Some(task);
		}
		visited = Some(task);
	}
	if let Some(asked) = asked.filter(|asked| Some(*asked) != last) {
		turn.set(&asked);
	}
	run.reports.submit::<T>(run.genesis);
	if now.checked_rem(PREFETCH_INTERVAL) == Some(0) {
		prefetch::<T>(now, &mut run.client);
	}
}

/// Tells every evaluator what it can fetch before it is asked for. Nothing depends on their answers.
fn prefetch<T: Config>(now: BlockNumber, client: &mut Client) {
	let mut requests = T::Tasks::prefetches(now.saturating_add(1));
	// There may be more than a run has time for: each comes first once in a while.
	let places: BlockNumber = requests.len().saturated_into();
	let turn = now.checked_div(PREFETCH_INTERVAL).and_then(|turn| turn.checked_rem(places));
	requests.rotate_left(turn.unwrap_or_default().saturated_into());
	for request in requests {
		for evaluator in 0..client.evaluators() {
			let _ = client.post::<()>(evaluator, PREFETCH_PATH, &request);
		}
	}
}

/// Sorts things that take turns, and begins with the first one after `last`.
pub(super) fn after<Id: Copy + Ord>(mut ids: Vec<Id>, last: Option<Id>) -> Vec<Id> {
	ids.sort_unstable();
	let first = ids.partition_point(|id| Some(*id) <= last);
	ids.rotate_left(first);
	ids
}
