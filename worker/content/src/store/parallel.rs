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

/// Puts items into groups of at most so many, in their order. An error ends the group that it is in.
pub(super) fn grouped<T>(
	mut items: impl Iterator<Item = Result<T>>,
	most: usize,
) -> impl Iterator<Item = Result<Vec<T>>> {
	std::iter::from_fn(move || {
		let group: Result<Vec<T>> = items.by_ref().take(most).collect();
		group.map(|group| (!group.is_empty()).then_some(group)).transpose()
	})
}

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
	fn groups_are_full_but_for_the_last_one_and_an_error_comes_out() {
		let groups: Vec<_> = grouped((0..9).map(Ok), 4).map(Result::unwrap).collect();
		assert_eq!(groups, [vec![0, 1, 2, 3], vec![4, 5, 6, 7], vec![8]]);
		assert_eq!(grouped(std::iter::empty::<Result<u8>>(), 4).count(), 0);
		let failing = (0..9).map(|item| if item == 5 { Err(failure()) } else { Ok(item) });
		let groups: Vec<_> = grouped(failing, 4).map(|group| group.ok()).collect();
		assert_eq!(groups, [Some(vec![0, 1, 2, 3]), None, Some(vec![6, 7, 8])]);
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
