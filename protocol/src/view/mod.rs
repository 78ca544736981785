//! Views of groups, rounds, votes and money, returned by the runtime API in SCALE and by the `training_*` RPC
//! as JSON. Amounts are in the token's smallest unit (10^-12 NRN), in JSON as decimal strings.
#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::{
	has_reached_target, BlockNumber, Clock, ContentRef, EvaluationPolicy, GroupId, MeasuredOn, Metric,
	OptionalRules, Outcome, Phase, RoundIndex, Rounding, Score, Share, Shares, Tally, Windows,
};
use alloc::{
	string::{String, ToString},
	vec::Vec,
};
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use serde::{de::Error, Deserialize, Deserializer, Serialize, Serializer};
use sp_core::{crypto::AccountId32, H256};

mod custody;
mod describe;
mod describe_custody;
mod describe_orders;
mod economy;
mod events;
mod events_v1;
mod governance;
mod page;
mod recording;
mod test_set;
mod views_v2;
mod views_v3;

pub use custody::{CustodyCheckView, CustodyView, KeeperView, KeptKind, KeptView};
pub use describe::{format_part, format_stake, EventFormat, Tone};
pub use economy::*;
pub use events::*;
pub use events_v1::{RoundEventV1, VoteEventV1};
pub use governance::*;
pub use page::Page;
pub use recording::RecordingView;
pub use test_set::{RoundTestSetView, TestSetRelease, TestSetSeriesView};
pub use views_v2::{AmendmentViewV2, GroupViewV2, RoundViewV2};
pub use views_v3::{GroupViewV3, HeadViewV3, PotViewV3, StakeViewV3};

/// Amounts as decimal strings: JSON numbers lose digits in most readers.
pub(crate) struct Amount;

impl Amount {
	pub(crate) fn serialize<S: Serializer>(amount: &u128, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.serialize_str(&amount.to_string())
	}

	pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
		String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
	}
}

/// A training group, with the rules of the round that takes commitments, or of the first to come.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupView {
	/// Its number.
	pub id: GroupId,
	/// The account that created it.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub owner: AccountId32,
	/// Its name.
	pub name: String,
	/// The model description.
	pub model: ContentRef,
	/// Number of models that the group has had before this one.
	pub model_version: u32,
	/// The version of the data set that the round uses: the number of its deltas.
	pub dataset_version: u32,
	/// The root of that version, see [`crate::dataset_root`].
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Hash"))]
	pub dataset_root: H256,
	/// Base addresses of gateways that serve model and data.
	pub providers: Vec<String>,
	/// The metric that trainers lower.
	pub metric: Metric,
	/// The records that it is measured on.
	pub policy: EvaluationPolicy,
	/// Least gain over the head that wins a round, in micro-units.
	pub minimum_improvement: u64,
	/// The score at which no further round is played.
	pub target: Option<Score>,
	/// The clock of its rounds.
	pub clock: Clock,
	/// The smallest deposit of a commitment.
	#[serde(with = "Amount")]
	pub deposit: u128,
	/// The division of what its rounds earn.
	pub shares: Shares,
	/// The best checkpoint of this model so far.
	pub head: Option<HeadView>,
	/// Length of a voting period, in blocks.
	pub voting_period: BlockNumber,
	/// The part of all stake that a delta needs, in millionths.
	pub quorum: Share,
	/// All stake in the group that counts in the next close.
	#[serde(with = "Amount")]
	pub stake: u128,
	/// The block that closes the voting period.
	pub closes: BlockNumber,
	/// The block at which this was read.
	pub block: BlockNumber,
	/// The round that takes commitments; `None` before the group starts.
	pub round: Option<RoundIndex>,
	/// The round that was settled last with a winner or without.
	pub settled: Option<RoundIndex>,
	/// The rules that it has beside those that all groups have.
	#[serde(default)]
	pub optional_rules: OptionalRules,
}

