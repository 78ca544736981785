//! The checks of the state find each of these states, to which no call leads.

use super::orders::ORDER;
use crate::{
	mock::{account, new_test_ext, run_to, signed, stake, terms, Emission, Test, PERIOD},
	Accrued, Burned, Entrusted, Fundings, Minted, Orders, Pots, Streams, TotalStake,
};
use descent_protocol::{MAX_ENDING_ORDERS, MAX_ORDERS};
use frame_support::{assert_ok, storage::unhashed};

fn breaks(what: &str, breaking: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		stake(0, 1, 100);
		stake(1, 2, 300);
		run_to(PERIOD + 1);
		assert_ok!(Emission::fund(signed(10), 0, 5_000, 1_000, terms(0)));
		assert_ok!(ORDER.place());
		Accrued::<Test>::insert(account(5), 7);
		Pots::<Test>::mutate(0, |pot| pot.credit(&Emission::advance()));
		Pots::<Test>::mutate(0, |pot| pot.fresh -= 7);
		assert_ok!(Emission::do_try_state());
		breaking();
		let found = Emission::do_try_state().expect_err("it is found");
		assert_eq!(<&str>::from(found), what);
	});
}

#[test]
fn issuance() {
	let what = "what is issued is not what was at genesis and minted since, less what was burned";
	breaks(what, || Minted::<Test>::mutate(|minted| *minted += 1));
	breaks(what, || Burned::<Test>::put(1));
	breaks(what, || pallet_balances::TotalIssuance::<Test>::mutate(|issuance| *issuance -= 1));
}

#[test]
fn stake_of_pots() {
	breaks("a pot has another stake than its group", || Pots::<Test>::mutate(0, |pot| pot.stake += 1));
	breaks("the pots' stakes do not add up to all stake", || TotalStake::<Test>::mutate(|total| *total -= 1));
}

#[test]
fn streams() {
	breaks("more has flown than the period mints", || {
		Streams::<Test>::mutate(|[trainers, _]| trainers.flown = trainers.emission + 1)
	});
	for since in [PERIOD + 1, 2 * PERIOD] {
		breaks("a period begins where it should not", || {
			Streams::<Test>::mutate(|[trainers, _]| trainers.since = since)
		});
	}
	breaks("something is due that the pallet's account could have received", || {
		Streams::<Test>::mutate(|[_, proposers]| proposers.due = 1)
	});
}

#[test]
fn fundings() {
	let change = |change: fn(&mut crate::FundingsOf<Test>)| move || Fundings::<Test>::mutate(0, change);
	breaks("a group without fundings is kept among those with", change(|fundings| fundings.clear()));
	breaks("a funding is kept of which nothing is left", change(|fundings| fundings[0].left = 0));
	breaks(
		"a round is worth less to a client than it may be",
		change(|fundings| fundings[0].per_round = 999),
	);
	breaks(
		"a client funds a group twice",
		change(|fundings| fundings.try_push(fundings[0].clone()).unwrap()),
	);
	breaks("a group is funded that is not", || Fundings::<Test>::insert(99, Fundings::<Test>::take(0)));
}

#[test]
fn orders() {
	let change = |change: fn(&mut crate::OrdersOf<Test>)| move || Orders::<Test>::mutate(0, change);
	breaks("a group without orders is kept among those with", change(|orders| orders.clear()));
	breaks("an order is kept of which nothing is left", change(|orders| orders[0].left = 0));
	breaks("the bonus of an order is not there", change(|orders| orders[0].left = 499));
	breaks("an order pays nothing for improvement", change(|orders| orders[0].terms.price = 0));
	breaks(
		"an order is kept whose target is reached",
		change(|orders| orders[0].terms.mark = orders[0].terms.target),
	);
	breaks("an order ends before it begins", change(|orders| orders[0].since = 52));
	breaks("an order begins with a later round than the next", change(|orders| orders[0].since = 40));
	breaks("a client orders twice of a group", change(|orders| orders.try_push(orders[0].clone()).unwrap()));
	breaks("a group has orders that is not", || Orders::<Test>::insert(99, Orders::<Test>::take(0)));
	breaks("a group has more orders than it may", || {
		let order = Orders::<Test>::get(0)[0].clone();
		let many = vec![order; usize::try_from(MAX_ORDERS + MAX_ENDING_ORDERS).unwrap() + 1];
		unhashed::put(&Orders::<Test>::hashed_key_for(0), &many);
	});
}

#[test]
fn what_is_owed() {
	let owed = "what is entrusted is not what is owed";
	breaks("the pallet's account has less than is entrusted to it", || {
		Entrusted::<Test>::mutate(|entrusted| *entrusted += 1)
	});
	breaks(owed, || Entrusted::<Test>::mutate(|entrusted| *entrusted -= 3));
	breaks(owed, || Accrued::<Test>::insert(account(6), 3));
	breaks(owed, || Pots::<Test>::mutate(1, |pot| pot.winner += 3));
	breaks(owed, || Fundings::<Test>::mutate(0, |fundings| fundings[0].left -= 3));
	breaks(owed, || Orders::<Test>::mutate(0, |orders| orders[0].left -= 3));
	breaks("an account is kept that has earned nothing", || Accrued::<Test>::insert(account(6), 0));
}
