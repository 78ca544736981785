#![allow(clippy::arithmetic_side_effects, clippy::as_conversions)]

use super::*;
use crate::{DeltaFault, DeltaReport};
use proptest::prelude::*;
use sp_core::H256;

fn report(added: u64) -> DeltaReport {
	DeltaReport { added, removed: 0, records: added, root: H256::zero() }
}

fn valid(added: u64) -> DeltaVerdict {
	DeltaVerdict::Valid(report(added))
}

const MALFORMED: DeltaVerdict = DeltaVerdict::Invalid(DeltaFault::Malformed);
const COLUMNS: DeltaVerdict = DeltaVerdict::Invalid(DeltaFault::Columns);

/// The decision of a committee of so many members of equal weight, with the number of members behind each
/// verdict.
fn by_heads(verdicts: &[(DeltaVerdict, u32)], committee: u32, attempt: u32) -> Option<DeltaVerdict> {
	let held = verdicts.iter().flat_map(|(verdict, members)| vec![Some(*verdict); *members as usize]);
	let mut members: Vec<_> = held.map(|answer| Weighted { weight: 1, answer }).collect();
	members.resize(committee as usize, Weighted { weight: 1, answer: None });
	decide(&members, attempt)
}

#[test]
fn two_thirds_decide() {
	assert_eq!(by_heads(&[(valid(3), 3), (MALFORMED, 1)], 4, 0), Some(valid(3)));
	assert_eq!(by_heads(&[(valid(3), 2), (MALFORMED, 2)], 4, 0), None);
	assert_eq!(by_heads(&[], 0, 0), None);
}

#[test]
fn who_is_slow_once_is_asked_again() {
	let absent = [(DeltaVerdict::Unavailable, 4)];
	assert_eq!(by_heads(&absent, 4, 0), None);
	assert_eq!(by_heads(&absent, 4, 1), Some(DeltaVerdict::Unavailable));
}

#[test]
fn reports_have_to_be_the_same_and_refusals_only_refusals() {
	assert_eq!(by_heads(&[(valid(3), 2), (valid(4), 2)], 4, 0), None);
	assert_eq!(by_heads(&[(MALFORMED, 1), (COLUMNS, 2)], 4, 0), Some(COLUMNS));
	assert_eq!(by_heads(&[(COLUMNS, 2), (MALFORMED, 2)], 4, 0), Some(MALFORMED));
	assert_eq!(by_heads(&[(MALFORMED, 2), (DeltaVerdict::Unavailable, 2)], 4, 1), None);
}

#[test]
fn a_liar_who_opens_first_does_not_choose_the_fault() {
	assert_eq!(by_heads(&[(MALFORMED, 1), (COLUMNS, 1)], 3, 0), None);
	assert_eq!(by_heads(&[(MALFORMED, 1), (COLUMNS, 2)], 3, 0), Some(COLUMNS));
	assert_eq!(by_heads(&[(MALFORMED, 2), (COLUMNS, 2)], 6, 0), None);
}

#[test]
fn a_check_in_full() {
	let windows = CheckWindows::new(100, 1_000);
	assert_eq!(windows.phase(100), None);
	let phase = |attempt, is_attesting, window| Some(CheckPhase { attempt, is_attesting, window });
	assert_eq!(windows.phase(101), phase(0, true, 101..111));
	assert_eq!(windows.phase(110), phase(0, true, 101..111));
	assert_eq!(windows.phase(111), phase(0, false, 111..116));
	assert_eq!(windows.phase(116), phase(1, true, 116..156));
	assert_eq!(windows.phase(160), phase(1, false, 156..161));
	assert_eq!(windows.phase(161), phase(2, true, 161..321));
	let end = 101 + 10 * (1 + 4 + 16 + 64 + 256) + 5 * 5;
	assert_eq!(windows.phase(end - 1), phase(4, false, end - 5..end));
	assert_eq!(windows.phase(end), None);
}

#[test]
fn large_deltas_take_longer() {
	assert_eq!(CheckWindows::new(0, 2 << 30).attest, 10 + 1024);
	assert_eq!(CheckWindows::new(0, u64::MAX), CheckWindows::new(0, MAX_DELTA_SIZE));
}

proptest! {
	#[test]
	fn never_two_decisions(counts in prop::collection::vec((0..5u8, 1..40u32), 0..6), silent in 0..40u32, attempt in 0..3u32) {
		let verdicts: Vec<_> = counts.iter().map(|(kind, members)| (match kind {
			0 => valid(1), 1 => valid(2), 2 => MALFORMED, 3 => COLUMNS, _ => DeltaVerdict::Unavailable,
		}, *members)).collect();
		let opened: u32 = verdicts.iter().map(|(_, members)| members).sum();
		let committee = opened + silent;
		let mut backwards = verdicts.clone();
		backwards.reverse();
		if let Some(decided) = by_heads(&verdicts, committee, attempt) {
			let same = |verdict: &DeltaVerdict| match decided {
				DeltaVerdict::Invalid(_) => matches!(verdict, DeltaVerdict::Invalid(_)),
				other => *verdict == other,
			};
			let holding: u32 = verdicts.iter().filter(|(verdict, _)| same(verdict)).map(|(_, members)| members).sum();
			prop_assert!(holding * 3 >= committee * 2);
			prop_assert_eq!(by_heads(&backwards, committee, attempt).map(|other| same(&other)), Some(true));
		}
	}

	#[test]
	fn windows_follow_each_other(since in 0..1_000u32, size in 0..(1u64 << 31), passed in 1..400_000u32) {
		let windows = CheckWindows::new(since, size);
		let block = since + passed;
		match windows.phase(block) {
			Some(phase) => {
				prop_assert!(phase.window.contains(&block));
				prop_assert!(phase.attempt < MAX_ATTEMPTS);
				if let Some(next) = windows.phase(phase.window.end) {
					prop_assert_eq!(next.window.start, phase.window.end);
					prop_assert_ne!(next.is_attesting, phase.is_attesting);
				}
			}
			None => prop_assert!(passed > windows.attest * 341 + windows.open * MAX_ATTEMPTS),
		}
	}
}
