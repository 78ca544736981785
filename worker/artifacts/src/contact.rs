use descent_content::{FetchError, Progress};
use std::sync::{
	atomic::{AtomicU64, Ordering},
	Arc,
};

/// Number of times that anybody was heard of over HTTP. Content that was there already does not count, and an
/// answer that refuses does. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contact(Arc<AtomicU64>);

impl Contact {
	/// Returns the number.
	pub(crate) fn count(&self) -> u64 {
		self.0.load(Ordering::Relaxed)
	}

	/// Notes that somebody was heard of.
	pub(crate) fn heard(&self) {
		self.0.fetch_add(1, Ordering::Relaxed);
	}

	/// Notes the progress of a fetch.
	pub(crate) fn progress(&self, progress: Progress) {
		if progress.downloaded > 0 {
			self.0.fetch_add(1, Ordering::Relaxed);
		}
	}

	/// Notes the end of a fetch.
	pub(crate) fn ended(&self, result: &Result<(), FetchError>) {
		// Malformed content, too, was sent by somebody, but it may have been here before.
		if matches!(result, Err(FetchError::Unavailable { answered: true, .. })) {
			self.0.fetch_add(1, Ordering::Relaxed);
		}
	}
}
