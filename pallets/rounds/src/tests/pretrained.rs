//! Groups whose model begins with a given checkpoint.

use super::{ballot, measurement, Round};
use crate::{
	mock::{account, amend, build_and_execute, change, Paid, Test},
	tests::{
		recording::{refuses, with_base},
		training::RULE,
	},
	Error, Heads, Pallet,
};
use descent_protocol::{
	ContentRef, OptionalRule, OptionalRuleKind,
	Outcome::{NotBetter, Won},
	Score,
	Verdict::Match,
};
use frame_support::assert_ok;

fn given() -> ContentRef {
	ContentRef::raw(b"a checkpoint from elsewhere").unwrap()
}

fn pretrained() {
	change(0, |rules| rules.optional_rules.set(OptionalRule::Pretrained { checkpoint: given() }));
}

/// Account 1 claims 400, which is true, and so many of four members measured 300 of the given checkpoint.
fn played(index: u32, score: u64, baselines: usize) -> Round {
	let ballots = (0..4).map(|member| {
		let baseline = (member < baselines).then_some(300);
		ballot(baseline, &[Match(measurement(score))])
	});
	Round::number(index).commits(&[1]).reveals(&[(1, score)]).votes(&ballots.collect::<Vec<_>>()).settles()
}

#[test]
fn the_first_candidates_compete_with_it() {
	build_and_execute(|| {
		pretrained();
		let round = Round::new().commits(&[1]).reveals(&[(1, 400)]).at(|windows| windows.attest.start);
		let head = Pallet::<Test>::evaluation_request(0, 0).unwrap().head.unwrap();
		assert_eq!((head.checkpoint, head.providers), (given(), vec!["http://127.0.0.1:8080".to_owned()]));
		let round = round.votes(&vec![ballot(Some(300), &[Match(measurement(400))]); 4]).settles();
		assert_eq!(round.outcomes(), [NotBetter]);
		assert_eq!(round.stored().settled.unwrap().baseline, Some(Score(300)));
		assert_eq!(Heads::<Test>::get(0, 0), None);
		assert_eq!(played(1, 200, 4).outcomes(), [Won]);
		assert_eq!(Paid::get()[1].baseline, Some(Score(300)), "clients pay for the gain over it");
		assert_eq!(Heads::<Test>::get(0, 0).unwrap().account, account(1));
		Round::number(2).commits(&[2]).reveals(&[(2, 100)]).at(|windows| windows.attest.start);
		let head = Pallet::<Test>::evaluation_request(0, 2).unwrap().head.unwrap();
		assert_eq!(head.checkpoint, super::checkpoint(1, 1), "the head takes its place");
	});
}

/// The creator of a group can't stop it with a checkpoint that nobody can fetch, or that is none.
#[test]
fn one_that_cannot_be_measured_raises_no_bar() {
	build_and_execute(|| {
		pretrained();
		assert_eq!(played(0, 400, 1).outcomes(), [Won]);
		assert_eq!(Paid::get()[0].score, None, "clients' orders pay for no gain that was not measured");
	});
}

#[test]
fn a_recording_begins_with_it() {
	build_and_execute(|| {
		pretrained();
		change(0, |rules| rules.optional_rules.set(OptionalRule::Recipe { recipe: RULE }));
		assert_ok!(with_base(0, given()).reveals(400));
		let _ = Round::new().votes(&vec![ballot(Some(500), &[Match(measurement(400))]); 4]).settles();
		assert_ok!(with_base(1, given()).reveals(300));
		let _ = Round::number(1).settles();
		assert_eq!(amend(0, |rules| rules.optional_rules.remove(OptionalRuleKind::Pretrained)), 3);
		let training = with_base(3, given());
		refuses(&training, training.recording(), Error::UnknownBase);
	});
}
