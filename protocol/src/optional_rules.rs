#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::{
	trace::RecipeRule, ContentRef, DEFAULT_COMMITTEE_SEATS, MAX_COMMITTEE, MAX_OPTIONAL_RULES,
	MAX_RANKED_WINNERS,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::{bounded::BoundedVec, ConstU32};

/// A rule that a group may have beside those that all groups have. A rule of a new kind is added at the end,
/// with the next index, so that no list that is stored has to be migrated.
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
#[serde(rename_all = "snake_case", tag = "rule")]
pub enum OptionalRule {
	/// The size of the committees that measure the group's rounds and check its deltas. Without this rule
	/// they have [`DEFAULT_COMMITTEE_SEATS`].
	#[codec(index = 0)]
	Committee {
		/// Number of seats, [`MAX_COMMITTEE`] at most.
		seats: u16,
	},
	/// The number of winners of a round: the candidates that beat the head, in the order of their scores,
	/// share the reward. Without this rule there is one.
	#[codec(index = 1)]
	RankedWinners {
		/// Number of winners, [`MAX_RANKED_WINNERS`] at most.
		winners: u8,
	},
	/// Checkpoints come with a recorded training, of which the committee replays a segment. Without this rule
	/// they come alone.
	#[codec(index = 2)]
	Recipe {
		/// What recipes keep to.
		#[serde(flatten)]
		recipe: RecipeRule,
	},
	/// The checkpoint that trainings begin with, and candidates have to beat, as long as the model has no
	/// head: another model of the same shape is trained further. The providers of the group serve it. The
	/// rule ends when the group changes its model. Without this rule trainings begin with initial weights.
	#[codec(index = 3)]
	Pretrained {
		/// The safetensors file.
		checkpoint: ContentRef,
	},
}

/// A kind of optional rule. Kinds are ordered by their index.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OptionalRuleKind {
	/// [`OptionalRule::Committee`].
	#[codec(index = 0)]
	Committee,
	/// [`OptionalRule::RankedWinners`].
	#[codec(index = 1)]
	RankedWinners,
	/// [`OptionalRule::Recipe`].
	#[codec(index = 2)]
	Recipe,
	/// [`OptionalRule::Pretrained`].
	#[codec(index = 3)]
	Pretrained,
}

impl OptionalRule {
	/// Its kind.
	pub fn kind(&self) -> OptionalRuleKind {
		match self {
			Self::Committee { .. } => OptionalRuleKind::Committee,
			Self::RankedWinners { .. } => OptionalRuleKind::RankedWinners,
			Self::Recipe { .. } => OptionalRuleKind::Recipe,
			Self::Pretrained { .. } => OptionalRuleKind::Pretrained,
		}
	}

	/// Returns true if its values are within the bounds of a chain on which committees have `fewest_seats` at
	/// least.
	fn is_valid(&self, fewest_seats: u32) -> bool {
		match self {
			Self::Committee { seats } => (fewest_seats..=MAX_COMMITTEE).contains(&u32::from(*seats)),
			Self::RankedWinners { winners } => (1..=MAX_RANKED_WINNERS).contains(winners),
			Self::Recipe { recipe } => recipe.is_valid(),
			Self::Pretrained { checkpoint } => checkpoint.size > 0 && checkpoint.is_canonical(),
		}
	}
}

/// The optional rules of a group: each kind at most once, in the order of kinds. Most groups have none.
///
/// ```
/// use descent_protocol::{OptionalRule, OptionalRuleKind, OptionalRules};
///
/// let mut rules = OptionalRules::default();
/// assert_eq!(rules.committee_seats(), 31);
/// rules.set(OptionalRule::Committee { seats: 41 });
/// assert_eq!(rules.committee_seats(), 41);
/// rules.remove(OptionalRuleKind::Committee);
/// assert_eq!(rules, OptionalRules::default());
/// ```
#[derive(
	Clone,
	Debug,
	Default,
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
#[serde(transparent)]
pub struct OptionalRules(
	#[cfg_attr(feature = "schema", schemars(with = "alloc::vec::Vec<OptionalRule>"))]
	BoundedVec<OptionalRule, ConstU32<MAX_OPTIONAL_RULES>>,
);

impl OptionalRules {
	/// The rules in their order.
	pub fn iter(&self) -> impl Iterator<Item = &OptionalRule> {
		self.0.iter()
	}

	/// Adds a rule, in place of another one of its kind.
	pub fn set(&mut self, rule: OptionalRule) {
		match self.0.binary_search_by_key(&rule.kind(), OptionalRule::kind) {
			Ok(place) => {
				if let Some(kept) = self.0.get_mut(place) {
					*kept = rule;
				}
			}
			// There are fewer kinds than places.
			Err(place) => {
				let _ = self.0.try_insert(place, rule);
			}
		}
	}

	/// Removes the rule of a kind, if there is one.
	pub fn remove(&mut self, kind: OptionalRuleKind) {
		self.0.retain(|rule| rule.kind() != kind);
	}

	/// Returns true if the list is in order, each kind at most once, and all values are within the bounds of
	/// a chain on which committees have `fewest_seats` at least. What was decoded may be anything.
	pub fn are_valid(&self, fewest_seats: u32) -> bool {
		self.0.is_sorted_by(|before, after| before.kind() < after.kind())
			&& self.0.iter().all(|rule| rule.is_valid(fewest_seats))
	}

	/// Number of seats of the group's committees.
	pub fn committee_seats(&self) -> u32 {
		let seats = self.0.iter().find_map(|rule| match rule {
			OptionalRule::Committee { seats } => Some(u32::from(*seats)),
			_ => None,
		});
		seats.unwrap_or(DEFAULT_COMMITTEE_SEATS)
	}

