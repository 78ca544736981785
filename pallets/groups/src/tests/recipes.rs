//! The rule for recorded trainings.

use crate::{
	mock::{build_and_execute, new_group, run_to, signed, with_group, Groups as Kept, Test, OWNER, PERIOD},
	tests::builder::*,
	Error, GroupRules, NewGroup,
};
use codec::{Decode, Encode};
use descent_protocol::{
	trace::{RecipeRule, WorkReward},
	view::AmendmentEnding,
	Change, Clock, OptionalRule, OptionalRuleKind, OptionalRules, Share,
};
use descent_support::mock::BLOCK_HASH_COUNT;
use frame_support::{assert_noop, assert_ok};

const RULE: RecipeRule = RecipeRule {
	steps: 200,
	batch: 64,
	smallest_rate: 1_000,
	largest_rate: 1_000_000,
	exact: false,
	work_reward: None,
};

const WORK: WorkReward =
	WorkReward { share: Share::percent(20), deposit: 1 << 40, draws: 1, margin: Share::percent(10) };

fn rules(recipe: RecipeRule) -> OptionalRules {
	let mut rules = OptionalRules::default();
	rules.set(OptionalRule::Recipe { recipe });
	rules
}

fn set(recipe: RecipeRule) -> Change {
	Change::SetRule { rule: OptionalRule::Recipe { recipe } }
}

/// A clock whose rounds last so many blocks from the first one to the settlement.
fn lasting(blocks: u32) -> Clock {
	let clock = Clock { length: 200, reveal: 20, attest: blocks - 223, open: 2, ..new_group().clock };
	assert_eq!(clock.duration(), Some(blocks));
	clock
}

#[test]
fn a_group_asks_for_recordings_within_bounds() {
	build_and_execute(|| {
		let group = |recipe| NewGroup { optional_rules: rules(recipe), ..new_group() };
		assert_ok!(Kept::create(signed(1), group(RULE)));
		assert_eq!(Kept::rules(0, 0).unwrap().optional_rules.recipe(), Some(RULE));
		let paid = RecipeRule { work_reward: Some(WORK), ..RULE };
		assert_ok!(Kept::create(signed(1), group(paid)));
		assert_eq!(Kept::rules(1, 0).unwrap().optional_rules.recipe(), Some(paid));
		for wrong in [
			RecipeRule { steps: 19, ..RULE },
			RecipeRule { batch: 0, ..RULE },
			RecipeRule { smallest_rate: 0, ..RULE },
			RecipeRule { largest_rate: 999, ..RULE },
			RecipeRule { largest_rate: 1_000_000_001, ..RULE },
			RecipeRule { work_reward: Some(WorkReward { draws: 0, ..WORK }), ..RULE },
		] {
			assert_noop!(Kept::create(signed(1), group(wrong)), Error::<Test>::InvalidOptionalRule);
		}
	});
}

#[test]
fn rounds_with_recordings_are_over_before_the_hash_of_their_first_block_is_forgotten() {
	build_and_execute(|| {
		let group = |clock, optional_rules| NewGroup { clock, optional_rules, ..new_group() };
		let long = lasting(BLOCK_HASH_COUNT);
		assert_noop!(Kept::create(signed(1), group(long, rules(RULE))), Error::<Test>::RoundTooLong);
		assert_ok!(Kept::create(signed(1), group(long, OptionalRules::default())));
		assert_ok!(Kept::create(signed(1), group(lasting(BLOCK_HASH_COUNT - 1), rules(RULE))));
	});
}

fn longer(blocks: u32) -> Change {
	let Clock { length, reveal, attest, open, .. } = lasting(blocks);
	lengths(length, reveal, attest, open)
}

#[test]
fn stakeholders_ask_for_recordings_and_stop_asking() {
	with_group(|| {
		let recipe = |round| Kept::rules(0, round).unwrap().optional_rules.recipe();
		propose(OWNER, &[set(RULE), longer(BLOCK_HASH_COUNT - 1)]);
		run_to(1 + PERIOD);
		assert_eq!([0, 1].map(recipe), [None, Some(RULE)]);
		propose(OWNER, &[Change::RemoveRule { rule: OptionalRuleKind::Recipe }]);
		run_to(1 + 2 * PERIOD);
		let from = Kept::boundary(0).unwrap();
		assert_eq!([from - 1, from].map(recipe), [Some(RULE), None]);
	});
}

#[test]
fn no_amendment_makes_rounds_with_recordings_too_long() {
	with_group(|| {
		let wrong = [set(RULE), longer(BLOCK_HASH_COUNT)];
		assert_noop!(try_propose(OWNER, &wrong), Error::<Test>::RoundTooLong);
		let steps = set(RecipeRule { steps: 1_001, ..RULE });
		assert_noop!(try_propose(OWNER, &[steps]), Error::<Test>::InvalidOptionalRule);

		// Each is possible, and not the second after the first.
		stake(1, 10);
		let first = propose(OWNER, &[set(RULE)]);
		let second = propose(1, &[longer(BLOCK_HASH_COUNT)]);
		approve(OWNER, second);
		run_to(1 + PERIOD);
		assert_eq!(ending(first), Some(AmendmentEnding::Adopted { from: 1 }));
		assert_eq!(ending(second), Some(AmendmentEnding::Impossible));
		assert_noop!(try_propose(OWNER, &[longer(BLOCK_HASH_COUNT)]), Error::<Test>::RoundTooLong);
		propose(OWNER, &[longer(BLOCK_HASH_COUNT - 1)]);
	});
}

/// A rule of a kind that is new changes no encoding of a list without it.
#[test]
fn rules_of_before_recipes_are_read_as_they_were_written() {
	let before = [&[8][..], &[0, 41, 0], &[1, 3]].concat();
	let read = OptionalRules::decode(&mut &before[..]).unwrap();
	assert_eq!((read.committee_seats(), read.ranked_winners(), read.recipe()), (41, 3, None));
	assert_eq!(read.encode(), before);
	assert_eq!(rules(RULE).encode()[..2], [4, 2]);
}
