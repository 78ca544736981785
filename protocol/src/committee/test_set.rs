#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::{
	committee::{agreed, is_veto, opened, performance::tolerated, total, Weighted},
	performance, Ballot, Performance,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A committee member's verdict on the hidden test set whose key was released for a round.
#[derive(
	Clone,
	Copy,
	Debug,
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
#[serde(rename_all = "snake_case")]
pub enum TestSetVerdict {
	/// It decrypts to a test set of the group's model: the checkpoints were measured on it.
	Sound,
	/// It does not decrypt, or is no test set of the group's model: the checkpoints were measured on the
	/// policy's other set.
	Broken,
	/// Nobody served it in time: nothing was measured.
	Unavailable,
}

/// A member's answer on a round that is measured on a hidden test set.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct HiddenBallot {
	/// The verdict on the test set.
	pub test_set: TestSetVerdict,
	/// The measurements, on what the verdict says. Empty where nobody served the test set.
	pub ballot: Ballot,
}

/// The verdict of a committee on a hidden test set.
///
/// It is sound or broken where 2/3 of the committee's weight say so. It is unavailable where more than 1/3
/// say that nobody served it: its members pass on to each other what they have, so that a requester that
/// serves some of them serves all. Where it is neither, `None`, nothing can be said of the round.
pub fn test_set_verdict(committee: &[Weighted<HiddenBallot>]) -> Option<TestSetVerdict> {
	let total = total(committee);
	let said = || opened(committee).map(|(answer, weight)| (answer.test_set, weight));
	let decided = agreed(said(), total);
	if decided.is_some() {
		return decided;
	}
	let unavailable = said()
		.filter(|(verdict, _)| *verdict == TestSetVerdict::Unavailable)
		.fold(0u64, |sum, (_, weight)| sum.saturating_add(weight));
	is_veto(unavailable, total).then_some(TestSetVerdict::Unavailable)
}

/// The ballots that count in a round on a hidden test set with this verdict: those that were measured on what
/// the verdict says. Without one, and where nobody served the set, there are none.
pub fn hidden_ballots(
	committee: &[Weighted<HiddenBallot>],
	verdict: Option<TestSetVerdict>,
) -> Vec<Weighted<Ballot>> {
	let verdict = verdict.filter(|verdict| *verdict != TestSetVerdict::Unavailable);
	let counted = |answer: &HiddenBallot| (Some(answer.test_set) == verdict).then(|| answer.ballot.clone());
	let weighted = |member: &Weighted<HiddenBallot>| Weighted {
		weight: member.weight,
		answer: member.answer.as_ref().and_then(counted),
	};
	committee.iter().map(weighted).collect()
}

