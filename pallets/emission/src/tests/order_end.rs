//! Ends of orders, and the return of the rest.

use super::orders::{assert_last, free_after, left_and_mark, orders, start, win, NewOrder, CLIENT, ORDER};
use crate::{
	mock::{
		account, accrued, build_and_execute, free, kept, revise, run_to, signed, terms, Balances, Emission,
		ExistentialDeposit, RuntimeEvent, System, Test, CLOCK, ENDOWMENT,
	},
	Entrusted, Error, Event, Notice, Orders,
};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;
use sp_runtime::DispatchResult;

/// Has somebody return the rest of the order.
fn refund() -> DispatchResult {
	Emission::refund_order(signed(77), 0, account(CLIENT))
}

#[test]
fn an_order_pays_for_the_rounds_that_it_names() {
	build_and_execute(|| {
		// Round 1 takes commitments, so that rounds 2 and 3 are the next.
		run_to(start(1));
		assert_ok!(NewOrder { rounds: 2, ..ORDER }.place());
		assert_eq!(orders()[0].since, 2);
		assert_eq!(orders()[0].end, Notice { until: 4, free: free_after(3) });
		assert_eq!([win(0, 290, None), win(1, 280, None)], [0, 0]);
		// The gain that rounds before it have made counts for the head, and not for the order.
		assert_eq!(win(2, 270, Some(280)), 70);
		assert_eq!(win(3, 260, Some(270)), 70);
		assert_eq!(win(4, 210, None), 0);
		assert_eq!(left_and_mark(), (4_800, 260));
	});
}

#[test]
fn anybody_returns_the_rest_of_an_order_that_is_over() {
	build_and_execute(|| {
		run_to(1);
		assert_ok!(NewOrder { rounds: 1, ..ORDER }.place());
		win(0, 290, None);
		run_to(free_after(0) - 1);
		assert_noop!(refund(), Error::<Test>::TooEarly);
		run_to(free_after(0));
		assert_noop!(Emission::refund_order(signed(CLIENT), 0, account(11)), Error::<Test>::UnknownOrder);
		assert_noop!(Emission::refund_order(signed(CLIENT), 1, account(CLIENT)), Error::<Test>::UnknownOrder);
		assert_ok!(refund());
		assert_eq!((free(CLIENT), free(77)), (ENDOWMENT - 100, ENDOWMENT));
		assert_last(Event::OrderRefunded { group: 0, client: account(CLIENT), amount: 4_900 });
		assert_noop!(refund(), Error::<Test>::UnknownOrder);
		assert!(!Orders::<Test>::contains_key(0));
		assert_eq!(Entrusted::<Test>::get(), 100);
	});
}

#[test]
fn a_late_settlement_is_paid_for_as_long_as_nobody_took_it_back() {
	build_and_execute(|| {
		assert_ok!(NewOrder { rounds: 1, ..ORDER }.place());
		run_to(500);
		assert_eq!(win(0, 290, None), 70);
		assert_ok!(refund());
		assert_eq!(free(CLIENT), ENDOWMENT - 100);
	});
}

#[test]
fn a_client_whose_account_is_gone_can_claim_the_rest() {
	ExistentialDeposit::set(1_000);
	build_and_execute(|| {
		assert_ok!(NewOrder { amount: 2_000, price: 100, bonus: 0, rounds: 1, ..ORDER }.place());
		win(0, 285, None);
		let rest = free(CLIENT);
		assert_ok!(Balances::transfer_allow_death(signed(CLIENT), account(2), rest));
		run_to(free_after(0));
		assert_ok!(refund());
		assert_eq!((free(CLIENT), accrued(CLIENT)), (0, 500));
	});
}