/// The best checkpoint of a group so far.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeadView {
	/// The model that it is a checkpoint of.
	pub model_version: u32,
	/// The round that it won.
	pub round: RoundIndex,
	/// The trainer who published it.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub account: AccountId32,
	/// The safetensors file.
	pub checkpoint: ContentRef,
	/// The score that the committee measured.
	pub score: Score,
	/// The records that it was measured on; `None` where a runtime before version 6 does not tell.
	#[serde(default)]
	pub measured_on: Option<MeasuredOn>,
	/// Base addresses of gateways that serve it.
	pub providers: Vec<String>,
}

/// The checkpoint that candidates have to beat, and trainings go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncumbentView<'a> {
	/// The safetensors file.
	pub checkpoint: ContentRef,
	/// Base addresses of gateways that serve it.
	pub providers: &'a [String],
	/// The score at which it was accepted; `None` of a pretrained one, which was never measured.
	pub score: Option<Score>,
}

impl GroupView {
	/// Returns the head of the model that is trained now, or else its pretrained checkpoint, if there is one.
	pub fn incumbent(&self) -> Option<IncumbentView<'_>> {
		let head = self.head.as_ref().filter(|head| head.model_version == self.model_version);
		let head = head.map(|head| IncumbentView {
			checkpoint: head.checkpoint,
			providers: &head.providers,
			score: Some(head.score),
		});
		head.or_else(|| {
			let checkpoint = self.optional_rules.pretrained()?;
			Some(IncumbentView { checkpoint, providers: &self.providers, score: None })
		})
	}

	/// Returns the target and the score of the head, if the head has reached the target by the rule of
	/// [`has_reached_target`], so that the round takes no commitments.
	pub fn reached_target(&self) -> Option<(Score, Score)> {
		let head = self.head.as_ref()?;
		let round = MeasuredOn { policy: self.policy, dataset_version: self.dataset_version };
		let measured = head.measured_on.unwrap_or(round);
		has_reached_target(self.target, Some((head.score, measured)), &round)
			.then_some((self.target?, head.score))
	}
}

/// A round of a group. Rounds are kept for a bounded time after they are settled.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoundView {
	/// The group.
	pub group: GroupId,
	/// The round.
	pub round: RoundIndex,
	/// Its phase at `block`.
	pub phase: Phase,
	/// Its windows, in blocks.
	pub windows: Windows,
	/// The model that is trained in it.
	pub model_version: u32,
	/// The version of the data set that it uses: the number of its deltas.
	pub dataset_version: u32,
	/// Least gain over the head that wins a round, in micro-units.
	pub minimum_improvement: u64,
	/// Draws the evaluation set; `None` until it is known.
	#[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Hash>"))]
	pub seed: Option<H256>,
	/// True if scores are dithered; false if the seed's block is older than the runtime that dithers, and
	/// scores are rounded half to even.
	#[serde(default)]
	pub dithered: bool,
	/// True if it is settled.
	pub settled: bool,
	/// The score that had to be beaten, once settled.
	pub baseline: Option<Score>,
	/// The winner, once settled.
	#[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Account>"))]
	pub winner: Option<AccountId32>,
	/// The commitments, in commit order.
	pub candidates: Vec<CandidateView>,
	/// The committee, once somebody has revealed.
	pub committee: Vec<MemberView>,
	/// The block at which this was read.
	pub block: BlockNumber,
}

impl RoundView {
	/// The rule by which its checkpoints get their scores, given its seed.
	pub fn rounding(&self, seed: H256) -> Rounding {
		if self.dithered {
			Rounding::dithered(seed)
		} else {
			Rounding::HalfEven
		}
	}
}

/// The versions of what answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Versions {
	/// The node's.
	pub node: String,
	/// The runtime API `TrainingApi` of the block that was asked for.
	pub training_api: u32,
}

