use super::settle;
use crate::{
	mock::{
		account, accrued, build_and_execute, free, kept, run_to, signed, stake, terms, Balances, Emission,
		ExistentialDeposit, RuntimeEvent, System, Test, CLOCK, ENDOWMENT, GRACE, MINIMUM_PER_ROUND, SHARES,
	},
	Entrusted, Error, Event, Fundings, Notice,
};
use descent_protocol::MAX_FUNDINGS;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{DispatchResult, TokenError};

const CLIENT: u8 = 10;

fn fund(number: u8, amount: u128, per_round: u128) -> DispatchResult {
	Emission::fund(signed(number), 0, amount, per_round, terms(0))
}

fn win(round: u32) -> u128 {
	settle(0, round, SHARES, Some(1), &[])
}

fn clients() -> Vec<crate::FundingOf<Test>> {
	Fundings::<Test>::get(0).into_inner()
}

#[test]
fn a_funding_is_kept_by_the_pallet() {
	build_and_execute(|| {
		run_to(1);
		assert_ok!(fund(CLIENT, 5_000, 1_000));
		assert_eq!((free(CLIENT), kept()), (ENDOWMENT - 5_000, 5_000));
		assert_eq!(Entrusted::<Test>::get(), 5_000);
		let [funding] = &clients()[..] else {
			panic!("one funding");
		};
		assert_eq!((funding.left, funding.per_round, funding.notice), (5_000, 1_000, None));
		System::assert_last_event(RuntimeEvent::Emission(Event::Funded {
			group: 0,
			client: account(CLIENT),
			amount: 5_000,
			left: 5_000,
			per_round: 1_000,
		}));
	});
}

#[test]
fn impossible_fundings_are_refused() {
	build_and_execute(|| {
		assert_noop!(Emission::fund(signed(CLIENT), 9, 5_000, 1_000, terms(0)), Error::<Test>::UnknownGroup);
		assert_noop!(fund(CLIENT, 5_000, MINIMUM_PER_ROUND - 1), Error::<Test>::PerRoundTooSmall);
		assert_noop!(fund(CLIENT, 1_999, 2_000), Error::<Test>::AmountTooSmall);
		// Nobody funds a group with the last of what it has.
		assert_noop!(fund(CLIENT, ENDOWMENT, 2_000), TokenError::NotExpendable);
		assert_noop!(fund(CLIENT, ENDOWMENT + 1, 2_000), TokenError::FundsUnavailable);
	});
}

#[test]
fn a_client_adds_to_its_funding_and_may_raise_what_a_round_is_worth() {
	build_and_execute(|| {
		assert_ok!(fund(CLIENT, 5_000, 2_000));
		assert_ok!(fund(CLIENT, 1, 3_000));
		assert_eq!((clients()[0].left, clients()[0].per_round), (5_001, 3_000));
		assert_ok!(fund(CLIENT, 0, 3_000));
		// To lower it would be to stop without notice.
		assert_noop!(fund(CLIENT, 50_000, 2_999), Error::<Test>::PerRoundLowered);
		assert_noop!(fund(CLIENT, u128::MAX, 3_000), sp_runtime::ArithmeticError::Overflow);
		assert_eq!(clients().len(), 1);
		assert_eq!(kept(), 5_001);
	});
}

#[test]
fn groups_have_fundings_of_their_own() {
	build_and_execute(|| {
		assert_ok!(fund(CLIENT, 5_000, 1_000));
		assert_ok!(Emission::fund(signed(CLIENT), 1, 7_000, 2_000, terms(1)));
		win(0);
		assert_eq!(clients()[0].left, 4_000);
		assert_eq!(Fundings::<Test>::get(1)[0].left, 7_000);
	});
}

/// As many fundings as there can be, the first of them worth 2,000 for a round, the next 2,001 and so on.
fn fill() {
	fill_with(10_000);
}

/// The same, where the first client has no more than `first`.
fn fill_with(first: u128) {
	run_to(1);
	assert_ok!(fund(20, first, 2_000));
	for number in 1..u8::try_from(MAX_FUNDINGS).unwrap() {
		assert_ok!(fund(20 + number, 10_000, 2_000 + u128::from(number)));
	}
}

