//! The few functions that all of Descent's pallets share, and the common half of their mock runtimes.
//!
//! There is no pallet in this crate. With the feature `std`, [`mock`] has the accounts of the mock runtimes,
//! and [`mock_system`], [`mock_scheduler`] and [`mock_transactions`] configure them.
//!
//! ```
//! use descent_protocol::BlockNumber;
//!
//! /// Returns true if the block at which something is due has begun.
//! fn is_due<T: frame_system::Config>(due: BlockNumber) -> bool {
//!     descent_support::now::<T>() >= due
//! }
//! ```
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::as_conversions, clippy::float_arithmetic, clippy::arithmetic_side_effects)]

extern crate alloc;

mod alarm;
#[cfg(feature = "std")]
pub mod mock;
mod scan;

pub use alarm::{set_alarm, PalletsOriginOf};
pub use scan::{entries_from, scan, MAX_SCANNED};

use core::ops::Range;
use descent_protocol::BlockNumber;
use frame_support::{
	defensive,
	traits::{fungible::MutateHold, tokens::Precision},
};
use sp_runtime::SaturatedConversion;

/// Returns the number of the block that is being executed.
pub fn now<T: frame_system::Config>() -> BlockNumber {
	frame_system::Pallet::<T>::block_number().saturated_into()
}

/// Knows the recent blocks that took no transactions, or had no room for those that must not wait. Nobody is
/// punished for not having said something in such a block.
pub trait ClosedBlocks {
	/// Returns true if one of these blocks was closed. Of blocks that are long past, it may say so of one
	/// that was open.
	fn any_closed(blocks: &Range<BlockNumber>) -> bool;
}

impl ClosedBlocks for () {
	fn any_closed(_: &Range<BlockNumber>) -> bool {
		false
	}
}

/// Releases `amount` of what is on hold of an account for a reason.
///
/// The caller has held as much before. Where less is on hold, all of it is released: debug builds panic,
/// others log an error.
pub fn release<AccountId, Currency: MutateHold<AccountId>>(
	reason: &Currency::Reason,
	account: &AccountId,
	amount: Currency::Balance,
) {
	let released = Currency::release(reason, account, amount, Precision::BestEffort);
	if released != Ok(amount) {
		defensive!("what is to be released was not on hold");
	}
}
