//! Chains whose groups had a tolerance.

use crate::{
	migrations::{v2, Cursor, DropTolerance},
	mock::{
		new_group, run_to, signed, with_group, Groups as Kept, System, Test, AMENDMENT_DEPOSIT, ENDOWMENT,
		OWNER, PERIOD,
	},
	tests::builder::*,
	Amendments, Changes, Ended, GroupRules, HoldReason, NextGroup, Open, Pallet, Revisions, Rules,
	Tolerances, WeightInfo,
};
use codec::{Decode, Encode};
use descent_protocol::{
	view::{AmendmentEnding, Page},
	AmendmentId, Change, Clock, GroupId, Metric,
};
use frame_support::{
	assert_ok,
	migrations::{SteppedMigration, SteppedMigrationError},
	storage::unhashed,
	traits::{GetStorageVersion, StorageVersion},
	weights::{Weight, WeightMeter},
};

type Migration = DropTolerance<Test>;

/// The least improvement whose encoding, after a tolerance, reads as a target in version 3.
const AMBIGUOUS: u64 = 257;

/// Puts the rules of every group as version 2 has them. A revision's tolerance is 5 and its number.
fn downgrade_rules() {
	StorageVersion::new(2).put::<Pallet<Test>>();
	for (group, revision, rules) in Revisions::<Test>::drain().collect::<Vec<_>>() {
		v2::Revisions::<Test>::insert(group, revision, v2::Rules::downgrade(rules, 5 + u64::from(revision)));
	}
}

/// Adds a change of the tolerance to an open amendment, as version 2 has it.
fn add_tolerance(id: AmendmentId) {
	StorageVersion::new(2).put::<Pallet<Test>>();
	let amendment = Amendments::<Test>::get(0, id).unwrap();
	unhashed::put_raw(&Amendments::<Test>::hashed_key_for(0, id), &v2::with_tolerance(&amendment, 20));
	assert!(Amendments::<Test>::get(0, id).is_none(), "it can't be read any more");
}

/// Makes the change of the tolerance the only one of an open amendment.
fn only_tolerance(id: AmendmentId) {
	Amendments::<Test>::mutate(0, id, |amendment| amendment.as_mut().unwrap().changes = Changes::default());
	add_tolerance(id);
}

/// Migrates with the weight of so many amendments a block, and returns the number of blocks.
fn migrate(items: u64) -> u32 {
	let mut cursor = None;
	let weight = <Test as crate::Config>::WeightInfo::migrate_amendment().saturating_mul(items);
	for blocks in 1..=1_000 {
		cursor = Migration::step(cursor, &mut WeightMeter::with_limit(weight)).unwrap();
		if cursor.is_none() {
			assert_eq!(Pallet::<Test>::on_chain_storage_version(), StorageVersion::new(3));
			assert_eq!(v2::Revisions::<Test>::iter().count(), 0);
			return blocks;
		}
	}
	panic!("the migration does not end");
}

/// Makes groups with as many revisions as their number, and returns all rules by group and round.
pub(super) fn make_groups(count: GroupId) -> Vec<(GroupId, u32, Rules<u128>)> {
	while NextGroup::<Test>::get() < count {
		assert_ok!(Kept::create(signed(1), new_group()));
	}
	for (group, mut kept) in crate::Groups::<Test>::iter().collect::<Vec<_>>() {
		let rules = Revisions::<Test>::get(group, 0).unwrap();
		for revision in 1..=group {
			let clock = Clock { first: revision, start: rules.clock.start + 12 * revision, ..rules.clock };
			let minimum_improvement = AMBIGUOUS + u64::from(revision);
			Revisions::<Test>::insert(group, revision, Rules { clock, minimum_improvement, ..rules.clone() });
		}
		kept.revision = group;
		crate::Groups::<Test>::insert(group, kept);
	}
	Revisions::<Test>::iter().collect()
}

pub(super) fn all_rules(count: GroupId) -> Vec<Option<Rules<u128>>> {
	let rounds = |group| (0..count + 2).map(move |round| Kept::rules(group, round));
	(0..count).flat_map(rounds).collect()
}

