#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use super::Amount;
use crate::{
	AmendmentId, BlockNumber, Change, ContentRef, DeltaFault, DeltaReport, DeltaVerdict, GroupId, Majority,
	ProposalId, RoundIndex,
};
use alloc::{string::String, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::{crypto::AccountId32, H256};

/// An entry of a data set's log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LogEntryView {
	/// The version that it makes: its number, from 1.
	pub version: u32,
	/// The delta.
	pub delta: ContentRef,
	/// Base addresses of gateways that serve it, beside the group's providers.
	pub providers: Vec<String>,
	/// The root of the version, see [`crate::dataset_root`].
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Hash"))]
	pub root: H256,
	/// The first round that is played with it.
	pub from: RoundIndex,
	/// Its effect, as 2/3 of the committee found; `None` for the delta that the group was created with.
	pub report: Option<DeltaReport>,
	/// Its proposer.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub proposer: AccountId32,
	/// The block that applied it.
	pub block: BlockNumber,
}

/// The progress of a proposed delta's check.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CheckView {
	/// The version of the data set that the delta is checked on.
	pub version: u32,
	/// The attempt, from 0; `None` where it has not begun, or no attempt came to a decision.
	pub attempt: Option<u32>,
	/// Block until which members attest or open.
	pub until: Option<BlockNumber>,
	/// The verdict of 2/3 of the committee.
	pub decided: Option<DeltaVerdict>,
	/// The opened verdicts, each with the number of members that hold it.
	pub verdicts: Vec<(DeltaVerdict, u32)>,
	/// Number of members.
	pub committee: u32,
}

/// A delta proposal.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProposalView {
	/// The group.
	pub group: GroupId,
	/// Its number.
	pub id: ProposalId,
	/// Its proposer.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub proposer: AccountId32,
	/// The delta.
	pub delta: ContentRef,
	/// Base addresses of gateways that serve it, beside the group's providers.
	pub providers: Vec<String>,
	/// Its proposer's summary.
	pub summary: String,
	/// Its proposer's deposit.
	#[serde(with = "Amount")]
	pub deposit: u128,
	/// The version of the data set that it was proposed on.
	pub base: u32,
	/// The block in which it was proposed.
	pub block: BlockNumber,
	/// The stake that approves it and counts in the next close, or counted as it ended.
	#[serde(with = "Amount")]
	pub ayes: u128,
	/// Number of voting periods that it has lost.
	pub lost: u32,
	/// The progress of its check; `None` once it has ended.
	pub check: Option<CheckView>,
	/// Its ending, once it has ended.
	pub ending: Option<ProposalEnding>,
}

/// The ending of a delta proposal.
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
#[serde(rename_all = "snake_case", tag = "ending")]
pub enum ProposalEnding {
	/// It won a voting period and is part of the data set. Deposit returned, reward paid.
	Applied {
		/// The version that it made.
		version: u32,
	},
	/// It can't be applied, and was never found valid. Deposit slashed.
	Invalid {
		/// The fault.
		#[serde(flatten)]
		fault: DeltaFault,
	},
	/// Nobody served it. Deposit slashed, unless it had been found valid before.
	Unavailable,
	/// It was valid, or could have been, but not on what others have made of data set and model since.
	/// Deposit returned.
	Conflict {
		/// The fault.
		#[serde(flatten)]
		fault: DeltaFault,
	},
	/// Somebody else had announced it before. Deposit returned: its proposer may have had it from the same
	/// source.
	Copied,
	/// It has lost as many voting periods as proposals are kept for. Deposit returned.
	Outvoted,
	/// Its proposer took it back. Deposit returned.
	Withdrawn,
	/// A proposal with more stake behind it took its place. Deposit returned.
	Evicted,
}

/// An amendment of a group's rules.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AmendmentView {
	/// The group.
	pub group: GroupId,
	/// Its number.
	pub id: AmendmentId,
	/// Its proposer.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub proposer: AccountId32,
	/// Its changes.
	pub changes: Vec<Change>,
	/// Its proposer's summary.
	pub summary: String,
	/// Its proposer's deposit.
	#[serde(with = "Amount")]
	pub deposit: u128,
	/// The block in which it was proposed.
	pub block: BlockNumber,
	/// The stake that approves it and counts in the next close, or counted as it ended.
	#[serde(with = "Amount")]
	pub ayes: u128,
	/// The majority of all stake that it needs.
	pub majority: Majority,
	/// Number of voting periods that it has lost.
	pub lost: u32,
	/// Its ending, once it has ended.
	pub ending: Option<AmendmentEnding>,
}

/// The ending of an amendment.
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
#[serde(rename_all = "snake_case", tag = "ending")]
pub enum AmendmentEnding {
	/// It had its majority when a voting period closed. What concerns voting itself is in force at once.
	Adopted {
		/// The first round under the changed rules.
		from: RoundIndex,
	},
	/// It had its majority, but the rules as they were by then don't allow it; or it was open as an upgrade
	/// of the runtime dropped the only rule that it changes.
	Impossible,
	/// It has lost as many voting periods as amendments are kept for.
	Outvoted,
	/// Its proposer took it back.
	Withdrawn,
	/// An amendment with more stake behind it took its place.
	Evicted,
}

/// An account's stake in a group.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StakeView {
	/// The group.
	pub group: GroupId,
	/// The account.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub account: AccountId32,
	/// Its stake, which is the weight of its votes.
	#[serde(with = "Amount")]
	pub stake: u128,
	/// The part of it that does not count in the next close, as it came later than half a period before.
	#[serde(with = "Amount")]
	pub pending: u128,
	/// All stake in the group, pending or not.
	#[serde(with = "Amount")]
	pub total: u128,
	/// The amounts that it is taking out.
	pub unstaking: Vec<UnstakingView>,
	/// The delta proposal that it votes for.
	pub delta: Option<ProposalId>,
	/// The amendments that it approves.
	pub amendments: Vec<AmendmentId>,
}

/// A page of the accounts that approve a delta proposal or an amendment. There are no votes against one.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VotersView {
	/// The accounts, in the order of their place in the state, which is none that has a meaning.
	pub voters: Vec<VoterView>,
	/// The account from which the next page begins; `None` where this is the last.
	#[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Account>"))]
	pub next: Option<AccountId32>,
}

/// An account that approves a delta proposal or an amendment.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VoterView {
	/// The account.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub account: AccountId32,
	/// Its stake, all of which approves.
	#[serde(with = "Amount")]
	pub stake: u128,
	/// The part of it that does not count in the next close, as it came later than half a period before.
	#[serde(with = "Amount")]
	pub pending: u128,
}

/// Stake that was taken out and is still held.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnstakingView {
	/// The amount.
	#[serde(with = "Amount")]
	pub amount: u128,
	/// The block from which it can be withdrawn.
	pub until: BlockNumber,
}
