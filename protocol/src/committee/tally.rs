use crate::{
	committee::{opened, Weighted},
	Ballot, Verdict,
};
use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Number of members with each verdict on one candidate, among those that opened their ballots. A member that
/// did not look at it, or abstains, is not counted.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tally {
	/// Measured what was claimed.
	pub matches: u32,
	/// Measured something else, or found that the recorded training departs from its recipe.
	pub mismatches: u32,
	/// Could not fetch it.
	pub unavailable: u32,
	/// Found that it is no checkpoint of the group's model.
	pub invalid: u32,
	/// Found that it is ill-conditioned.
	#[serde(default)]
	pub ill_conditioned: u32,
}

/// Counts the verdicts on the candidate of a rank.
pub fn tally(committee: &[Weighted<Ballot>], rank: usize) -> Tally {
	let mut tally = Tally::default();
	for verdict in opened(committee).filter_map(|(ballot, _)| ballot.verdicts.get(rank)) {
		let counter = match verdict {
			Verdict::Match(_) => &mut tally.matches,
			Verdict::Mismatch(_) | Verdict::Departed(_) => &mut tally.mismatches,
			Verdict::Unavailable => &mut tally.unavailable,
			Verdict::Invalid => &mut tally.invalid,
			Verdict::IllConditioned => &mut tally.ill_conditioned,
			Verdict::Abstained => continue,
		};
		*counter = counter.saturating_add(1);
	}
	tally
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Measurement, Score};
	use alloc::vec;
	use sp_core::H256;

	#[test]
	fn counts_who_looked() {
		let measurement = Measurement { score: Score(7), root: H256::zero() };
		let ballot =
			|verdicts: &[Verdict]| Ballot { baseline: None, verdicts: verdicts.to_vec().try_into().unwrap() };
		let committee = [
			ballot(&[Verdict::Unavailable, Verdict::Match(measurement)]),
			ballot(&[Verdict::Invalid, Verdict::Mismatch(measurement)]),
			ballot(&[Verdict::Match(measurement), Verdict::Abstained]),
			ballot(&[Verdict::IllConditioned, Verdict::IllConditioned]),
			ballot(&[Verdict::Departed(measurement)]),
			ballot(&[]),
		]
		.map(|ballot| Weighted { weight: 1, answer: Some(ballot) });
		let expected = [
			Tally { matches: 1, mismatches: 1, unavailable: 1, invalid: 1, ill_conditioned: 1 },
			Tally { matches: 1, mismatches: 1, ill_conditioned: 1, ..Tally::default() },
			Tally::default(),
		];
		assert_eq!(
			[0, 1, 2].map(|rank| tally(&committee, rank)).to_vec(),
			vec![expected[0], expected[1], expected[2]]
		);
	}
}
