#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::U256;

/// A unit, in 2^-128 of a unit: what is kept per unit of stake has 128 bits after the point.
const UNIT: U256 = U256([0, 0, 1, 0]);

/// The amount distributed per unit of stake since genesis. It divides amounts among stakes without a loop
/// over them.
///
/// Each stakeholder keeps a [`Mark`] of the accumulator as its stake last changed; it has earned its stake
/// times the difference since. Nothing is lost and nothing is made: each distribution is rounded up by less
/// than one unit in all, which is taken off the next, and each mark keeps the fraction that it could not pay.
/// So the whole amounts that marks pay never add up to more than was distributed, a sole stake earns exactly
/// what was, and many less by less than one unit for each mark, which is paid later.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Accumulator {
	/// The amount distributed per unit of stake, in 2^-128 of a unit.
	per_stake: U256,
	/// The excess of that over the distributed amounts in all, in 2^-128 of a unit.
	ahead: u128,
}

impl Accumulator {
	/// Distributes an amount among all stake. Returns false, and does nothing, where there is no stake or the
	/// numbers would be too large.
	#[must_use]
	pub fn distribute(&mut self, amount: u128, stake: u128) -> bool {
		if amount == 0 {
			return stake > 0;
		}
		let stake = U256::from(stake);
		let whole = U256::from(amount).saturating_mul(UNIT);
		// `ahead` is less than one unit, and there is at least one.
		let due = whole.saturating_sub(U256::from(self.ahead));
		let Some(floor) = due.checked_div(stake) else {
			return false;
		};
		let part = match floor.checked_mul(stake) {
			Some(product) if product == due => floor,
			_ => floor.saturating_add(U256::one()),
		};
		let promised = part.checked_mul(stake);
		let ahead = promised
			.and_then(|promised| promised.checked_sub(due))
			.and_then(|ahead| u128::try_from(ahead).ok());
		let (Some(ahead), Some(per_stake)) = (ahead, self.per_stake.checked_add(part)) else {
			return false;
		};
		*self = Self { per_stake, ahead };
		true
	}
}

/// The state of an accumulator as a stake was last paid, and the fraction of a unit that the stake has earned
/// since and not been paid.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Mark {
	per_stake: U256,
	fraction: u128,
}

impl Mark {
	/// Moves the mark to the accumulator; returns the earnings since then of a stake that did not change, in
	/// whole units.
	pub fn earn(&mut self, accumulator: &Accumulator, stake: u128) -> u128 {
		let since = accumulator.per_stake.saturating_sub(self.per_stake);
		let earned = since.saturating_mul(U256::from(stake)).saturating_add(U256::from(self.fraction));
		self.per_stake = accumulator.per_stake;
		self.fraction = earned.low_u128();
		let whole = earned.checked_div(UNIT).unwrap_or_default();
		u128::try_from(whole).unwrap_or(u128::MAX)
	}
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn a_sole_stake_earns_exactly_what_is_distributed() {
		for stake in [1, 3, 7, 1_000_000_000_007, u128::MAX >> 1] {
			let mut accumulator = Accumulator::default();
			let mut mark = Mark::default();
			for amount in [1, 2, 10, 999_999_999_989, 1] {
				assert!(accumulator.distribute(amount, stake));
				assert_eq!(mark.earn(&accumulator, stake), amount, "stake {stake}");
			}
		}
	}

	#[test]
	fn without_a_stake_nothing_is_distributed() {
		let mut accumulator = Accumulator::default();
		assert!(!accumulator.distribute(5, 0));
		assert!(!accumulator.distribute(0, 0));
		assert_eq!(accumulator, Accumulator::default());
	}

	proptest! {
		/// Stakes come and go between distributions; nobody earns what was not distributed, and what is left
		/// over is less than a unit for each of them.
		#[test]
		fn nothing_is_lost_and_nothing_is_made(
			stakes in prop::collection::vec(1u128..1 << 90, 1..6),
			steps in prop::collection::vec((0u128..1 << 80, any::<prop::sample::Index>(), 1u128..1 << 90), 1..40),
		) {
			let mut stakes = stakes;
			let mut accumulator = Accumulator::default();
			let mut marks = vec![Mark::default(); stakes.len()];
			let mut earned = vec![0u128; stakes.len()];
			let mut distributed = 0u128;
			for (amount, who, stake) in steps {
				prop_assert!(accumulator.distribute(amount, stakes.iter().sum()));
				distributed += amount;
				let who = who.index(stakes.len());
				earned[who] += marks[who].earn(&accumulator, stakes[who]);
				stakes[who] = stake;
			}
			for who in 0..stakes.len() {
				earned[who] += marks[who].earn(&accumulator, stakes[who]);
			}
			let paid: u128 = earned.iter().sum();
			prop_assert!(paid <= distributed);
			prop_assert!(distributed - paid < stakes.len() as u128 + 1);
		}

		#[test]
		fn larger_stakes_earn_no_less(small in 1u128..1 << 90, more in 0u128..1 << 90, amount in 0u128..1 << 90) {
			let large = small + more;
			let mut accumulator = Accumulator::default();
			prop_assert!(accumulator.distribute(amount, small + large));
			let (mut first, mut second) = (Mark::default(), Mark::default());
			prop_assert!(first.earn(&accumulator, small) <= second.earn(&accumulator, large));
		}
	}
}
