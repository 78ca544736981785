//! Batches that are read and augmented on a thread of their own, while the model computes.

use crate::augmentation::Augmenter;
use anyhow::{Context, Result};
use descent_dataset::{Batch, Set, SetError};
use descent_model::Shuffle;
use std::{
	sync::{
		mpsc::{sync_channel, Receiver},
		Arc,
	},
	thread,
};

/// Number of batches that are kept ready, beside the one that the thread works on.
const READY: usize = 2;

/// Reads the batches of a data set in an order. The thread ends with it.
pub(crate) struct Prefetcher {
	batches: Receiver<Result<Batch, SetError>>,
}

impl Prefetcher {
	/// Starts the thread at the order's next batch.
	pub(crate) fn start(order: Shuffle, set: Arc<Set>, mut augmenter: Option<Augmenter>) -> Result<Self> {
		let (sender, batches) = sync_channel(READY);
		let read = move || {
			for positions in order {
				let batch = set.gather(&positions).map(|mut batch| {
					if let Some(augmenter) = &mut augmenter {
						augmenter.apply(&mut batch);
					}
					batch
				});
				if sender.send(batch).is_err() {
					return;
				}
			}
		};
		thread::Builder::new().name("batches".into()).spawn(read).context("starting a thread")?;
		Ok(Self { batches })
	}

	/// Waits for the next batch.
	///
	/// # Errors
	/// Fails if the data set is empty or cannot be read.
	pub(crate) fn next(&self) -> Result<Batch> {
		Ok(self.batches.recv().context("the training set has no records")??)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_testing::Fixture;

	#[test]
	fn batches_come_in_the_order_and_the_thread_ends() {
		let Fixture { set, directory: _directory, .. } = Fixture::new(50);
		let before = Arc::strong_count(&set);
		let order = Shuffle::new(set.len(), 7, 3);
		let prefetcher = Prefetcher::start(order.clone(), set.clone(), None).unwrap();
		for positions in order.take(100) {
			assert_eq!(prefetcher.next().unwrap(), set.gather(&positions).unwrap());
		}
		drop(prefetcher);
		let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
		while Arc::strong_count(&set) > before {
			assert!(std::time::Instant::now() < deadline, "the thread holds the records for ever");
			thread::yield_now();
		}
	}
}
