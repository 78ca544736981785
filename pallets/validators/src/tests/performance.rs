use crate::{
	mock::{
		account, build_and_execute, execute, genesis, run_sessions, run_to, signed, Session, System, Test,
		Validators, GENESIS_BOND, JAIL, MINIMUM, UNBONDING,
	},
	tests::builder::*,
	Absences, Event, Incidents, Misattestation, Struck, WeightInfo,
};
use descent_protocol::{Performance, ABSENCE_INTERVAL, MAX_ABSENCES, STRIKE_LIFETIME};
use frame_support::{assert_ok, weights::Weight};
use pallet_evaluators::PerformanceObserver;
use sp_runtime::Perbill;
use sp_staking::offence::Offence;

fn observe(performance: &[(u8, Performance)]) -> Weight {
	let performance = performance.iter();
	let performance: Vec<_> =
		performance.map(|(number, performance)| (account(*number), *performance)).collect();
	Validators::observed(&performance)
}

/// Has an account attest something false.
fn lie(number: u8) {
	observe(&[(number, Performance::False)]);
}

fn struck(number: u8, strikes: u32) -> Event<Test> {
	Event::Struck { account: account(number), strikes }
}

#[test]
fn one_misattestation_is_a_strike() {
	build_and_execute(|| {
		lie(1);
		assert_eq!(events(), [struck(1, 1)]);
		assert_eq!(Struck::<Test>::get(account(1)), Incidents { count: 1, last: 1 });
		assert_eq!(held(1), GENESIS_BOND);
		assert_eq!(candidates(), [1, 2, 3, 4]);
	});
}

#[test]
fn two_are_an_offence() {
	build_and_execute(|| {
		lie(1);
		run_to(4);
		lie(1);
		// One of four: (3/4)^2.
		let share = Perbill::from_parts(562_500_000);
		assert_eq!(
			events(),
			[
				struck(1, 1),
				struck(1, 2),
				Event::Slashed { account: account(1), amount: GENESIS_BOND * 5_625 / 10_000, share },
				left(1),
				Event::Jailed { account: account(1), until: 4 + JAIL },
			]
		);
		assert!(!Struck::<Test>::contains_key(account(1)));
		assert_eq!(silenced(), [1]);
	});
}

#[test]
fn a_strike_is_forgotten_in_time() {
	build_and_execute(|| {
		lie(1);
		System::set_block_number(1 + STRIKE_LIFETIME);
		lie(1);
		assert_eq!(events().last(), Some(&struck(1, 1)));
		assert_eq!(held(1), GENESIS_BOND);
		System::set_block_number(2 * STRIKE_LIFETIME);
		lie(1);
		assert!(held(1) < GENESIS_BOND);
	});
}

#[test]
fn honest_and_idle_members_have_nothing_to_fear() {
	build_and_execute(|| {
		for block in 2..20 {
			run_to(block);
			observe(&[(1, Performance::Sound), (2, Performance::Idle)]);
		}
		assert!(events().is_empty());
		assert_eq!(Struck::<Test>::iter().count(), 0);
		lie(1);
		observe(&[(1, Performance::Sound), (1, Performance::Idle)]);
		assert_eq!(Struck::<Test>::get(account(1)).count, 1);
	});
}

/// Has an account be absent so often in a row, each time so long after the last that it counts.
fn miss(number: u8, times: u32) {
	for _ in 0..times {
		System::set_block_number(System::block_number() + ABSENCE_INTERVAL);
		observe(&[(number, Performance::Absent)]);
	}
}

fn absences(number: u8) -> u32 {
	Absences::<Test>::get(account(number)).count
}

/// A chain with one candidate more than a set needs.
fn with_five(test: impl FnOnce()) {
	execute(genesis((1..=5).map(|number| (number, GENESIS_BOND))), test);
}

#[test]
fn who_is_never_heard_from_is_no_candidate_any_more_and_loses_nothing() {
	with_five(|| {
		miss(1, MAX_ABSENCES - 1);
		assert_eq!((candidates(), events()), (vec![1, 2, 3, 4, 5], vec![]));
		miss(1, 1);
		let missed = Event::Missed { account: account(1) };
		assert_eq!(events(), [missed, left(1)]);
		assert_eq!((candidates(), held(1)), (vec![2, 3, 4, 5], GENESIS_BOND));
		// What is still found out of it is of before.
		miss(1, 2 * MAX_ABSENCES);
		assert_eq!(Absences::<Test>::iter().count(), 0);
		assert_ok!(Validators::validate(signed(1)));
		miss(1, MAX_ABSENCES - 1);
		assert_eq!(candidates(), [2, 3, 4, 5, 1]);
	});
}

#[test]
fn it_takes_a_day_however_many_rounds_there_are() {
	with_five(|| {
		let begin = System::block_number();
		while candidates().contains(&1) {
			System::set_block_number(System::block_number() + 1);
			for _ in 0..3 {
				observe(&[(1, Performance::Absent)]);
			}
		}
		assert!(System::block_number() - begin >= STRIKE_LIFETIME);
	});
}

#[test]
fn only_candidates_are_absent() {
	with_five(|| {
		offend(1, 0);
		miss(1, MAX_ABSENCES);
		System::set_block_number(System::block_number() + JAIL);
		assert_eq!((absences(1), ledger(1).chilled), (0, false));
		assert_ok!(Validators::validate(signed(1)));
		miss(200, MAX_ABSENCES);
		assert_eq!(Absences::<Test>::iter().count(), 0);
	});
}

