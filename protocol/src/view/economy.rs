use super::amount;
use crate::{BlockNumber, Share, Shares, Stream};
use alloc::{string::String, vec::Vec};
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::{crypto::AccountId32, H256};

/// What is minted, and how much has been.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct EmissionView {
	/// The block whose state this is.
	pub block: BlockNumber,
	/// How often emission has halved.
	pub era: u32,
	/// The block with which it halves next; `None` where block numbers end before.
	pub next_halving: Option<BlockNumber>,
	/// All that is issued.
	#[serde(with = "amount")]
	pub issuance: u128,
	/// What was issued at genesis: what the sale sold.
	#[serde(with = "amount")]
	pub genesis: u128,
	/// What has been minted since.
	#[serde(with = "amount")]
	pub minted: u128,
	/// What has been burned since.
	#[serde(with = "amount")]
	pub burned: u128,
	/// All stake in groups: each group's part of it is its part of what is minted.
	#[serde(with = "amount")]
	pub stake: u128,
	/// Both streams.
	pub streams: Vec<StreamView>,
}

/// One of the streams of new tokens.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct StreamView {
	/// What it is for.
	pub stream: Stream,
	/// How long a period is, in blocks.
	pub period: BlockNumber,
	/// The block that began this period.
	pub since: BlockNumber,
	/// What this period mints, if there is stake for all of it.
	#[serde(with = "amount")]
	pub emission: u128,
	/// What of it has flown.
	#[serde(with = "amount")]
	pub flown: u128,
}

/// What a group has to pay with.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct PotView {
	/// All stake in the group.
	#[serde(with = "amount")]
	pub stake: u128,
	/// What the trainers' stream mints for it in this period, at its stake now.
	#[serde(with = "amount")]
	pub emission: u128,
	/// How what rounds earn is divided in the round that takes commitments.
	pub shares: Shares,
	/// What the next round is won with, fundings included.
	#[serde(with = "amount")]
	pub winner: u128,
	/// What the members of the next committee share.
	#[serde(with = "amount")]
	pub validators: u128,
	/// What is put aside for keepers.
	#[serde(with = "amount")]
	pub keepers: u128,
	/// What the proposer of the next delta gets that is applied.
	#[serde(with = "amount")]
	pub proposer: u128,
	/// What clients pay, the oldest first.
	pub fundings: Vec<FundingView>,
}

/// What a client pays for a group's rounds.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct FundingView {
	/// Who pays.
	pub client: AccountId32,
	/// What is left.
	#[serde(with = "amount")]
	pub left: u128,
	/// What of it each round is worth that somebody wins.
	#[serde(with = "amount")]
	pub per_round: u128,
	/// The block from which the client can take back what is left, where it has given notice.
	pub free: Option<BlockNumber>,
}

/// How a validator stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
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

/// Who has bonded.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct ValidatorView {
	/// The account.
	pub account: AccountId32,
	/// What it has bonded.
	#[serde(with = "amount")]
	pub bond: u128,
	/// What it takes out and the block from which it can, in order.
	pub unbonding: Vec<Unbonding>,
	/// How it stands.
	pub standing: ValidatorStanding,
	/// Whether it is among the candidates.
	pub is_candidate: bool,
	/// Its session keys: the public keys of babe, grandpa and evaluator, where it has set them.
	pub keys: Option<[H256; 3]>,
	/// How many misattestations count against it.
	pub strikes: u32,
	/// The place in the order of candidates, from 0.
	pub rank: Option<u32>,
}

/// A part of a bond that is being taken out.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct Unbonding {
	/// How much.
	#[serde(with = "amount")]
	pub amount: u128,
	/// The block from which it can be withdrawn.
	pub free: BlockNumber,
}

/// What an account has earned and not claimed, and where it has.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct RewardsView {
	/// What can be claimed.
	#[serde(with = "amount")]
	pub accrued: u128,
	/// What was claimed before.
	#[serde(with = "amount")]
	pub claimed: u128,
}

/// The rules of the validator set.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct ValidatorRules {
	/// The least that a candidate bonds.
	#[serde(with = "amount")]
	pub minimum_bond: u128,
	/// The most validators of a session.
	pub seats: u32,
	/// For how many blocks what is unbonded stays held.
	pub unbonding: BlockNumber,
	/// For how many blocks an offender can't be a candidate.
	pub jail: BlockNumber,
	/// The least part of its bond that an offence costs.
	pub minimum_penalty: Share,
}

/// Who governs, and what is before them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct GovernanceView {
	/// The technical committee.
	pub members: Vec<AccountId32>,
	/// What it votes on.
	pub motions: Vec<MotionView>,
	/// What the treasury holds.
	#[serde(with = "amount")]
	pub treasury: u128,
	/// The runtime that may be applied by anybody: the hash of its code.
	pub authorized_upgrade: Option<H256>,
	/// The version of the runtime that runs.
	pub spec_version: u32,
}

/// A motion of the technical committee.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct MotionView {
	/// The hash of the call.
	pub hash: H256,
	/// Its number.
	pub index: u32,
	/// The call, in SCALE; hexadecimal in JSON.
	#[serde(with = "sp_core::bytes")]
	pub call: Vec<u8>,
	/// What it is, in words: `pallet.call`, with what it is about in brackets, the innermost first where calls carry calls.
	pub summary: String,
	/// How many ayes it takes.
	pub threshold: u32,
	/// Who is for it.
	pub ayes: Vec<AccountId32>,
	/// Who is against it.
	pub nays: Vec<AccountId32>,
	/// The block with which its vote ends.
	pub end: BlockNumber,
}
