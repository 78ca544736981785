//! The learning rate of a recorded training, within the bounds of the group's rule.

use descent_protocol::trace::RecipeRule;

/// Smallest learning rate of a training that gets no better, as a part of the one asked for.
const SMALLEST_PART: u32 = 64;

/// The learning rate of the next segment, in billionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentRate {
	asked: u32,
	current: u32,
	/// The smallest one of the rule.
	smallest: u32,
}

impl SegmentRate {
	/// Begins with the learning rate asked for, which the rule admits.
	pub(super) fn new(asked: u32, rule: &RecipeRule) -> Self {
		Self { asked, current: asked, smallest: rule.smallest_rate }
	}

	pub(super) fn current(&self) -> u32 {
		self.current
	}

	/// Goes on with a learning rate from before a restart.
	pub(super) fn go_on(&mut self, current: u32) {
		if current >= self.smallest {
			self.current = current.min(self.asked);
		}
	}

	/// Halves it, as the training gets no better.
	pub(super) fn lower(&mut self) {
		let floor = (self.asked / SMALLEST_PART).max(self.smallest).min(self.current);
		self.current = (self.current / 2).max(floor);
	}

	/// Halves it, as the training has diverged. Returns false if the rule admits no smaller one.
	pub(super) fn recover(&mut self) -> bool {
		let before = self.current;
		self.current = (before / 2).max(self.smallest);
		self.current < before
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const RULE: RecipeRule = RecipeRule {
		steps: 20,
		batch: 8,
		smallest_rate: 1_000,
		largest_rate: 1_000_000,
		exact: false,
		work_reward: None,
	};

	#[test]
	fn it_falls_to_a_bound_of_its_own_and_to_that_of_the_rule() {
		let mut rate = SegmentRate::new(640_000, &RULE);
		(0..20).for_each(|_| rate.lower());
		assert_eq!(rate.current(), 10_000);
		assert!(rate.recover());
		assert_eq!(rate.current(), 5_000);
		rate.lower();
		assert_eq!(rate.current(), 5_000, "it never rises when it is lowered");
		assert!(rate.recover() && rate.recover() && rate.recover());
		assert_eq!(rate.current(), 1_000);
		assert!(!rate.recover(), "the rule admits no smaller one");
		let mut small = SegmentRate::new(1_500, &RULE);
		(0..20).for_each(|_| small.lower());
		assert_eq!(small.current(), 1_000);
	}

	#[test]
	fn a_restart_takes_one_between_that_of_the_rule_and_the_one_asked_for() {
		let mut rate = SegmentRate::new(8_000, &RULE);
		for (before, now) in [(4_000, 4_000), (900, 4_000), (9_000, 8_000), (1_000, 1_000)] {
			rate.go_on(before);
			assert_eq!(rate.current(), now);
		}
	}
}
