//! Orders that give way to others.

use super::orders::{assert_last, free_after, orders, start, win, NewOrder, ORDER};
use crate::{
	mock::{
		account, build_and_execute, free, kept, run_to, signed, Emission, Test, ENDOWMENT, MINIMUM_ORDER,
	},
	Error, Event, Orders,
};
use descent_protocol::{MAX_ENDING_ORDERS, MAX_ORDERS};
use frame_support::{assert_noop, assert_ok};

/// The first client of a full list.
const FIRST: u8 = 20;
/// A client without an order.
const NEWCOMER: u8 = 10;

fn most() -> usize {
	usize::try_from(MAX_ORDERS).unwrap()
}

fn clients() -> Vec<u8> {
	orders().iter().map(|order| descent_support::mock::number(&order.client)).collect()
}

/// As many orders for so many rounds as there can be, the first of 3,000, the next of 3,001 and so on.
fn fill(rounds: u32) {
	run_to(1);
	for number in 0..u8::try_from(MAX_ORDERS).unwrap() {
		let amount = 3_000 + u128::from(number);
		assert_ok!(NewOrder { client: FIRST + number, amount, rounds, ..ORDER }.place());
	}
}

/// An order that promises next to nothing.
fn newcomer(amount: u128) -> NewOrder {
	NewOrder { client: NEWCOMER, amount, price: 1, bonus: 0, ..ORDER }
}

#[test]
fn a_full_list_is_entered_by_who_has_more_money() {
	build_and_execute(|| {
		fill(50);
		let dear = NewOrder { price: 3_000, ..newcomer(3_000) };
		assert_noop!(dear.place(), Error::<Test>::TooManyOrders);
		assert_ok!(newcomer(3_001).place());
		// The displaced has its money back at once, to the unit.
		assert_eq!(free(FIRST), ENDOWMENT);
		assert_last(Event::OrderRefunded { group: 0, client: account(FIRST), amount: 3_000 });
		assert_eq!((orders().len(), clients().last()), (most(), Some(&NEWCOMER)));
		assert_noop!(Emission::refund_order(signed(1), 0, account(FIRST)), Error::<Test>::UnknownOrder);
		// Two have 3,001 now: the later goes.
		assert_ok!(NewOrder { client: 11, ..newcomer(3_002) }.place());
		assert_eq!(free(NEWCOMER), ENDOWMENT);
		assert_eq!((clients()[0], orders().len()), (FIRST + 1, most()));
	});
}

#[test]
fn room_goes_by_what_is_left() {
	build_and_execute(|| {
		fill(50);
		// The gain of 60 is 600 for each. One client has begun with more, and pays more.
		let rich = NewOrder { client: 11, price: 100, ..newcomer(9_000) };
		assert_ok!(rich.place());
		win(0, 240, None);
		run_to(start(1));
		assert_eq!(orders().last().unwrap().left, 3_000);
		assert_eq!(orders()[0].left, 2_401);
		assert_ok!(newcomer(2_402).place());
		// It pays for the rounds that have begun, and its client has the rest back when they are over.
		assert_eq!(
			(free(FIRST + 1), clients()[0], orders().len()),
			(ENDOWMENT - 3_001, FIRST + 1, most() + 1)
		);
		let end = orders()[0].end;
		assert_last(Event::OrderDisplaced {
			group: 0,
			client: account(FIRST + 1),
			until: end.until,
			free: end.free,
		});
		run_to(end.free);
		assert_ok!(Emission::refund_order(signed(1), 0, account(FIRST + 1)));
		assert_eq!(free(FIRST + 1), ENDOWMENT - 600);
	});
}

/// A client whose order is about to pay has another account of its own displace it.
#[test]
fn an_order_pays_for_the_rounds_that_have_begun_whoever_displaces_it() {
	build_and_execute(|| {
		fill(50);
		run_to(start(1));
		for number in 0..MAX_ENDING_ORDERS {
			let client = 50 + u8::try_from(number).unwrap();
			assert_ok!(NewOrder { client, ..newcomer(9_000) }.place());
		}
		assert_noop!(newcomer(9_000).place(), Error::<Test>::TooManyOrders);
		assert_eq!((orders().len(), free(FIRST)), (most() + 4, ENDOWMENT - 3_000));
		win(0, 240, None);
		assert_eq!(orders()[0].left, 2_400, "it has paid for the gain of 60");
		assert_eq!(orders().last().unwrap().left, 9_000, "the newcomer's rounds have not begun");
	});
}

#[test]
fn an_order_that_ends_takes_nobody_s_place() {
	build_and_execute(|| {
		fill(50);
		run_to(start(1));
		assert_ok!(Emission::cancel_order(signed(FIRST + 15), 0));
		assert_ok!(newcomer(MINIMUM_ORDER).place());
		assert_eq!((orders().len(), free(FIRST + 15)), (most() + 1, ENDOWMENT - 3_015));
		let another = NewOrder { client: 11, ..newcomer(MINIMUM_ORDER) };
		assert_noop!(another.place(), Error::<Test>::TooManyOrders);
		// Once it is over, its place is taken and the rest is back.
		run_to(free_after(1));
		assert_ok!(Emission::cancel_order(signed(NEWCOMER), 0));
		assert_ok!(another.place());
		assert_eq!(free(FIRST + 15), ENDOWMENT);
	});
}

#[test]
fn a_full_list_of_orders_that_are_over_makes_room_for_as_many() {
	build_and_execute(|| {
		fill(1);
		win(0, 290, None);
		run_to(free_after(0));
		for number in 0..u8::try_from(MAX_ORDERS).unwrap() {
			assert_ok!(NewOrder { client: 50 + number, ..newcomer(MINIMUM_ORDER) }.place());
			assert_eq!(orders().len(), most());
		}
		for number in 0..u8::try_from(MAX_ORDERS).unwrap() {
			assert_eq!(free(FIRST + number), ENDOWMENT - 100);
		}
		assert_noop!(newcomer(MINIMUM_ORDER).place(), Error::<Test>::TooManyOrders);
		assert_eq!(kept(), u128::from(MAX_ORDERS) * (MINIMUM_ORDER + 100));
	});
}

#[test]
fn an_order_of_the_client_that_is_over_is_refunded_in_its_place() {
	build_and_execute(|| {
		run_to(1);
		assert_ok!(NewOrder { rounds: 1, ..ORDER }.place());
		win(0, 290, None);
		run_to(free_after(0) - 1);
		assert_noop!(newcomer(50_000).place(), Error::<Test>::AlreadyOrdered);
		run_to(free_after(0));
		assert_ok!(newcomer(6_000).place());
		assert_last(Event::OrderRefunded { group: 0, client: account(NEWCOMER), amount: 4_900 });
		assert_eq!(free(NEWCOMER), ENDOWMENT - 6_100);
		assert_eq!((orders().len(), orders()[0].left), (1, 6_000));
	});
}

#[test]
fn a_client_with_an_order_displaces_nobody_by_another() {
	build_and_execute(|| {
		fill(50);
		let richer = NewOrder { client: FIRST + 5, ..newcomer(90_000) };
		assert_noop!(richer.place(), Error::<Test>::AlreadyOrdered);
		assert_eq!(Orders::<Test>::get(0).len(), most());
	});
}