	/// The most winners of a round of the group.
	pub fn ranked_winners(&self) -> u8 {
		let winners = self.0.iter().find_map(|rule| match rule {
			OptionalRule::RankedWinners { winners } => Some(*winners),
			_ => None,
		});
		winners.unwrap_or(1)
	}

	/// The rule for the recorded trainings that the group's checkpoints come with, if they do.
	pub fn recipe(&self) -> Option<RecipeRule> {
		self.0.iter().find_map(|rule| match rule {
			OptionalRule::Recipe { recipe } => Some(*recipe),
			_ => None,
		})
	}

	/// The checkpoint that the group's model begins with, if there is one.
	pub fn pretrained(&self) -> Option<ContentRef> {
		self.0.iter().find_map(|rule| match rule {
			OptionalRule::Pretrained { checkpoint } => Some(*checkpoint),
			_ => None,
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec;
	use codec::DecodeAll;

	const FEWEST: u32 = 22;

	fn list(seats: &[u16]) -> OptionalRules {
		let rules: vec::Vec<_> =
			seats.iter().map(|seats| OptionalRule::Committee { seats: *seats }).collect();
		OptionalRules(rules.try_into().unwrap())
	}

	#[test]
	fn no_rules_are_one_byte() {
		assert_eq!(OptionalRules::default().encode(), [0]);
		assert_eq!(list(&[41]).encode(), [1 << 2, 0, 41, 0]);
		assert_eq!(OptionalRules::decode_all(&mut &[1 << 2, 0, 41, 0][..]), Ok(list(&[41])));
		assert!(OptionalRules::decode_all(&mut &[1 << 2, 9, 41, 0][..]).is_err());
	}

	#[test]
	fn kinds_have_the_indices_of_their_rules() {
		let recipe = RecipeRule {
			steps: 200,
			batch: 64,
			smallest_rate: 1,
			largest_rate: 2,
			exact: true,
			work_reward: None,
		};
		for rule in [
			OptionalRule::Committee { seats: 7 },
			OptionalRule::RankedWinners { winners: 3 },
			OptionalRule::Recipe { recipe },
		] {
			assert_eq!(rule.encode().first(), rule.kind().encode().first());
		}
	}

	#[test]
	fn a_kind_is_there_once() {
		let mut rules = OptionalRules::default();
		rules.remove(OptionalRuleKind::Committee);
		rules.set(OptionalRule::Committee { seats: 41 });
		rules.set(OptionalRule::Committee { seats: 51 });
		assert_eq!(rules, list(&[51]));
		assert!(rules.are_valid(FEWEST));
		assert!(!list(&[41, 41]).are_valid(FEWEST));
	}

	#[test]
	fn committees_are_within_bounds() {
		for (seats, valid) in
			[(0, false), (21, false), (22, true), (100, true), (101, false), (u16::MAX, false)]
		{
			assert_eq!(list(&[seats]).are_valid(FEWEST), valid, "{seats}");
		}
		assert!(list(&[7]).are_valid(7));
		assert!(OptionalRules::default().are_valid(FEWEST));
		assert_eq!(OptionalRules::default().committee_seats(), 31);
	}

	#[test]
	fn a_round_has_one_to_eight_winners() {
		for (winners, valid) in [(0, false), (1, true), (8, true), (9, false)] {
			let mut rules = list(&[41]);
			rules.set(OptionalRule::RankedWinners { winners });
			assert_eq!(rules.are_valid(FEWEST), valid, "{winners}");
			assert_eq!((rules.ranked_winners(), rules.committee_seats()), (winners, 41));
			rules.remove(OptionalRuleKind::Committee);
			assert_eq!((rules.ranked_winners(), rules.committee_seats()), (winners, 31));
		}
		assert_eq!(OptionalRules::default().ranked_winners(), 1);
		let mut unordered: vec::Vec<_> = vec![OptionalRule::RankedWinners { winners: 2 }];
		unordered.push(OptionalRule::Committee { seats: 41 });
		assert!(!OptionalRules(unordered.try_into().unwrap()).are_valid(FEWEST));
	}

	#[test]
	fn a_recipe_is_one_of_the_rules() {
		let recipe = RecipeRule {
			steps: 200,
			batch: 64,
			smallest_rate: 1,
			largest_rate: 2,
			exact: true,
			work_reward: None,
		};
		let mut rules = list(&[41]);
		assert_eq!(rules.recipe(), None);
		rules.set(OptionalRule::Recipe { recipe });
		assert!(rules.are_valid(FEWEST));
		assert_eq!((rules.recipe(), rules.committee_seats()), (Some(recipe), 41));
		rules.set(OptionalRule::Recipe { recipe: RecipeRule { steps: 1, ..recipe } });
		assert!(!rules.are_valid(FEWEST));
		let json = serde_json::to_value(OptionalRule::Recipe { recipe }).unwrap();
		let expected = serde_json::json!({
			"rule": "recipe", "steps": 200, "batch": 64, "smallest_rate": 1, "largest_rate": 2, "exact": true,
		});
		assert_eq!(json, expected);
		assert_eq!(serde_json::from_value::<OptionalRule>(json).unwrap(), OptionalRule::Recipe { recipe });
	}

	#[test]
	fn rules_read_as_documented() {
		let json = r#"[{"rule":"committee","seats":41}]"#;
		assert_eq!(serde_json::to_string(&list(&[41])).unwrap(), json);
		assert_eq!(serde_json::from_str::<OptionalRules>(json).unwrap(), list(&[41]));
		assert_eq!(serde_json::to_string(&OptionalRuleKind::Committee).unwrap(), r#""committee""#);
	}
}
