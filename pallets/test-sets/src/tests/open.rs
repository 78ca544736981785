use crate::{mock::*, Error, Event, Series};
use descent_protocol::{Codec, ContentRef, MAX_TEST_SETS};
use frame_support::{assert_noop, assert_ok};
use pallet_groups::TestSets as _;
use sp_core::H256;

fn signed(number: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(number))
}

#[test]
fn a_series_holds_a_bond_for_each_of_its_sets() {
	build_and_execute(|| {
		assert_ok!(open(5, None));
		assert_eq!(held(), BOND);
		let (series, requester) = (series(5), account(REQUESTER));
		System::assert_last_event(Event::SeriesOpened { series, requester, sets: 5, bond: BOND }.into());
		assert_noop!(open(5, None), Error::<Test>::SeriesExists);
		assert_ok!(open(6, Some(0)));
		assert_eq!(held(), 2 * BOND + 10);
	});
}

#[test]
fn a_series_of_nothing_or_for_nobody_is_refused() {
	build_and_execute(|| {
		let open = |manifest, sets, group| {
			TestSets::open_series(signed(1), manifest, Default::default(), H256::zero(), sets, group)
		};
		assert_noop!(open(manifest(), 0, None), Error::<Test>::InvalidNumber);
		assert_noop!(open(manifest(), MAX_TEST_SETS + 1, None), Error::<Test>::InvalidNumber);
		assert_noop!(open(manifest(), 1, Some(7)), Error::<Test>::UnknownGroup);
		let empty = ContentRef { size: 0, ..manifest() };
		assert_noop!(open(empty, 1, None), Error::<Test>::InvalidContent);
		let wrong = ContentRef { codec: Codec::UnixFs, ..manifest() };
		assert_noop!(open(wrong, 1, None), Error::<Test>::InvalidContent);
		let providers = vec![b"ftp://x".to_vec().try_into().unwrap()].try_into().unwrap();
		let refused = TestSets::open_series(signed(1), manifest(), providers, H256::zero(), 1, None);
		assert_noop!(refused, Error::<Test>::InvalidProvider);
		let poor = TestSets::open_series(signed(50), manifest(), Default::default(), H256::zero(), 1, None);
		assert!(poor.is_err());
	});
}

#[test]
fn only_the_group_of_its_requester_is_bound_to_a_series() {
	build_and_execute(|| {
		assert_ok!(open(5, None));
		assert!(!TestSets::bind(series(5), 0, &account(2)), "a stranger's group");
		assert!(!TestSets::is_bound(series(5), 0));
		assert!(TestSets::bind(series(5), 0, &account(REQUESTER)));
		assert!(TestSets::is_bound(series(5), 0));
		assert!(!TestSets::bind(series(5), 0, &account(REQUESTER)), "it is bound");
		assert!(!TestSets::bind(series(6), 0, &account(REQUESTER)), "it is not open");
		assert_ok!(open(6, Some(0)));
		assert!(TestSets::is_bound(series(6), 0) && !TestSets::is_bound(series(6), 1));
	});
}

#[test]
fn nobody_can_open_another_s_series() {
	build_and_execute(|| {
		let anchor = values(5)[0];
		assert_ok!(TestSets::open_series(signed(2), manifest(), Default::default(), anchor, 5, None));
		assert!(Series::<Test>::get(series(5)).is_none());
		assert_ok!(open(5, None));
	});
}

#[test]
fn a_bond_is_returned_once_no_round_can_be_measured_on_the_series() {
	with_series(|series| {
		assert_noop!(TestSets::close_series(signed(2), series), Error::<Test>::NotRequester);
		assert_noop!(TestSets::close_series(signed(1), H256::zero()), Error::<Test>::UnknownSeries);
		assert_noop!(TestSets::close_series(signed(1), series), Error::<Test>::InUse);
		run_to(30);
		assert_ok!(TestSets::do_release(series, values(5)[1]));
		// From round 2 on, which begins with block 50, the group's rules name another one.
		name(2, None);
		run_to(69);
		assert_noop!(TestSets::close_series(signed(1), series), Error::<Test>::InUse);
		run_to(90);
		assert_ok!(TestSets::close_series(signed(1), series));
		let returned = BOND - SERIES_FEE - RELEASE_FEE;
		System::assert_last_event(Event::SeriesClosed { series, returned }.into());
		assert_eq!((held(), Balances::free_balance(account(1))), (0, ENDOWMENT - SERIES_FEE - RELEASE_FEE));
		assert_noop!(open(5, Some(0)), Error::<Test>::SeriesExists);
	});
}

#[test]
fn a_bond_stands_for_the_last_set_until_its_round_is_settled() {
	build_and_execute(|| {
		assert_ok!(open(1, Some(0)));
		let series = series(1);
		name(0, Some(series));
		run_to(31);
		assert_ok!(TestSets::do_release(series, values(1)[1]));
		run_to(43 + GRACE - 1);
		assert_noop!(TestSets::close_series(signed(1), series), Error::<Test>::InUse);
		run_to(43 + GRACE);
		assert_ok!(TestSets::close_series(signed(1), series));
	});
}

#[test]
fn a_suspended_series_can_be_closed() {
	with_series(|series| {
		(0..3).for_each(|round| TestSets::fix(series, 0, round));
		assert_ok!(TestSets::close_series(signed(1), series));
		assert_eq!(Balances::free_balance(account(REQUESTER)), ENDOWMENT - 3 * 25 - SERIES_FEE);
	});
}
