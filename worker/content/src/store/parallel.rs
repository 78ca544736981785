//! Work on all cores.

use std::{
	num::NonZero,
	panic::resume_unwind,
	sync::{Mutex, PoisonError},
	thread,
};

use super::Result;

/// Most threads for one content.
const MAX_THREADS: usize = 16;

/// Does the work for each item, on as many threads as there are cores. Each thread takes an item when it is
/// done with the last one, so that there are never more items in memory than threads.
///
/// The threads are its own: an iterator that waits for the network keeps nobody else from working.
///
/// # Errors
/// Returns the first error of an item or of its work; no further item is then taken.
pub(super) fn for_each<T: Send>(
	items: impl Iterator<Item = Result<T>> + Send,
	work: impl Fn(T) -> Result<()> + Sync,
) -> Result<()> {
	let items = Mutex::new(Some(items));
	let take = || -> Option<Result<T>> {
		let mut items = items.lock().unwrap_or_else(PoisonError::into_inner);
		items.as_mut()?.next()
	};
	let run = || -> Result<()> {
		while let Some(item) = take() {
			let done = item.and_then(&work);
			if done.is_err() {
				*items.lock().unwrap_or_else(PoisonError::into_inner) = None;
				return done;
			}
		}
		Ok(())
	};
	let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
	thread::scope(|scope| {
		let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
		let own = run();
		others
			.into_iter()
			.fold(own, |result, other| result.and(other.join().unwrap_or_else(|panic| resume_unwind(panic))))
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{BlockId, StoreError};
	use descent_protocol::Codec;
	use std::sync::atomic::{AtomicU64, Ordering};

	fn failure() -> StoreError {
		StoreError::Missing(BlockId { codec: Codec::Raw, digest: [0; 32] })
	}

	#[test]
	fn every_item_is_worked_on_once() {
		let sum = AtomicU64::new(0);
		for_each((0..1000).map(Ok), |item| {
			sum.fetch_add(item, Ordering::Relaxed);
			Ok(())
		})
		.unwrap();
		assert_eq!(sum.into_inner(), 499_500);
	}

	#[test]
	fn the_first_failure_ends_it() {
		let taken = AtomicU64::new(0);
		let counted = (0..1_000_000).map(|item| {
			taken.fetch_add(1, Ordering::Relaxed);
			Ok(item)
		});
		for_each(counted, |item| if item == 3 { Err(failure()) } else { Ok(()) }).unwrap_err();
		assert!(taken.into_inner() < 1_000_000);
		let failing = (0..10).map(|item| if item < 9 { Ok(item) } else { Err(failure()) });
		for_each(failing, |_| Ok(())).unwrap_err();
	}
}
