#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::BlockNumber;
use alloc::collections::BTreeMap;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A part of a whole, in millionths.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Share(pub u32);

impl Share {
	/// The whole.
	pub const ALL: Self = Self(1_000_000);

	/// A percentage; the whole for 100 and more.
	pub const fn percent(hundredths: u32) -> Self {
		if hundredths < 100 {
			Self(hundredths.saturating_mul(10_000))
		} else {
			Self::ALL
		}
	}

	/// Returns true if it is no more than the whole.
	pub fn is_part(self) -> bool {
		self <= Self::ALL
	}

	/// The smallest amount that is at least this part of `total`.
	pub fn of(self, total: u128) -> u128 {
		const WHOLE: u128 = 1_000_000;
		let share = u128::from(self.0);
		let rest = (total % WHOLE).saturating_mul(share).div_ceil(WHOLE);
		(total / WHOLE).saturating_mul(share).saturating_add(rest)
	}
}

impl fmt::Display for Share {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match (self.0 / 10_000, self.0 % 10_000) {
			(whole, 0) => write!(f, "{whole}%"),
			(whole, rest) => {
				let digits = alloc::format!("{rest:04}");
				write!(f, "{whole}.{}%", digits.trim_end_matches('0'))
			}
		}
	}
}

/// A majority of all stake, as an amendment needs it.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, TypeInfo, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Majority {
	/// More than one half.
	Half,
	/// More than two thirds.
	TwoThirds,
}

impl Majority {
	/// Returns true if `ayes` of `total` are such a majority.
	pub fn is_met(self, ayes: u128, total: u128) -> bool {
		let rest = total.saturating_sub(ayes);
		let needed = match self {
			Self::Half => Some(rest),
			Self::TwoThirds => rest.checked_mul(2),
		};
		needed.is_some_and(|needed| ayes > needed)
	}
}

/// A proposal at the end of a voting period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contender<Id> {
	/// Its number: an earlier proposal has a smaller one.
	pub id: Id,
	/// The stake that approves it.
	pub ayes: u128,
	/// True if it may win: it was found valid for the data set as it is.
	pub is_valid: bool,
}

/// The proposal that a voting period ends with: the valid one with most approving stake, the earlier among
/// equals, if its stake is at least the quorum's part of all stake. Nothing wins without stake.
pub fn winner<Id: Copy + Ord>(contenders: &[Contender<Id>], total: u128, quorum: Share) -> Option<Id> {
	contenders
		.iter()
		.filter(|contender| contender.is_valid && contender.ayes > 0 && contender.ayes >= quorum.of(total))
		.min_by_key(|contender| (core::cmp::Reverse(contender.ayes), contender.id))
		.map(|contender| contender.id)
}

/// The position of the proposal of a full list that makes room for a newcomer whose proposer holds `stake`:
/// the one with the least support, the latest among equals, if that is less than `stake`. `support` is the
/// stake behind each, in the order of the proposals: a stake should not be behind more than one of them.
///
/// Nobody can evict a proposal that is backed by more stake than they have themselves.
pub fn make_room(support: &[u128], stake: u128) -> Option<usize> {
	let least = support.iter().min().filter(|least| **least < stake)?;
	support.iter().rposition(|support| support == least)
}

/// Block at which the voting period closes that holds block `now`; it is later than `now`. Periods follow
/// each other from `since` on. `None` where that lies beyond the last block number, or the period has no
/// block.
pub fn next_close(since: BlockNumber, period: BlockNumber, now: BlockNumber) -> Option<BlockNumber> {
	let over = now.saturating_sub(since).checked_div(period)?;
	over.checked_add(1)?.checked_mul(period)?.checked_add(since)
}

/// The sums of what accounts approve, computed from scratch: what the sums that a chain keeps must equal.
pub fn sums<Id: Ord + Copy>(votes: impl Iterator<Item = (Id, u128)>) -> BTreeMap<Id, u128> {
	votes.fold(Default::default(), |mut sums, (id, stake)| {
		let sum: &mut u128 = sums.entry(id).or_default();
		*sum = sum.saturating_add(stake);
		sums
	})
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions)]
mod tests {
	use super::*;
	use alloc::{string::ToString, vec::Vec};
	use proptest::prelude::*;

	fn contender(id: u32, ayes: u128) -> Contender<u32> {
		Contender { id, ayes, is_valid: true }
	}

	#[test]
	fn a_share_reads_as_a_percentage() {
		assert_eq!(Share::percent(50).to_string(), "50%");
		assert_eq!(Share(333_300).to_string(), "33.33%");
		assert_eq!(Share(50).to_string(), "0.005%");
		assert_eq!(Share::percent(400), Share::ALL);
	}

