use super::{
	scenario::{
		announce, ballot, check, does, honest_round, ok, on_a_chain, propose, to, valid, wealth, windows,
		worth, Strategy, BOND, COMMITTEE, TRUTH,
	},
	Row,
};
use crate::{
	tests::economy::{actor::actor, blocks::submit_unsigned, equivocation},
	Runtime, System,
};
use descent_protocol::{slash_fraction, Ballot, Measurement, Score, Verdict};
use frame_support::assert_ok;
use pallet_validators::{Error, Struck};
use sp_core::H256;

/// The last member of the committee lies, the first one is honest.
const LIAR: &str = COMMITTEE[3];
const TWIN: &str = COMMITTEE[0];

/// Returns the slash for an offence of one of four validators.
fn slash() -> i128 {
	let share = slash_fraction(1, 4);
	assert_eq!(share.0, 562_500);
	share.of(BOND) as i128
}

/// Runs rounds in which three members of four do sound work and the last one does something else. They share
/// the committee's reward.
fn rows(lie: &'static str, rounds: u32, loses: i128, last: impl Fn(&Ballot) -> Strategy) -> Row {
	on_a_chain(|| {
		let before = [LIAR, TWIN].map(wealth);
		let (mut since, mut each, mut left) = (1, 0, 0);
		// A round takes commitments while the one before it is measured.
		for round in (0..2 * rounds).step_by(2) {
			honest_round(round, 10 + round as u8, &last);
			let pot = worth(round, since).validators + left;
			(each, left) = (each + pot / 3, pot % 3);
			since = windows(round).settle;
		}
		let row = Row { lie, liar: wealth(LIAR) - before[0], twin: wealth(TWIN) - before[1] };
		assert!(each > 0);
		assert_eq!((row.liar, row.twin), (-loses, each as i128), "{lie}");
		row
	})
}

pub(crate) fn copies_an_attestation() -> Row {
	rows("validator: another's attestation, copied", 1, 0, |_| Strategy::Copies)
}

pub(crate) fn says_nothing() -> Row {
	rows("validator: silence", 1, 0, |_| Strategy::Nothing)
}

/// Returns a ballot with another measurement of the checkpoint that won.
fn instead(honest: &Ballot, lie: impl Fn(&mut Measurement)) -> Strategy {
	let mut measured = honest.verdicts[0].measurement().expect("it was measured");
	lie(&mut measured);
	Strategy::Attests(ballot(honest.baseline, vec![Verdict::Mismatch(measured)]))
}

fn false_score(honest: &Ballot) -> Strategy {
	instead(honest, |measured| measured.score = Score(TRUTH.0 + 1_000))
}

pub(crate) fn says_a_false_score_once() -> Row {
	rows("validator: a false score, once", 1, 0, false_score)
}

pub(crate) fn says_a_false_score_twice() -> Row {
	rows("validator: a false score, twice in a day", 2, slash(), false_score)
}

pub(crate) fn says_a_wrong_root_twice() -> Row {
	rows("validator: a score that it did not measure", 2, slash(), |honest| {
		let mut measured = honest.verdicts[0].measurement().expect("it was measured");
		measured.root = H256::zero();
		Strategy::Attests(ballot(honest.baseline, vec![Verdict::Match(measured)]))
	})
}

pub(crate) fn says_a_departure_twice() -> Row {
	rows("validator: a departure that is none, twice", 2, slash(), |honest| {
		let measured = honest.verdicts[0].measurement().expect("it was measured");
		Strategy::Attests(ballot(honest.baseline, vec![Verdict::Departed(measured)]))
	})
}

/// Two deltas are valid, and one member says twice that they are not what they are.
pub(crate) fn says_a_false_verdict_twice() -> Row {
	let lie = "validator: a false verdict on two deltas";
	on_a_chain(|| {
		let before = [LIAR, TWIN].map(wealth);
		for (proposal, proposer) in (0..).zip(["//Trainer2", "//Trainer3"]) {
			let delta = 20 + proposal as u8;
			assert_ok!(announce(proposer, delta));
			to(System::block_number() + 1);
			assert_ok!(propose(proposer, delta));
			let honest = valid(delta);
			let since = System::block_number();
			check(proposal, since, [(3, valid(0)), (0, honest), (1, honest), (2, honest)]);
		}
		assert_eq!(Struck::<Runtime>::get(&actor(LIAR).account).count, 0, "it has paid");
		let checked = wealth(TWIN) - before[1];
		assert!(checked > 0, "two checks are paid");
		honest_round(windows_ahead(), 11, |honest| Strategy::Attests(honest.clone()));
		let row = Row { lie, liar: wealth(LIAR) - before[0], twin: wealth(TWIN) - before[1] };
		// A member that is honest again is paid again, as it is still in the committee.
		assert!(row.twin > checked);
		assert_eq!(row.liar, row.twin - checked - slash(), "{lie}");
		row
	})
}

/// Returns the first round whose commitments have not begun.
fn windows_ahead() -> u32 {
	(0..).find(|round| windows(*round).commit.start > System::block_number()).expect("rounds go on")
}

pub(crate) fn equivocates() -> Row {
	let lie = "validator: two blocks in one slot";
	on_a_chain(|| {
		let before = [LIAR, TWIN].map(wealth);
		let report = equivocation::report(actor(LIAR)).expect("it is a validator");
		assert_eq!(submit_unsigned(report.clone()), Ok(Ok(())));
		// The same report again changes nothing.
		assert!(submit_unsigned(report).is_err());
		let row = Row { lie, liar: wealth(LIAR) - before[0], twin: wealth(TWIN) - before[1] };
		assert_eq!((row.liar, row.twin), (-slash(), 0));
		row
	})
}

pub(crate) fn unbonds_before_the_slash() -> Row {
	let lie = "validator: the bond taken out before the slash";
	on_a_chain(|| {
		let before = [LIAR, TWIN].map(wealth);
		for validator in [LIAR, TWIN] {
			ok(validator, pallet_validators::Call::unbond { amount: BOND });
		}
		let early = does(LIAR, pallet_validators::Call::withdraw {});
		assert_eq!(early, Err(Error::<Runtime>::NothingToWithdraw.into()));
		to(4);
		let report = equivocation::report(actor(LIAR)).expect("it is a validator still");
		assert_eq!(submit_unsigned(report), Ok(Ok(())));
		let row = Row { lie, liar: wealth(LIAR) - before[0], twin: wealth(TWIN) - before[1] };
		assert_eq!((row.liar, row.twin), (-slash(), 0));
		row
	})
}
