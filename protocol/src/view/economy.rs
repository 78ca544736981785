use super::Amount;
use crate::{BlockNumber, RoundIndex, Score, Share, Shares, Stream};
use alloc::{string::String, vec::Vec};
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::{crypto::AccountId32, H256};

/// The state of emission.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EmissionView {
	/// The block whose state this is.
	pub block: BlockNumber,
	/// Number of times that emission has halved.
	pub era: u32,
	/// The block with which it halves next; `None` where block numbers end before.
	pub next_halving: Option<BlockNumber>,
	/// Total issuance.
	#[serde(with = "Amount")]
	pub issuance: u128,
	/// Issuance at genesis, which the sale sold.
	#[serde(with = "Amount")]
	pub genesis: u128,
	/// The amount minted since.
	#[serde(with = "Amount")]
	pub minted: u128,
	/// The amount burned since.
	#[serde(with = "Amount")]
	pub burned: u128,
	/// All stake in groups: each group's part of it is its part of what is minted.
	#[serde(with = "Amount")]
	pub stake: u128,
	/// Both streams.
	pub streams: Vec<StreamView>,
}

/// One of the streams of new tokens.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StreamView {
	/// Its purpose.
	pub stream: Stream,
	/// Length of a period, in blocks.
	pub period: BlockNumber,
	/// The block that began this period.
	pub since: BlockNumber,
	/// The emission of this period, if there is stake for all of it.
	#[serde(with = "Amount")]
	pub emission: u128,
	/// The part of it that has flown.
	#[serde(with = "Amount")]
	pub flown: u128,
}

/// The means that a group pays its rounds with.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PotView {
	/// All stake in the group.
	#[serde(with = "Amount")]
	pub stake: u128,
	/// Its part of the trainers' stream in this period, at its stake now.
	#[serde(with = "Amount")]
	pub emission: u128,
	/// The division of what rounds earn, in the round that takes commitments.
	pub shares: Shares,
	/// The reward of the next winner, with fundings and without orders.
	#[serde(with = "Amount")]
	pub winner: u128,
	/// The reward that the members of the next committee share.
	#[serde(with = "Amount")]
	pub validators: u128,
	/// The amount put aside for keepers.
	#[serde(with = "Amount")]
	pub keepers: u128,
	/// The reward of the proposer of the next delta that is applied.
	#[serde(with = "Amount")]
	pub proposer: u128,
	/// The hash of the group's newest rules, as far as clients pay for them: a funding names it.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Hash"))]
	pub terms: H256,
	/// The fundings of clients, the oldest first.
	pub fundings: Vec<FundingView>,
}

/// A client's funding of a group's rounds.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FundingView {
	/// The account that pays.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub client: AccountId32,
	/// The amount that is left.
	#[serde(with = "Amount")]
	pub left: u128,
	/// The part of it that each round with a winner is paid.
	#[serde(with = "Amount")]
	pub per_round: u128,
	/// The block from which the client can take back what is left, where it has given notice, or the rules
	/// change.
	pub free: Option<BlockNumber>,
	/// True if it ends because the rules change.
	pub paused: bool,
}

/// A client's order: its payment for improvement of a group's model.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderView {
	/// The account that pays.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub client: AccountId32,
	/// The amount that is left, with the bonus.
	#[serde(with = "Amount")]
	pub left: u128,
	/// The amount for each micro-unit of improvement.
	#[serde(with = "Amount")]
	pub price: u128,
	/// The amount in addition for the winner that reaches the target.
	#[serde(with = "Amount")]
	pub bonus: u128,
	/// The score with which the order is fulfilled.
	pub target: Score,
	/// The best score of a winner since the order was placed, at first the score from which on the client
	/// pays: improvement above it is not paid for.
	pub mark: Score,
	/// The first round that it pays for.
	pub since: RoundIndex,
	/// The first round that it does not pay for any more.
	pub until: RoundIndex,
	/// The block from which the rest can be returned.
	pub free: BlockNumber,
	/// True if it ends because the rules change.
	pub paused: bool,
}

