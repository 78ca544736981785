use crate::Score;
use alloc::vec::Vec;

/// The order in which candidates are looked at, as positions in `claims`: by claimed score, lowest first,
/// ties to the earlier commitment (PoDL's decreasing claimed accuracy). `claims` is in commit order; who has
/// not revealed is `None` and has no rank.
pub fn rank(claims: &[Option<Score>]) -> Vec<usize> {
	let mut ranked: Vec<(Score, usize)> =
		claims.iter().enumerate().filter_map(|(position, claim)| Some(((*claim)?, position))).collect();
	ranked.sort_unstable();
	ranked.into_iter().map(|(_, position)| position).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn ties_go_to_the_earlier_commitment() {
		let claims = [Some(Score(5)), None, Some(Score(3)), Some(Score(5)), Some(Score(3))];
		assert_eq!(rank(&claims), [2, 4, 0, 3]);
	}

	proptest! {
		#[test]
		fn every_reveal_has_one_rank(claims: Vec<Option<u64>>) {
			let claims: Vec<_> = claims.into_iter().map(|claim| claim.map(Score)).collect();
			let mut ranked = rank(&claims);
			prop_assert!(ranked.windows(2).all(|pair| (claims[pair[0]], pair[0]) < (claims[pair[1]], pair[1])));
			ranked.sort_unstable();
			let revealed: Vec<_> = (0..claims.len()).filter(|position| claims[*position].is_some()).collect();
			prop_assert_eq!(ranked, revealed);
		}
	}
}
