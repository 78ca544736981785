use super::{ballot, builder::SALT, measurement, Round};
use crate::{
	migrations::{v1, v3, CommitteesByTasks, DitherScores, NameModels},
	mock::{
		account, apply, build_and_execute, change, evaluator, run_to, Rounds, System, Test, CLOCK, TOLERANCE,
	},
	Best, DitheredSince, Pallet, Standings, WeightInfo,
};
use descent_protocol::{
	attestation_hash, Ballot, Outcome, Score, Tally,
	Verdict::{self, Match},
};
use frame_support::{
	migrations::{SteppedMigration, SteppedMigrationError},
	traits::{GetStorageVersion, OnRuntimeUpgrade, StorageVersion},
	weights::{Weight, WeightMeter},
	BoundedVec,
};
use sp_core::Pair;

type Migration = NameModels<Test>;

/// A standing as version 1 had it.
fn old(best: Option<u64>, earned: u128) -> v1::Standing<u128> {
	v1::Standing { rounds: 5, wins: 2, best: best.map(Score), earned, slashed: 7 }
}

/// A chain of version 1 with standings of so many trainers.
fn put(trainers: u8) {
	StorageVersion::new(1).put::<Pallet<Test>>();
	for trainer in 1..=trainers {
		let best = (trainer % 3 != 0).then_some(u64::from(trainer));
		v1::Standings::<Test>::insert(0, account(trainer), old(best, trainer.into()));
	}
}

/// Migrates with the weight of so many standings a block; the number of blocks.
fn migrate(standings: u64) -> u32 {
	let mut cursor = None;
	for blocks in 1..=1_000 {
		let weight = <Test as crate::Config>::WeightInfo::migrate_standing().saturating_mul(standings);
		cursor = Migration::step(cursor, &mut WeightMeter::with_limit(weight)).unwrap();
		if cursor.is_none() {
			return blocks;
		}
	}
	panic!("the migration does not end");
}

#[test]
fn every_best_score_gets_its_model() {
	build_and_execute(|| {
		put(40);
		assert_eq!(migrate(7), 6);
		assert_eq!(Pallet::<Test>::on_chain_storage_version(), StorageVersion::new(3));
		assert_eq!(Standings::<Test>::iter().count(), 40);
		for trainer in 1..=40u8 {
			let standing = Standings::<Test>::get(0, account(trainer)).unwrap();
			let best = (trainer % 3 != 0).then_some(Best { model_version: 0, score: Score(trainer.into()) });
			assert_eq!(standing.best, best);
			assert_eq!((standing.rounds, standing.wins), (5, 2));
			assert_eq!((standing.earned, standing.slashed), (trainer.into(), 7));
		}
	});
}

#[test]
fn of_several_models_the_best_score_is_forgotten_and_nothing_else() {
	build_and_execute(|| {
		put(1);
		change(0, |rules| rules.model_version = 3);
		assert_eq!(migrate(10), 1);
		let standing = Standings::<Test>::get(0, account(1)).unwrap();
		assert_eq!(standing.best, None);
		assert_eq!((standing.wins, standing.earned), (2, 1));
	});
}

#[test]
fn a_round_that_is_settled_meanwhile_loses_nothing() {
	build_and_execute(|| {
		put(4);
		let ballots: Vec<_> = (0..4).map(|_| ballot(None, &[Match(measurement(3))])).collect();
		Round::new().commits(&[4]).reveals(&[(4, 3)]).votes(&ballots).settles();
		let before = Standings::<Test>::get(0, account(4)).unwrap();
		assert_eq!((before.rounds, before.wins), (6, 3));
		assert_eq!(before.best.map(|best| best.score), Some(Score(3)));
		assert!(before.earned > 4);
		migrate(1);
		assert_eq!(Standings::<Test>::get(0, account(4)).unwrap(), before);
		assert_eq!(Standings::<Test>::get(0, account(2)).unwrap().rounds, 5);
	});
}

#[test]
fn waits_for_enough_weight_and_runs_once() {
	build_and_execute(|| {
		put(1);
		let required = <Test as crate::Config>::WeightInfo::migrate_standing();
		let little = Weight::from_parts(required.ref_time() - 1, required.proof_size());
		let refused = Migration::step(None, &mut WeightMeter::with_limit(little));
		assert_eq!(refused, Err(SteppedMigrationError::InsufficientWeight { required }));
		migrate(10);
		let standing = Standings::<Test>::get(0, account(1)).unwrap();
		migrate(1);
		assert_eq!(Standings::<Test>::get(0, account(1)).unwrap(), standing);
	});
}

/// Upgrades the runtime after this block.
fn dither_after(block: u32) {
	System::set_block_number(block);
	DitherScores::<Test>::on_runtime_upgrade();
}

/// The tolerance in the evaluation of round 0, and whether its view says that it is dithered, if a runtime of
/// this storage version makes the blocks up to `last`.
fn rule_of_a_round(version: u16, last: u32) -> (Option<u64>, bool) {
	StorageVersion::new(version).put::<Pallet<Test>>();
	let round = Round::new().commits(&[1]);
	run_to(last);
	DitherScores::<Test>::on_runtime_upgrade();
	round.reveals(&[(1, 500)]).at(|windows| windows.attest.start);
	let request = Rounds::evaluation_request(0, 0).unwrap();
	let view = Rounds::round_view(0, 0).unwrap();
	assert_eq!(request.rounding(), view.rounding(request.seed));
	(request.tolerance, view.dithered)
}

