use crate::{mock::*, Event, RoundTestSet, RoundTestSets, Series, ROUND_RING};
use descent_protocol::TestSetVerdict::{Broken, Sound, Unavailable};
use frame_support::assert_ok;
use pallet_groups::TestSets as _;

/// What a miss costs: more than 2% of the bond.
const MISS: u128 = 25;

#[test]
fn a_missed_round_costs_a_part_of_the_bond_which_the_next_winner_gets() {
	with_series(|series| {
		run_to(33);
		TestSets::fix(series, 0, 0);
		System::assert_last_event(Event::RoundMissed { series, group: 0, paid: MISS, misses: 1 }.into());
		assert_eq!((held(), added(), Balances::free_balance(account(POTS))), (BOND - MISS, MISS, MISS));
		TestSets::fix(series, 0, 0);
		assert_eq!(added(), MISS, "once a round");
	});
}

#[test]
fn a_large_bond_loses_two_hundredths() {
	build_and_execute(|| {
		assert_ok!(open(101, Some(0)));
		let series = series(101);
		TestSets::fix(series, 0, 0);
		assert_eq!(added(), 41, "2% of 2,010, rounded up");
	});
}

#[test]
fn a_release_in_time_costs_nothing_and_forgives_misses_in_a_row() {
	with_series(|series| {
		TestSets::fix(series, 0, 7);
		TestSets::fix(series, 0, 8);
		run_to(30);
		assert_ok!(TestSets::do_release(series, values(5)[1]));
		TestSets::fix(series, 0, 0);
		TestSets::judged(series, 0, Sound);
		assert_eq!(Series::<Test>::get(series).unwrap().misses, 0);
		assert_eq!(added(), 2 * MISS);
	});
}

#[test]
fn three_misses_in_a_row_suspend_a_series() {
	with_series(|series| {
		for round in 0..5 {
			TestSets::fix(series, 0, round);
		}
		assert_eq!(added(), 3 * MISS, "no round waits for a suspended series");
		assert!(TestSets::series_view(series).unwrap().suspended);
	});
}

#[test]
fn a_set_that_nobody_serves_is_a_miss_and_a_broken_one_costs_the_rest() {
	with_series(|series| {
		run_to(30);
		assert_ok!(TestSets::do_release(series, values(5)[1]));
		TestSets::judged(series, 0, Unavailable);
		assert_eq!((held(), added()), (BOND - MISS, MISS));
		let issued = Balances::total_issuance();
		TestSets::judged(series, 0, Broken);
		let slashed = BOND - MISS;
		System::assert_last_event(Event::SeriesSlashed { series, group: 0, slashed }.into());
		assert_eq!((held(), added(), Balances::total_issuance()), (0, MISS, issued - slashed));
		assert!(Series::<Test>::get(series).is_none());
		TestSets::judged(series, 0, Unavailable);
		assert_eq!(added(), MISS, "there is no bond any more");
	});
}

#[test]
fn a_bond_that_is_used_up_is_not_waited_for() {
	with_series(|series| {
		Series::<Test>::mutate(series, |kept| kept.as_mut().unwrap().misses = 0);
		for round in 0..100 {
			TestSets::fix(series, 0, round);
			Series::<Test>::mutate(series, |kept| kept.as_mut().unwrap().misses = 0);
		}
		assert_eq!((held(), added()), (0, BOND));
	});
}

#[test]
fn the_sets_of_the_last_rounds_are_kept() {
	with_series(|series| {
		name(0, None);
		for round in 0..2 * ROUND_RING {
			TestSets::fix(series, 0, round);
		}
		assert_eq!(RoundTestSets::<Test>::iter().count(), usize::try_from(ROUND_RING).unwrap());
		assert_eq!(TestSets::round_set(0, ROUND_RING), Some(RoundTestSet::Otherwise));
		assert_eq!(TestSets::round_set(0, ROUND_RING - 1), None);
	});
}
