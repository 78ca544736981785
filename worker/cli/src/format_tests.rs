use super::*;
use crate::{fixtures::group, parse};
use descent_client::H256;
use descent_protocol::{ContentRef, DeltaFault, DeltaReport, DeltaVerdict, RowProblem, Share};
use proptest::prelude::*;

fn report() -> DeltaVerdict {
	DeltaVerdict::Valid(DeltaReport { added: 5_000, removed: 0, records: 60_000, root: Default::default() })
}

#[test]
fn times() {
	for (blocks, text) in
		[(0, "0s"), (1, "3s"), (20, "1m"), (45, "2m 15s"), (201_600, "7d"), (28_801, "1d"), (30_000, "1d 1h")]
	{
		assert_eq!(time(blocks), text);
	}
	assert_eq!(span(1), "1 block (3s)");
	assert_eq!(due(120, 100), "at block 120, in 20 blocks (1m)");
	let mut group = group();
	assert_eq!(closes(&group), "at block 105, in 35 blocks (1m 45s)");
	group.block = 105;
	assert_eq!(closes(&group), "at block 105, overdue: descent group close 7");
}

#[test]
fn parts() {
	assert_eq!(part(1, 3), "33.33%");
	assert_eq!(part(2, 2), "100%");
	assert_eq!(part(0, 5), "0%");
	assert_eq!(part(0, 0), "-");
	assert_eq!(part(u128::MAX, u128::MAX), "100%");
	assert_eq!(part(u128::MAX, 1), "-");
}

#[test]
fn checks_say_what_to_wait_for() {
	let mut view = CheckView {
		version: 3,
		attempt: Some(0),
		until: Some(120),
		decided: None,
		verdicts: vec![],
		committee: 4,
	};
	assert_eq!(check(&view), "checking, attempt 1 until block 120");
	view.verdicts = vec![(report(), 2), (DeltaVerdict::Unavailable, 1)];
	assert_eq!(check(&view), "checking, attempt 1 until block 120, 3 of 4 opened");
	view.decided = Some(report());
	assert_eq!(check(&view), "valid: +5000 -0");
	let fault = DeltaFault::Row { row: 7, problem: RowProblem::WrongId };
	view.decided = Some(DeltaVerdict::Invalid(fault));
	assert_eq!(check(&view), "invalid: row 7: the id is not that of the record");
	view = CheckView { attempt: None, until: None, decided: None, ..view };
	assert_eq!(check(&view), "not decided");
}

#[test]
fn recipes_read_as_they_are_written() {
	for (billionths, text) in
		[(1, "0.000000001"), (1_000_000, "0.001"), (100_000_000, "0.1"), (RATE_UNIT, "1")]
	{
		assert_eq!(rate(billionths), text);
	}
	let sgd = |momentum, nesterov, weight_decay| RecipeOptimizer::Sgd { momentum, nesterov, weight_decay };
	for (made, text) in [
		(sgd(0, false, 0), "sgd (momentum 0)"),
		(sgd(900_000, true, 0), "sgd (nesterov momentum 0.9)"),
		(sgd(900_000, false, 100), "sgd (momentum 0.9, weight decay 0.0001)"),
		(
			RecipeOptimizer::AdamW { betas: (900_000, 999_000), weight_decay: 10_000 },
			"adamw (betas 0.9 and 0.999, weight decay 0.01)",
		),
	] {
		assert_eq!(optimizer(&made), text);
	}
}

proptest! {
	#[test]
	fn rates_are_read_back(smallest in 1..=RATE_UNIT, largest in 1..=RATE_UNIT) {
		let (smallest, largest) = (smallest.min(largest), smallest.max(largest));
		let text = format!("{}..{}", rate(smallest), rate(largest));
		prop_assert_eq!(parse::rates(&text), Ok(parse::Rates { smallest, largest }));
	}
}

#[test]
fn changes_are_sentences() {
	let content = ContentRef::raw(b"x").unwrap();
	let reference = Reference::from(content).to_string();
	let lengths = RoundLengths { length: 20, reveal: 4, attest: 6, open: 3 };
	for (changed, text) in [
		(Change::VotingPeriod { blocks: 20 }, "voting period 20 blocks (1m)".into()),
		(Change::Quorum { share: Share::percent(30) }, "quorum 30%".into()),
		(Change::Clock { lengths }, "rounds 20 blocks; reveal 4, attest 6, open 3".into()),
		(Change::MinimumImprovement { micros: 100 }, "improvement 0.000100 at least".into()),
		(
			Change::Policy { policy: EvaluationPolicy::Training { records: 9 } },
			"measured on 9 records of the training set".into(),
		),
		(
			Change::Policy { policy: EvaluationPolicy::Validation { set: content, records: 9 } },
			format!("measured on 9 records of the validation set {reference}"),
		),
		(
			Change::Policy {
				policy: EvaluationPolicy::Hidden { series: H256::zero(), records: 9, otherwise: content },
			},
			format!(
				"measured on 9 records of hidden test sets of the series 0x{}, otherwise {reference}",
				"00".repeat(32)
			),
		),
		(Change::Target { score: None }, "target none".into()),
		(
			Change::Shares { shares: Shares { validators: Share::percent(25), keepers: Share(125_000) } },
			"winners 62.5%, validators 25%, keepers 12.5%".into(),
		),
		(Change::Target { score: Some(Score(5)) }, "target 0.000005".into()),
		(Change::Model { model: content }, format!("model {reference}")),
		(Change::SetRule { rule: OptionalRule::Committee { seats: 41 } }, "committees of 41 seats".into()),
		(Change::RemoveRule { rule: OptionalRuleKind::Committee }, "committees of 31 seats".into()),
	] {
		assert_eq!(change(&changed), text);
	}
}

#[test]
fn jailed_ones_are_told_until_when() {
	let jailed = ValidatorStanding::Jailed { until: 120 };
	assert_eq!(standing(jailed, 100), "jailed until block 120, for 20 blocks (1m)");
	assert_eq!(standing(jailed, 120), "jailed, free to validate again");
	assert_eq!(standing(ValidatorStanding::Waiting, 0), "waiting");
}

#[test]
fn days() {
	let clock = UNIX_EPOCH + std::time::Duration::from_secs(86_400 * 20_000);
	assert_eq!(day(100, 100, clock), "2024-10-04");
	assert_eq!(day(100 + 28_800, 100, clock), "2024-10-05");
	assert_eq!(day(u32::MAX, 0, clock), "2433-01-23");
	assert_eq!(day(0, 100, UNIX_EPOCH), "1970-01-01");
}

#[test]
fn long_texts_are_cut() {
	assert_eq!(short("abcdef", 6), "abcdef");
	assert_eq!(short("abcdefg", 6), "abcde…");
	assert_eq!(short("a\u{1b}[2J", 9), "a\u{fffd}[2J");
}

proptest! {
	#[test]
	fn a_part_is_never_shown_as_more_than_it_is(part_of: u64, total in 1..u64::MAX) {
		let part_of = part_of.min(total);
		let shown = part(part_of.into(), total.into());
		if shown != "0%" {
			let shown = parse::share(&shown).unwrap();
			prop_assert!(Share(shown.0).of(total.into()) <= u128::from(part_of) + 1);
			prop_assert!(u128::from(shown.0) * u128::from(total) <= u128::from(part_of) * 1_000_000);
		}
	}

	#[test]
	fn a_time_in_one_unit_can_be_read(blocks in 1..u32::MAX) {
		let shown = time(blocks);
		if !shown.contains(' ') {
			prop_assert!(parse::blocks(&shown).unwrap() <= blocks);
		}
	}
}