#[test]
fn rules_lose_their_tolerance_and_nothing_else() {
	with_group(|| {
		let (expected, by_round) = (make_groups(8), all_rules(8));
		assert!(by_round.iter().all(Option::is_some));
		downgrade_rules();
		assert_eq!(all_rules(8), by_round, "they are read before they are migrated");
		assert!(migrate(3) > 3);
		let mut migrated: Vec<_> = Revisions::<Test>::iter().collect();
		migrated.sort_by_key(|(group, revision, _)| (*group, *revision));
		let mut expected = expected;
		expected.sort_by_key(|(group, revision, _)| (*group, *revision));
		assert_eq!(migrated, expected);
		assert_eq!(all_rules(8), by_round);
	});
}

#[test]
fn rules_are_read_halfway_whatever_was_migrated() {
	with_group(|| {
		make_groups(8);
		let by_round = all_rules(8);
		downgrade_rules();
		let weight = <Test as crate::Config>::WeightInfo::migrate_revision();
		let mut cursor = None;
		for _ in 0..36 {
			cursor = Migration::step(cursor, &mut WeightMeter::with_limit(weight)).unwrap();
			assert!(matches!(cursor, Some(Cursor::Revisions(Some(_)))));
			assert_eq!(all_rules(8), by_round);
			// Rounds of revision 5 of group 6 may be in flight, those of revision 0 are over.
			assert_eq!(Kept::tolerance(6, 5), 10);
		}
		migrate(10);
		assert_eq!((Kept::tolerance(6, 5), Kept::tolerance(0, 9)), (10, 5));
		assert_eq!((Kept::tolerance(7, 0), Kept::tolerance(9, 0)), (0, 0));
		assert!(Tolerances::<Test>::iter_prefix(7).count() <= 4);
	});
}

#[test]
fn old_bytes_are_read_as_version_2_wrote_them() {
	with_group(|| {
		let rules = Revisions::<Test>::take(0, 0).unwrap();
		let Rules { model, model_version, providers, metric, policy, .. } = rules.clone();
		let Rules { target, clock, deposit, shares, .. } = rules.clone();
		let bytes = [
			(model, model_version, providers, metric, policy).encode(),
			(7u64, AMBIGUOUS, target, clock, deposit, shares).encode(),
		]
		.concat();
		assert_eq!(metric, Metric::Loss);
		assert!(
			Rules::<u128>::decode(&mut &[&bytes[..], &[0]].concat()[..]).is_ok(),
			"the encoding alone does not tell the version"
		);
		StorageVersion::new(2).put::<Pallet<Test>>();
		unhashed::put_raw(&v2::Revisions::<Test>::hashed_key_for(0, 0), &bytes);
		let expected = Rules { minimum_improvement: AMBIGUOUS, ..rules };
		assert_eq!(Kept::rules(0, 0), Some(expected.clone()));
		assert_eq!(migrate(9), 1);
		assert_eq!(Revisions::<Test>::get(0, 0), Some(expected));
		assert_eq!(Tolerances::<Test>::get(0, 0), Some(7));
	});
}

#[test]
fn an_open_amendment_keeps_its_other_changes() {
	with_group(|| {
		stake(1, 300);
		let amendment = propose(1, &[quorum(30), improvement(20)]);
		add_tolerance(amendment);
		let changes = || Kept::amendments(0, Page::ALL)[0].changes.clone();
		assert_eq!(changes(), [quorum(30), improvement(20)], "it is read before it is migrated");
		migrate(1);
		assert_eq!(changes(), [quorum(30), improvement(20)]);
		assert_eq!((ending(amendment), ayes(amendment)), (None, 300));
		run_to(1 + PERIOD);
		assert_eq!(ending(amendment), Some(AmendmentEnding::Adopted { from: 1 }));
		assert_eq!(Kept::rules(0, 1).unwrap().minimum_improvement, 20);
	});
}

#[test]
fn an_amendment_of_the_tolerance_alone_ends_with_its_deposit_returned() {
	with_group(|| {
		for number in 1..=3 {
			stake(number, 300);
		}
		let (first, last) = (propose(1, &[improvement(20)]), propose(3, &[improvement(30)]));
		let amendment = propose(2, &[improvement(40)]);
		approve(1, amendment);
		only_tolerance(amendment);
		assert_eq!(held(2, HoldReason::Amendment), AMENDMENT_DEPOSIT);
		System::reset_events();
		migrate(1);
		assert_eq!(ending(amendment), Some(AmendmentEnding::Impossible));
		assert_eq!(events().len(), 1);
		assert_eq!((held(2, HoldReason::Amendment), free(2)), (0, ENDOWMENT - 300));
		let open: Vec<_> = Open::<Test>::get(0).into_iter().map(|open| open.id).collect();
		assert_eq!(open, [first, last]);
		assert_eq!((held(1, HoldReason::Amendment), held(3, HoldReason::Amendment)), (50, 50));
		// Another one can be proposed at once.
		propose(2, &[improvement(50)]);
	});
}

