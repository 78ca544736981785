//! Rounds on hidden test sets.

use super::{ballot, measurement, Round};
use crate::{
	mock::{
		build_and_execute, change, free, run_to, Fixed, Judged, Observed, Release, Rounds as Pallet, Test,
		DEPOSIT, ENDOWMENT,
	},
	Error, Heads,
};
use descent_protocol::{
	view::TestSetRelease::{Awaited, Otherwise, Released},
	Answer, Ballot, ContentRef, EvaluationPolicy, HiddenBallot,
	Outcome::{NoQuorum, NotBetter, Refuted, Unrevealed, Won},
	Performance, TestSetVerdict,
	TestSetVerdict::{Broken, Sound, Unavailable},
	Verdict::{Match, Mismatch},
};
use frame_support::{assert_noop, assert_ok};
use pallet_evaluators::Tasks;
use sp_core::H256;

const KEY: H256 = H256::repeat_byte(5);

fn policy() -> EvaluationPolicy {
	let otherwise = ContentRef::raw(b"public").unwrap();
	EvaluationPolicy::Hidden { series: H256::repeat_byte(1), records: 100, otherwise }
}

fn hide() {
	change(0, |rules| rules.policy = policy());
}

fn found(test_set: TestSetVerdict, score: u64) -> HiddenBallot {
	HiddenBallot { test_set, ballot: ballot(None, &[Match(measurement(score))]) }
}

fn nothing() -> HiddenBallot {
	HiddenBallot { test_set: Unavailable, ballot: ballot(None, &[]) }
}

/// A first round in which account 1 claims 500 and account 2 reveals nothing.
fn round(release: descent_protocol::view::TestSetRelease) -> Round {
	Release::set(release);
	Round::new().commits(&[1, 2]).reveals(&[(1, 500)])
}

#[test]
fn nothing_is_revealed_before_the_key_or_the_end_of_its_time() {
	build_and_execute(|| {
		hide();
		Release::set(Awaited { index: 0 });
		let round = Round::new().commits(&[1, 2]);
		// The key may come in blocks 22 and 23.
		run_to(23);
		assert_noop!(round.reveal(1, 500), Error::<Test>::KeyAwaited);
		run_to(24);
		assert_ok!(round.reveal(1, 500));
		assert_ok!(round.reveal(2, 600));
		assert_eq!(Fixed::get(), [0], "the first reveal fixes the set");
		let request = Pallet::evaluation_request(0, 0);
		assert_eq!(request, None);
		run_to(25);
		let request = Pallet::evaluation_request(0, 0).unwrap();
		assert_eq!((request.policy, request.test_set), (policy().without_hidden(), None));
	});
}

#[test]
fn a_key_opens_the_reveals_and_is_part_of_what_is_asked() {
	build_and_execute(|| {
		hide();
		let round = round(Released { index: 3, key: KEY });
		let subject = Pallet::subject(&round.task()).unwrap();
		run_to(25);
		let request = Pallet::evaluation_request(0, 0).unwrap();
		let test_set = request.test_set.unwrap();
		assert_eq!((request.policy, test_set.index, test_set.key), (policy(), 3, KEY));
		assert!(request.deltas.is_empty());
		let other = std::rc::Rc::new(std::cell::Cell::new(None));
		let told = other.clone();
		build_and_execute(move || {
			hide();
			let round = self::round(Released { index: 4, key: KEY });
			told.set(Pallet::subject(&round.task()));
		});
		assert!(other.get().is_some_and(|other| other != subject), "another set is another subject");
	});
}

#[test]
fn a_sound_set_measures_the_round() {
	build_and_execute(|| {
		hide();
		let round = round(Released { index: 0, key: KEY });
		let round = round.hidden_votes(&vec![found(Sound, 500); 4]).settles();
		assert_eq!(round.outcomes(), [Won, Unrevealed]);
		assert_eq!(Judged::get(), [Sound]);
		assert_eq!(Heads::<Test>::get(0, 0).unwrap().policy, policy());
		assert_eq!(round.ending(2).slashed, DEPOSIT / 2);
		// A second round on the series: the head's score on another set is no bar.
		let round = Round::number(1).commits(&[3]).reveals(&[(3, 900)]);
		let round = round.hidden_votes(&vec![found(Sound, 900); 4]).settles();
		assert_eq!(round.outcomes(), [Won]);
	});
}

