//! The rules that a round is played by.

use crate::{
	mock::{
		account, new_group, run_to, signed, with_group, Groups, MaxEvaluationRecords, System, Test, CLOCK,
		OWNER, PERIOD,
	},
	tests::builder::*,
	Error, GroupRules, Groups as Kept, Revisions,
};
use descent_protocol::{view::AmendmentEnding, Change, EvaluationPolicy, GroupId, RoundIndex, Score, Share};
use frame_support::{assert_noop, assert_ok, storage::with_storage_layer};
use sp_runtime::DispatchError::Other;

/// Has the owner, who has all stake, adopt changes as soon as possible. The first round that they are made
/// for.
fn adopt(changes: &[Change]) -> RoundIndex {
	let amendment = propose(OWNER, changes);
	run_to(Groups::closes(0).unwrap());
	if ending(amendment).is_none() {
		// It was proposed too late for this close.
		run_to(Groups::closes(0).unwrap());
	}
	match ending(amendment) {
		Some(AmendmentEnding::Adopted { from }) => from,
		other => panic!("not adopted: {other:?}"),
	}
}

fn rules(round: RoundIndex) -> crate::Rules<u128> {
	Groups::rules(0, round).unwrap()
}

fn revision() -> u32 {
	Kept::<Test>::get(0).unwrap().revision
}

/// The windows of the rounds in a row: none is left out, none begins before the one before closes, and at
/// most one is judged at a time.
fn assert_course(group: GroupId, rounds: RoundIndex) {
	for round in 1..rounds {
		let windows = |round| Groups::rules(group, round).unwrap().clock.windows(round).unwrap();
		let (last, next) = (windows(round - 1), windows(round));
		assert!(last.seed <= next.commit.start, "round {round} begins early");
		assert!(last.settle <= next.seed, "rounds {} and {round} are judged at a time", round - 1);
		assert_eq!(Groups::round_at(group, next.commit.start), Some(round));
		assert_eq!(Groups::round_at(group, next.commit.end - 1), Some(round));
		for block in last.seed..next.commit.start {
			assert_eq!(Groups::round_at(group, block), None);
		}
	}
}

#[test]
fn changes_take_effect_with_the_first_round_that_has_not_begun() {
	with_group(|| {
		// The close falls into round 0, which has begun.
		assert_eq!(adopt(&[improvement(20)]), 1);
		assert_eq!((rules(0).minimum_improvement, rules(1).minimum_improvement), (1_000, 20));
		assert_eq!(rules(1).clock.windows(1), CLOCK.windows(1));
		assert_eq!((rules(1).model_version, revision()), (0, 1));
		assert_eq!(Groups::boundary(0), Some(1));
		run_to(22);
		assert_eq!((Groups::boundary(0), Groups::round_at(0, 22)), (Some(2), Some(1)));
		assert_course(0, 9);
	});
}

#[test]
fn what_rounds_earn_is_divided_as_stakeholders_want_from_the_next_round_on() {
	with_group(|| {
		assert_eq!(adopt(&[shares(40, 40)]), 1);
		let of = |round| rules(round).shares;
		assert_eq!((of(0), of(0).winner()), (new_group().shares, Share::percent(80)));
		assert_eq!((of(1).validators, of(1).winner()), (Share::percent(40), Share::percent(20)));
		assert_noop!(try_propose(OWNER, &[shares(4, 0)]), Error::<Test>::InvalidShares);
	});
}

#[test]
fn before_the_start_the_first_rules_themselves_change() {
	with_group(|| {
		let mut new = new_group();
		new.clock.start = 500;
		assert_ok!(Groups::create(signed(1), new));
		let all = [lengths(20, 4, 6, 3), model("another"), improvement(20)];
		assert_ok!(Groups::propose_amendment(signed(1), 1, changes(&all), summary()));
		run_to(1 + PERIOD);
		assert_eq!(Groups::boundary(1), Some(0));
		let rules = Groups::rules(1, 0).unwrap();
		assert_eq!((rules.minimum_improvement, rules.model_version), (20, 0));
		assert_eq!((rules.clock.start, rules.clock.length), (500, 20));
		assert_eq!(Kept::<Test>::get(1).unwrap().revision, 0);
		assert_eq!((Groups::round_at(1, 499), Groups::round_at(1, 500)), (None, Some(0)));
		assert_course(1, 5);
	});
}

