use super::{checks_in, delta, found, proposal, propose, valid, DEPOSIT};
use crate::{
	migrations::{v1, CheckByTasks},
	mock::{build_and_execute, free, model, run_to, Dataset, System, Test, ENDOWMENT},
	OpenChecks, Pallet,
};
use codec::Encode;
use descent_protocol::MAX_ATTEMPTS;
use frame_support::{
	migrations::SteppedMigration,
	storage::unhashed,
	traits::{GetStorageVersion, StorageVersion},
	weights::{Weight, WeightMeter},
};
use sp_core::H256;

/// Puts the check of a proposal into the state as the runtime before wrote it, with an attempt in which one
/// of four members has attested.
fn put_old(id: u32, is_decided: bool) {
	OpenChecks::<Test>::remove(0, id);
	let check = v1::Check { version: 1, model: model(), first_attempt: 0, since: 2, size: 4, is_decided };
	let members = [[1u8; 64]; 4].to_vec();
	let attestation = Some((H256::repeat_byte(1), None::<u8>));
	let attestations = vec![attestation, None, None, None];
	let bytes = (check, Some((0u32, members, attestations))).encode();
	unhashed::put_raw(&v1::Checks::<Test>::hashed_key_for(0, id), &bytes);
	StorageVersion::new(1).put::<Pallet<Test>>();
}

fn migrate() -> u32 {
	let mut steps = 0;
	let mut cursor = None;
	loop {
		let mut meter = WeightMeter::with_limit(Weight::from_parts(1_200_000_000, u64::MAX));
		cursor = CheckByTasks::<Test>::step(cursor, &mut meter).unwrap();
		steps += 1;
		if cursor.is_none() {
			return steps;
		}
	}
}

#[test]
fn a_check_that_runs_begins_anew_under_new_numbers() {
	build_and_execute(|| {
		let ids = [propose(1, delta(1)), propose(2, delta(2))];
		run_to(7);
		ids.into_iter().for_each(|id| put_old(id, false));
		assert!(migrate() > 1, "a step is bounded");
		assert_eq!(Pallet::<Test>::on_chain_storage_version(), StorageVersion::new(2));
		assert_eq!(v1::Checks::<Test>::iter().count(), 0);
		let check = OpenChecks::<Test>::get(0, ids[0]).unwrap();
		assert_eq!((check.first_attempt, check.attempt), (MAX_ATTEMPTS, MAX_ATTEMPTS));
		assert_eq!((check.since, check.is_decided), (7, false));
		checks_in(ids[0], MAX_ATTEMPTS, &[Some(valid(5)); 4]);
		assert_eq!(proposal(ids[0]).valid, found(1, 5));
		assert_eq!(free(1), ENDOWMENT - DEPOSIT);
		assert_eq!(migrate(), 1, "it does nothing again");
	});
}

#[test]
fn a_check_that_is_decided_stays_so() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		checks_in(id, 0, &[Some(valid(5)); 4]);
		put_old(id, true);
		migrate();
		assert!(OpenChecks::<Test>::get(0, id).unwrap().is_decided);
	});
}

#[test]
fn a_close_during_the_migration_loses_nothing() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		put_old(id, false);
		let block = System::block_number();
		pallet_groups::Groups::<Test>::mutate(0, |group| {
			group.as_mut().unwrap().voting.closing = Some(block);
		});
		frame_support::assert_ok!(crate::mock::Groups::close_period(crate::mock::signed(9), 0));
		assert_eq!(proposal(id).lost, 0);
		let begun = OpenChecks::<Test>::get(0, id).unwrap();
		migrate();
		assert_eq!(OpenChecks::<Test>::get(0, id), Some(begun));
		assert_eq!(Dataset::version(0), 1);
	});
}
