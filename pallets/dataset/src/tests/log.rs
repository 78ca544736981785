use super::{closes, delta, pass_all, propose, stake, vote};
use crate::{
	mock::{account, build_and_execute, create_group, first_delta, Dataset, Test},
	Log, Versions,
};
use descent_protocol::dataset_root;
use pallet_groups::DatasetLog;
use sp_core::H256;

#[test]
fn a_group_begins_with_the_delta_that_it_was_created_with() {
	build_and_execute(|| {
		create_group();
		for group in [0, 1] {
			let entry = Log::<Test>::get(group, 1).unwrap();
			assert_eq!((entry.delta, entry.proposer), (first_delta(), account(100)));
			assert_eq!((entry.from, entry.report, entry.block), (0, None, 1));
			assert_eq!(entry.root, dataset_root(H256::zero(), first_delta().digest));
			assert_eq!(Versions::<Test>::get(group), 1);
			assert_eq!(Dataset::version_at(group, 0), 1);
		}
	});
}

#[test]
fn a_group_that_there_is_not_has_an_empty_log() {
	build_and_execute(|| {
		assert_eq!(Dataset::version_at(7, 3), 0);
		assert_eq!(Dataset::root_of(7, 0), H256::zero());
		assert!(Dataset::deltas(7, 0).is_empty() && Dataset::deltas(7, 5).is_empty());
		assert!(Dataset::log(7, 0, 100).is_empty());
	});
}

#[test]
fn every_version_has_the_root_that_its_deltas_make() {
	build_and_execute(|| {
		stake(3, 100);
		let mut root = Dataset::root_of(0, 1);
		for version in 2..8 {
			let id = propose(1, delta(version));
			vote(3, id);
			pass_all(&[id]);
			closes();
			root = dataset_root(root, delta(version).digest);
			assert_eq!(Dataset::root_of(0, version), root);
			let deltas = Dataset::deltas(0, version);
			assert_eq!(deltas.len(), version as usize);
			assert_eq!(deltas.last().unwrap().delta, delta(version));
			assert_eq!(deltas.last().unwrap().providers, ["http://10.0.0.1"]);
		}
		assert_eq!(Dataset::deltas(0, 3).len(), 3);
		// Five rounds a period: every version is found whichever round is asked for.
		let entries: Vec<_> = (1..8).map(|version| Log::<Test>::get(0, version).unwrap()).collect();
		for round in 0..60 {
			let expected = entries.iter().filter(|entry| entry.from <= round).count();
			assert_eq!(Dataset::version_at(0, round) as usize, expected);
		}
	});
}

#[test]
fn versions_of_one_round_follow_each_other() {
	build_and_execute(|| {
		let first = Log::<Test>::get(0, 1).unwrap();
		for (version, from) in [(2, 4), (3, 4), (4, 4), (5, 9)] {
			let mut entry = first.clone();
			entry.from = from;
			Log::<Test>::insert(0, version, entry);
		}
		Versions::<Test>::insert(0, 5);
		let versions = [0, 3, 4, 8, 9, 10].map(|round| Dataset::version_at(0, round));
		assert_eq!(versions, [1, 1, 4, 4, 5, 5]);
		for version in 2..6 {
			Log::<Test>::remove(0, version);
		}
		Versions::<Test>::insert(0, 1);
	});
}
