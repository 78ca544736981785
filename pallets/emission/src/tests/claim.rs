use crate::{
	mock::{
		account, accrued, build_and_execute, free, kept, run_to, signed, stake, Balances, Emission,
		ExistentialDeposit, RuntimeEvent, RuntimeOrigin, System, Test, ENDOWMENT, PERIOD, SHARES,
	},
	Claimed, Entrusted, Error, Event,
};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{DispatchError, TokenError};

fn settle(winner: u8, members: &[u8]) {
	super::settle(0, 0, SHARES, Some(winner), members);
}

fn with_earnings(test: impl FnOnce()) {
	build_and_execute(|| {
		stake(0, 1, 100);
		run_to(PERIOD);
		settle(2, &[3, 4]);
		test();
	});
}

#[test]
fn pays_all_that_has_accrued_once() {
	with_earnings(|| {
		let issuance = Balances::total_issuance();
		let (before, earned) = (kept(), accrued(2));
		assert!(earned > 0);
		assert_ok!(Emission::claim(signed(2)));
		assert_eq!(free(2), ENDOWMENT + earned);
		assert_eq!(kept(), before - earned);
		assert_eq!(Entrusted::<Test>::get(), kept());
		assert_eq!(Claimed::<Test>::get(account(2)), earned);
		assert!(!crate::Accrued::<Test>::contains_key(account(2)));
		System::assert_last_event(RuntimeEvent::Emission(Event::Claimed {
			account: account(2),
			amount: earned,
		}));
		assert_eq!(Balances::total_issuance(), issuance);
		assert_noop!(Emission::claim(signed(2)), Error::<Test>::NothingToClaim);
		run_to(PERIOD + 5);
		settle(2, &[]);
		let again = accrued(2);
		assert_ok!(Emission::claim(signed(2)));
		assert_eq!(free(2), ENDOWMENT + earned + again);
		assert_eq!(Claimed::<Test>::get(account(2)), earned + again);
		assert_eq!(free(3), ENDOWMENT);
	});
}

#[test]
fn who_earned_nothing_has_nothing_to_claim() {
	with_earnings(|| {
		assert_noop!(Emission::claim(signed(5)), Error::<Test>::NothingToClaim);
		assert_noop!(Emission::claim(RuntimeOrigin::root()), DispatchError::BadOrigin);
		assert_noop!(Emission::claim(RuntimeOrigin::none()), DispatchError::BadOrigin);
	});
}

#[test]
fn a_claim_can_create_an_account() {
	with_earnings(|| {
		settle(2, &[]);
		run_to(2 * PERIOD);
		settle(200, &[]);
		let earned = accrued(200);
		assert_ok!(Emission::claim(signed(200)));
		assert_eq!(free(200), earned);
	});
}

#[test]
fn what_is_too_little_for_an_account_stays_until_it_is_not() {
	ExistentialDeposit::set(50_000);
	build_and_execute(|| {
		stake(0, 1, 100);
		run_to(PERIOD);
		let members: Vec<u8> = (0..5).map(|more| 200 + more).collect();
		settle(2, &members);
		assert_eq!(accrued(200), 40_000);
		assert_noop!(Emission::claim(signed(200)), TokenError::BelowMinimum);
		assert_eq!(accrued(200), 40_000);
		run_to(2 * PERIOD);
		settle(2, &[200, 201, 202, 203, 204]);
		let earned = accrued(200);
		assert!(earned > 50_000);
		assert_ok!(Emission::claim(signed(200)));
		assert_eq!(free(200), earned);
	});
}

#[test]
fn a_claim_leaves_others_the_account_that_keeps_what_is_theirs() {
	ExistentialDeposit::set(500_000);
	build_and_execute(|| {
		stake(0, 1, 100);
		run_to(PERIOD);
		settle(2, &[3]);
		let (winner, everything) = (accrued(2), kept());
		assert!(everything - winner < 500_000);
		assert_ok!(Emission::claim(signed(2)));
		// The rest is less than an account can have: so much less is paid that it can.
		assert_eq!(kept(), 500_000);
		assert_eq!(accrued(2), winner - (everything - 500_000));
		assert_noop!(Emission::claim(signed(2)), Error::<Test>::NothingToClaim);
		assert_eq!(free(2) + accrued(2), ENDOWMENT + winner);
		Emission::do_try_state().unwrap();
		run_to(2 * PERIOD);
		assert_ok!(Emission::claim(signed(2)));
		assert_eq!((free(2), accrued(2)), (ENDOWMENT + winner, 0));
		assert_eq!(Claimed::<Test>::get(account(2)), winner);
	});
}