#[test]
fn a_cancelled_order_pays_for_the_rounds_that_have_begun() {
	build_and_execute(|| {
		assert_ok!(ORDER.place());
		assert_noop!(Emission::cancel_order(signed(11), 0), Error::<Test>::UnknownOrder);
		assert_noop!(Emission::cancel_order(signed(CLIENT), 1), Error::<Test>::UnknownOrder);
		run_to(start(1));
		assert_ok!(Emission::cancel_order(signed(CLIENT), 0));
		let end = Notice { until: 2, free: free_after(1) };
		assert_eq!(orders()[0].end, end);
		assert_last(Event::OrderCancelled {
			group: 0,
			client: account(CLIENT),
			until: end.until,
			free: end.free,
		});
		assert_noop!(Emission::cancel_order(signed(CLIENT), 0), Error::<Test>::NothingToCancel);
		assert_noop!(ORDER.place(), Error::<Test>::AlreadyOrdered);
		assert_eq!([win(0, 290, None), win(1, 280, None), win(2, 270, None)], [70, 70, 0]);
		run_to(end.free - 1);
		assert_noop!(refund(), Error::<Test>::TooEarly);
		run_to(end.free);
		assert_ok!(refund());
		assert_eq!(free(CLIENT), ENDOWMENT - 200);
	});
}

#[test]
fn before_any_round_has_begun_a_cancelled_order_is_free_at_once() {
	build_and_execute(|| {
		run_to(CLOCK.start - 1);
		assert_ok!(ORDER.place());
		assert_noop!(refund(), Error::<Test>::TooEarly);
		assert_ok!(Emission::cancel_order(signed(CLIENT), 0));
		assert_ok!(refund());
		assert_eq!((free(CLIENT), kept()), (ENDOWMENT, 0));
	});
}

#[test]
fn an_end_never_moves_back() {
	build_and_execute(|| {
		run_to(start(0));
		assert_ok!(NewOrder { rounds: 1, ..ORDER }.place());
		let end = Notice { until: 2, free: free_after(1) };
		for round in [1, 5] {
			run_to(start(round));
			assert_noop!(Emission::cancel_order(signed(CLIENT), 0), Error::<Test>::NothingToCancel);
			revise(0, u64::from(round));
			assert_eq!(orders()[0].end, end);
		}
		let paused = |record: &frame_system::EventRecord<RuntimeEvent, H256>| {
			matches!(record.event, RuntimeEvent::Emission(Event::OrderPaused { .. }))
		};
		assert!(!System::events().iter().any(paused));
	});
}

#[test]
fn rounds_by_other_rules_than_the_client_pays_for_cost_it_nothing() {
	build_and_execute(|| {
		assert_ok!(ORDER.place());
		run_to(start(1));
		let is_paused = || Emission::orders_view(0)[0].paused;
		assert!(!is_paused());
		revise(0, 1);
		let free_from = free_after(1);
		assert_last(Event::OrderPaused { group: 0, client: account(CLIENT), until: 2, free: free_from });
		assert!(is_paused());
		// The rounds that had begun are played by the old rules, for what they were worth to trainers.
		assert_eq!([win(0, 290, None), win(1, 280, None)], [70, 70]);
		for round in 2..20 {
			assert_eq!(win(round, 279 - u64::from(round), None), 0, "round {round}");
		}
		assert_eq!(left_and_mark(), (4_800, 280));
		run_to(free_from - 1);
		assert_noop!(refund(), Error::<Test>::TooEarly);
		run_to(free_from);
		assert_ok!(refund());
		assert_eq!(free(CLIENT), ENDOWMENT - 200);
	});
}

/// A group may have another metric in the next round, on which every score is low.
#[test]
fn an_order_for_new_rules_pays_for_no_round_by_the_old_ones() {
	build_and_execute(|| {
		run_to(start(1));
		let before = terms(0);
		revise(0, 1);
		assert_noop!(ORDER.place_for(0, before), Error::<Test>::TermsChanged);
		assert_ok!(ORDER.place());
		assert_eq!([win(0, 2, None), win(1, 1, None)], [0, 0]);
		assert_eq!(left_and_mark(), (5_000, 300));
		assert_eq!(win(2, 290, None), 70);
	});
}