#[test]
fn a_full_list_is_entered_by_who_pays_more() {
	build_and_execute(|| {
		fill();
		assert_noop!(fund(CLIENT, 10_000, 2_000), Error::<Test>::TooManyFundings);
		assert_ok!(fund(CLIENT, 10_000, 2_001));
		// The displaced has its money back at once.
		assert_eq!(free(20), ENDOWMENT);
		System::assert_last_event(RuntimeEvent::Emission(Event::Refunded {
			group: 0,
			client: account(20),
			amount: 10_000,
		}));
		assert_eq!(clients().len(), usize::try_from(MAX_FUNDINGS).unwrap());
		assert_eq!(clients().last().unwrap().client, account(CLIENT));
		// Two pay 2,001 now: the later goes.
		// As many rounds may have begun for what the one before was worth.
		assert_noop!(fund(11, 4_003, 2_002), Error::<Test>::AmountTooSmall);
		assert_ok!(fund(11, 4_004, 2_002));
		assert_eq!(free(CLIENT), ENDOWMENT);
		assert_eq!(clients()[0].client, account(21));
		// A client with a funding adds to it without displacing anybody.
		assert_ok!(fund(21, 10_000, 9_000));
		assert_eq!(clients().len(), usize::try_from(MAX_FUNDINGS).unwrap());
		assert_noop!(Emission::refund(signed(20), 0), Error::<Test>::UnknownFunding);
	});
}

#[test]
fn what_is_left_of_a_displaced_funding_is_given_back() {
	build_and_execute(|| {
		fill();
		win(0);
		assert_ok!(fund(CLIENT, 10_000, 5_000));
		assert_eq!(free(20), ENDOWMENT - 2_000);
	});
}

#[test]
fn room_goes_by_what_a_round_really_is_worth() {
	build_and_execute(|| {
		fill();
		// A large promise of which hardly anything is left.
		assert_ok!(fund(35, 0, 9_000));
		win(0);
		assert_eq!(clients()[15].left, 1_000);
		assert_ok!(fund(CLIENT, 3_000, 1_500));
		assert!(clients().iter().all(|funding| funding.client != account(35)));
		// One that could be taken back is worth nothing.
		run_to(5);
		assert_ok!(Emission::stop_funding(signed(25), 0));
		assert_ok!(fund(11, 2_000, 1_000));
		assert!(clients().iter().all(|funding| funding.client != account(25)));
	});
}

#[test]
fn a_displaced_client_whose_account_is_gone_can_claim() {
	ExistentialDeposit::set(1_000);
	build_and_execute(|| {
		fill_with(2_500);
		win(0);
		assert_eq!(clients()[0].left, 500);
		let rest = free(20);
		assert_ok!(Balances::transfer_allow_death(signed(20), account(2), rest));
		assert_ok!(fund(CLIENT, 4_000, 2_000));
		assert_eq!((free(20), accrued(20)), (0, 500));
	});
}

#[test]
fn a_notice_holds_for_the_rounds_that_have_begun() {
	build_and_execute(|| {
		let settle = |round| CLOCK.windows(round).unwrap().settle;
		assert_ok!(fund(CLIENT, 50_000, 1_000));
		// Round 1 takes commitments, round 0 is judged.
		run_to(CLOCK.windows(1).unwrap().commit.start);
		assert_ok!(Emission::stop_funding(signed(CLIENT), 0));
		let free_from = settle(1) + GRACE;
		System::assert_last_event(RuntimeEvent::Emission(Event::FundingStopped {
			group: 0,
			client: account(CLIENT),
			free: free_from,
		}));
		assert_eq!(clients()[0].notice, Some(Notice { until: 2, free: free_from }));
		assert_noop!(Emission::stop_funding(signed(CLIENT), 0), Error::<Test>::AlreadyStopped);
		assert_noop!(Emission::refund(signed(CLIENT), 0), Error::<Test>::TooEarly);
		run_to(settle(0));
		assert_eq!(win(0), 700);
		run_to(settle(1));
		assert_eq!(win(1), 700);
		assert_eq!(win(2), 0);
		run_to(free_from - 1);
		assert_noop!(Emission::refund(signed(CLIENT), 0), Error::<Test>::TooEarly);
		run_to(free_from);
		assert_noop!(Emission::refund(signed(11), 0), Error::<Test>::UnknownFunding);
		assert_ok!(Emission::refund(signed(CLIENT), 0));
		assert_eq!(free(CLIENT), ENDOWMENT - 2_000);
		System::assert_last_event(RuntimeEvent::Emission(Event::Refunded {
			group: 0,
			client: account(CLIENT),
			amount: 48_000,
		}));
		assert_noop!(Emission::refund(signed(CLIENT), 0), Error::<Test>::UnknownFunding);
		assert_eq!(Entrusted::<Test>::get(), 2_000);
	});
}

