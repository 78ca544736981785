#![allow(clippy::arithmetic_side_effects)]

use super::*;
use crate::{DeltaFault, DeltaReport, Score};
use proptest::prelude::*;
use sp_core::H256;

fn measurement(score: u64) -> Measurement {
	Measurement { score: Score(score), root: H256::from_low_u64_be(score) }
}

fn matched(score: u64) -> Verdict {
	Verdict::Match(measurement(score))
}

fn mismatched(score: u64) -> Verdict {
	Verdict::Mismatch(measurement(score))
}

fn ballot(baseline: Option<u64>, verdicts: &[Verdict]) -> Option<Ballot> {
	Some(Ballot { baseline: baseline.map(measurement), verdicts: verdicts.to_vec().try_into().unwrap() })
}

/// The performance of members of equal weight. There are two of each, as a small committee finds nobody
/// false.
fn by_heads(ballots: &[Option<Ballot>]) -> Vec<Performance> {
	let mut performance = performance(&twice(ballots), false);
	performance.truncate(ballots.len());
	performance
}

fn check_by_heads(verdicts: &[Option<DeltaVerdict>], decided: DeltaVerdict) -> Vec<Performance> {
	let mut performance = check_performance(&twice(verdicts), decided);
	performance.truncate(verdicts.len());
	performance
}

fn twice<T: Clone>(answers: &[Option<T>]) -> Vec<Weighted<T>> {
	let both = answers.iter().chain(answers);
	both.map(|answer| Weighted { weight: 1, answer: answer.clone() }).collect()
}

#[test]
fn below_four_members_nobody_is_false() {
	let member = |score| Weighted { weight: 1, answer: ballot(None, &[matched(score)]) };
	let members = |honest: usize| {
		let mut members = vec![member(5); honest];
		members.push(member(6));
		members
	};
	assert_eq!(performance(&members(2), false), [Performance::Sound, Performance::Sound, Performance::Idle]);
	assert_eq!(performance(&members(3), false)[3], Performance::False);
	let said = |verdict| Weighted { weight: 1, answer: Some(verdict) };
	let unavailable = said(DeltaVerdict::Unavailable);
	let invalid = DeltaVerdict::Invalid(DeltaFault::Empty);
	let valid = DeltaVerdict::Valid(DeltaReport { added: 1, removed: 0, records: 1, root: H256::zero() });
	let small = [said(invalid), said(invalid), said(valid)];
	assert_eq!(check_performance(&small, invalid)[2], Performance::Idle);
	assert_eq!(crate::decide(&vec![unavailable.clone(); 3], 1), None);
	assert_eq!(crate::decide(&vec![unavailable; 4], 1), Some(DeltaVerdict::Unavailable));
}

#[test]
fn who_measured_what_two_thirds_did_is_paid() {
	let sound = || ballot(Some(9), &[mismatched(7), matched(5)]);
	let ballots = [sound(), sound(), sound(), sound(), ballot(Some(9), &[mismatched(7), matched(4)]), None];
	let expected = [
		Performance::Sound,
		Performance::Sound,
		Performance::Sound,
		Performance::Sound,
		Performance::False,
		Performance::Absent,
	];
	assert_eq!(by_heads(&ballots), expected);
}

#[test]
fn nobody_is_absent_where_two_thirds_agree_on_nothing_or_could_not_fetch() {
	let ballots = [ballot(None, &[matched(5)]), ballot(None, &[matched(6)]), None];
	assert_eq!(by_heads(&ballots), [Performance::Idle; 3]);
	let unavailable = || ballot(None, &[Verdict::Unavailable]);
	let ballots = [unavailable(), unavailable(), None];
	assert_eq!(by_heads(&ballots), [Performance::Sound, Performance::Sound, Performance::Idle]);
	assert_eq!(by_heads(&[None, None, None]), [Performance::Idle; 3]);
}

#[test]
fn a_root_of_ones_own_was_not_measured() {
	let lazy = Measurement { score: Score(5), root: H256::repeat_byte(1) };
	let ballots =
		[ballot(None, &[matched(5)]), ballot(None, &[matched(5)]), ballot(None, &[Verdict::Match(lazy)])];
	assert_eq!(by_heads(&ballots), [Performance::Sound, Performance::Sound, Performance::False]);
}