#[test]
fn one_half_does_not_change_the_model_and_two_thirds_and_a_bit_do() {
	with_group(|| {
		stake(OWNER, 100);
		stake(1, 100);
		let fork = propose(OWNER, &[improvement(20), model("another")]);
		// Two thirds exactly.
		run_to(1 + PERIOD);
		assert_eq!((ending(fork), revision()), (None, 0));
		stake(OWNER, 1);
		run_to(1 + 2 * PERIOD);
		let from = Groups::boundary(0).unwrap();
		assert_eq!(ending(fork), Some(AmendmentEnding::Adopted { from }));
		let (before, after) = (rules(from - 1), rules(from));
		assert_eq!((before.model_version, after.model_version), (0, 1));
		assert_eq!((before.model == after.model, after.minimum_improvement), (false, 20));
	});
}

#[test]
fn what_half_decides_does_not_wait_for_what_needs_two_thirds() {
	with_group(|| {
		stake(OWNER, 20);
		stake(1, 80);
		let fork = propose(OWNER, &[model("another")]);
		let mild = propose(1, &[improvement(20)]);
		approve(OWNER, mild);
		run_to(1 + PERIOD);
		assert_eq!(ending(fork), None);
		assert_eq!(ending(mild), Some(AmendmentEnding::Adopted { from: 1 }));
		assert_eq!((rules(1).model_version, rules(1).minimum_improvement), (0, 20));
	});
}

#[test]
fn two_amendments_of_one_close_make_one_revision_in_their_order() {
	with_group(|| {
		stake(1, 50);
		let first = propose(1, &[improvement(20), quorum(40)]);
		let second = propose(OWNER, &[improvement(30), target(50)]);
		approve(OWNER, first);
		run_to(1 + PERIOD);
		for amendment in [first, second] {
			assert_eq!(ending(amendment), Some(AmendmentEnding::Adopted { from: 1 }));
		}
		assert_eq!(revision(), 1);
		assert_eq!((rules(1).minimum_improvement, rules(1).target), (30, Some(Score(50))));
	});
}

#[test]
fn what_the_chain_does_not_allow_any_more_changes_nothing() {
	with_group(|| {
		stake(1, 50);
		let first = propose(1, &[improvement(15)]);
		let policy = EvaluationPolicy::Training { records: 900 };
		let second = propose(OWNER, &[Change::Policy { policy }, quorum(40)]);
		approve(OWNER, first);
		MaxEvaluationRecords::set(500);
		run_to(1 + PERIOD);
		assert_eq!(ending(second), Some(AmendmentEnding::Impossible));
		assert_eq!((rules(1).policy, rules(1).minimum_improvement), (new_group().policy, 15));
		let voting = Kept::<Test>::get(0).unwrap().voting;
		assert_eq!(voting.quorum.0, 200_000);
		assert_eq!(held(OWNER, crate::HoldReason::Amendment), 0);
	});
}

#[test]
fn a_revision_that_has_not_begun_is_changed_in_place() {
	with_group(|| {
		// Rounds so long that voting periods close within one.
		let long = adopt(&[lengths(100, 3, 5, 2), period(5)]);
		run_to(rules(long).clock.start);
		let from = adopt(&[model("b")]);
		assert_eq!((from, revision()), (long + 1, 2));
		let start = rules(from).clock.start;
		assert_eq!(adopt(&[improvement(20), lengths(11, 3, 5, 2)]), from);
		assert_eq!(adopt(&[model("c")]), from);
		assert_eq!(revision(), 2);
		let next = rules(from);
		assert_eq!((next.model_version, next.minimum_improvement), (1, 20));
		assert_eq!(next.clock.start, start);
		assert_eq!(Change::Model { model: next.model }, model("c"));
		assert_course(0, 9);
	});
}