/// A settled round in one row.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoundSummary {
	/// The round.
	pub round: RoundIndex,
	/// The model that was trained in it.
	pub model_version: u32,
	/// The version of the data set that it used.
	pub dataset_version: u32,
	/// Number of commitments.
	pub commitments: u32,
	/// Number of commitments that were revealed.
	pub reveals: u32,
	/// The score that had to be beaten; `None` where the committee did not agree on one or there was no head.
	pub baseline: Option<Score>,
	/// The winner and its checkpoint.
	pub winner: Option<WinnerView>,
}

/// The winner of a settled round.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WinnerView {
	/// The trainer.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub account: AccountId32,
	/// The safetensors file.
	pub checkpoint: ContentRef,
	/// The score that the committee measured.
	pub score: Score,
	/// Its reward.
	#[serde(with = "Amount")]
	pub reward: u128,
}

/// A commitment and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CandidateView {
	/// The trainer.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub account: AccountId32,
	/// Its commitment, see [`crate::commitment_hash`].
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Hash"))]
	pub commitment: H256,
	/// Its deposit.
	#[serde(with = "Amount")]
	pub deposit: u128,
	/// Its reveal.
	pub reveal: Option<RevealView>,
	/// The score that 2/3 of the committee measured.
	pub measured: Option<Score>,
	/// Number of members with each verdict on it, once one has opened its ballot.
	pub tally: Option<Tally>,
	/// Its outcome, once the round is settled.
	pub outcome: Option<Outcome>,
	/// Its reward.
	#[serde(with = "Amount")]
	pub reward: u128,
	/// The part of its deposit that it lost.
	#[serde(with = "Amount")]
	pub slashed: u128,
}

/// A revealed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RevealView {
	/// The safetensors file.
	pub checkpoint: ContentRef,
	/// The claimed score.
	pub claim: Score,
	/// Base addresses of gateways that serve it.
	pub providers: Vec<String>,
}

/// A member of a round's committee.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberView {
	/// The validator.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub account: AccountId32,
	/// True if it has attested.
	pub attested: bool,
	/// True if it has opened its attestation.
	pub opened: bool,
}

/// A trainer's results in a group.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StandingView {
	/// The trainer.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub account: AccountId32,
	/// Rounds committed to and settled.
	pub rounds: u32,
	/// Rounds won.
	pub wins: u32,
	/// The best score that the committee measured of its checkpoints.
	pub best: Option<Score>,
	/// Its reward.
	#[serde(with = "Amount")]
	pub earned: u128,
	/// The parts of its deposits that it lost.
	#[serde(with = "Amount")]
	pub slashed: u128,
}

/// The reason for the outcome of an account's commitment in a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Explanation {
	/// The group.
	pub group: GroupId,
	/// The round.
	pub round: RoundIndex,
	/// The trainer.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub account: AccountId32,
	/// The outcome; `None` while the round is not settled or where there is no commitment.
	pub outcome: Option<Outcome>,
	/// The explanation, one sentence.
	pub sentence: String,
}

#[cfg(test)]
mod tests {
	use super::*;

	/// A group of nothing but zeros, at its target of 0.
	fn group() -> GroupView {
		let mut group = GroupView::decode(&mut &[0; 512][..]).unwrap();
		let head = HeadView::decode(&mut &[0; 512][..]).unwrap();
		let measured_on = Some(MeasuredOn { policy: group.policy, dataset_version: group.dataset_version });
		group.target = Some(Score(0));
		group.head = Some(HeadView { measured_on, ..head });
		group
	}

	#[test]
	fn a_head_that_was_measured_on_other_data_reaches_no_target() {
		let mut group = group();
		assert_eq!(group.reached_target(), Some((Score(0), Score(0))));
		group.dataset_version = 1;
		assert_eq!(group.reached_target(), None);
		group.head = group.head.map(|head| HeadView { measured_on: None, ..head });
		assert_eq!(group.reached_target(), Some((Score(0), Score(0))), "older runtimes do not tell");
	}
}