#[test]
fn calling_a_match_a_mismatch_is_false() {
	let ballots = [ballot(None, &[matched(5)]), ballot(None, &[matched(5)]), ballot(None, &[mismatched(5)])];
	assert_eq!(by_heads(&ballots)[2], Performance::False);
}

#[test]
fn who_could_not_fetch_is_idle_and_no_liar() {
	let ballots =
		[ballot(Some(9), &[matched(5)]), ballot(Some(9), &[matched(5)]), ballot(None, &[matched(5)])];
	assert_eq!(by_heads(&ballots)[2], Performance::Idle);
	let ballots = [
		ballot(None, &[matched(5)]),
		ballot(None, &[matched(5)]),
		ballot(None, &[Verdict::Unavailable, matched(6)]),
	];
	assert_eq!(by_heads(&ballots)[2], Performance::Idle);
	let ballots = [
		ballot(None, &[Verdict::Unavailable, matched(6)]),
		ballot(None, &[Verdict::Unavailable, matched(6)]),
		ballot(None, &[matched(5)]),
	];
	assert_eq!(by_heads(&ballots), [Performance::Sound, Performance::Sound, Performance::Idle]);
}

#[test]
fn who_abstains_is_idle_and_no_liar() {
	let sound = || ballot(Some(9), &[mismatched(7), matched(5)]);
	let abstaining = |last| ballot(Some(9), &[Verdict::Abstained, last]);
	let ballots = [sound(), sound(), sound(), sound(), abstaining(matched(5)), abstaining(matched(4))];
	let performance = by_heads(&ballots);
	assert_eq!(performance[..4], [Performance::Sound; 4]);
	assert_eq!(performance[4..], [Performance::Idle, Performance::False], "what it says of others counts");
}

#[test]
fn calling_a_checkpoint_invalid_that_was_measured_is_false() {
	let ballots = [
		ballot(None, &[matched(5)]),
		ballot(None, &[matched(5)]),
		ballot(None, &[Verdict::Invalid, matched(6)]),
	];
	assert_eq!(by_heads(&ballots)[2], Performance::False);
	let ballots =
		[ballot(None, &[Verdict::Invalid]), ballot(None, &[Verdict::Invalid]), ballot(None, &[matched(5)])];
	assert_eq!(by_heads(&ballots), [Performance::Sound, Performance::Sound, Performance::False]);
}

#[test]
fn where_two_thirds_do_not_agree_nobody_is_paid_and_nobody_lied() {
	let ballots =
		[ballot(None, &[matched(5)]), ballot(None, &[matched(5)]), ballot(None, &[matched(6)]), None];
	assert_eq!(by_heads(&ballots), [Performance::Idle; 4]);
	assert_eq!(by_heads(&[]), []);
}

#[test]
fn that_there_is_no_head_is_no_work() {
	let ballots = [ballot(None, &[]), ballot(None, &[]), ballot(None, &[])];
	assert_eq!(by_heads(&ballots), [Performance::Idle; 3]);
}

#[test]
fn checks_of_deltas() {
	let valid = |adds: u64| {
		DeltaVerdict::Valid(DeltaReport { added: adds, removed: 0, records: adds, root: H256::zero() })
	};
	let invalid = |fault| DeltaVerdict::Invalid(fault);
	let said = [
		Some(valid(5)),
		Some(valid(6)),
		Some(invalid(DeltaFault::Empty)),
		Some(DeltaVerdict::Unavailable),
		None,
	];
	let expected =
		[Performance::Sound, Performance::False, Performance::False, Performance::Idle, Performance::Idle];
	assert_eq!(check_by_heads(&said, valid(5)), expected);
	let said = [
		Some(invalid(DeltaFault::Empty)),
		Some(invalid(DeltaFault::Malformed)),
		Some(valid(5)),
		Some(DeltaVerdict::Unavailable),
	];
	let expected = [Performance::Sound, Performance::Sound, Performance::False, Performance::Idle];
	assert_eq!(check_by_heads(&said, invalid(DeltaFault::Empty)), expected);
	let said = [Some(DeltaVerdict::Unavailable), Some(valid(5)), None];
	let expected = [Performance::Sound, Performance::Idle, Performance::Idle];
	assert_eq!(check_by_heads(&said, DeltaVerdict::Unavailable), expected);
}

