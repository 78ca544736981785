#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::{
	provider::as_text, BlockNumber, ContentRef, EvaluationPolicy, Majority, OptionalRule, OptionalRuleKind,
	Providers, Score, Share, Shares,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::mem::discriminant;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The most changes that one amendment makes.
pub const MAX_CHANGES: u32 = 8;

/// The lengths of a group's rounds, in blocks; see [`crate::Clock`].
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
pub struct RoundLengths {
	/// A round, which is its commit window.
	pub length: BlockNumber,
	/// The reveal window.
	pub reveal: BlockNumber,
	/// The attest window.
	pub attest: BlockNumber,
	/// The open window.
	pub open: BlockNumber,
}

/// A change of a group's rules, made by an amendment. The index 3 was that of the tolerance, which no group
/// has any more, and stays reserved: what was encoded with it is no change, see
/// [`ChangeV2`](super::ChangeV2).
#[derive(
	Clone,
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
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Change {
	/// The length of voting periods, from the one on that begins as this is adopted.
	#[codec(index = 0)]
	VotingPeriod {
		/// In blocks.
		blocks: BlockNumber,
	},
	/// The part of all stake that a delta needs.
	#[codec(index = 1)]
	Quorum {
		/// In millionths.
		share: Share,
	},
	/// The lengths of the rounds.
	#[codec(index = 2)]
	Clock {
		/// In blocks.
		#[serde(flatten)]
		lengths: RoundLengths,
	},
	/// The least gain over the head that wins a round.
	#[codec(index = 4)]
	MinimumImprovement {
		/// In micro-units.
		micros: u64,
	},
	/// The records that rounds are measured on.
	#[codec(index = 5)]
	Policy {
		/// The policy.
		policy: EvaluationPolicy,
	},
	/// The score at which the group has what it wants; no round is played while the head is as good.
	#[codec(index = 6)]
	Target {
		/// The score; `None` for no end.
		score: Option<Score>,
	},
	/// The division of what rounds earn.
	#[codec(index = 7)]
	Shares {
		/// Among validators and keepers; winners get the rest.
		#[serde(flatten)]
		shares: Shares,
	},
	/// Gateways that serve model, validation set and data.
	#[codec(index = 8)]
	Providers {
		/// Base addresses of gateways.
		#[serde(with = "as_text")]
		#[cfg_attr(feature = "schema", schemars(with = "alloc::vec::Vec<alloc::string::String>"))]
		providers: Providers,
	},
	/// Another model: a hard fork. The head is retired and trainers start over on the same data.
	#[codec(index = 9)]
	Model {
		/// The model description.
		model: ContentRef,
	},
	/// An optional rule, in place of another one of its kind.
	#[codec(index = 10)]
	SetRule {
		/// The rule.
		#[serde(flatten)]
		rule: OptionalRule,
	},
	/// No optional rule of this kind any more.
	#[codec(index = 11)]
	RemoveRule {
		/// The kind.
		rule: OptionalRuleKind,
	},
}

impl Change {
	/// The majority of all stake that it needs.
	pub fn majority(&self) -> Majority {
		match self {
			Self::Model { .. } => Majority::TwoThirds,
			_ => Majority::Half,
		}
	}

	/// Returns true if both change the same rule, so that one amendment can't make both.
	pub fn repeats(&self, other: &Self) -> bool {
		match (self.optional(), other.optional()) {
			(None, None) => discriminant(self) == discriminant(other),
			(one, other) => one == other,
		}
	}

	/// The kind of the optional rule that it changes.
	fn optional(&self) -> Option<OptionalRuleKind> {
		match self {
			Self::SetRule { rule } => Some(rule.kind()),
			Self::RemoveRule { rule } => Some(*rule),
			_ => None,
		}
	}
}

/// The majority of all stake that an amendment with these changes needs: that of the change that needs most.
pub fn majority(changes: &[Change]) -> Majority {
	changes.iter().map(Change::majority).max().unwrap_or(Majority::Half)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_model_needs_two_thirds_whatever_it_comes_with() {
		let model = Change::Model { model: ContentRef::raw(b"model").unwrap() };
		let improvement = Change::MinimumImprovement { micros: 3 };
		assert_eq!(majority(core::slice::from_ref(&improvement)), Majority::Half);
		assert_eq!(majority(&[improvement.clone(), model]), Majority::TwoThirds);
		assert_eq!(majority(&[]), Majority::Half);
	}

	#[test]
	fn what_sets_an_optional_rule_repeats_what_removes_it() {
		let set = |seats| Change::SetRule { rule: OptionalRule::Committee { seats } };
		let remove = Change::RemoveRule { rule: OptionalRuleKind::Committee };
		let improvement = |micros| Change::MinimumImprovement { micros };
		assert!(set(22).repeats(&set(31)) && set(22).repeats(&remove) && remove.repeats(&set(22)));
		assert!(improvement(3).repeats(&improvement(4)));
		assert!(!improvement(3).repeats(&set(22)) && !set(22).repeats(&improvement(3)));
		assert!(!improvement(3).repeats(&Change::Target { score: None }));
	}

	#[test]
	fn changes_of_optional_rules_have_their_place_at_the_end() {
		let set = Change::SetRule { rule: OptionalRule::Committee { seats: 41 } };
		assert_eq!(set.encode(), [10, 0, 41, 0]);
		let remove = Change::RemoveRule { rule: OptionalRuleKind::Committee };
		assert_eq!(remove.encode(), [11, 0]);
	}

	#[test]
	fn a_change_reads_as_documented() {
		let lengths = RoundLengths { length: 20, reveal: 4, attest: 6, open: 3 };
		let json = serde_json::to_value(Change::Clock { lengths }).unwrap();
		let expected =
			serde_json::json!({"change": "clock", "length": 20, "reveal": 4, "attest": 6, "open": 3});
		assert_eq!(json, expected);
		let target: Change = serde_json::from_str(r#"{"change": "target", "score": null}"#).unwrap();
		assert_eq!(target, Change::Target { score: None });
		let set = Change::SetRule { rule: OptionalRule::Committee { seats: 41 } };
		let json = r#"{"change":"set_rule","rule":"committee","seats":41}"#;
		assert_eq!(serde_json::to_string(&set).unwrap(), json);
		assert_eq!(serde_json::from_str::<Change>(json).unwrap(), set);
		let remove = Change::RemoveRule { rule: OptionalRuleKind::Committee };
		let json = r#"{"change":"remove_rule","rule":"committee"}"#;
		assert_eq!(serde_json::to_string(&remove).unwrap(), json);
		assert_eq!(serde_json::from_str::<Change>(json).unwrap(), remove);
		let json = r#"{"change":"providers","providers":["http://127.0.0.1:8080"]}"#;
		let providers: Change = serde_json::from_str(json).unwrap();
		assert_eq!(serde_json::to_string(&providers).unwrap(), json);
		assert!(serde_json::from_str::<Change>(&json.replace("8080", &"8".repeat(128))).is_err());
	}
}