	#[test]
	fn ties_go_to_the_earlier() {
		let contenders = [contender(7, 10), contender(3, 10), contender(1, 9)];
		assert_eq!(winner(&contenders, 30, Share::percent(30)), Some(3));
	}

	#[test]
	fn nothing_wins_without_stake_quorum_or_validity() {
		assert_eq!(winner(&[contender(1, 0)], 0, Share(0)), None);
		assert_eq!(winner(&[contender(1, 9)], 100, Share::percent(10)), None);
		assert_eq!(winner(&[contender(1, 10)], 100, Share::percent(10)), Some(1));
		let invalid = Contender { is_valid: false, ..contender(1, 50) };
		assert_eq!(winner(&[invalid, contender(2, 10)], 100, Share::percent(10)), Some(2));
	}

	#[test]
	fn majorities_are_more_than_their_part() {
		assert!(!Majority::Half.is_met(50, 100));
		assert!(Majority::Half.is_met(51, 100));
		assert!(!Majority::TwoThirds.is_met(66, 99));
		assert!(Majority::TwoThirds.is_met(67, 99));
		assert!(!Majority::Half.is_met(0, 0));
		assert!(Majority::TwoThirds.is_met(u128::MAX, u128::MAX));
	}

	#[test]
	fn room_is_made_by_the_least_supported_latest_first() {
		assert_eq!(make_room(&[5, 2, 2, 9], 3), Some(2));
		assert_eq!(make_room(&[5, 2, 2, 9], 2), None);
		assert_eq!(make_room(&[0], 0), None);
		assert_eq!(make_room(&[], 9), None);
	}

	#[test]
	fn sums_are_of_all_that_vote_for_the_same() {
		let votes = [(1, 5), (2, 7), (1, 6)];
		assert_eq!(sums(votes.into_iter()), [(1, 11), (2, 7)].into());
	}

	#[test]
	fn periods_follow_each_other() {
		assert_eq!(next_close(10, 5, 10), Some(15));
		assert_eq!(next_close(10, 5, 14), Some(15));
		assert_eq!(next_close(10, 5, 15), Some(20));
		assert_eq!(next_close(10, 0, 15), None);
		assert_eq!(next_close(10, u32::MAX, 15), None);
	}

	proptest! {
		#[test]
		fn a_share_is_exact_and_rounds_up(total: u128, share in 0..=1_000_000u32) {
			let part = Share(share).of(total);
			prop_assert!(part <= total);
			if let Some(product) = total.checked_mul(share.into()) {
				prop_assert_eq!(part, product.div_ceil(1_000_000));
			}
			prop_assert_eq!(Share::ALL.of(total), total);
			prop_assert_eq!(Share(0).of(total), 0);
		}

		#[test]
		fn a_majority_is_what_arithmetic_says(ayes in 0..10_000u128, rest in 0..10_000u128) {
			let total = ayes + rest;
			prop_assert_eq!(Majority::Half.is_met(ayes, total), 2 * ayes > total);
			prop_assert_eq!(Majority::TwoThirds.is_met(ayes, total), 3 * ayes > 2 * total);
		}

		#[test]
		fn no_valid_contender_has_more_than_the_winner(
			ayes in prop::collection::vec((0..20u128, any::<bool>()), 0..12), total in 0..240u128, quorum in 0..=1_000_000u32,
		) {
			let contenders: Vec<_> = ayes.iter().zip(0u32..)
				.map(|((ayes, is_valid), id)| Contender { id, ayes: *ayes, is_valid: *is_valid })
				.collect();
			let could = |c: &&Contender<u32>| c.is_valid && c.ayes > 0 && c.ayes * 1_000_000 >= total * u128::from(quorum);
			match winner(&contenders, total, Share(quorum)) {
				None => prop_assert_eq!(contenders.iter().find(could), None),
				Some(id) => {
					let won = contenders[id as usize];
					prop_assert!(could(&&won));
					for other in contenders.iter().filter(could) {
						prop_assert!((other.ayes, id) < (won.ayes, other.id) || other.ayes < won.ayes || other.id == id);
					}
				}
			}
		}

		#[test]
		fn who_makes_room_had_less_than_the_newcomer(support in prop::collection::vec(0..9u128, 0..9), stake in 0..9u128) {
			match make_room(&support, stake) {
				None => prop_assert!(support.iter().all(|support| *support >= stake)),
				Some(place) => {
					prop_assert!(support[place] < stake);
					prop_assert_eq!(Some(&support[place]), support.iter().min());
				}
			}
		}

		#[test]
		fn a_close_lies_ahead_by_a_period_at_most(since in 0..1_000u32, period in 1..500u32, passed in 0..5_000u32) {
			let now = since + passed;
			let close = next_close(since, period, now).unwrap();
			prop_assert!(close > now && close - now <= period);
			prop_assert_eq!((close - since) % period, 0);
		}
	}
}
