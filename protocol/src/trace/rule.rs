use crate::trace::{Precision, Recipe, WorkReward, RATE_UNIT};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::ops::RangeInclusive;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The steps that segments may have. Shorter ones forget the optimizer's history too often, see the book's
/// chapter on recorded trainings; longer ones take a committee too much time.
const STEPS: RangeInclusive<u16> = 20..=1_000;
/// The most records of a batch.
const MAX_BATCH: u32 = 65_536;

/// The rule of a group whose checkpoints come with a recorded training.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecipeRule {
	/// Number of steps of a segment.
	pub steps: u16,
	/// Number of records of a batch.
	pub batch: u32,
	/// The smallest learning rate, in billionths. A smaller one would be work that leads nowhere.
	pub smallest_rate: u32,
	/// The largest learning rate, in billionths.
	pub largest_rate: u32,
	/// True if only trainings in f64 are taken, whose replay proves that nothing but the recipe made the
	/// weights.
	pub exact: bool,
	/// The reward for recorded segments of trainers that a round's seed draws, if there is one.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub work_reward: Option<WorkReward>,
}

impl RecipeRule {
	/// Returns true if its values are within the bounds of the protocol.
	pub fn is_valid(&self) -> bool {
		let Self { steps, batch, smallest_rate, largest_rate, .. } = self;
		STEPS.contains(steps)
			&& (1..=MAX_BATCH).contains(batch)
			&& 0 < *smallest_rate
			&& smallest_rate <= largest_rate
			&& *largest_rate <= RATE_UNIT
			&& self.work_reward.is_none_or(|reward| reward.is_valid())
	}

	/// Returns true if a recipe keeps to the rule.
	pub fn admits(&self, recipe: &Recipe) -> bool {
		recipe.steps == self.steps
			&& recipe.batch == self.batch
			&& recipe.optimizer.is_valid()
			&& (!self.exact || recipe.precision == Precision::F64)
	}

	/// Returns true if a segment may have this learning rate.
	pub fn admits_rate(&self, rate: u32) -> bool {
		(self.smallest_rate..=self.largest_rate).contains(&rate)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::trace::{Base, RecipeOptimizer};

	const RULE: RecipeRule = RecipeRule {
		steps: 200,
		batch: 64,
		smallest_rate: 1_000,
		largest_rate: 1_000_000,
		exact: false,
		work_reward: None,
	};

	#[test]
	fn values_have_bounds() {
		assert!(RULE.is_valid());
		for invalid in [
			RecipeRule { steps: 19, ..RULE },
			RecipeRule { steps: 1_001, ..RULE },
			RecipeRule { batch: 0, ..RULE },
			RecipeRule { batch: MAX_BATCH + 1, ..RULE },
			RecipeRule { smallest_rate: 0, ..RULE },
			RecipeRule { smallest_rate: 1_000_001, ..RULE },
			RecipeRule { largest_rate: RATE_UNIT + 1, ..RULE },
		] {
			assert!(!invalid.is_valid(), "{invalid:?}");
		}
	}

	#[test]
	fn recipes_keep_to_it() {
		let optimizer = RecipeOptimizer::Sgd { momentum: 0, nesterov: false, weight_decay: 0 };
		let base = Base::Initial { seed: 5 };
		let recipe = Recipe { base, optimizer, precision: Precision::F32, steps: 200, batch: 64 };
		assert!(RULE.admits(&recipe));
		let exact = RecipeRule { exact: true, ..RULE };
		assert!(!exact.admits(&recipe));
		assert!(exact.admits(&Recipe { precision: Precision::F64, ..recipe }));
		assert!(!RULE.admits(&Recipe { steps: 100, ..recipe }));
		assert!(!RULE.admits(&Recipe { batch: 32, ..recipe }));
		let optimizer = RecipeOptimizer::Sgd { momentum: 0, nesterov: true, weight_decay: 0 };
		assert!(!RULE.admits(&Recipe { optimizer, ..recipe }));
		for (rate, admitted) in [(999, false), (1_000, true), (1_000_000, true), (1_000_001, false)] {
			assert_eq!(RULE.admits_rate(rate), admitted, "{rate}");
		}
	}
}