#[test]
fn the_last_block_of_a_round_counts_as_begun() {
	build_and_execute(|| {
		assert_ok!(fund(CLIENT, 50_000, 1_000));
		run_to(CLOCK.windows(1).unwrap().commit.start - 1);
		assert_ok!(Emission::stop_funding(signed(CLIENT), 0));
		assert_eq!(clients()[0].notice.unwrap().until, 1);
		win(1);
		assert_eq!(clients()[0].left, 50_000);
	});
}

#[test]
fn before_any_round_has_begun_a_client_is_free_at_once() {
	build_and_execute(|| {
		run_to(CLOCK.start - 1);
		assert_ok!(fund(CLIENT, 50_000, 1_000));
		assert_noop!(Emission::refund(signed(CLIENT), 0), Error::<Test>::NotStopped);
		assert_ok!(Emission::stop_funding(signed(CLIENT), 0));
		assert_ok!(Emission::refund(signed(CLIENT), 0));
		assert_eq!((free(CLIENT), kept()), (ENDOWMENT, 0));
		assert!(!Fundings::<Test>::contains_key(0));
	});
}

#[test]
fn who_funds_again_takes_the_notice_back() {
	build_and_execute(|| {
		run_to(CLOCK.start);
		assert_ok!(fund(CLIENT, 50_000, 1_000));
		assert_ok!(Emission::stop_funding(signed(CLIENT), 0));
		run_to(100);
		assert_ok!(fund(CLIENT, 1, 1_000));
		assert_noop!(Emission::refund(signed(CLIENT), 0), Error::<Test>::NotStopped);
		assert_eq!(win(6), 700);
		// It has to give notice again, and waits again.
		assert_ok!(Emission::stop_funding(signed(CLIENT), 0));
		assert_noop!(Emission::refund(signed(CLIENT), 0), Error::<Test>::TooEarly);
	});
}

#[test]
fn a_late_settlement_is_paid_for_as_long_as_nobody_took_it_back() {
	build_and_execute(|| {
		run_to(CLOCK.start);
		assert_ok!(fund(CLIENT, 50_000, 1_000));
		assert_ok!(Emission::stop_funding(signed(CLIENT), 0));
		run_to(500);
		assert_eq!(win(0), 700);
		assert_ok!(Emission::refund(signed(CLIENT), 0));
		assert_eq!(free(CLIENT), ENDOWMENT - 1_000);
	});
}

#[test]
fn nobody_stops_what_is_not_theirs() {
	build_and_execute(|| {
		assert_ok!(fund(CLIENT, 50_000, 1_000));
		assert_noop!(Emission::stop_funding(signed(11), 0), Error::<Test>::UnknownFunding);
		assert_noop!(Emission::stop_funding(signed(CLIENT), 1), Error::<Test>::UnknownFunding);
		assert_noop!(Emission::refund(signed(CLIENT), 1), Error::<Test>::UnknownFunding);
	});
}

#[test]
fn a_refund_never_touches_what_is_not_the_clients() {
	build_and_execute(|| {
		stake(0, 1, 100);
		assert_ok!(fund(CLIENT, 50_000, 1_000));
		assert_ok!(fund(11, 30_000, 1_000));
		assert_ok!(Emission::stop_funding(signed(CLIENT), 0));
		run_to(9);
		let before = Emission::emission_view().minted;
		assert_ok!(Emission::refund(signed(CLIENT), 0));
		Emission::advance();
		assert_eq!(kept(), before + 30_000);
		assert_eq!(free(CLIENT), ENDOWMENT);
	});
}
