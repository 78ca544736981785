//! What evaluators replay, and what becomes of trainings that depart from their recordings.

use super::{
	ballot, checkpoint, measurement,
	training::{recipe_rule, Training, RULE},
	Round,
};
use crate::{
	mock::{
		account, build_and_execute, change, create_group, delta, free, put_group, rules, run_to, Observed,
		Paid, Retention, Rounds as Pallet, System, Test, CLOCK, DEPOSIT, ENDOWMENT, REWARD,
	},
	Heads, RecordedSegment, Recordings, Reveals,
};
use descent_protocol::{
	evaluation::ReplaySource,
	trace::Base,
	Ballot, Clock, ContentRef, EvaluationPolicy, OptionalRule,
	Outcome::{Departed, NoQuorum, Outranked, Refuted, Won},
	Performance, Score,
	Verdict::{self, Match, Mismatch},
};
use frame_support::assert_ok;

fn found(score: u64) -> Verdict {
	Match(measurement(score))
}

fn departed(score: u64) -> Verdict {
	Verdict::Departed(measurement(score))
}

#[test]
fn the_committee_is_asked_to_replay_a_segment_of_each_candidate() {
	build_and_execute(|| {
		recipe_rule();
		let _ = Round::new().records(&[(1, 700), (3, 500), (2, 600)]).at(|windows| windows.attest.start);
		let request = Pallet::evaluation_request(0, 0).unwrap();
		let asked: Vec<_> = request.candidates.iter().map(|candidate| candidate.checkpoint).collect();
		assert_eq!(asked, [3, 2, 1].map(|number| checkpoint(number, 0)));
		let replays = request.replays.unwrap();
		assert_eq!(replays.link, System::block_hash(8), "the first block that takes commitments");
		assert_ne!(replays.link, System::block_hash(9));
		let expected = [3, 2, 1].map(|number| {
			let training = Training::new(number, 0);
			let drawn = training.drawn();
			let state = |number: u16| ContentRef {
				digest: training.segments[usize::from(number)].state,
				..checkpoint(training.number, 0)
			};
			ReplaySource {
				account: account(number),
				recipe: training.recipe,
				number: drawn,
				rate: 100,
				start: drawn.checked_sub(1).map(state),
				end: state(drawn),
			}
		});
		assert_eq!(replays.segments, expected);
		let drawn: Vec<_> = replays.segments.iter().map(|segment| segment.number).collect();
		assert!(drawn.iter().any(|number| *number != drawn[0]), "each has its own draw: {drawn:?}");
	});
}

#[test]
fn a_segment_without_another_before_it_begins_with_the_base() {
	build_and_execute(|| {
		recipe_rule();
		let all = vec![ballot(None, &[found(500)]); 4];
		let _ = Round::new().records(&[(1, 500)]).votes(&all).settles();
		let base = checkpoint(1, 0);
		let training = Training::new(2, 1)
			.with_recipe(|recipe| recipe.base = Base::Checkpoint { checkpoint: base })
			.with_segments(|segment| segment.from = None);
		let round = Round::number(1).at(|windows| windows.commit.start);
		training.commits();
		let round = round.at(|windows| windows.reveal.start);
		assert_ok!(training.reveals(400));
		let _ = round.at(|windows| windows.attest.start);
		let replays = Pallet::evaluation_request(0, 1).unwrap().replays.unwrap();
		assert_eq!(replays.segments[0].start, Some(base));
		let view = Pallet::recording_view(0, 1, &account(2)).unwrap();
		assert_eq!((view.start, view.end), (Some(base), replays.segments[0].end));
	});
}

#[test]
fn nothing_is_replayed_in_other_groups() {
	build_and_execute(|| {
		let _ = Round::new().commits(&[1]).reveals(&[(1, 500)]).at(|windows| windows.attest.start);
		assert_eq!(Pallet::evaluation_request(0, 0).unwrap().replays, None);
	});
}

#[test]
fn the_committee_is_sent_for_the_data_that_trainings_draw_from() {
	build_and_execute(|| {
		recipe_rule();
		let set = ContentRef::raw(b"validation").unwrap();
		change(0, |rules| rules.policy = EvaluationPolicy::Validation { set, records: 100 });
		let _ = Round::new().records(&[(1, 500)]).at(|windows| windows.attest.start);
		let request = Pallet::evaluation_request(0, 0).unwrap();
		assert_eq!(request.deltas, [delta(0)]);
		assert_eq!(request.policy, EvaluationPolicy::Validation { set, records: 100 });
	});
}

