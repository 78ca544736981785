//! The rules that clients pay for.

use crate::Rules;
use descent_protocol::Terms;
use sp_core::H256;

impl<Balance> Rules<Balance> {
	/// Returns the hash of what a client that funds a group pays for: the model, the metric and the records
	/// that it is measured on, the improvement that wins a round, the target, the lengths of rounds, the
	/// shares, the number of winners, and the rule for recipes. Providers and the deposit of commitments are
	/// not part of it.
	pub fn terms(&self) -> H256 {
		let terms = Terms {
			model: self.model,
			model_version: self.model_version,
			metric: self.metric,
			policy: self.policy,
			minimum_improvement: self.minimum_improvement,
			target: self.target,
			lengths: self.clock.into(),
			shares: self.shares,
			winners: self.optional_rules.ranked_winners(),
			recipe: self.optional_rules.recipe(),
		};
		terms.hash()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::mock::{new_group, new_test_ext, Groups};
	use descent_protocol::{trace::RecipeRule, ContentRef, EvaluationPolicy, Metric, OptionalRule, Score};
	use std::collections::BTreeSet;

	const RECIPE: RecipeRule = RecipeRule {
		steps: 200,
		batch: 64,
		smallest_rate: 1,
		largest_rate: 2,
		exact: true,
		work_reward: None,
	};

	#[test]
	fn the_terms_of_a_new_group_are_known_beforehand() {
		new_test_ext().execute_with(|| {
			let new = new_group();
			assert_eq!(Terms::from(&new).hash(), Groups::first_rules(&new).terms());
		});
	}

	#[test]
	fn terms_change_with_what_clients_pay_for_and_with_nothing_else() {
		new_test_ext().execute_with(|| {
			let rules = Groups::first_rules(&new_group());
			let with = |change: fn(&mut Rules<u128>)| {
				let mut rules = rules.clone();
				change(&mut rules);
				rules.terms()
			};
			let changes: [fn(&mut Rules<u128>); 14] = [
				|rules| rules.model = ContentRef::raw(b"other").unwrap(),
				|rules| rules.model_version = 1,
				|rules| rules.metric = Metric::Error,
				|rules| rules.policy = EvaluationPolicy::Training { records: 101 },
				|rules| rules.minimum_improvement = 1,
				|rules| rules.target = Some(Score(5)),
				|rules| rules.clock.length = 13,
				|rules| rules.clock.reveal = 4,
				|rules| rules.clock.attest = 4,
				|rules| rules.clock.open = 3,
				|rules| rules.shares.validators = descent_protocol::Share::percent(40),
				|rules| rules.optional_rules.set(OptionalRule::RankedWinners { winners: 3 }),
				|rules| rules.optional_rules.set(OptionalRule::Recipe { recipe: RECIPE }),
				|rules| {
					let recipe = RecipeRule { exact: false, ..RECIPE };
					rules.optional_rules.set(OptionalRule::Recipe { recipe });
				},
			];
			let terms: BTreeSet<_> = changes.into_iter().map(with).chain([rules.terms()]).collect();
			assert_eq!(terms.len(), 15, "no two are alike");
			let others: [fn(&mut Rules<u128>); 4] = [
				|rules| rules.providers = Default::default(),
				|rules| rules.deposit = 77,
				|rules| rules.optional_rules.set(OptionalRule::Committee { seats: 41 }),
				|rules| (rules.clock.first, rules.clock.start) = (9, 200),
			];
			assert!(others.into_iter().all(|change| with(change) == rules.terms()));
		});
	}
}
