use alloc::vec::Vec;

/// The division of a reward among the winners of a round, the best first: one half, one quarter, and so on,
/// the last two the same. The first gets what the halvings leave over, so that the parts add up to the
/// reward. One winner gets all of it: nobody gains by a second checkpoint of its own where there is no
/// competitor.
///
/// ```
/// use descent_protocol::divide_reward;
///
/// assert_eq!(divide_reward(1_000, 1), [1_000]);
/// assert_eq!(divide_reward(1_000, 2), [500, 500]);
/// assert_eq!(divide_reward(1_001, 4), [501, 250, 125, 125]);
/// ```
pub fn divide_reward(reward: u128, winners: usize) -> Vec<u128> {
	let mut parts = Vec::with_capacity(winners);
	let mut part = reward;
	for place in 1..=winners {
		// The last two have the same power of two.
		if place < winners {
			part /= 2;
		}
		parts.push(part);
	}
	let divided = parts.iter().fold(0u128, |sum, part| sum.saturating_add(*part));
	if let Some(first) = parts.first_mut() {
		*first = first.saturating_add(reward.saturating_sub(divided));
	}
	parts
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::MAX_RANKED_WINNERS;
	use proptest::prelude::*;

	proptest! {
		#[test]
		fn all_of_a_reward_is_divided_and_a_better_score_never_gets_less(
			reward: u128, winners in 1..=usize::from(MAX_RANKED_WINNERS),
		) {
			let parts = divide_reward(reward, winners);
			prop_assert_eq!(parts.len(), winners);
			prop_assert_eq!(parts.iter().sum::<u128>(), reward);
			prop_assert!(parts.is_sorted_by(|better, worse| better >= worse));
			let last_two = parts.iter().rev().take(2).collect::<Vec<_>>();
			prop_assert!(winners <= 2 || last_two[0] == last_two[1]);
			prop_assert!(winners == 1 || parts[0] >= reward / 2);
		}
	}

	#[test]
	fn nobody_gets_nothing() {
		assert_eq!(divide_reward(7, 0), Vec::<u128>::new());
		assert_eq!(divide_reward(0, 3), [0, 0, 0]);
	}
}