#[test]
fn a_shorter_clock_waits_until_the_last_round_is_judged() {
	with_group(|| {
		let long = adopt(&[lengths(60, 16, 20, 20), period(5)]);
		run_to(rules(long).clock.start);
		let from = adopt(&[lengths(10, 2, 3, 2)]);
		let last = rules(from - 1).clock.windows(from - 1).unwrap();
		let next = rules(from).clock.windows(from).unwrap();
		assert!(next.commit.start > last.seed);
		assert_eq!(next.seed, last.settle);
		assert_course(0, from + 5);
		// In the gap, no round takes commitments, and the one to come is the one that changes are for.
		run_to(last.seed + 1);
		assert_eq!(Groups::round_at(0, System::block_number()), None);
		assert_eq!(Groups::boundary(0), Some(from));
	});
}

#[test]
fn a_start_that_is_moved_ahead_is_not_over() {
	with_group(|| {
		let long = adopt(&[lengths(60, 16, 20, 20), period(5)]);
		run_to(rules(long).clock.start);
		let from = adopt(&[lengths(10, 2, 3, 2)]);
		let last = rules(from - 1).clock.windows(from - 1).unwrap();
		// Deep in the gap before the short rounds, the rounds become long again: they would have begun
		// already.
		run_to(last.settle - 18);
		assert_eq!(adopt(&[lengths(60, 2, 3, 2)]), from);
		let now = System::block_number();
		assert!(now > last.seed && now < last.settle - 10);
		assert_eq!(rules(from).clock.start, now + 1);
		assert_eq!((Groups::boundary(0), Groups::round_at(0, now)), (Some(from), None));
		assert_course(0, from + 3);
	});
}

#[test]
fn rules_of_every_round_are_found_among_many_revisions() {
	with_group(|| {
		adopt(&[period(5), lengths(11, 2, 2, 2)]);
		let mut expected: Vec<(RoundIndex, u64)> = vec![(0, 1_000)];
		for micros in 11..40 {
			let from = adopt(&[improvement(micros)]);
			expected.retain(|(first, _)| *first != from);
			expected.push((from, micros));
		}
		assert!(revision() > 10);
		let last = expected.last().unwrap().0;
		for round in 0..last + 5 {
			let in_force = expected.iter().rev().find(|(first, _)| *first <= round).unwrap();
			assert_eq!(rules(round).minimum_improvement, in_force.1, "round {round}");
		}
		assert_course(0, last + 5);
		assert_eq!(Groups::rules(1, 0), None);
		assert_eq!(Groups::boundary(1), None);
		assert_eq!(Groups::round_at(1, 100), None);
	});
}

#[test]
fn a_vote_on_voting_alone_makes_no_revision() {
	with_group(|| {
		assert_eq!(adopt(&[quorum(30), period(50)]), 1);
		assert_eq!(revision(), 0);
		assert_eq!(adopt(&[improvement(1_000)]), 6);
		assert_eq!(revision(), 0);
	});
}

#[test]
fn where_the_block_numbers_end_nothing_changes_any_more() {
	with_group(|| {
		// Room for one round.
		let mut new = new_group();
		new.clock.start = u32::MAX - 30;
		assert_ok!(Groups::create(signed(OWNER), new));
		let propose = || Groups::propose_amendment(signed(OWNER), 1, changes(&[improvement(20)]), summary());
		let possible = with_storage_layer::<(), _, _>(|| Err(propose().err().unwrap_or(Other("it is"))));
		assert_eq!(possible, Err(Other("it is")));
		System::set_block_number(u32::MAX - 25);
		assert_eq!((Groups::boundary(1), Groups::round_at(1, u32::MAX - 25)), (Some(1), Some(0)));
		assert_noop!(propose(), Error::<Test>::InvalidClock);
		assert_eq!(Groups::rules(1, 1).unwrap().clock.windows(1), None);
	});
}

#[test]
fn a_group_keeps_its_owner_and_deposit_whatever_is_amended() {
	with_group(|| {
		adopt(&[model("another"), lengths(20, 4, 6, 3)]);
		let group = Kept::<Test>::get(0).unwrap();
		assert_eq!((group.owner, rules(5).deposit), (account(OWNER), 5));
		assert_eq!(Revisions::<Test>::iter_prefix(0).count(), 2);
	});
}
