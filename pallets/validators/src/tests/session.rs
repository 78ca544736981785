use crate::{
	mock::{
		account, build_and_execute, execute, genesis, keys, run_sessions, signed, Historical, MinimumBond,
		Seats, Session, Test, Validators, DISPUTE, GENESIS_BOND, MINIMUM, SESSION,
	},
	tests::builder::*,
	KeyOwners,
};
use descent_protocol::MAX_COMMITTEE;
use frame_support::{assert_ok, traits::KeyOwnerProofSystem};
use pallet_session::historical::HistoricalSessions;
use sp_runtime::key_types::BABE;

#[test]
fn those_with_the_largest_bonds_are_the_set_after_the_next() {
	build_and_execute(|| {
		bond(5, GENESIS_BOND + 1);
		bond(6, GENESIS_BOND);
		run_sessions(1);
		assert_eq!(set(), [1, 2, 3, 4]);
		run_sessions(1);
		// 6 has as much as those who were there before it.
		assert_eq!(set(), [5, 1, 2, 3]);
		bond(6, 1);
		run_sessions(2);
		assert_eq!(set(), [5, 6, 1, 2]);
	});
}

#[test]
fn who_unbonds_after_it_was_chosen_serves_and_can_be_slashed() {
	build_and_execute(|| {
		run_sessions(1);
		unbond(1, GENESIS_BOND);
		run_sessions(1);
		assert_eq!(set(), [1, 2, 3, 4]);
		offend(1, 0);
		assert_eq!(held(1), GENESIS_BOND / 5 * 4);
		run_sessions(1);
		assert_eq!(set(), [2, 3, 4]);
	});
}

#[test]
fn who_chills_serves_to_the_end() {
	build_and_execute(|| {
		assert_ok!(Validators::chill(signed(2)));
		run_sessions(1);
		assert_eq!(set(), [1, 2, 3, 4]);
		run_sessions(1);
		assert_eq!(set(), [1, 3, 4]);
		// It stays so, whatever it bonds.
		bond(2, GENESIS_BOND);
		run_sessions(3);
		assert_eq!(set(), [1, 3, 4]);
		assert_ok!(Validators::validate(signed(2)));
		run_sessions(2);
		assert_eq!(set(), [2, 1, 3, 4]);
	});
}

#[test]
fn a_set_may_have_empty_seats() {
	execute(genesis([(1, MINIMUM), (2, MINIMUM)]), || {
		run_sessions(2);
		assert_eq!(set(), [1, 2]);
	});
}

#[test]
fn where_nobody_is_left_the_set_stays() {
	build_and_execute(|| {
		for number in 1..=4 {
			assert_ok!(Validators::chill(signed(number)));
		}
		run_sessions(5);
		assert_eq!(set(), [1, 2, 3, 4]);
		bond(5, MINIMUM);
		run_sessions(2);
		assert_eq!(set(), [5]);
	});
}

#[test]
fn seats_follow_what_is_governed() {
	build_and_execute(|| {
		Seats::set(2);
		run_sessions(2);
		assert_eq!(set(), [1, 2]);
		Seats::set(3);
		run_sessions(2);
		assert_eq!(set(), [1, 2, 3]);
		// Without seats there would be no chain.
		Seats::set(0);
		run_sessions(2);
		assert_eq!(set(), [1, 2, 3]);
	});
}

#[test]
fn a_set_is_no_larger_than_a_committee() {
	execute(genesis((1..=100).map(|number| (number, MINIMUM))), || {
		bond(101, 2 * MINIMUM);
		set_keys(&account(101), keys(101));
		Seats::set(u32::MAX);
		run_sessions(2);
		assert_eq!(u32::try_from(set().len()), Ok(MAX_COMMITTEE));
		assert_eq!(set()[..2], [101, 1]);
	});
}

#[test]
fn who_has_less_than_a_raised_minimum_is_not_chosen() {
	execute(genesis((1..=9).map(|number| (number, GENESIS_BOND))), || {
		Seats::set(9);
		run_sessions(2);
		assert_eq!(set().len(), 9);
		for number in 2..=8 {
			bond(number, 1);
		}
		MinimumBond::set(GENESIS_BOND + 1);
		run_sessions(2);
		assert_eq!(set(), [2, 3, 4, 5, 6, 7, 8]);
		bond(9, 1);
		run_sessions(2);
		assert_eq!(set(), [2, 3, 4, 5, 6, 7, 8, 9]);
	});
}

#[test]
fn nobody_captures_the_chain_by_being_the_first_with_a_raised_minimum() {
	execute(genesis((1..=10).map(|number| (number, GENESIS_BOND))), || {
		Seats::set(10);
		run_sessions(2);
		MinimumBond::set(2 * GENESIS_BOND);
		bond(11, 2 * GENESIS_BOND);
		for sessions in [2, 10] {
			run_sessions(sessions);
			assert_eq!(set(), [11, 1, 2, 3, 4, 5, 6]);
		}
		// Whoever bonds more comes first, as ever.
		bond(9, GENESIS_BOND);
		run_sessions(2);
		assert_eq!(set(), [11, 9, 1, 2, 3, 4, 5]);
	});
	execute(genesis((1..=5).map(|number| (number, GENESIS_BOND))), || {
		Seats::set(5);
		MinimumBond::set(2 * GENESIS_BOND);
		run_sessions(2);
		assert_eq!(set(), [1, 2, 3, 4]);
	});
}