#[test]
fn rounds_of_a_new_chain_are_dithered() {
	build_and_execute(|| {
		assert_eq!(rule_of_a_round(3, CLOCK.windows(0).unwrap().seed), (None, true));
		assert!(!DitheredSince::<Test>::exists());
	});
}

#[test]
fn a_round_whose_seed_an_older_runtime_drew_keeps_its_rule() {
	let seed = CLOCK.windows(0).unwrap().seed;
	for (last, expected) in [(seed, (Some(TOLERANCE), false)), (seed - 1, (None, true))] {
		for version in [1, 2] {
			build_and_execute(|| assert_eq!(rule_of_a_round(version, last), expected, "block {last}"));
		}
	}
}

#[test]
fn the_upgrade_notes_its_block_once() {
	for (before, after) in [(1, 1), (2, 3)] {
		build_and_execute(|| {
			StorageVersion::new(before).put::<Pallet<Test>>();
			dither_after(7);
			assert_eq!(DitheredSince::<Test>::get(), 8);
			assert_eq!(Pallet::<Test>::on_chain_storage_version(), StorageVersion::new(after));
			// Whatever a later release upgrades.
			dither_after(20);
			assert_eq!(DitheredSince::<Test>::get(), 8);
			migrate(1);
			assert_eq!(Pallet::<Test>::on_chain_storage_version(), StorageVersion::new(3));
			dither_after(30);
			assert_eq!(DitheredSince::<Test>::get(), 8);
		});
	}
}

/// Puts the committee of a round into the state as the runtime before wrote it: four members, of whom so many
/// have attested and opened by its hashes.
fn put_old_committee(round: &Round, ballot: &Ballot, attested: u32, opened: u32) {
	let members: Vec<_> = (200..204u8).map(|member| (account(member), evaluator(member).public())).collect();
	let key = (round.group, round.index);
	v3::Committees::<Test>::insert(key, BoundedVec::truncate_from(members.clone()));
	for (place, (_, member)) in (0u32..attested).zip(members) {
		let hash = attestation_hash(Rounds::genesis(), key.0, key.1, &member, ballot, &SALT);
		let ballot = (place < opened).then(|| ballot.clone());
		v3::Attestations::<Test>::insert(key, place, v3::Attestation { hash, ballot });
	}
	crate::Subjects::<Test>::remove(key);
	StorageVersion::new(3).put::<Pallet<Test>>();
}

fn migrate_committees() {
	let required = <Test as crate::Config>::WeightInfo::migrate_committee();
	let mut cursor = Some(());
	while cursor.is_some() {
		let mut meter = WeightMeter::with_limit(required.saturating_mul(2));
		cursor = CommitteesByTasks::<Test>::step(cursor, &mut meter).unwrap();
	}
	assert_eq!(Pallet::<Test>::on_chain_storage_version(), StorageVersion::new(4));
	assert_eq!(v3::Committees::<Test>::iter().count() + v3::Attestations::<Test>::iter().count(), 0);
}

#[test]
fn who_attested_before_the_upgrade_opens_after_it() {
	build_and_execute(|| {
		let won = ballot(None, &[Verdict::Match(measurement(70))]);
		let round = Round::new().commits(&[1]).reveals(&[(1, 70)]).at(|windows| windows.open.start);
		put_old_committee(&round, &won, 3, 1);
		migrate_committees();
		assert!(apply(round.open_call(0, &won)).is_err(), "it has opened");
		for member in [1, 2] {
			assert_eq!(apply(round.open_call(member, &won)), Ok(Ok(())));
		}
		assert!(apply(round.open_call(3, &won)).is_err(), "it has not attested");
		assert_eq!(round.settles().outcomes(), [Outcome::Won]);
	});
}

#[test]
fn a_round_that_is_settled_while_the_chain_migrates_finds_its_ballots() {
	build_and_execute(|| {
		let won = ballot(None, &[Verdict::Match(measurement(70))]);
		let round = Round::new().commits(&[1]).reveals(&[(1, 70)]).at(|windows| windows.open.start);
		put_old_committee(&round, &won, 4, 4);
		let round = round.settles();
		assert_eq!(round.outcomes(), [Outcome::Won]);
		migrate_committees();
		assert_eq!(pallet_evaluators::Committees::<Test>::iter().count(), 0);
	});
}

#[test]
fn of_settled_rounds_the_tallies_are_kept() {
	build_and_execute(|| {
		let refused = ballot(None, &[Verdict::Invalid]);
		let round = Round::new().commits(&[1]).reveals(&[(1, 70)]).settles();
		put_old_committee(&round, &refused, 4, 3);
		migrate_committees();
		let tally = Tally { invalid: 3, ..Tally::default() };
		assert_eq!(crate::Tallies::<Test>::get((0, 0)).unwrap().to_vec(), [tally]);
	});
}
