use crate::{
	migrations::{old_key, AddBonds},
	mock::{
		account, build_and_execute, evaluator, new_test_ext, run_to, start_session, BondOf, Evaluators, Test,
	},
	EvaluatorSet, Pallet,
};
use codec::Encode;
use descent_protocol::MAX_COMMITTEE;
use frame_support::{
	storage::unhashed,
	traits::{GetStorageVersion, OnRuntimeUpgrade, OneSessionHandler, StorageVersion},
};
use sp_core::Pair;

/// The evaluators of a block, with their bonds.
fn evaluators_of(block: u32) -> Vec<(u8, u128)> {
	let evaluators = Evaluators::evaluators_of(block).into_iter();
	evaluators.map(|evaluator| (crate::mock::number(&evaluator.account), evaluator.bond)).collect()
}

#[test]
fn the_validators_of_the_session_are_the_evaluators_with_their_bonds() {
	build_and_execute(|| {
		run_to(5);
		BondOf::set(vec![(6, 70)]);
		start_session([5, 6]);
		assert_eq!(evaluators_of(6), [(5, 1_000), (6, 70)]);
		let set = crate::CurrentEvaluators::<Test>::get();
		assert_eq!((set.since, set.evaluators[1].key.clone()), (6, evaluator(6).public()));
		// A bond that changes in the session counts in the next.
		BondOf::set(vec![(6, 9)]);
		assert_eq!(evaluators_of(6), [(5, 1_000), (6, 70)]);
	});
}

#[test]
fn those_of_the_session_before_are_known_for_its_blocks() {
	build_and_execute(|| {
		run_to(5);
		start_session([5]);
		assert_eq!(evaluators_of(5).len(), 4);
		assert_eq!(evaluators_of(6), [(5, 1_000)]);
		run_to(9);
		start_session([6]);
		assert_eq!((evaluators_of(9), evaluators_of(10)), (vec![(5, 1_000)], vec![(6, 1_000)]));
		assert_eq!(evaluators_of(2), [(5, 1_000)], "the oldest that are known");
		// Two sessions that begin in one block.
		start_session([7]);
		assert_eq!((evaluators_of(9), evaluators_of(10)), (vec![(5, 1_000)], vec![(7, 1_000)]));
	});
}

#[test]
fn genesis_sets_them_as_well() {
	new_test_ext().execute_with(|| {
		Evaluators::on_genesis_session([(&account(5), evaluator(5).public())].into_iter());
		assert_eq!(evaluators_of(2), [(5, 1_000)]);
	});
}

#[test]
fn a_large_set_is_cut_to_what_a_committee_can_have() {
	build_and_execute(|| {
		start_session(1..=120);
		assert_eq!(u32::try_from(evaluators_of(9).len()), Ok(MAX_COMMITTEE));
		assert_eq!(evaluators_of(9)[99].0, 100);
	});
}

#[test]
fn evaluators_of_the_runtime_before_get_their_bonds() {
	build_and_execute(|| {
		let old: Vec<_> = [5, 6].map(|number| (account(number), evaluator(number).public())).into();
		crate::CurrentEvaluators::<Test>::kill();
		unhashed::put_raw(&old_key::<Test>(), &old.encode());
		StorageVersion::new(1).put::<Pallet<Test>>();
		BondOf::set(vec![(6, 70)]);
		AddBonds::<Test>::on_runtime_upgrade();
		assert_eq!(evaluators_of(1), [(5, 1_000), (6, 70)]);
		assert_eq!(Pallet::<Test>::on_chain_storage_version(), StorageVersion::new(2));
		start_session([7]);
		let before: EvaluatorSet<_> = crate::CurrentEvaluators::<Test>::get();
		AddBonds::<Test>::on_runtime_upgrade();
		assert_eq!(crate::CurrentEvaluators::<Test>::get(), before, "it does nothing again");
	});
}

#[test]
fn evaluators_that_cannot_be_read_are_none_until_the_next_session() {
	for bytes in [None, Some(vec![]), Some(vec![4, 1])] {
		build_and_execute(|| {
			match &bytes {
				Some(bytes) => unhashed::put_raw(&old_key::<Test>(), bytes),
				None => unhashed::kill(&old_key::<Test>()),
			}
			crate::CurrentEvaluators::<Test>::kill();
			StorageVersion::new(1).put::<Pallet<Test>>();
			AddBonds::<Test>::on_runtime_upgrade();
			assert!(evaluators_of(1).is_empty());
			start_session([7]);
			assert_eq!(evaluators_of(2), [(7, 1_000)]);
		});
	}
}