#[test]
fn who_is_heard_once_in_a_while_stays() {
	with_five(|| {
		for heard in [Performance::Sound, Performance::False] {
			miss(1, MAX_ABSENCES - 1);
			observe(&[(1, heard)]);
			assert!(!Absences::<Test>::contains_key(account(1)));
		}
		miss(1, MAX_ABSENCES - 1);
		// It may have been silent then as well.
		observe(&[(1, Performance::Idle)]);
		assert_eq!(candidates(), [1, 2, 3, 4, 5]);
		miss(1, 1);
		assert_eq!(candidates(), [2, 3, 4, 5]);
	});
}

#[test]
fn absences_are_forgotten_with_the_bond() {
	with_five(|| {
		miss(1, 5);
		unbond(1, GENESIS_BOND);
		assert_eq!(absences(1), 5);
		System::set_block_number(System::block_number() + UNBONDING);
		assert_ok!(Validators::withdraw(signed(1)));
		assert!(!Absences::<Test>::contains_key(account(1)));
	});
}

#[test]
fn of_as_few_as_a_set_needs_nobody_is_put_out() {
	build_and_execute(|| {
		miss(1, 2 * MAX_ABSENCES);
		assert_eq!((candidates(), absences(1)), (vec![1, 2, 3, 4], 0));
		bond(5, MINIMUM);
		miss(1, MAX_ABSENCES);
		assert_eq!(candidates(), [2, 3, 4, 5]);
		miss(2, MAX_ABSENCES);
		assert_eq!(candidates(), [2, 3, 4, 5]);
	});
}

#[test]
fn those_who_lie_together_pay_more() {
	execute(genesis((1..=20).map(|number| (number, MINIMUM * 10))), || {
		crate::mock::Seats::set(20);
		run_sessions(2);
		assert_eq!(set().len(), 20);
		let liars: Vec<_> = (1..=4).map(|number| (number, Performance::False)).collect();
		observe(&liars);
		observe(&liars);
		// Four of twenty: (12/20)^2.
		assert!((1..=4).all(|number| held(number) == MINIMUM * 10 / 100 * 64));
		// And two more whom another committee finds out: (18/20)^2.
		observe(&[(5, Performance::False), (6, Performance::False)]);
		observe(&[(5, Performance::False), (6, Performance::False)]);
		assert!((1..=6).all(|number| held(number) == MINIMUM * 10 / 100 * 19));
		run_sessions(1);
		for _ in 0..2 {
			lie(7);
		}
		assert_eq!(held(7), MINIMUM * 10 / 10 * 9);
		assert!((1..=6).all(|number| held(number) == MINIMUM * 10 / 100 * 19));
	});
}

#[test]
fn what_is_found_out_of_who_is_in_jail_is_work_from_before() {
	build_and_execute(|| {
		lie(1);
		lie(1);
		let left = held(1);
		for session in 0..4 {
			run_sessions(1);
			lie(1);
			lie(1);
			assert_eq!((session, held(1)), (session, left));
		}
		assert!(!Struck::<Test>::contains_key(account(1)));
		run_to(1 + JAIL);
		lie(1);
		lie(1);
		assert!(held(1) < left);
	});
}

#[test]
fn who_is_no_validator_any_more_pays_as_well() {
	build_and_execute(|| {
		unbond(1, GENESIS_BOND);
		run_sessions(3);
		assert_eq!(set(), [2, 3, 4]);
		lie(1);
		lie(1);
		// One of three: everything.
		assert_eq!(held(1), 0);
		assert!(silenced().is_empty());
	});
}

#[test]
fn a_full_committee_of_liars_is_no_more_than_work() {
	execute(genesis((1..=100).map(|number| (number, MINIMUM))), || {
		let everybody: Vec<_> = (1..=100).map(|number| (number, Performance::False)).collect();
		observe(&everybody);
		observe(&everybody);
		assert!((1..=100).all(|number| held(number) == 0));
		assert!(candidates().is_empty());
	});
}

#[test]
fn the_offence_says_what_it_is() {
	build_and_execute(|| {
		let offence =
			Misattestation { session: Session::current_index(), validators: 100, offenders: vec![1, 2] };
		assert_eq!(offence.offenders(), [1, 2]);
		assert_eq!((offence.session_index(), offence.slot()), (0, 0));
		assert_eq!(offence.validator_set_count(), 100);
		assert_eq!(offence.slash_fraction(1), Perbill::from_percent(10));
		assert_eq!(offence.slash_fraction(20), Perbill::from_percent(36));
		assert_eq!(offence.slash_fraction(u32::MAX), Perbill::one());
	});
}

#[test]
fn members_are_charged_for_what_follows_from_their_performance() {
	use Performance::{Absent, False, Idle, Sound};
	build_and_execute(|| {
		let observed = <() as WeightInfo>::observed;
		let chilled = <() as WeightInfo>::chilled;
		let convicted = <() as WeightInfo>::convicted;
		assert_eq!(observe(&[(1, Sound), (2, Sound), (3, Idle)]), observed(3));
		assert_eq!(observe(&[(1, Absent), (2, Sound), (3, False)]), observed(1) + chilled(2));
		Absences::<Test>::insert(account(1), Incidents { count: 1, last: 1 });
		assert_eq!(observe(&[(1, Sound), (3, False)]), chilled(1) + convicted(1));
		assert_eq!(observe(&[]), Weight::zero());
		let most = Validators::observed_weight(100);
		assert!((chilled(50) + convicted(50)).all_lte(most) && observed(100).all_lte(most));
	});
}
