//! The types that the pallet stores.

use crate::Config;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use descent_protocol::{view::KeptView, BlockNumber, ContentRef, GroupId, Providers, TaskWindows};
use frame_support::{
	traits::{
		fungible::{self, Credit},
		ConstU32, Get,
	},
	BoundedVec,
};
use scale_info::TypeInfo;

/// The balance type of a configuration's currency.
pub type BalanceOf<T> =
	<<T as Config>::Currency as fungible::Inspect<<T as frame_system::Config>::AccountId>>::Balance;

/// The type of slashed amounts in a configuration's currency.
pub type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

/// The keeper type of a configuration.
pub type KeeperOf<T> = Keeper<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// Number of models whose heads a check notes: those that rounds may still change while it goes on. Two
/// rounds of a group can be unsettled, and a third begin and end.
pub const MAX_MARKED_HEADS: u32 = 4;

/// Number of blocks between the opening of a check and its attest window. The last of them draws what it asks
/// for, and no author of the opening's block knows its randomness.
const DELAY: BlockNumber = 3;

/// An account that keeps the content of a group.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Keeper<AccountId, Balance> {
	/// The account.
	pub account: AccountId,
	/// Its deposit.
	pub deposit: Balance,
	/// Base addresses of its gateways.
	pub providers: Providers,
	/// The number of the first check that asks it.
	pub since: u32,
	/// Number of checks in a row in which it has not served.
	pub missed: u8,
	/// True if it leaves with the check that goes on.
	pub leaving: bool,
}

/// A mark of what a group's content is at a block. Whatever comes later is not asked for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ContentMark {
	/// The newest revision of the group's rules.
	pub revision: u32,
	/// The version of its data set.
	pub dataset_version: u32,
	/// The heads of its last models, by the version of the model. Those of the models before don't change.
	pub heads: BoundedVec<(u32, ContentRef), ConstU32<MAX_MARKED_HEADS>>,
}

/// A check that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Check {
	/// Its number among the checks of the group, from 1.
	pub number: u32,
	/// The block in which it was opened.
	pub since: BlockNumber,
	/// The mark of the group's content then.
	pub mark: ContentMark,
}

impl Check {
	/// Returns the windows of its task.
	pub(crate) fn windows<T: Config>(&self) -> TaskWindows {
		let attest = self.since.saturating_add(DELAY);
		let open = attest.saturating_add(T::AttestWindow::get());
		TaskWindows { attest: attest..open, open: open..open.saturating_add(T::OpenWindow::get()) }
	}
}

/// The content that the keepers of groups keep.
pub trait KeptContent {
	/// Returns a mark of what a group's content is now; `None` if there is no such group.
	fn mark(group: GroupId) -> Option<ContentMark>;

	/// Returns what was kept as a mark was made, each content once and always in the same order. Only for use
	/// off chain, where the cost of reading it all does not matter.
	fn kept(group: GroupId, mark: &ContentMark) -> Vec<KeptView>;
}
