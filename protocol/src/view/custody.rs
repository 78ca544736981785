#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use super::Amount;
use crate::{BlockNumber, ContentRef, GroupId};
use alloc::{string::String, vec::Vec};
use codec::{Decode, Encode};
use core::ops::Range;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::crypto::AccountId32;

/// The keepers of a group, and the check of what they serve.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustodyView {
	/// The group.
	pub group: GroupId,
	/// The keepers in the order in which they took their seats.
	pub keepers: Vec<KeeperView>,
	/// Number of checks so far, with the one that goes on.
	pub checks: u32,
	/// The check that goes on.
	pub check: Option<CustodyCheckView>,
	/// The amount that a check would pay now, to keepers and to the members of its committee.
	#[serde(with = "Amount")]
	pub due: u128,
	/// The least amount for which a check can be opened: the members of its committee have to be paid.
	#[serde(with = "Amount")]
	pub least: u128,
	/// The least deposit of a keeper.
	#[serde(with = "Amount")]
	pub deposit: u128,
}

/// A keeper of a group.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeeperView {
	/// The account.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub account: AccountId32,
	/// Its deposit.
	#[serde(with = "Amount")]
	pub deposit: u128,
	/// Base addresses of its gateways.
	pub providers: Vec<String>,
	/// The number of the first check that asks it.
	pub since: u32,
	/// Number of checks in a row in which it has not served.
	pub missed: u8,
	/// True if it leaves with the check that goes on.
	pub leaving: bool,
}

/// A check of what the keepers of a group serve.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustodyCheckView {
	/// Its number among the checks of the group, from 1.
	pub number: u32,
	/// The blocks in which members of its committee attest.
	pub attest: Range<BlockNumber>,
	/// The blocks in which they open what they attested to.
	pub open: Range<BlockNumber>,
}

/// The purpose of content that keepers keep.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, TypeInfo, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeptKind {
	/// The description of a model that the group has or had.
	Model,
	/// A delta of the data set's log.
	Delta,
	/// A validation set of the group's rules.
	ValidationSet,
	/// The manifest of a series of hidden test sets.
	Manifest,
	/// The head of a model.
	Head,
}

/// Content that the keepers of a group keep.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeptView {
	/// The content.
	pub content: ContentRef,
	/// Its purpose.
	pub kind: KeptKind,
	/// Base addresses of gateways that have published it.
	pub providers: Vec<String>,
}
