//! Rules that not all groups have, and chains on which no group had any.

use super::migrations::{all_rules, make_groups};
use crate::{
	migrations::AddOptionalRules,
	mock::{new_group, run_to, signed, with_group, Groups as Kept, Test, OWNER, PERIOD},
	tests::builder::*,
	Error, GroupRules, NextGroup, Pallet, Revisions, Rules, WeightInfo,
};
use codec::{DecodeAll, Encode};
use descent_protocol::{
	view::AmendmentEnding, Change, ContentRef, GroupId, OptionalRule, OptionalRuleKind, OptionalRules,
};
use frame_support::{
	assert_noop, assert_ok,
	migrations::{SteppedMigration, SteppedMigrationError},
	storage::unhashed,
	traits::{GetStorageVersion, StorageVersion},
	weights::{Weight, WeightMeter},
};

type Migration = AddOptionalRules<Test>;

fn committee(seats: u16) -> Change {
	Change::SetRule { rule: OptionalRule::Committee { seats } }
}

const NO_COMMITTEE: Change = Change::RemoveRule { rule: OptionalRuleKind::Committee };

fn seats(round: u32) -> u32 {
	Kept::rules(0, round).unwrap().committee_seats()
}

/// The list as an encoding may have it, whatever its order.
fn list(seats: &[u16]) -> OptionalRules {
	let rules: Vec<_> = seats.iter().map(|seats| OptionalRule::Committee { seats: *seats }).collect();
	OptionalRules::decode_all(&mut &rules.encode()[..]).unwrap()
}

#[test]
fn a_group_begins_with_the_committees_that_it_asks_for() {
	with_group(|| {
		assert_eq!(seats(0), 31);
		assert_ok!(Kept::create(signed(1), crate::NewGroup { optional_rules: list(&[41]), ..new_group() }));
		assert_eq!(Kept::rules(1, 0).unwrap().committee_seats(), 41);
		for wrong in [&[21][..], &[101], &[41, 41]] {
			let group = crate::NewGroup { optional_rules: list(wrong), ..new_group() };
			assert_noop!(Kept::create(signed(1), group), Error::<Test>::InvalidOptionalRule);
		}
	});
}

#[test]
fn stakeholders_set_and_remove_an_optional_rule() {
	with_group(|| {
		propose(OWNER, &[committee(100), improvement(20)]);
		run_to(1 + PERIOD);
		assert_eq!([0, 1].map(seats), [31, 100]);
		propose(OWNER, &[NO_COMMITTEE]);
		run_to(1 + 2 * PERIOD);
		let from = Kept::boundary(0).unwrap();
		assert_eq!([from - 1, from].map(seats), [100, 31]);
		assert_eq!(Kept::rules(0, from).unwrap().optional_rules, OptionalRules::default());
	});
}

#[test]
fn an_amendment_changes_an_optional_rule_once_and_within_bounds() {
	with_group(|| {
		for twice in
			[[committee(41), committee(51)], [committee(41), NO_COMMITTEE], [NO_COMMITTEE, NO_COMMITTEE]]
		{
			assert_noop!(try_propose(OWNER, &twice), Error::<Test>::RepeatedChange);
		}
		for seats in [0, 21, 101, u16::MAX] {
			assert_noop!(try_propose(OWNER, &[committee(seats)]), Error::<Test>::InvalidOptionalRule);
		}
		propose(OWNER, &[committee(22)]);
	});
}

fn pretrained(checkpoint: ContentRef) -> Change {
	Change::SetRule { rule: OptionalRule::Pretrained { checkpoint } }
}

#[test]
fn a_pretrained_checkpoint_is_content() {
	with_group(|| {
		let file = ContentRef::raw(b"weights").unwrap();
		propose(OWNER, &[pretrained(file)]);
		let raw_and_large = ContentRef { size: u64::MAX, ..file };
		for wrong in [ContentRef { size: 0, ..file }, raw_and_large] {
			assert_noop!(try_propose(OWNER, &[pretrained(wrong)]), Error::<Test>::InvalidOptionalRule);
		}
	});
}

#[test]
fn another_model_does_not_begin_with_the_checkpoint_of_the_one_before() {
	with_group(|| {
		let [first, second, model] =
			[b"first", b"secnd", b"model"].map(|file| ContentRef::raw(file).unwrap());
		let given = |round| Kept::rules(0, round).unwrap().optional_rules.pretrained();
		propose(OWNER, &[pretrained(first)]);
		run_to(1 + PERIOD);
		let from = Kept::boundary(0).unwrap();
		assert_eq!(given(from), Some(first));
		propose(OWNER, &[Change::Model { model }]);
		run_to(1 + 2 * PERIOD);
		let from = Kept::boundary(0).unwrap();
		assert_eq!([from - 1, from].map(given), [Some(first), None]);
		let other = ContentRef::raw(b"other").unwrap();
		propose(OWNER, &[Change::Model { model: other }, pretrained(second)]);
		run_to(1 + 3 * PERIOD);
		assert_eq!(given(Kept::boundary(0).unwrap()), Some(second));
	});
}

