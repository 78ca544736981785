//! The rules of a group that its clients pay for.

use crate::{
	hash::domain_hash, trace::RecipeRule, Clock, ContentRef, EvaluationPolicy, Metric, NewGroup,
	RoundLengths, Score, Shares,
};
use sp_core::H256;

/// The rules of a group that its clients pay for. Providers and the deposit of commitments are not among
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
	/// The model description.
	pub model: ContentRef,
	/// Number of models that the group had before this one.
	pub model_version: u32,
	/// The metric that trainers lower.
	pub metric: Metric,
	/// The records that it is measured on.
	pub policy: EvaluationPolicy,
	/// Least gain over the head that wins a round, in micro-units.
	pub minimum_improvement: u64,
	/// The score at which no further round is played.
	pub target: Option<Score>,
	/// The lengths of rounds.
	pub lengths: RoundLengths,
	/// The division of what rounds earn.
	pub shares: Shares,
	/// Number of winners of a round.
	pub winners: u8,
	/// The rule for the recorded trainings that checkpoints come with.
	pub recipe: Option<RecipeRule>,
}

impl Terms {
	/// Returns the hash that clients name when they pay.
	pub fn hash(&self) -> H256 {
		const DOMAIN: &[u8] = b"descent/terms/v1";
		let model = (self.model, self.model_version);
		let measured = (self.metric, self.policy, self.minimum_improvement, self.target);
		let terms = (model, measured, self.lengths, self.shares);
		// A group with one winner a round keeps the terms that clients have signed.
		match (self.winners, self.recipe) {
			(1, None) => domain_hash(DOMAIN, terms),
			(winners, None) => domain_hash(DOMAIN, (terms, winners)),
			(winners, Some(recipe)) => domain_hash(DOMAIN, (terms, winners, recipe)),
		}
	}
}

impl<Balance> From<&NewGroup<Balance>> for Terms {
	/// Returns the terms of the group's first round.
	fn from(group: &NewGroup<Balance>) -> Self {
		Self {
			model: group.model,
			model_version: 0,
			metric: group.metric,
			policy: group.policy,
			minimum_improvement: group.minimum_improvement,
			target: group.target,
			lengths: group.clock.into(),
			shares: group.shares,
			winners: group.optional_rules.ranked_winners(),
			recipe: group.optional_rules.recipe(),
		}
	}
}

impl From<Clock> for RoundLengths {
	fn from(clock: Clock) -> Self {
		let Clock { length, reveal, attest, open, .. } = clock;
		Self { length, reveal, attest, open }
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Codec, Share};

	#[test]
	fn the_encoding_is_frozen() {
		let content = |byte, codec, size| ContentRef { digest: H256::repeat_byte(byte), codec, size };
		let (series, otherwise) = (H256::repeat_byte(4), content(6, Codec::UnixFs, 7));
		let terms = Terms {
			model: content(1, Codec::Raw, 2),
			model_version: 3,
			metric: Metric::Error,
			policy: EvaluationPolicy::Hidden { series, records: 5, otherwise },
			minimum_improvement: 8,
			target: Some(Score(9)),
			lengths: RoundLengths { length: 10, reveal: 11, attest: 12, open: 13 },
			shares: Shares { validators: Share(14), keepers: Share(15) },
			winners: 1,
			recipe: None,
		};
		let mut input = b"descent/terms/v1".to_vec();
		input.extend([1; 32]);
		input.extend([0, 2, 0, 0, 0, 0, 0, 0, 0]);
		input.extend([3, 0, 0, 0]);
		input.extend([1, 2]);
		input.extend([4; 32]);
		input.extend([5, 0, 0, 0]);
		input.extend([6; 32]);
		input.extend([1, 7, 0, 0, 0, 0, 0, 0, 0]);
		input.extend([8, 0, 0, 0, 0, 0, 0, 0]);
		input.extend([1, 9, 0, 0, 0, 0, 0, 0, 0]);
		input.extend([10u32, 11, 12, 13, 14, 15].into_iter().flat_map(u32::to_le_bytes));
		assert_eq!(terms.hash().0, sp_crypto_hashing::blake2_256(&input));
		input.push(3);
		let ranked = Terms { winners: 3, ..terms };
		assert_eq!(ranked.hash().0, sp_crypto_hashing::blake2_256(&input));
		input.extend([200, 0]);
		input.extend([64u32, 1, 2].into_iter().flat_map(u32::to_le_bytes));
		input.extend([1, 0]);
		let recipe = RecipeRule {
			steps: 200,
			batch: 64,
			smallest_rate: 1,
			largest_rate: 2,
			exact: true,
			work_reward: None,
		};
		let recorded = Terms { recipe: Some(recipe), ..ranked };
		assert_eq!(recorded.hash().0, sp_crypto_hashing::blake2_256(&input));
	}
}
