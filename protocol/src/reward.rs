/// What the winner of a round is paid: 0.001% of all that is issued, rounded down.
pub fn winner_reward(issuance: u128) -> u128 {
	issuance / 100_000
}

/// What the proposer of an applied delta is paid: 0.0001% of all that is issued, rounded down.
pub fn proposer_reward(issuance: u128) -> u128 {
	issuance / 1_000_000
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn is_a_hundred_thousandth() {
		assert_eq!(winner_reward(1_000_000_000), 10_000);
		assert_eq!(winner_reward(99_999), 0);
		assert_eq!(winner_reward(u128::MAX), u128::MAX / 100_000);
	}

	#[test]
	fn a_delta_is_worth_a_tenth_of_a_round() {
		assert_eq!(proposer_reward(1_000_000_000), winner_reward(1_000_000_000) / 10);
		assert_eq!(proposer_reward(999_999), 0);
	}
}