/// The performance of each member of a committee that measures on a hidden test set, in their order.
///
/// A member whose measurements count is held to them, see [`performance`]. Whether the set is sound or broken
/// is the same for all that have it, so who says the contrary of 2/3 is false. Who could not fetch it is
/// idle, and so is everybody where the committee has no verdict or nobody served the set.
pub fn hidden_performance(committee: &[Weighted<HiddenBallot>], is_replayed: bool) -> Vec<Performance> {
	let verdict = test_set_verdict(committee);
	let members = performance(&hidden_ballots(committee, verdict), is_replayed).into_iter().zip(committee);
	let judged = members.map(|(measured, member)| match (verdict, &member.answer) {
		(None | Some(TestSetVerdict::Unavailable), _) => Performance::Idle,
		(Some(_), None) => measured,
		(Some(decided), Some(said)) if said.test_set == decided => measured,
		(Some(_), Some(said)) if said.test_set == TestSetVerdict::Unavailable => Performance::Idle,
		(Some(_), Some(_)) => tolerated(Performance::False, committee.len()),
	});
	judged.collect()
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;
	use crate::{Measurement, Score, Verdict};
	use alloc::vec;
	use proptest::prelude::*;
	use sp_core::H256;
	use TestSetVerdict::{Broken, Sound, Unavailable};

	fn ballot(score: u64) -> Ballot {
		let measurement = Measurement { score: Score(score), root: H256::zero() };
		Ballot { baseline: None, verdicts: vec![Verdict::Match(measurement)].try_into().unwrap() }
	}

	fn member(test_set: TestSetVerdict, score: u64) -> Weighted<HiddenBallot> {
		Weighted { weight: 1, answer: Some(HiddenBallot { test_set, ballot: ballot(score) }) }
	}

	const SILENT: Weighted<HiddenBallot> = Weighted { weight: 1, answer: None };

	fn verdicts() -> impl Strategy<Value = Option<TestSetVerdict>> {
		prop_oneof![Just(None), Just(Some(Sound)), Just(Some(Broken)), Just(Some(Unavailable))]
	}

	#[test]
	fn the_set_is_what_two_thirds_say() {
		let verdict = |said: &[TestSetVerdict]| {
			test_set_verdict(&said.iter().map(|said| member(*said, 7)).collect::<Vec<_>>())
		};
		assert_eq!(verdict(&[Sound, Sound, Sound, Broken]), Some(Sound));
		assert_eq!(verdict(&[Broken, Broken, Broken, Unavailable]), Some(Broken));
		assert_eq!(verdict(&[Sound, Sound, Broken, Broken]), None);
		assert_eq!(verdict(&[Sound, Sound, Unavailable, Unavailable]), Some(Unavailable));
		assert_eq!(verdict(&[Sound, Sound, Broken, Unavailable]), None);
		assert_eq!(verdict(&[]), None);
	}

	#[test]
	fn only_what_was_measured_on_the_decided_set_counts() {
		let committee = [member(Sound, 7), member(Sound, 7), member(Sound, 8), member(Broken, 9), SILENT];
		let counted = |verdict| {
			let ballots = hidden_ballots(&committee, verdict);
			ballots.into_iter().map(|member| member.answer).collect::<Vec<_>>()
		};
		let sound = vec![Some(ballot(7)), Some(ballot(7)), Some(ballot(8)), None, None];
		assert_eq!(counted(Some(Sound)), sound);
		assert_eq!(counted(Some(Broken)), vec![None, None, None, Some(ballot(9)), None]);
		assert_eq!(counted(Some(Unavailable)), vec![None; 5]);
		assert_eq!(counted(None), vec![None; 5]);
	}

	#[test]
	fn who_denies_a_sound_set_is_false_and_who_has_none_is_idle() {
		let sound = || member(Sound, 7);
		let committee =
			[sound(), sound(), sound(), sound(), sound(), sound(), member(Broken, 9), member(Unavailable, 9)];
		let mut expected = vec![Performance::Sound; 6];
		expected.extend([Performance::False, Performance::Idle]);
		assert_eq!(hidden_performance(&committee, false), expected);
		let liars = [sound(), sound(), member(Broken, 7), member(Broken, 7)];
		assert_eq!(hidden_performance(&liars, false), vec![Performance::Idle; 4]);
		let small = [sound(), sound(), member(Broken, 7)];
		assert_eq!(hidden_performance(&small, false)[2], Performance::Idle, "it tolerates no fault");
	}

	proptest! {
		#[test]
		fn a_third_of_liars_never_makes_a_sound_set_broken(
			honest in 1..30usize, lies in prop::collection::vec(verdicts(), 0..15),
		) {
			prop_assume!(lies.len() * 3 < honest + lies.len());
			let told = |said: Option<TestSetVerdict>| said.map_or(SILENT, |said| member(said, 5));
			let mut committee = vec![member(Sound, 7); honest];
			committee.extend(lies.into_iter().map(told));
			prop_assert_eq!(test_set_verdict(&committee), Some(Sound));
			let performance = hidden_performance(&committee, false);
			prop_assert!(performance[..honest].iter().all(|performance| *performance == Performance::Sound));
		}
	}
}
