use crate::BlockNumber;
use sp_arithmetic::traits::{Saturating, Zero};
use sp_core::{bounded::BoundedVec, Get};

/// The error of an account that is taking out as many amounts as it may at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyChunks;

/// Takes an amount out of a bond or a stake. It stays held until block `until`, together with other amounts
/// that come free at that block. All of them are parts of one balance, so that no sum can be more than that.
///
/// # Errors
/// [`TooManyChunks`] where there is no room for it; then nothing has changed.
pub fn schedule_unbonding<Balance: Copy + Saturating, Bound: Get<u32>>(
	parts: &mut BoundedVec<(Balance, BlockNumber), Bound>,
	amount: Balance,
	until: BlockNumber,
) -> Result<(), TooManyChunks> {
	match parts.iter_mut().find(|(_, other)| *other == until) {
		Some((sum, _)) => *sum = sum.saturating_add(amount),
		None => parts.try_push((amount, until)).map_err(|_| TooManyChunks)?,
	}
	Ok(())
}

/// Removes the amounts that are no longer held at block `now`, and returns their sum.
pub fn withdraw_unbonded<Balance: Copy + Saturating + Zero, Bound: Get<u32>>(
	parts: &mut BoundedVec<(Balance, BlockNumber), Bound>,
	now: BlockNumber,
) -> Balance {
	let mut free = Balance::zero();
	parts.retain(|(amount, until)| {
		let is_held = *until > now;
		if !is_held {
			free = free.saturating_add(*amount);
		}
		is_held
	});
	free
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;
	use alloc::vec::Vec;
	use proptest::prelude::*;
	use sp_core::ConstU32;

	type Parts = BoundedVec<(u64, BlockNumber), ConstU32<4>>;

	#[test]
	fn one_block_has_one_part_and_there_are_only_so_many() {
		let mut parts = Parts::default();
		for until in [9, 7, 9, 8, 10] {
			assert_eq!(schedule_unbonding(&mut parts, 5, until), Ok(()));
		}
		assert_eq!(parts.as_slice(), [(10, 9), (5, 7), (5, 8), (5, 10)]);
		let before = parts.clone();
		assert_eq!(schedule_unbonding(&mut parts, 5, 11), Err(TooManyChunks));
		assert_eq!(parts, before);
	}

	#[test]
	fn a_part_is_free_from_its_block_on() {
		let mut parts = Parts::try_from(alloc::vec![(1, 5), (2, 6), (4, 7)]).unwrap();
		assert_eq!(withdraw_unbonded(&mut parts, 4), 0);
		assert_eq!(withdraw_unbonded(&mut parts, 6), 3);
		assert_eq!(parts.as_slice(), [(4, 7)]);
	}

	proptest! {
		#[test]
		fn what_is_taken_out_comes_free_once_and_in_its_time(
			steps in proptest::collection::vec((1u64..1_000, 0u32..20), 0..40)
		) {
			let mut parts = Parts::default();
			let (mut now, mut due) = (0, Vec::<(u64, BlockNumber)>::new());
			for (amount, delay) in steps {
				now += delay / 4;
				let free: u64 = due.iter().filter(|(_, until)| *until <= now).map(|(part, _)| part).sum();
				prop_assert_eq!(withdraw_unbonded(&mut parts, now), free);
				due.retain(|(_, until)| *until > now);
				if schedule_unbonding(&mut parts, amount, now + delay).is_ok() {
					due.push((amount, now + delay));
				}
				let held: u64 = parts.iter().map(|(part, _)| part).sum();
				prop_assert_eq!(held, due.iter().map(|(part, _)| part).sum::<u64>());
			}
		}
	}
}
