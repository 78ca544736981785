//! The learning rate: the one asked for, and lower ones while training does not get on with it.

/// Smallest learning rate of a training that gets no better, as a share of the one asked for.
const SMALLEST_SHARE: f64 = 1.0 / 64.0;

/// The current learning rate of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LearningRate {
	asked: f64,
	current: f64,
}

impl LearningRate {
	/// Begins with the learning rate asked for.
	pub(crate) fn new(asked: f64) -> Self {
		Self { asked, current: asked }
	}

	/// The learning rate asked for.
	pub(crate) fn asked(&self) -> f64 {
		self.asked
	}

	/// The learning rate of the next step.
	pub(crate) fn current(&self) -> f64 {
		self.current
	}

	/// Goes on with a learning rate from before a restart.
	pub(crate) fn go_on(&mut self, current: f64) {
		if current.is_finite() && current > 0.0 {
			self.current = current.min(self.asked);
		}
	}

	/// Halves it, as the training gets no better.
	pub(crate) fn lower(&mut self) {
		self.current = (self.current / 2.0).max((self.asked * SMALLEST_SHARE).min(self.current));
	}

	/// Halves it, as the training has diverged.
	pub(crate) fn recover(&mut self) {
		self.current = (self.current / 2.0).max(f64::MIN_POSITIVE);
	}

	/// Begins again with the one asked for: other records or other weights have more to learn.
	pub(crate) fn restore(&mut self) {
		self.current = self.asked;
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn it_falls_to_a_bound_and_is_restored() {
		let mut rate = LearningRate::new(1.0);
		(0..20).for_each(|_| rate.lower());
		assert_eq!(rate.current(), SMALLEST_SHARE);
		rate.recover();
		rate.lower();
		assert_eq!(rate.current(), SMALLEST_SHARE / 2.0, "it never rises when it is lowered");
		rate.restore();
		assert_eq!(rate.current(), 1.0);
		(0..5_000).for_each(|_| rate.recover());
		assert!(rate.current() > 0.0);
	}

	#[test]
	fn a_restart_takes_no_larger_one_than_asked_for() {
		let mut rate = LearningRate::new(0.5);
		for (before, now) in [(0.25, 0.25), (4.0, 0.5), (f64::NAN, 0.5), (-1.0, 0.5)] {
			rate.restore();
			rate.go_on(before);
			assert_eq!(rate.current(), now);
		}
	}
}
