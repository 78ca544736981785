//! What the check of a call is made of that nobody pays for and a committee member's key authorizes. All that these say
//! no to costs the sender nothing, so that what costs a node least has to be asked first.

use crate::{AuthorityId, Committee};
use codec::Encode;
use core::ops::Range;
use descent_protocol::BlockNumber;
use frame_support::pallet_prelude::{
	InvalidTransaction, TransactionPriority, TransactionValidityWithRefund, ValidTransaction, Weight,
};

/// Blocks until a window closes, this one included. An error outside of the window: `Future` before it and `Stale` after
/// it.
pub fn blocks_left(window: &Range<BlockNumber>, now: BlockNumber) -> Result<BlockNumber, InvalidTransaction> {
	if now < window.start {
		return Err(InvalidTransaction::Future);
	}
	window.end.checked_sub(now).filter(|left| *left > 0).ok_or(InvalidTransaction::Stale)
}

/// The key of a committee's member, by its place. `BadSigner` where there is no such place.
pub fn seat<AccountId>(
	committee: Committee<AccountId>,
	member: u32,
) -> Result<AuthorityId, InvalidTransaction> {
	usize::try_from(member)
		.ok()
		.and_then(|place| committee.into_iter().nth(place))
		.map(|(_, key)| key)
		.ok_or(InvalidTransaction::BadSigner)
}

/// What the transaction pool is told of a call that is admitted for `longevity` blocks: one of a kind per `subject`, which
/// names the member as well, before everything that pays: there are few, and their windows are short.
pub fn admit(
	kind: &'static str,
	subject: impl Encode,
	longevity: BlockNumber,
) -> TransactionValidityWithRefund {
	ValidTransaction::with_tag_prefix(kind)
		.priority(TransactionPriority::MAX)
		.and_provides(subject)
		.longevity(longevity.into())
		.propagate(true)
		.build()
		.map(|valid| (valid, Weight::zero()))
}
