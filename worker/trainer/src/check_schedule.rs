//! The schedule of the checks on the holdout.

use std::time::{Duration, Instant};

/// Steps after which a check on the holdout is due.
const CHECK_STEPS: u64 = 500;
/// A check is not begun before training has taken this many times as long as the last one took.
const CHECK_SHARE: u32 = 10;
/// Decides when the next check on the holdout is due, so that checks take a small part of the time.
pub(crate) struct CheckSchedule {
	/// Steps since the last check.
	pub unchecked: u64,
	ended: Instant,
	took: Duration,
}

impl CheckSchedule {
	pub(crate) fn new() -> Self {
		Self { unchecked: 0, ended: Instant::now(), took: Duration::ZERO }
	}

	pub(crate) fn is_due(&self) -> bool {
		self.unchecked >= CHECK_STEPS && self.ended.elapsed() >= self.took.saturating_mul(CHECK_SHARE)
	}

	/// Notes the end of a check, and returns the time that it took.
	pub(crate) fn end(&mut self, began: Instant) -> Duration {
		self.took = began.elapsed();
		self.ended = Instant::now();
		self.took
	}
}
