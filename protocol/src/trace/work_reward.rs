use crate::{hash::domain_hash, round::draw_each_below, Score, Share, MAX_SEGMENTS};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::ops::RangeInclusive;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// The most draws of a round.
pub const MAX_DRAWN: u8 = 4;
/// The largest part of the winner's pot: at least half of it is for those who win.
const LARGEST_SHARE: Share = Share::percent(50);
/// The deposits that a segment may ask for, in the smallest unit: 0.05 to a million NRN. A false segment has
/// to cost something.
const DEPOSITS: RangeInclusive<u128> = 50_000_000_000..=1_000_000_000_000_000_000;

/// The reward for recorded work, which pays trainers in proportion to the segments that they have recorded,
/// whether they win or not.
///
/// A trainer declares its segments by its deposit: so much for each. The round's seed draws segments among
/// all that were declared, and the committee looks at the trainer of a drawn one, whatever its rank is: it
/// measures the score, and replays the segment of the recording that was shown. The trainer is paid if its
/// claim is true, the replay confirms the segment, and its score is not far behind that of the head.
///
/// All deposits are bound before the seed is known, so nobody can choose what is drawn. A trainer that
/// declares segments which it has not trained has the chances of the others become smaller, and loses its
/// deposit as soon as one of its false segments is replayed.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WorkReward {
	/// The part of the winner's pot that all draws of a round share.
	pub share: Share,
	/// The deposit for each segment, in the smallest unit.
	#[serde(with = "crate::view::Amount")]
	pub deposit: u128,
	/// Number of draws of a round, [`MAX_DRAWN`] at most. Each may draw the same trainer.
	pub draws: u8,
	/// The part of the head's score by which a score may be worse than it.
	pub margin: Share,
}

impl WorkReward {
	/// Returns true if its values are within the bounds of the protocol.
	pub fn is_valid(&self) -> bool {
		let Self { share, deposit, draws, margin } = self;
		(Share(1)..=LARGEST_SHARE).contains(share)
			&& DEPOSITS.contains(deposit)
			&& (1..=MAX_DRAWN).contains(draws)
			&& margin.is_part()
	}

	/// Returns the number of segments that a deposit declares, [`MAX_SEGMENTS`] at most. The recording has to
	/// have them.
	pub fn segments(&self, deposit: u128) -> u16 {
		let declared = deposit.checked_div(self.deposit).unwrap_or_default();
		u16::try_from(declared).unwrap_or(MAX_SEGMENTS).min(MAX_SEGMENTS)
	}

	/// Returns the deposit that declares so many segments.
	pub fn deposit_for(&self, segments: u16) -> u128 {
		self.deposit.saturating_mul(segments.into())
	}

	/// Returns the positions of the deposits whose trainers a round's seed draws, one for each draw. Each
	/// segment that is declared by a deposit is equally likely every time.
	pub fn draw(&self, seed: H256, deposits: &[u128]) -> Vec<usize> {
		let mut declared = 0u64;
		let ends: Vec<u64> = deposits
			.iter()
			.map(|deposit| {
				declared = declared.saturating_add(self.segments(*deposit).into());
				declared
			})
			.collect();
		let drawn = draw_each_below(domain_hash(b"descent/work/v1", seed), declared, self.draws);
		drawn.into_iter().map(|segment| ends.partition_point(|end| *end <= segment)).collect()
	}

	/// Returns true if a score is not far behind that of the head, where there is one.
	pub fn is_near(&self, score: Score, head: Option<Score>) -> bool {
		head.is_none_or(|head| {
			u128::from(score.0) <= u128::from(head.0).saturating_add(self.margin.of(head.0.into()))
		})
	}

	/// Returns the reward of each draw out of a winner's pot.
	pub fn each(&self, pot: u128) -> u128 {
		self.share.of(pot).checked_div(self.draws.into()).unwrap_or_default()
	}
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;
	use proptest::{collection::vec, prelude::*};

	const NRN: u128 = 1_000_000_000_000;
	const REWARD: WorkReward =
		WorkReward { share: Share::percent(20), deposit: NRN / 10, draws: 2, margin: Share::percent(10) };

