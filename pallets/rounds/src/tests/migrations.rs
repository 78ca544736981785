use super::{ballot, builder::SALT, measurement, Round};
use crate::{
	migrations::{v1, CommitteesByTasks, DitherScores, NameModels},
	mock::{
		account, apply, build_and_execute, change, evaluator, run_to, start_session, Rounds, System, Test,
		CLOCK, TOLERANCE,
	},
	Best, DitheredSince, Pallet, Standings, WeightInfo,
};
use codec::Encode;
use descent_protocol::{
	attestation_hash, Ballot, Outcome, Score, Tally,
	Verdict::{self, Match},
};
use frame_support::{
	migrations::{SteppedMigration, SteppedMigrationError},
	storage::unhashed,
	traits::{GetStorageVersion, OnRuntimeUpgrade, StorageVersion},
	weights::{Weight, WeightMeter},
};
use pallet_evaluators::Attest;
use sp_core::{Pair, H256};
use sp_io::hashing::{twox_128, twox_64};

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

/// The storage key of something that the runtime before kept of a round.
fn old_key(item: &[u8], round: &Round) -> Vec<u8> {
	let key = (round.group, round.index).encode();
	[&twox_128(b"Rounds"), &twox_128(item), &twox_64(&key)[..], &key].concat()
}

/// The hash that a member attested under the runtime before.
fn old_hash(round: &Round, member: u32, ballot: &Ballot) -> H256 {
	let key = evaluator(u8::try_from(200 + member).unwrap()).public();
	attestation_hash(Rounds::genesis(), round.group, round.index, &key, ballot, &SALT)
}

/// Puts the committee of a round into the state as the runtime before wrote it: four members, of whom so many
/// have attested and opened.
fn put_old_committee(round: &Round, ballot: &Ballot, attested: u32, opened: u32) {
	let members: Vec<_> = (200..204u8).map(|member| (account(member), evaluator(member).public())).collect();
	unhashed::put(&old_key(b"Committees", round), &members);
	for place in 0..attested {
		let mut key = old_key(b"Attestations", round);
		let suffix = place.encode();
		key.extend(twox_64(&suffix));
		key.extend(&suffix);
		let ballot_of = (place < opened).then_some(ballot);
		unhashed::put(&key, &(old_hash(round, place, ballot), ballot_of));
	}
	crate::Subjects::<Test>::remove((round.group, round.index));
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
	for item in [&b"Committees"[..], b"Attestations"] {
		let prefix = [twox_128(b"Rounds"), twox_128(item)].concat();
		assert!(!unhashed::contains_prefixed_key(&prefix), "something of the old storage is left");
	}
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
fn who_attests_after_the_upgrade_does_it_as_before() {
	build_and_execute(|| {
		let won = ballot(None, &[Verdict::Match(measurement(70))]);
		let round = Round::new().commits(&[1]).reveals(&[(1, 70)]).at(|windows| windows.attest.start);
		put_old_committee(&round, &won, 2, 0);
		migrate_committees();
		let attest = Attest { task: round.task(), member: 2, hash: old_hash(&round, 2, &won) };
		let call = Round::report_by(202, |report| report.attestations.try_push(attest).unwrap());
		assert_eq!(apply(call), Ok(Ok(())));
		let round = round.at(|windows| windows.open.start);
		for member in 0..3 {
			assert_eq!(apply(round.open_call(member, &won)), Ok(Ok(())));
		}
		assert_eq!(round.settles().outcomes(), [Outcome::Won]);
	});
}

#[test]
fn who_reveals_after_the_upgrade_is_a_candidate_beside_those_before() {
	build_and_execute(|| {
		let both = ballot(None, &[Verdict::Invalid, Verdict::Match(measurement(70))]);
		let round = Round::new().commits(&[1, 2]).reveals(&[(1, 70)]);
		put_old_committee(&round, &both, 4, 0);
		migrate_committees();
		let round = round.reveals(&[(2, 60)]).at(|windows| windows.open.start);
		for member in 0..4 {
			assert_eq!(apply(round.open_call(member, &both)), Ok(Ok(())));
		}
		assert_eq!(round.settles().outcomes(), [Outcome::Won, Outcome::Refuted]);
	});
}

#[test]
fn verdicts_on_candidates_that_there_are_not_are_forgotten() {
	let many = ballot(None, &[Verdict::Match(measurement(70)), Verdict::Invalid, Verdict::Invalid]);
	build_and_execute(|| {
		let round = Round::new().commits(&[1]).reveals(&[(1, 70)]).at(|windows| windows.open.start);
		put_old_committee(&round, &many, 4, 4);
		migrate_committees();
		pallet_evaluators::Pallet::<Test>::do_try_state().unwrap();
		assert_eq!(round.settles().outcomes(), [Outcome::Won]);
	});
	build_and_execute(|| {
		let round = Round::new().commits(&[1]).reveals(&[(1, 70)]).settles();
		put_old_committee(&round, &many, 4, 4);
		migrate_committees();
		assert_eq!(crate::Tallies::<Test>::get((0, 0)).unwrap().len(), 1);
	});
}

#[test]
fn a_round_that_had_no_validators_has_no_committee() {
	build_and_execute(|| {
		start_session([]);
		let round = Round::new().commits(&[1]).reveals(&[(1, 70)]).at(|windows| windows.open.start);
		put_old_committee(&round, &ballot(None, &[]), 0, 0);
		unhashed::put(&old_key(b"Committees", &round), &Vec::<u8>::new());
		migrate_committees();
		pallet_evaluators::Pallet::<Test>::do_try_state().unwrap();
		assert_eq!(round.settles().outcomes(), [Outcome::NoQuorum]);
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