/// With another hash in its place, each honest trainer would depart and lose its deposit.
#[test]
fn nobody_is_asked_where_the_hash_of_the_first_block_is_forgotten() {
	build_and_execute(|| {
		for (group, length) in [(1, 239), (2, 246)] {
			let mut rules = rules(Clock { length, ..CLOCK });
			rules.optional_rules.set(OptionalRule::Recipe { recipe: RULE });
			put_group(group, rules);
		}
		run_to(8);
		(1..=2).for_each(|group| Training::of(group, 1).commits());
		for group in [1, 2] {
			let _ = Round::of(group).at(|windows| windows.reveal.start);
			assert_ok!(Training::of(group, 1).reveals(500));
		}
		let round = Round::of(1).at(|windows| windows.open.end - 1);
		assert_eq!(round.windows().settle, 8 + 250);
		assert!(Pallet::evaluation_request(1, 0).is_some());
		run_to(8 + 250);
		assert!(Pallet::evaluation_request(2, 0).is_some());
		run_to(8 + 252);
		assert_eq!(System::block_hash(8), Default::default());
		assert_eq!(Pallet::evaluation_request(2, 0), None);
	});
}

#[test]
fn a_departed_candidate_loses_its_deposit_and_the_next_wins() {
	build_and_execute(|| {
		recipe_rule();
		let round = Round::new()
			.records(&[(1, 700), (2, 500), (3, 600)])
			.votes(&vec![ballot(None, &[departed(500), found(600)]); 4])
			.settles();
		assert_eq!(round.outcomes(), [Outranked, Departed, Won]);
		let ending = round.ending(2);
		assert_eq!((ending.slashed, ending.measured, ending.reward), (DEPOSIT, Some(Score(500)), 0));
		assert_eq!((free(2), free(3)), (ENDOWMENT - DEPOSIT, ENDOWMENT));
		assert_eq!(round.ending(3).reward, REWARD);
		assert_eq!(Heads::<Test>::get(0, 0).unwrap().account, account(3));
		assert_eq!(Paid::get()[0].members, [200, 201, 202, 203]);
	});
}

/// The outcome of a candidate of whom the members say this.
fn outcome(said: &[Verdict]) -> descent_protocol::Outcome {
	let mut outcome = Won;
	build_and_execute(|| {
		recipe_rule();
		let ballots: Vec<Ballot> = said.iter().map(|verdict| ballot(None, &[*verdict])).collect();
		let round = Round::new().records(&[(1, 500)]).votes(&ballots).settles();
		outcome = round.ending(1).outcome;
		let is_lost = matches!(outcome, Departed | Refuted);
		assert_eq!(round.ending(1).slashed == DEPOSIT, is_lost);
	});
	outcome
}

#[test]
fn a_departure_is_what_more_than_a_third_say() {
	let other = Mismatch(measurement(900));
	assert_eq!(outcome(&[departed(500); 4]), Departed);
	assert_eq!(outcome(&[departed(500), departed(500), found(500), found(500)]), Departed);
	assert_eq!(outcome(&[departed(500), found(500), found(500), found(500)]), Won, "one lies");
	assert_eq!(outcome(&[departed(500), departed(500), other, found(500)]), Departed);
	assert_eq!(outcome(&[departed(500), other, other, found(500)]), Refuted);
	assert_eq!(outcome(&[departed(500), found(500)]), NoQuorum);
}

#[test]
fn a_member_that_matches_what_has_departed_did_no_sound_work() {
	build_and_execute(|| {
		recipe_rule();
		let said = [departed(500), departed(500), departed(500), found(500)];
		let ballots = said.map(|verdict| ballot(None, &[verdict]));
		let _ = Round::new().records(&[(1, 500)]).votes(&ballots).settles();
		let sound: Vec<_> =
			Observed::get()[0].iter().map(|(_, performance)| *performance == Performance::Sound).collect();
		assert_eq!(sound, [true, true, true, false]);
	});
}

#[test]
fn recordings_go_with_their_round() {
	build_and_execute(|| {
		recipe_rule();
		for index in 0..=Retention::get() {
			let _ = Round::number(index).records(&[(1, 500), (2, 600)]).settles();
		}
		assert_eq!(Recordings::<Test>::iter_prefix((0, 0)).count(), 0);
		assert_eq!(Recordings::<Test>::iter_prefix((0, 1)).count(), 2);
		assert_eq!(Pallet::recording_view(0, 0, &account(1)), None);
		assert_eq!(Recordings::<Test>::iter().count(), Reveals::<Test>::iter().count());
	});
}

#[test]
fn a_recording_that_is_missing_or_too_much_is_noticed() {
	build_and_execute(|| {
		recipe_rule();
		create_group(CLOCK);
		let _ = Round::of(1).commits(&[1]);
		let _ = Round::new().records(&[(1, 500)]);
		let _ = Round::of(1).reveals(&[(1, 500)]);
		assert_eq!(Pallet::do_try_state(), Ok(()));
		let kept: RecordedSegment = Recordings::<Test>::take((0, 0), account(1)).unwrap();
		assert!(Pallet::do_try_state().is_err(), "it is missing");
		for (group, number) in [(0, 2), (1, 1)] {
			Recordings::<Test>::insert((0, 0), account(1), kept);
			assert_eq!(Pallet::do_try_state(), Ok(()));
			Recordings::<Test>::insert((group, 0), account(number), kept);
			assert!(Pallet::do_try_state().is_err(), "{number} of {group} has one too many");
			Recordings::<Test>::remove((group, 0), account(number));
		}
		Recordings::<Test>::insert((0, 0), account(1), kept);
	});
}
