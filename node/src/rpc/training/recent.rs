//! The events of recent blocks, read once for all subscribers.

use descent_protocol::view::ChainEvent;
use descent_runtime::Hash;
use std::{
	collections::VecDeque,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Blocks whose events are kept. Subscribers that keep up are at most a few blocks apart.
const KEPT_BLOCKS: usize = 16;

/// The events of a block, once they are read.
type Events = Arc<Mutex<Option<Arc<[ChainEvent]>>>>;

/// The events of recent blocks.
#[derive(Default)]
pub(super) struct RecentEvents {
	blocks: Mutex<VecDeque<(Hash, Events)>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
	mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RecentEvents {
	/// Returns a block's events. Calls `read` where they are not kept; callers that ask for the same block
	/// meanwhile wait for that.
	///
	/// # Errors
	/// Those of `read`, which the next caller calls again.
	pub(super) fn of<E>(
		&self,
		block: Hash,
		read: impl FnOnce() -> Result<Vec<ChainEvent>, E>,
	) -> Result<Arc<[ChainEvent]>, E> {
		let events = self.kept(block);
		let mut events = lock(&events);
		if let Some(events) = &*events {
			return Ok(events.clone());
		}
		Ok(events.insert(read()?.into()).clone())
	}

	/// Returns the place of a block's events, where needed that of the oldest block.
	fn kept(&self, block: Hash) -> Events {
		let mut blocks = lock(&self.blocks);
		if let Some((_, events)) = blocks.iter().find(|(hash, _)| *hash == block) {
			return events.clone();
		}
		blocks.truncate(KEPT_BLOCKS - 1);
		let events = Events::default();
		blocks.push_front((block, events.clone()));
		events
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::{
		convert::Infallible,
		sync::atomic::{AtomicUsize, Ordering},
		thread,
	};

	fn read(count: &AtomicUsize) -> Result<Vec<ChainEvent>, Infallible> {
		count.fetch_add(1, Ordering::Relaxed);
		Ok(Vec::new())
	}

	#[test]
	fn a_block_is_read_once_by_all_who_ask_at_the_same_time() {
		let (recent, count) = (RecentEvents::default(), AtomicUsize::new(0));
		thread::scope(|scope| {
			for _ in 0..20 {
				scope.spawn(|| recent.of(Hash::zero(), || read(&count)));
			}
		});
		assert_eq!(count.into_inner(), 1);
	}

	#[test]
	fn only_recent_blocks_are_kept() {
		let (recent, count) = (RecentEvents::default(), AtomicUsize::new(0));
		for block in 0..100 {
			recent.of(Hash::from_low_u64_be(block), || read(&count)).unwrap();
		}
		assert_eq!(recent.blocks.lock().unwrap().len(), KEPT_BLOCKS);
		recent.of(Hash::from_low_u64_be(99), || read(&count)).unwrap();
		assert_eq!(count.load(Ordering::Relaxed), 100);
		recent.of(Hash::from_low_u64_be(0), || read(&count)).unwrap();
		assert_eq!(count.load(Ordering::Relaxed), 101, "it was dropped");
	}

	#[test]
	fn a_failure_is_not_kept() {
		let (recent, count) = (RecentEvents::default(), AtomicUsize::new(0));
		recent.of(Hash::zero(), || Err("pruned")).unwrap_err();
		recent.of(Hash::zero(), || read(&count)).unwrap();
		assert_eq!(count.into_inner(), 1);
	}
}
