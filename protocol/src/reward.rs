/// What the winner of a round is paid: 0.001% of all that is issued, rounded down.
pub fn winner_reward(issuance: u128) -> u128 {
	issuance / 100_000
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
}