	#[test]
	fn values_have_bounds() {
		assert!(REWARD.is_valid());
		for invalid in [
			WorkReward { share: Share(0), ..REWARD },
			WorkReward { share: Share(500_001), ..REWARD },
			WorkReward { deposit: 0, ..REWARD },
			WorkReward { deposit: NRN / 20 - 1, ..REWARD },
			WorkReward { deposit: 1_000_000 * NRN + 1, ..REWARD },
			WorkReward { draws: 0, ..REWARD },
			WorkReward { draws: 5, ..REWARD },
			WorkReward { margin: Share(1_000_001), ..REWARD },
		] {
			assert!(!invalid.is_valid(), "{invalid:?}");
		}
	}

	#[test]
	fn deposits_declare_segments() {
		for (deposit, segments) in [
			(0, 0),
			(NRN / 10 - 1, 0),
			(NRN / 10, 1),
			(5 * NRN, 50),
			(1_000 * NRN, 4_096),
			(u128::MAX, 4_096),
		] {
			assert_eq!(REWARD.segments(deposit), segments, "{deposit}");
		}
		assert_eq!(REWARD.segments(REWARD.deposit_for(17)), 17);
	}

	#[test]
	fn scores_are_near_up_to_the_margin() {
		for (score, head, near) in [
			(u64::MAX, None, true),
			(110, Some(100), true),
			(111, Some(100), false),
			(5, Some(100), true),
			(0, Some(0), true),
			(1, Some(0), false),
			(u64::MAX, Some(u64::MAX), true),
		] {
			assert_eq!(REWARD.is_near(Score(score), head.map(Score)), near, "{score} {head:?}");
		}
	}

	/// Five trainers with speeds of 1, 2, 3, 4 and 10 over 60 rounds of four draws: each is drawn as often as
	/// a binomial distribution has it, within three standard deviations.
	#[test]
	fn trainers_are_drawn_in_proportion_to_their_segments() {
		let reward = WorkReward { draws: 4, ..REWARD };
		let speeds = [1u32, 2, 3, 4, 10];
		let deposits = speeds.map(|speed| reward.deposit_for(u16::try_from(speed * 7).unwrap()));
		let mut drawn = [0u32; 5];
		for round in 0..60u64 {
			for position in reward.draw(H256::from_low_u64_be(round), &deposits) {
				drawn[position] += 1;
			}
		}
		assert_eq!(drawn.iter().sum::<u32>(), 240);
		for (times, speed) in drawn.into_iter().zip(speeds) {
			let (expected, variance) = (12 * speed, 240 * speed * (20 - speed) / 400);
			let off = times.abs_diff(expected);
			assert!(off * off <= 9 * variance, "{times} instead of {expected} for a speed of {speed}");
		}
	}

	#[test]
	fn nobody_is_drawn_where_nothing_is_declared() {
		assert!(REWARD.draw(H256::zero(), &[]).is_empty());
		assert!(REWARD.draw(H256::zero(), &[0, NRN / 10 - 1]).is_empty());
	}

	proptest! {
		#[test]
		fn who_declares_nothing_is_not_drawn(deposits in vec(0..3 * NRN, 0..64), seed: [u8; 32]) {
			let drawn = REWARD.draw(H256(seed), &deposits);
			let is_any = deposits.iter().any(|deposit| REWARD.segments(*deposit) > 0);
			prop_assert_eq!(drawn.len(), if is_any { 2 } else { 0 });
			prop_assert!(drawn.iter().all(|position| REWARD.segments(deposits[*position]) > 0));
			prop_assert_eq!(drawn, REWARD.draw(H256(seed), &deposits));
		}

		#[test]
		fn all_draws_together_get_no_more_than_the_share(
			pot: u128, share in 1..=500_000u32, draws in 1..=4u8,
		) {
			let reward = WorkReward { share: Share(share), draws, ..REWARD };
			let paid = reward.each(pot) * u128::from(draws);
			prop_assert!(paid <= reward.share.of(pot) && paid <= pot);
		}
	}
}
