use super::{
	scenario::{
		ballot, commit, commit_recorded, commitment_fee, committed, committee_fee, found, make_group_with,
		measure_and_settle, on_a_chain, on_a_chain_with, reveal, reveal_recorded, to, wealth, windows, worth,
		Strategy, DEPOSIT, TRUTH,
	},
	Row,
};
use crate::{constants::NRN, tests::economy::recorded::RULE};
use descent_protocol::{OptionalRule, OptionalRules, RoundIndex, Score, Verdict};
use frame_support::assert_ok;
use pallet_rounds::Error;

const ROUND: RoundIndex = 0;
const HONEST: u8 = 5;
const LIE: u8 = 6;

/// Runs round 0, in which Trainer2 is honest, and returns the results. Only the winner is paid: the pot has
/// the emission since block 1.
fn row(
	lie: &'static str,
	commits: impl FnOnce(),
	reveals: impl FnOnce(),
	finds: Vec<Verdict>,
	loses: u128,
) -> Row {
	on_a_chain(|| {
		let commits = || {
			commit("//Trainer2", ROUND, committed("//Trainer2", ROUND, HONEST));
			commits();
		};
		let reveals = || {
			assert_ok!(reveal("//Trainer2", ROUND, HONEST, TRUTH));
			reveals();
		};
		play(lie, commits, reveals, finds, loses)
	})
}

/// Runs round 0 in a group that asks for recorded trainings. Trainer2 has done what it recorded, and the liar
/// has not.
fn recorded_row(lie: &'static str, reveals: impl FnOnce(), finds: Vec<Verdict>, loses: u128) -> Row {
	let mut rules = OptionalRules::default();
	rules.set(OptionalRule::Recipe { recipe: RULE });
	on_a_chain_with(
		|| make_group_with("//Trainer1", 30 * NRN, rules),
		|| {
			let commits = || {
				commit_recorded("//Trainer2", ROUND, HONEST);
				commit_recorded("//Liar", ROUND, LIE);
			};
			let reveals = || {
				assert_ok!(reveal_recorded("//Trainer2", ROUND, HONEST, TRUTH));
				reveals();
			};
			play(lie, commits, reveals, finds, loses)
		},
	)
}

fn play(
	lie: &'static str,
	commits: impl FnOnce(),
	reveals: impl FnOnce(),
	finds: Vec<Verdict>,
	loses: u128,
) -> Row {
	let before = ["//Liar", "//Trainer2"].map(wealth);
	commits();
	to(windows(ROUND).reveal.start);
	reveals();
	measure_and_settle(ROUND, [(); 4].map(|()| Strategy::Attests(ballot(None, finds.clone()))));
	let row = Row { lie, liar: wealth("//Liar") - before[0], twin: wealth("//Trainer2") - before[1] };
	assert_eq!(row.liar, -(loses as i128) - commitment_fee(), "{lie}");
	let won = worth(ROUND, 1).winner;
	assert!(won > 0);
	assert_eq!(row.twin, won as i128 - commitment_fee() - committee_fee(), "{lie}");
	row
}

fn honest_wins() -> Vec<Verdict> {
	vec![Verdict::Match(found(HONEST, TRUTH))]
}

pub(crate) fn claims_what_is_not_true() -> Row {
	let refuted = Verdict::Mismatch(found(LIE, Score(6_000)));
	row(
		"trainer: a claim that is not true",
		|| commit("//Liar", ROUND, committed("//Liar", ROUND, LIE)),
		|| {
			assert_ok!(reveal("//Liar", ROUND, LIE, Score(1)));
		},
		[vec![refuted], honest_wins()].concat(),
		DEPOSIT,
	)
}

pub(crate) fn never_reveals() -> Row {
	row(
		"trainer: a commitment that is never revealed",
		|| commit("//Liar", ROUND, committed("//Liar", ROUND, LIE)),
		|| (),
		honest_wins(),
		DEPOSIT / 2,
	)
}

pub(crate) fn copies_a_commitment() -> Row {
	row(
		"trainer: another's commitment, copied",
		|| commit("//Liar", ROUND, committed("//Trainer2", ROUND, HONEST)),
		|| {
			let stolen = reveal("//Liar", ROUND, HONEST, TRUTH);
			assert_eq!(stolen, Err(Error::<crate::Runtime>::CommitmentMismatch.into()));
		},
		honest_wins(),
		DEPOSIT / 2,
	)
}

pub(crate) fn steals_a_checkpoint() -> Row {
	row(
		"trainer: another's checkpoint",
		|| commit("//Liar", ROUND, committed("//Liar", ROUND, HONEST)),
		|| {
			let stolen = reveal("//Liar", ROUND, HONEST, TRUTH);
			assert_eq!(stolen, Err(Error::<crate::Runtime>::DigestUsed.into()));
		},
		honest_wins(),
		DEPOSIT / 2,
	)
}

pub(crate) fn records_what_it_did_not_do() -> Row {
	recorded_row(
		"trainer: a recording of another training",
		|| {
			assert_ok!(reveal_recorded("//Liar", ROUND, LIE, Score(1)));
		},
		[vec![Verdict::Departed(found(LIE, Score(1)))], honest_wins()].concat(),
		DEPOSIT,
	)
}

/// A trainer sees that the drawn segment is a false one, and shows nothing.
pub(crate) fn hides_what_it_did_not_do() -> Row {
	recorded_row("trainer: a false segment, drawn and not shown", || (), honest_wins(), DEPOSIT / 2)
}
