use crate::BlockNumber;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_arithmetic::traits::{Saturating, Zero};

/// Returns true if what comes in block `now` counts in the close of a voting period of `period` blocks at
/// block `close`: it comes half a period before, rounded up, or earlier.
pub fn is_in_time(now: BlockNumber, close: BlockNumber, period: BlockNumber) -> bool {
	now.checked_add(period.div_ceil(2)).is_some_and(|from| from <= close)
}

/// The stake of an account, or of several, and the part of it that does not count in the next close.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stake<Balance> {
	/// All of it.
	pub all: Balance,
	/// The part that came too late for the next close.
	pub pending: Balance,
}

impl<Balance: Copy + Saturating> Stake<Balance> {
	/// Returns the part that counts in the next close.
	pub fn counted(&self) -> Balance {
		self.all.saturating_sub(self.pending)
	}

	/// Adds an amount, which counts in the next close if it is in time for it.
	#[must_use]
	pub fn add(self, amount: Balance, is_in_time: bool) -> Self {
		let all = self.all.saturating_add(amount);
		match is_in_time {
			true => Self { all, ..self },
			false => Self { all, pending: self.pending.saturating_add(amount) },
		}
	}

	/// Takes an amount away, first of the pending part: what stays has been there all the time.
	#[must_use]
	pub fn take(self, amount: Balance) -> Self {
		Self { all: self.all.saturating_sub(amount), pending: self.pending.saturating_sub(amount) }
	}
}

/// The pending part of a stake or of a sum of stakes, as it is kept. It is bound to the close in which it
/// does not count, and is none once that has passed: no close has to visit it.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Pending<Balance> {
	/// The amount.
	pub amount: Balance,
	/// The block of the close in which it does not count.
	pub close: BlockNumber,
}

impl<Balance: Copy + Saturating + Zero> Pending<Balance> {
	/// Returns the amount that is pending where `close` is the next close.
	pub fn at(&self, close: BlockNumber) -> Balance {
		if self.close == close {
			self.amount
		} else {
			Zero::zero()
		}
	}

	/// Replaces a part of the sum where `close` is the next close.
	#[must_use]
	fn replaced(&self, close: BlockNumber, before: Balance, after: Balance) -> Self {
		Self { amount: self.at(close).saturating_sub(before).saturating_add(after), close }
	}

	/// Replaces the pending part of a stake in a sum that is kept where `close` is the next close. A sum of
	/// nothing is not kept.
	pub fn replace_in(
		kept: &mut Option<Self>,
		close: BlockNumber,
		before: Stake<Balance>,
		after: Stake<Balance>,
	) where
		Balance: Default,
	{
		let sum = kept.unwrap_or_default().replaced(close, before.pending, after.pending);
		*kept = (!sum.amount.is_zero()).then_some(sum);
	}
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn half_a_period_is_rounded_up() {
		assert!(is_in_time(10, 20, 20) && !is_in_time(11, 20, 20));
		assert!(is_in_time(12, 20, 15) && !is_in_time(13, 20, 15));
		assert!(!is_in_time(u32::MAX, u32::MAX, 2));
	}

	proptest! {
		/// Accounts stake and unstake at any time, over several periods. The reference keeps the block of
		/// every addition; what counts is the least that an account had from half a period before the close.
		#[test]
		fn what_counts_was_there_for_half_a_period(
			period in 2u32..12,
			steps in prop::collection::vec((0usize..3, any::<bool>(), 1u64..100, 0u32..4), 1..60),
		) {
			let mut now = 0u32;
			let mut ledgers = [(0u64, Pending::<u64>::default()); 3];
			let mut sum = Pending::<u64>::default();
			let mut history = vec![(0u32, [0u64; 3])];
			for (who, adds, amount, delay) in steps {
				now += delay;
				let close = (now / period + 1) * period;
				let (all, kept) = ledgers[who];
				let before = Stake { all, pending: kept.at(close) };
				let after = match adds {
					true => before.add(amount, is_in_time(now, close, period)),
					false => before.take(amount.min(all)),
				};
				ledgers[who] = (after.all, kept.replaced(close, before.pending, after.pending));
				sum = sum.replaced(close, before.pending, after.pending);
				history.push((now, ledgers.map(|(all, _)| all)));

				let latest = close.saturating_sub(period.div_ceil(2));
				let counted = |who: usize| {
					// The stake at the end of block `latest`, and all that it was afterwards.
					let first = history.iter().rposition(|(block, _)| *block <= latest).unwrap_or(0);
					history[first..].iter().map(|(_, stakes)| stakes[who]).min().unwrap()
				};
				let stakes = ledgers.map(|(all, pending)| Stake { all, pending: pending.at(close) });
				for (who, stake) in stakes.iter().enumerate() {
					// A stake that was taken out in time and added late again counts for no more than it was.
					prop_assert_eq!(stake.counted(), counted(who));
				}
				prop_assert_eq!(sum.at(close), stakes.iter().map(|stake| stake.pending).sum::<u64>());
			}
		}
	}
}
