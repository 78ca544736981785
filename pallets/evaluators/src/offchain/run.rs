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

/// How long a run may take.
const RUN_TIME: Duration = Duration::from_millis(1_500);
/// After this time a run that holds the lock is taken for dead.
const LOCK_TIME: Duration = Duration::from_millis(5_000);

/// The off-chain worker of one pallet.
#[derive(Clone, Copy, Debug)]
pub struct Worker {
	/// Target of its messages.
	pub target: &'static str,
	/// The key of the local storage that is held while a run lasts.
	pub lock: &'static [u8],
	/// The key of the local storage with the group that the evaluator was asked for last.
	pub turn: &'static [u8],
}

/// One run, seen from a best block.
pub struct Run {
	/// The block's number.
	pub now: BlockNumber,
	/// The hash of the chain's first block.
	pub genesis: H256,
	/// This node's evaluator keys, at least one.
	pub keys: Vec<AuthorityId>,
	/// The evaluator, as far as this run may use it.
	pub client: Client,
}

impl Worker {
	/// Visits groups, unless this node is no validator, has no evaluator key, or is still at it for another block.
	///
	/// It begins behind the group that the evaluator was asked for last: where they are too many for one run, or one of
	/// them has stopped a run, the others come first in the next.
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

/// Groups or what else takes turns, in order, beginning behind one of them.
pub fn after<Id: Copy + Ord>(mut ids: Vec<Id>, last: Option<Id>) -> Vec<Id> {
	ids.sort_unstable();
	let first = ids.partition_point(|id| Some(*id) <= last);
	ids.rotate_left(first);
	ids
}