#[test]
fn a_period_that_closes_meanwhile_adopts_no_tolerance() {
	with_group(|| {
		stake(1, 300);
		let (kept, dropped) = (propose(1, &[improvement(20)]), propose(OWNER, &[improvement(30)]));
		approve(1, dropped);
		downgrade_rules();
		add_tolerance(kept);
		only_tolerance(dropped);
		run_to(1 + PERIOD);
		assert_eq!(ending(kept), Some(AmendmentEnding::Adopted { from: 1 }));
		assert_eq!(ending(dropped), Some(AmendmentEnding::Impossible));
		assert_eq!(held(OWNER, HoldReason::Amendment), 0);
		assert!(!Revisions::<Test>::contains_key(0, 0) && Revisions::<Test>::contains_key(0, 1));
		migrate(2);
		let improvements = [0, 1].map(|round| Kept::rules(0, round).unwrap().minimum_improvement);
		assert_eq!(improvements, [1_000, 20]);
	});
}

#[test]
fn a_revision_that_is_changed_meanwhile_stays_changed() {
	with_group(|| {
		let mut new = new_group();
		new.clock.start = 500;
		assert_ok!(Kept::create(signed(1), new));
		let made = changes(&[improvement(20)]);
		assert_ok!(Kept::propose_amendment(signed(1), 1, made, summary()));
		downgrade_rules();
		run_to(1 + PERIOD);
		assert_eq!(Kept::rules(1, 0).unwrap().minimum_improvement, 20);
		migrate(2);
		assert_eq!(Kept::rules(1, 0).unwrap().minimum_improvement, 20);
	});
}

#[test]
fn ended_amendments_stay_readable() {
	with_group(|| {
		let amendment = propose(OWNER, &[improvement(20)]);
		let early = Amendments::<Test>::get(0, amendment).unwrap();
		run_to(1 + PERIOD);
		let ended = Ended::<Test>::get(0, 0).unwrap();
		let bytes = [ended.last.encode(), v2::with_tolerance(&early, 20), ended.ending.encode()].concat();
		StorageVersion::new(2).put::<Pallet<Test>>();
		unhashed::put_raw(&Ended::<Test>::hashed_key_for(0, 0), &bytes);
		assert!(Ended::<Test>::get(0, 0).is_none());
		let view = Kept::amendments(0, Page::ALL);
		assert_eq!((view.len(), &view[0].changes), (1, &vec![improvement(20)]));
		migrate(1);
		assert_eq!(Ended::<Test>::get(0, 0), Some(ended));
		assert_eq!(Kept::amendments(0, Page::ALL), view);
	});
}

#[test]
fn waits_for_enough_weight_and_runs_once() {
	with_group(|| {
		downgrade_rules();
		let required = <Test as crate::Config>::WeightInfo::migrate_revision();
		let little = Weight::from_parts(required.ref_time() - 1, required.proof_size());
		let refused = Migration::step(None, &mut WeightMeter::with_limit(little));
		assert_eq!(refused, Err(SteppedMigrationError::InsufficientWeight { required }));
		migrate(10);
		v2::Revisions::<Test>::insert(0, 1, v2::Rules::downgrade(Kept::rules(0, 0).unwrap(), 1));
		assert_eq!(Migration::step(None, &mut WeightMeter::new()), Ok(None));
		assert!(v2::Revisions::<Test>::contains_key(0, 1), "version 3 is not migrated again");
	});
}

#[test]
fn a_change_of_the_tolerance_cannot_be_proposed() {
	// Proposing is call 4, of a group, and changes as one list.
	let call = |change: Vec<u8>| [vec![4], 0u32.encode(), vec![1 << 2], change, summary().encode()].concat();
	let decode = |bytes: Vec<u8>| crate::Call::<Test>::decode(&mut &bytes[..]);
	assert!(decode(call((4u8, 20u64).encode())).is_ok());
	assert!(decode(call((3u8, 20u64).encode())).is_err());
	assert_eq!(Change::MinimumImprovement { micros: 20 }.encode()[0], 4);
}
