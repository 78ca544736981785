//! The chain's units of tokens and time, and its limits.

use crate::{Balance, BlockNumber};
pub use descent_protocol::{DAYS, HOURS, MILLISECONDS_PER_BLOCK, MINUTES, YEARS};

/// One neuron, the token's unit: 12 decimals.
pub const NRN: Balance = 1_000_000_000_000;
/// A thousandth of a neuron.
pub const MILLI_NRN: Balance = 1_000_000_000;
/// A millionth of a neuron.
pub const MICRO_NRN: Balance = 1_000_000;

/// Smallest balance of an account: with less it does not exist.
pub const EXISTENTIAL_DEPOSIT: Balance = MILLI_NRN;

/// Deposit of `items` storage items with `bytes` bytes in all, held until they are removed.
pub const fn storage_deposit(items: u32, bytes: u32) -> Balance {
	/// Deposit of a storage item, whatever its size.
	const ITEM: Balance = 10 * MILLI_NRN;
	/// Deposit of each byte.
	const BYTE: Balance = 100 * MICRO_NRN;
	widen(items).saturating_mul(ITEM).saturating_add(widen(bytes).saturating_mul(BYTE))
}

/// Converts in a const context, in which `u128::from` is not allowed.
const fn widen(number: u32) -> Balance {
	let [a, b, c, d] = number.to_le_bytes();
	Balance::from_le_bytes([a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
}

/// The length of an epoch, which is also a session, in slots: two minutes. It can't change after genesis.
pub const EPOCH_DURATION_IN_SLOTS: u64 = 40;

/// Number of block hashes that the chain remembers, which bounds the life of a mortal transaction: two hours.
pub const BLOCK_HASH_COUNT: BlockNumber = 2 * HOURS;

/// Largest number of validators of the chain: a round's committee is the whole set.
pub const MAX_VALIDATORS: u32 = descent_protocol::MAX_COMMITTEE;

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_minute_is_a_minute() {
		assert_eq!(u64::from(MINUTES) * MILLISECONDS_PER_BLOCK, 60_000);
	}

	#[test]
	fn storage_is_paid_by_item_and_byte() {
		assert_eq!(storage_deposit(0, 0), 0);
		assert_eq!(storage_deposit(1, 0), 10 * MILLI_NRN);
		assert_eq!(storage_deposit(1, 1_000), 110 * MILLI_NRN);
		assert_eq!(widen(u32::MAX), Balance::from(u32::MAX));
	}
}
