//! Fundings when the rules change that they were given for.

use crate::{
	mock::{
		account, build_and_execute, free, revise, run_to, signed, terms, Emission, RuntimeEvent, System,
		Test, CLOCK, ENDOWMENT, GRACE, SHARES,
	},
	Error, Event, FundingOf, Fundings, Notice,
};
use descent_protocol::BlockNumber;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchResult;

const CLIENT: u8 = 10;

fn fund(amount: u128) -> DispatchResult {
	Emission::fund(signed(CLIENT), 0, amount, 1_000, terms(0))
}

/// Returns the reward of the winner of a round.
fn win(round: u32) -> u128 {
	super::settle(0, round, SHARES, Some(1), &[])
}

fn funding() -> FundingOf<Test> {
	Fundings::<Test>::get(0)[0].clone()
}

fn start(round: u32) -> BlockNumber {
	CLOCK.windows(round).unwrap().commit.start
}

fn settle(round: u32) -> BlockNumber {
	CLOCK.windows(round).unwrap().settle
}

fn is_shown_as_paused() -> bool {
	Emission::pot_view(0, SHARES).unwrap().fundings[0].paused
}

/// The owner of a group takes a client's money at an honest rate, has the least improvement lowered to one
/// micro-unit, and drips wins.
#[test]
fn rounds_by_other_rules_than_the_client_pays_for_cost_it_nothing() {
	build_and_execute(|| {
		assert_ok!(fund(100_000));
		run_to(start(1));
		revise(0, 1);
		let free_from = settle(1) + GRACE;
		System::assert_last_event(RuntimeEvent::Emission(Event::FundingPaused {
			group: 0,
			client: account(CLIENT),
			free: free_from,
		}));
		assert!(is_shown_as_paused());
		// The rounds that had begun are played by the old rules, for what they were worth to trainers.
		assert_eq!((win(0), win(1)), (700, 700));
		for round in 2..100 {
			assert_eq!(win(round), 0, "round {round}");
		}
		assert_eq!(funding().left, 98_000);
		// No call is needed before the refund.
		run_to(free_from - 1);
		assert_noop!(Emission::refund(signed(CLIENT), 0), Error::<Test>::TooEarly);
		run_to(free_from);
		assert_ok!(Emission::refund(signed(CLIENT), 0));
		assert_eq!(free(CLIENT), ENDOWMENT - 2_000);
	});
}

#[test]
fn before_a_round_has_begun_a_paused_funding_is_whole_and_free_at_once() {
	build_and_execute(|| {
		run_to(CLOCK.start - 1);
		assert_ok!(fund(50_000));
		revise(0, 1);
		assert_ok!(Emission::refund(signed(CLIENT), 0));
		assert_eq!(free(CLIENT), ENDOWMENT);
	});
}

#[test]
fn a_client_that_names_the_new_terms_goes_on() {
	build_and_execute(|| {
		assert_ok!(fund(50_000));
		run_to(start(1));
		revise(0, 2_000);
		assert_ok!(fund(0));
		assert_eq!((funding().left, funding().notice), (50_000, None));
		assert!(!is_shown_as_paused());
		assert_eq!((win(1), win(2)), (700, 700));
		assert_noop!(Emission::refund(signed(CLIENT), 0), Error::<Test>::NotStopped);
		// The next change pauses it again.
		revise(0, 1);
		assert_eq!(funding().notice.map(|notice| notice.until), Some(2));
	});
}

#[test]
fn a_funding_for_terms_that_have_passed_is_refused() {
	build_and_execute(|| {
		let before = terms(0);
		run_to(start(1));
		revise(0, 1);
		let late = || Emission::fund(signed(CLIENT), 0, 50_000, 1_000, before);
		assert_noop!(late(), Error::<Test>::TermsChanged);
		// The terms of another group that has the old rules still are its own.
		assert_ok!(Emission::fund(signed(CLIENT), 1, 50_000, 1_000, before));
	});
}

#[test]
fn a_notice_of_the_client_stays_its_own() {
	build_and_execute(|| {
		run_to(start(1));
		assert_ok!(fund(50_000));
		assert_ok!(Emission::stop_funding(signed(CLIENT), 0));
		let notice = Notice { until: 2, free: settle(1) + GRACE };
		assert_eq!(funding().notice, Some(notice));
		assert!(!is_shown_as_paused());
		run_to(start(3));
		revise(0, 1);
		assert_eq!(funding().notice, Some(notice));
		assert!(!is_shown_as_paused());
		assert_noop!(Emission::stop_funding(signed(CLIENT), 0), Error::<Test>::AlreadyStopped);
	});
}

#[test]
fn the_next_winner_is_not_promised_what_is_paused() {
	build_and_execute(|| {
		assert_ok!(fund(50_000));
		run_to(start(1));
		let promised = || Emission::pot_view(0, SHARES).unwrap().winner;
		assert_eq!(promised(), 700);
		revise(0, 1);
		assert_eq!(promised(), 700);
		run_to(start(2));
		assert_eq!(promised(), 0);
	});
}