#[test]
fn a_head_is_measured_anew_on_each_set() {
	build_and_execute(|| {
		hide();
		round(Released { index: 0, key: KEY }).hidden_votes(&vec![found(Sound, 500); 4]).settles();
		let round = Round::number(1).commits(&[3]).reveals(&[(3, 480)]);
		let seen = |baseline| HiddenBallot {
			test_set: Sound,
			ballot: ballot(Some(baseline), &[Match(measurement(480))]),
		};
		let round = round.hidden_votes(&vec![seen(490); 4]).settles();
		assert_eq!(round.outcomes(), [NotBetter]);
	});
}

#[test]
fn a_broken_set_has_the_round_measured_on_the_public_one() {
	build_and_execute(|| {
		hide();
		let round = round(Released { index: 0, key: KEY });
		let round = round.hidden_votes(&vec![found(Broken, 500); 4]).settles();
		assert_eq!(round.outcomes(), [Won, Unrevealed]);
		assert_eq!(Judged::get(), [Broken]);
		assert_eq!(Heads::<Test>::get(0, 0).unwrap().policy, policy().without_hidden());
		assert_eq!(round.ending(2).slashed, DEPOSIT / 2, "it could have claimed on the public set");
	});
}

#[test]
fn a_set_that_is_not_served_costs_no_trainer_anything() {
	build_and_execute(|| {
		hide();
		let round = round(Released { index: 0, key: KEY });
		let ballots = [found(Sound, 500), found(Sound, 500), nothing(), nothing()];
		let round = round.hidden_votes(&ballots).settles();
		assert_eq!(round.outcomes(), [NoQuorum, Unrevealed]);
		assert_eq!(Judged::get(), [Unavailable]);
		assert_eq!((free(1), free(2)), (ENDOWMENT, ENDOWMENT));
		let observed = Observed::get();
		assert!(observed[0].iter().all(|(_, performance)| *performance == Performance::Idle));
	});
}

#[test]
fn a_committee_that_is_divided_over_the_set_judges_nobody() {
	build_and_execute(|| {
		hide();
		let round = round(Released { index: 0, key: KEY });
		let ballots = [found(Sound, 500), found(Sound, 500), found(Broken, 7), found(Broken, 7)];
		let round = round.hidden_votes(&ballots).settles();
		assert_eq!(round.outcomes(), [NoQuorum, Unrevealed]);
		assert_eq!(Judged::get(), []);
		assert_eq!((free(1), free(2)), (ENDOWMENT, ENDOWMENT));
	});
}

#[test]
fn a_liar_about_the_set_is_false_and_changes_nothing() {
	build_and_execute(|| {
		hide();
		let round = round(Released { index: 0, key: KEY });
		let mut ballots = vec![found(Sound, 500); 3];
		ballots.push(found(Broken, 500));
		let round = round.hidden_votes(&ballots).settles();
		assert_eq!(round.outcomes(), [Won, Unrevealed]);
		assert_eq!(Observed::get()[0][3], (203, Performance::False));
	});
}

#[test]
fn a_false_claim_on_a_hidden_set_is_refuted() {
	build_and_execute(|| {
		hide();
		let lie = HiddenBallot { test_set: Sound, ballot: ballot(None, &[Mismatch(measurement(900))]) };
		let round = round(Released { index: 0, key: KEY }).hidden_votes(&vec![lie; 4]).settles();
		assert_eq!(round.outcomes(), [Refuted, Unrevealed]);
		assert_eq!(round.ending(1).slashed, DEPOSIT);
	});
}

#[test]
fn an_answer_of_another_kind_is_none() {
	build_and_execute(|| {
		hide();
		let can = |round: &Round, answer: &Answer| Pallet::can_answer(&round.task(), answer);
		let plain: Ballot = found(Sound, 500).ballot;
		let round = round(Released { index: 0, key: KEY });
		assert!(can(&round, &Answer::Hidden(found(Sound, 500))));
		assert!(!can(&round, &Answer::Round(plain.clone())));
		Release::set(Otherwise);
		assert!(!can(&round, &Answer::Hidden(found(Sound, 500))));
		assert!(can(&round, &Answer::Round(plain)));
	});
}

#[test]
fn the_sealed_set_is_fetched_ahead_while_a_round_takes_commitments() {
	build_and_execute(|| {
		hide();
		Release::set(Awaited { index: 7 });
		assert_eq!(Pallet::prefetches(10), []);
		Round::new().commits(&[1]);
		let prefetches = Pallet::prefetches(10);
		assert_eq!((prefetches.len(), prefetches[0].index, prefetches[0].group), (1, 7, 0));
		assert_eq!(Pallet::prefetches(26), [], "reveals are over");
	});
}