#[test]
fn refusals_agree_whatever_their_reasons_and_a_measurement_contradicts_them() {
	let refusing = |verdict| ballot(None, &[verdict]);
	let ballots = [
		refusing(Verdict::IllConditioned),
		refusing(Verdict::IllConditioned),
		refusing(Verdict::Invalid),
		refusing(matched(5)),
	];
	let sound = Performance::Sound;
	assert_eq!(by_heads(&ballots), [sound, sound, sound, Performance::False]);
	let ballots = [refusing(matched(5)), refusing(matched(5)), refusing(Verdict::IllConditioned)];
	assert_eq!(by_heads(&ballots), [sound, sound, Performance::False]);
}

#[test]
fn who_replays_otherwise_is_not_paid_and_nobody_is_false_for_it() {
	let replayed = |score, root| Measurement { score: Score(score), root: H256::repeat_byte(root) };
	let said = |verdict| Weighted { weight: 1, answer: ballot(Some(9), &[verdict]) };
	let sound = Verdict::Match(replayed(5, 1));
	let (copied, departed) = (Verdict::Match(replayed(5, 2)), Verdict::Departed(replayed(5, 1)));
	let (otherwise, invalid) = (Verdict::Match(replayed(6, 1)), Verdict::Invalid);
	let (low, refuted) = (Verdict::Mismatch(replayed(5, 1)), Verdict::Departed(replayed(6, 1)));
	for (decided, other, is_excused) in [
		(sound, copied, true),
		(sound, departed, true),
		(departed, sound, true),
		(departed, Verdict::Departed(replayed(5, 2)), true),
		(sound, otherwise, false),
		(sound, refuted, false),
		(sound, low, false),
		(low, Verdict::Mismatch(replayed(5, 2)), false),
		(sound, invalid, false),
		(departed, invalid, false),
	] {
		let committee = [vec![said(decided); 3], vec![said(other)]].concat();
		let last = |is_replayed| performance(&committee, is_replayed)[3];
		let expected = if is_excused { Performance::Idle } else { Performance::False };
		assert_eq!((last(true), last(false)), (expected, Performance::False), "{decided:?}, {other:?}");
	}
	let head = |score| Weighted { weight: 1, answer: ballot(Some(score), &[sound]) };
	let heads = [vec![head(9); 3], vec![head(8)]].concat();
	assert_eq!(performance(&heads, true)[3], Performance::False, "the head is not replayed");
}

prop_compose! {
	fn any_verdict()(kind in 0..6u8, score in 0..3u64) -> Verdict {
		match kind {
			0 => matched(score),
			1 => mismatched(score),
			2 => Verdict::Unavailable,
			3 => Verdict::Invalid,
			4 => Verdict::Departed(measurement(score)),
			_ => Verdict::IllConditioned,
		}
	}
}

prop_compose! {
	fn any_ballot()(
		opened: bool,
		baseline in prop::option::of(0..3u64),
		verdicts in prop::collection::vec(any_verdict(), 0..4),
	) -> Option<Ballot> {
		ballot(baseline, &verdicts).filter(|_| opened)
	}
}

proptest! {
	/// However a third lies, who says what the other 2/3 say is never called false.
	#[test]
	fn two_thirds_are_never_liars(
		honest in any_ballot(),
		liars in prop::collection::vec(any_ballot(), 0..4),
	) {
		let mut ballots = vec![honest; liars.len() * 2];
		ballots.extend(liars.iter().cloned());
		let performance = by_heads(&ballots);
		prop_assert_eq!(performance.len(), ballots.len());
		for member in performance.iter().take(liars.len() * 2) {
			prop_assert_ne!(*member, Performance::False);
		}
	}

	#[test]
	fn who_says_nothing_is_idle_or_absent_and_nobody_else_is_absent(
		ballots in prop::collection::vec(any_ballot(), 0..7),
	) {
		for (ballot, performance) in ballots.iter().zip(by_heads(&ballots)) {
			prop_assert!(ballot.is_some() || matches!(performance, Performance::Idle | Performance::Absent));
			prop_assert!(ballot.is_none() || performance != Performance::Absent);
		}
	}
}