/// A validator's standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "standing")]
pub enum ValidatorStanding {
	/// In the set of this session.
	Active,
	/// A candidate; it enters the set when its bond is among the largest and its session keys are known.
	Waiting,
	/// Not a candidate.
	Chilled,
	/// It committed an offence and can't be a candidate yet.
	Jailed {
		/// The block from which it can.
		until: BlockNumber,
	},
}

/// An account that has bonded.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ValidatorView {
	/// The account.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub account: AccountId32,
	/// Its bond.
	#[serde(with = "Amount")]
	pub bond: u128,
	/// The parts of its bond that it takes out, in order.
	pub unbonding: Vec<Unbonding>,
	/// Its standing.
	pub standing: ValidatorStanding,
	/// True if it is among the candidates.
	pub is_candidate: bool,
	/// Its session keys: the public keys of babe, grandpa and evaluator, where it has set them.
	#[cfg_attr(feature = "schema", schemars(with = "Option<[crate::schema::Hash; 3]>"))]
	pub keys: Option<[H256; 3]>,
	/// Number of misattestations that count against it.
	pub strikes: u32,
	/// The place in the order of candidates, from 0.
	pub rank: Option<u32>,
}

/// A part of a bond that is being taken out.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unbonding {
	/// The amount.
	#[serde(with = "Amount")]
	pub amount: u128,
	/// The block from which it can be withdrawn.
	pub free: BlockNumber,
}

/// The rewards of an account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RewardsView {
	/// The amount that can be claimed.
	#[serde(with = "Amount")]
	pub accrued: u128,
	/// The amount claimed before.
	#[serde(with = "Amount")]
	pub claimed: u128,
}

/// The rules of the validator set.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ValidatorRules {
	/// The least that a candidate bonds.
	#[serde(with = "Amount")]
	pub minimum_bond: u128,
	/// The most validators of a session.
	pub seats: u32,
	/// Number of blocks for which unbonded amounts stay held.
	pub unbonding: BlockNumber,
	/// Number of blocks for which an offender can't be a candidate.
	pub jail: BlockNumber,
	/// The least part of its bond that an offence costs.
	pub minimum_penalty: Share,
}

/// The governing bodies and the motions before them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GovernanceView {
	/// The technical committee.
	#[cfg_attr(feature = "schema", schemars(with = "Vec<crate::schema::Account>"))]
	pub members: Vec<AccountId32>,
	/// The motions that it votes on.
	pub motions: Vec<MotionView>,
	/// The treasury's balance.
	#[serde(with = "Amount")]
	pub treasury: u128,
	/// The runtime that may be applied by anybody: the hash of its code.
	#[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Hash>"))]
	pub authorized_upgrade: Option<H256>,
	/// The version of the runtime that runs.
	pub spec_version: u32,
}

/// A motion of the technical committee.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MotionView {
	/// The hash of the call.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Hash"))]
	pub hash: H256,
	/// Its number.
	pub index: u32,
	/// The call, in SCALE; hexadecimal in JSON.
	#[serde(with = "sp_core::bytes")]
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
	pub call: Vec<u8>,
	/// Summary in words: `pallet.call` with its subject in brackets, the innermost first where calls carry
	/// calls.
	pub summary: String,
	/// Number of ayes that it needs.
	pub threshold: u32,
	/// The members for it.
	#[cfg_attr(feature = "schema", schemars(with = "Vec<crate::schema::Account>"))]
	pub ayes: Vec<AccountId32>,
	/// The members against it.
	#[cfg_attr(feature = "schema", schemars(with = "Vec<crate::schema::Account>"))]
	pub nays: Vec<AccountId32>,
	/// The block with which its vote ends.
	pub end: BlockNumber,
}
