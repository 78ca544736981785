//! The gateways of committee members, as other pallets learn of them.

use crate::Seat;
use alloc::{string::String, vec::Vec};
use descent_protocol::MAX_PROVIDER_LENGTH;
use frame_support::{traits::ConstU32, BoundedVec};

/// The base address of a gateway, in UTF-8.
pub type Gateway = BoundedVec<u8, ConstU32<MAX_PROVIDER_LENGTH>>;

/// A source of the gateways at which members serve to each other what they have fetched.
pub trait MemberGateways<AccountId> {
	/// Returns the address of a member's gateway; `None` if it has none.
	fn gateway(account: &AccountId) -> Option<Gateway>;

	/// Returns the gateways of members: sorted, each once, and at most `limit` of them.
	fn gateways<'a>(accounts: impl Iterator<Item = &'a AccountId>, limit: usize) -> Vec<Gateway>
	where
		AccountId: 'a,
	{
		let mut gateways: Vec<_> = accounts.filter_map(Self::gateway).collect();
		gateways.sort_unstable();
		gateways.dedup();
		gateways.truncate(limit);
		gateways
	}

	/// Returns the gateways of the members in these seats as text, in the same way.
	fn addresses(seats: &[Seat<AccountId>], limit: usize) -> Vec<String> {
		let gateways = Self::gateways(seats.iter().map(|seat| &seat.member.account), limit);
		gateways.iter().map(|gateway| String::from_utf8_lossy(gateway).into_owned()).collect()
	}
}

/// No member has a gateway.
impl<AccountId> MemberGateways<AccountId> for () {
	fn gateway(_: &AccountId) -> Option<Gateway> {
		None
	}
}