#[test]
fn removing_what_is_not_there_makes_no_revision() {
	with_group(|| {
		let amendment = propose(OWNER, &[NO_COMMITTEE]);
		run_to(1 + PERIOD);
		assert_eq!(ending(amendment), Some(AmendmentEnding::Adopted { from: 1 }));
		assert_eq!(crate::Groups::<Test>::get(0).unwrap().revision, 0);
	});
}

/// Puts the rules of every revision as version 3 has them: without the list at their end.
fn downgrade() {
	StorageVersion::new(3).put::<Pallet<Test>>();
	for (group, revision) in Revisions::<Test>::iter_keys().collect::<Vec<_>>() {
		let key = Revisions::<Test>::hashed_key_for(group, revision);
		let mut bytes = unhashed::get_raw(&key).unwrap();
		assert_eq!(bytes.pop(), Some(0), "no group had an optional rule");
		unhashed::put_raw(&key, &bytes);
		assert!(Revisions::<Test>::get(group, revision).is_none(), "it can't be read any more");
	}
}

/// Migrates one revision a block, calling `between` after each block. Returns the number of blocks.
fn migrate(between: impl Fn()) -> u32 {
	let weight = <Test as crate::Config>::WeightInfo::migrate_revision();
	let mut cursor = None;
	for blocks in 1..=1_000 {
		cursor = Migration::step(cursor, &mut WeightMeter::with_limit(weight)).unwrap();
		between();
		if cursor.is_none() {
			assert_eq!(Pallet::<Test>::on_chain_storage_version(), StorageVersion::new(4));
			return blocks;
		}
	}
	panic!("the migration does not end");
}

#[test]
fn old_bytes_are_read_as_version_3_wrote_them() {
	with_group(|| {
		let rules = Revisions::<Test>::get(0, 0).unwrap();
		let Rules { model, model_version, providers, metric, policy, .. } = rules.clone();
		let Rules { minimum_improvement, target, clock, deposit, shares, .. } = rules.clone();
		let bytes = [
			(model, model_version, providers, metric, policy).encode(),
			(minimum_improvement, target, clock, deposit, shares).encode(),
		]
		.concat();
		assert!(Rules::<u128>::decode_all(&mut &bytes[..]).is_err(), "an encoding tells its version");
		StorageVersion::new(3).put::<Pallet<Test>>();
		unhashed::put_raw(&Revisions::<Test>::hashed_key_for(0, 0), &bytes);
		assert_eq!(Kept::rules(0, 0), Some(rules.clone()));
		migrate(|| ());
		assert_eq!(Revisions::<Test>::get(0, 0), Some(rules.clone()));
		let migrated = unhashed::get_raw(&Revisions::<Test>::hashed_key_for(0, 0)).unwrap();
		assert_eq!(migrated, [&bytes[..], &[0]].concat());
	});
}

#[test]
fn rules_are_read_halfway_whatever_was_migrated_to_optional_rules() {
	with_group(|| {
		let (expected, by_round) = (make_groups(6), all_rules(6));
		downgrade();
		assert_eq!(all_rules(6), by_round, "they are read before they are migrated");
		let blocks = migrate(|| assert_eq!(all_rules(6), by_round));
		assert_eq!(blocks, 1 + 2 + 3 + 4 + 5 + 6 + 1);
		let mut migrated: Vec<(GroupId, u32, Rules<u128>)> = Revisions::<Test>::iter().collect();
		let mut expected = expected;
		for list in [&mut migrated, &mut expected] {
			list.sort_by_key(|(group, revision, _)| (*group, *revision));
		}
		assert_eq!(migrated, expected);
		assert_eq!(NextGroup::<Test>::get(), 6);
	});
}

#[test]
fn what_is_adopted_while_rules_are_migrated_stays() {
	with_group(|| {
		propose(OWNER, &[committee(41)]);
		downgrade();
		run_to(1 + PERIOD);
		assert_eq!([0, 1].map(seats), [31, 41]);
		migrate(|| assert_eq!([0, 1].map(seats), [31, 41]));
		assert_eq!([0, 1].map(seats), [31, 41]);
	});
}

#[test]
fn the_migration_to_optional_rules_waits_for_enough_weight_and_runs_once() {
	with_group(|| {
		downgrade();
		let required = <Test as crate::Config>::WeightInfo::migrate_revision();
		let little = Weight::from_parts(required.ref_time() - 1, required.proof_size());
		let refused = Migration::step(None, &mut WeightMeter::with_limit(little));
		assert_eq!(refused, Err(SteppedMigrationError::InsufficientWeight { required }));
		assert_eq!(migrate(|| ()), 2);
		assert_eq!(Migration::step(None, &mut WeightMeter::new()), Ok(None));
	});
}