#[test]
fn cheap_seats_beside_large_bonds_are_not_chosen() {
	for cheap in [8, 9] {
		let bonds = (1..=4).map(|number| (number, 100 * MINIMUM));
		execute(genesis(bonds.chain((5..5 + cheap).map(|number| (number, MINIMUM)))), || {
			Seats::set(100);
			run_sessions(2);
			assert_eq!(set(), [1, 2, 3, 4]);
			// With as much as the others they sit.
			bond(5, 99 * MINIMUM);
			run_sessions(2);
			assert_eq!(set(), [1, 2, 3, 4, 5]);
		});
	}
}

#[test]
fn a_few_larger_bonds_displace_no_majority() {
	execute(genesis((1..=20).map(|number| (number, GENESIS_BOND))), || {
		Seats::set(100);
		for number in 21..=24 {
			bond(number, 5 * GENESIS_BOND);
		}
		run_sessions(2);
		assert_eq!(set(), [21, 22, 23, 24].into_iter().chain(1..=20).collect::<Vec<_>>());
		for number in 21..=24 {
			bond(number, 2 * GENESIS_BOND);
		}
		run_sessions(2);
		assert_eq!(set(), [21, 22, 23, 24]);
	});
}

#[test]
fn who_has_no_keys_is_not_chosen_and_takes_no_seat() {
	build_and_execute(|| {
		bond(101, 3 * GENESIS_BOND);
		run_sessions(2);
		assert_eq!(set(), [1, 2, 3, 4]);
		set_keys(&account(101), keys(101));
		run_sessions(2);
		assert_eq!(set(), [101, 1, 2, 3]);
		purge_keys(&account(101));
		run_sessions(2);
		assert_eq!(set(), [1, 2, 3, 4]);
	});
}

#[test]
fn an_offence_is_proven_with_the_keys_of_its_session_for_as_long_as_it_can_be_disputed() {
	build_and_execute(|| {
		run_sessions(2);
		let key = |number| (BABE, [number; 32]);
		let proof = Historical::prove(key(1)).unwrap();
		// New keys belong to the session after the next, whose set is the same.
		set_keys(&account(1), keys(150));
		run_sessions(2);
		assert_eq!(Historical::check_proof(key(1), proof.clone()), Some((account(1), ())));
		let newer = Historical::prove(key(150)).unwrap();
		run_sessions(1);
		assert_eq!(Historical::check_proof(key(150), newer), Some((account(1), ())));
		// Chosen at the start of session 1 for session 2.
		let last = (SESSION + DISPUTE) / SESSION - 1;
		run_sessions(last - Session::current_index());
		assert!(Historical::check_proof(key(1), proof.clone()).is_some());
		run_sessions(1);
		assert_eq!(Historical::check_proof(key(1), proof), None);
		let kept = u32::try_from(HistoricalSessions::<Test>::iter().count());
		assert_eq!(kept, Ok(DISPUTE / SESSION));
	});
}

/// Asserts that an account's old key is proven to be one of this session, as a node does it and as a block
/// checks it.
fn check_owner(of: u8, key: u8) {
	let key = (BABE, [key; 32]);
	let proof = KeyOwners::<Test>::prove(key).unwrap();
	assert_eq!(KeyOwners::<Test>::check_proof(key, proof), Some((account(of), ())));
}

#[test]
fn who_sets_or_purges_keys_is_known_by_those_it_serves_with() {
	build_and_execute(|| {
		run_sessions(2);
		let before = KeyOwners::<Test>::prove((BABE, [1; 32])).unwrap();
		set_keys(&account(1), keys(150));
		purge_keys(&account(2));
		// Somebody else may have them by now.
		set_keys(&account(3), keys(2));
		for (of, key) in [(1, 1), (2, 2), (3, 3)] {
			check_owner(of, key);
		}
		let known = KeyOwners::<Test>::check_proof((BABE, [1; 32]), before.clone());
		assert_eq!(known, Some((account(1), ())));
		let not_yet = KeyOwners::<Test>::prove((BABE, [150; 32])).unwrap();
		assert_eq!(KeyOwners::<Test>::check_proof((BABE, [150; 32]), not_yet), None);

		// The set that was chosen before serves with the keys from before, and what was proven stays so.
		run_sessions(1);
		let late = KeyOwners::<Test>::prove((BABE, [2; 32])).unwrap();
		for (of, key) in [(1, 1), (2, 2), (3, 3)] {
			check_owner(of, key);
		}
		run_sessions(1);
		for (proof, of) in [(before, 1), (late, 2)] {
			let known = KeyOwners::<Test>::check_proof((BABE, [of; 32]), proof);
			assert_eq!(known, Some((account(of), ())));
		}
		check_owner(1, 150);
		check_owner(3, 2);
		assert_eq!(set(), [1, 3, 4]);
		let kept = pallet_session::NextKeys::<Test>::get(account(1));
		assert_eq!(kept, Some(keys(150)), "asking changes nothing");
	});
}

#[test]
fn the_first_session_is_proven_too() {
	build_and_execute(|| {
		set_keys(&account(1), keys(150));
		check_owner(1, 1);
		run_sessions(1);
		check_owner(1, 1);
	});
}
