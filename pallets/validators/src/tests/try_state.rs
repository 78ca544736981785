//! The checks notice what they are for.

use crate::{
	mock::{account, new_test_ext, Test, Validators, MINIMUM},
	tests::builder::*,
	Candidates, Gateways, Incidents, Ledgers, Sentences, Struck,
};
use sp_runtime::Perbill;

/// Asserts that the checks find a state with this fault, and accept a sound one.
fn notices(fault: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		crate::mock::run_to(1);
		offend(4, 0);
		unbond(3, 10);
		Validators::do_try_state().expect("nothing is wrong yet");
		fault();
		assert!(Validators::do_try_state().is_err());
	});
}

#[test]
fn a_ledger_that_says_something_else_than_the_hold() {
	notices(|| Ledgers::<Test>::mutate(account(1), |ledger| ledger.bond += 1));
	notices(|| Ledgers::<Test>::mutate(account(3), |ledger| ledger.unbonding[0].0 += 1));
	notices(|| Ledgers::<Test>::remove(account(4)));
}

#[test]
fn a_ledger_of_nothing() {
	notices(|| Ledgers::<Test>::insert(account(9), crate::BondLedger::default()));
	notices(|| {
		Ledgers::<Test>::mutate(account(1), |ledger| ledger.unbonding.try_push((0, 5)).unwrap());
	});
}

#[test]
fn candidates_that_are_not_as_they_should_be() {
	let candidates = |change: fn(&mut Vec<(sp_runtime::AccountId32, u128)>)| {
		notices(|| {
			Candidates::<Test>::mutate(|list| {
				let mut changed = list.clone().into_inner();
				change(&mut changed);
				*list = changed.try_into().unwrap();
			});
		});
	};
	candidates(|list| list.reverse());
	candidates(|list| list.push(list[2].clone()));
	candidates(|list| list[0].1 += 1);
	candidates(|list| list.push((account(9), 0)));
	candidates(|list| list.push((account(4), ledger(4).bond)));
	notices(|| Ledgers::<Test>::mutate(account(1), |ledger| ledger.chilled = true));
}

#[test]
fn slashes_and_strikes_that_cannot_be() {
	notices(|| {
		Sentences::<Test>::mutate(account(4), |record| {
			let record = record.as_mut().unwrap();
			record.share = Perbill::from_percent(1);
			record.held = MINIMUM;
		});
	});
	notices(|| Struck::<Test>::insert(account(1), Incidents { count: 2, last: 1 }));
	notices(|| Struck::<Test>::insert(account(1), Incidents { count: 0, last: 1 }));
}

#[test]
fn a_gateway_without_an_address_or_of_nobody() {
	let put = |number, text: &[u8]| Gateways::<Test>::insert(account(number), put_bytes(text));
	notices(|| put(1, b"http://a b"));
	notices(|| put(9, b"http://a:1"));
}

fn put_bytes(text: &[u8]) -> pallet_evaluators::Gateway {
	text.to_vec().try_into().unwrap()
}
