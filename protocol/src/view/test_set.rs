#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use super::Amount;
use crate::{BlockNumber, ContentRef, GroupId};
use alloc::{string::String, vec::Vec};
use codec::{Decode, Encode};
use core::ops::Range;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::{crypto::AccountId32, H256};

/// A series of hidden test sets.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TestSetSeriesView {
	/// Its id, see [`crate::test_set_series`].
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Hash"))]
	pub series: H256,
	/// The account that has opened it.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
	pub requester: AccountId32,
	/// The group whose rounds are measured on it; `None` until a group's rules name it.
	pub group: Option<GroupId>,
	/// The manifest, which names the sealed files.
	pub manifest: ContentRef,
	/// Base addresses of gateways that serve the manifest and the sealed files.
	pub providers: Vec<String>,
	/// Number of its sets.
	pub sets: u16,
	/// Number of sets whose keys are not released.
	pub left: u16,
	/// The latest value of its hash chain that is known.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Hash"))]
	pub latest: H256,
	/// The rest of the requester's bond.
	#[serde(with = "Amount")]
	pub bond: u128,
	/// Number of rounds in a row for which no key was released in time.
	pub misses: u8,
	/// True if no round waits for it, until the requester releases a key again.
	pub suspended: bool,
}

/// The hidden test set of a round.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoundTestSetView {
	/// Its series.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Hash"))]
	pub series: H256,
	/// The manifest, which names the sealed files.
	pub manifest: ContentRef,
	/// Base addresses of gateways that serve the manifest and the sealed files.
	pub providers: Vec<String>,
	/// The blocks in which its key can be released. Reveals wait for the key until they are over.
	pub release: Range<BlockNumber>,
	/// The state of its release.
	pub state: TestSetRelease,
}

/// The state of the release of a round's hidden test set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum TestSetRelease {
	/// Its key is not released, and still can be.
	Awaited {
		/// The place in the series of the set that comes next, from 0.
		index: u16,
	},
	/// Its key is released.
	Released {
		/// Its place in the series, from 0.
		index: u16,
		/// Its key, see [`crate::test_set_key`].
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Hash"))]
		key: H256,
	},
	/// The round is measured on the policy's public validation set: no key was released in time, or the
	/// series is used up, suspended or closed.
	Otherwise,
}

impl RoundTestSetView {
	/// The place in the series of the set that the round is measured on, or may be.
	pub fn index(&self) -> Option<u16> {
		match self.state {
			TestSetRelease::Awaited { index } | TestSetRelease::Released { index, .. } => Some(index),
			TestSetRelease::Otherwise => None,
		}
	}
}
