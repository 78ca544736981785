//! Runs of an off-chain worker, one for each best block.

use super::Client;
use crate::AuthorityId;
use alloc::vec::Vec;
use descent_protocol::{BlockNumber, GroupId};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_application_crypto::RuntimeAppPublic;
use sp_core::{offchain::Duration, H256};
use sp_io::offchain;
use sp_runtime::{
	offchain::{
		storage::StorageValueRef,
		storage_lock::{StorageLock, Time},
	},
	SaturatedConversion,
};

/// Longest time that a run may take.
const RUN_TIME: Duration = Duration::from_millis(1_500);
/// Time after which a run that holds the lock is taken for dead.
const LOCK_TIME: Duration = Duration::from_millis(5_000);

/// The off-chain worker of one pallet.
#[derive(Clone, Copy, Debug)]
pub struct Worker {
	/// Log target of its messages.
	pub target: &'static str,
	/// Key in the local storage of the lock that a run holds.
	pub lock: &'static [u8],
	/// Key in the local storage of the group for which the evaluator was asked last.
	pub turn: &'static [u8],
}

/// A run of a worker, seen from a best block.
pub struct Run {
	/// The number of the best block.
	pub now: BlockNumber,
	/// The hash of the chain's first block.
	pub genesis: H256,
	/// This node's evaluator keys, at least one.
	pub keys: Vec<AuthorityId>,
	/// The run's client for the evaluator.
	pub client: Client,
}

impl Worker {
	/// Visits groups. Does nothing if this node is not a validator, has no evaluator key, or another block's
	/// run goes on.
	///
	/// The run begins after the group for which the evaluator was asked last. If there are too many groups
	/// for one run, or one of them has stopped a run, the others come first in the next run.
	pub fn run<T: frame_system::Config<Hash = H256>>(
		&self,
		now: BlockNumberFor<T>,
		groups: impl FnOnce() -> Vec<GroupId>,
		mut visit: impl FnMut(&mut Run, GroupId),
	) {
		if !offchain::is_validator() {
			return;
		}
		let keys = AuthorityId::all();
		if keys.is_empty() {
			return;
		}
		let now = now.saturated_into();
		let until = offchain::timestamp().add(RUN_TIME);
		let mut lock = StorageLock::<Time>::with_deadline(self.lock, LOCK_TIME);
		let Ok(_guard) = lock.try_lock() else {
			log::debug!(target: self.target, "block {now}: another block's run is still at it");
			return;
		};
		let mut run = Run { now, genesis: crate::genesis::<T>(), keys, client: Client::new(until) };
		let turn = StorageValueRef::persistent(self.turn);
		let last = turn.get::<GroupId>().ok().flatten();
		let (mut asked, mut visited) = (None, None);
		for group in after(groups(), last) {
			if offchain::timestamp() >= until {
				log::debug!(
					target: self.target,
					"block {now}: out of time, the other groups come first next time",
				);
				asked = visited;
				break;
			}
			let calls = run.client.calls();
			visit(&mut run, group);
			if run.client.calls() != calls {
				asked = Some(group);
			}
			visited = Some(group);
		}
		if let Some(asked) = asked.filter(|asked| Some(*asked) != last) {
			turn.set(&asked);
		}
	}
}

/// Sorts the numbers of groups, or of other things that take turns, and begins with the first one after
/// `last`.
pub fn after<Id: Copy + Ord>(mut ids: Vec<Id>, last: Option<Id>) -> Vec<Id> {
	ids.sort_unstable();
	let first = ids.partition_point(|id| Some(*id) <= last);
	ids.rotate_left(first);
	ids
}
