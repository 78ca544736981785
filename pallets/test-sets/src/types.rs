#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::Config;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use descent_protocol::{BlockNumber, ContentRef, GroupId, Providers};
use frame_support::traits::fungible::{self, Credit};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::traits::Zero;

/// The balance type of a configuration's currency.
pub type BalanceOf<T> =
	<<T as Config>::Currency as fungible::Inspect<<T as frame_system::Config>::AccountId>>::Balance;

/// The type of slashed amounts in a configuration's currency.
pub type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

/// The series type of a configuration.
pub type SeriesOf<T> = TestSetSeries<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// Number of misses in a row after which a series is suspended.
pub const MAX_MISSES: u8 = 3;

/// Size of the ring of rounds whose sets are known. It is part of the storage's format: a runtime that
/// changes it has to migrate [`RoundTestSets`](crate::RoundTestSets).
pub const ROUND_RING: u32 = 256;

/// A series of sealed test sets.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct TestSetSeries<AccountId, Balance> {
	/// The account that has opened it.
	pub requester: AccountId,
	/// The group whose rounds may be measured on it.
	pub group: Option<GroupId>,
	/// The model that the group had when the series was bound to it.
	pub model: Option<ContentRef>,
	/// The file that names the sealed files.
	pub manifest: ContentRef,
	/// Addresses of gateways that serve the manifest and the sealed files.
	pub providers: Providers,
	/// Number of its sets.
	pub sets: u16,
	/// Number of sets whose keys are not known.
	pub left: u16,
	/// The latest value of its hash chain that is known.
	pub latest: H256,
	/// The rest of the requester's bond.
	pub bond: Balance,
	/// Number of misses in a row.
	pub misses: u8,
	/// The first block in which the bond no longer stands for a round.
	pub free: BlockNumber,
}

impl<AccountId, Balance: Zero> TestSetSeries<AccountId, Balance> {
	/// Returns the place of the set whose key is the next, from 0.
	pub(crate) fn next(&self) -> u16 {
		self.sets.saturating_sub(self.left)
	}

	/// Returns true if no round waits for its keys until one is released.
	pub fn is_suspended(&self) -> bool {
		self.misses >= MAX_MISSES
	}

	/// Returns true if the rounds of a group with a model wait for its keys. Nothing of it is waited for once
	/// its bond is used up.
	pub(crate) fn is_awaited(&self, group: GroupId, model: ContentRef) -> bool {
		let is_for = self.group == Some(group) && self.model == Some(model);
		is_for && self.left > 0 && !self.is_suspended() && !self.bond.is_zero()
	}
}

/// The set that a round is measured on.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum RoundTestSet {
	/// A hidden one, whose key was released.
	Released {
		/// Its place in the series, from 0.
		index: u16,
		/// The value that released its key.
		value: H256,
	},
	/// The public one of the policy.
	Otherwise,
	/// The public one of the policy, as the requester has given up the set that the trainers of the round
	/// held. It pays for that as for a key that did not come.
	GivenUp,
}
