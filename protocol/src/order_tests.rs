#![allow(clippy::arithmetic_side_effects)]

use super::*;
use alloc::vec::Vec;
use proptest::{collection::vec, prelude::*};

/// A round that was won: its baseline and the winner's score.
type Won = (Option<Score>, Score);

const TERMS: OrderTerms = OrderTerms { price: 7, bonus: 1_000, target: Score(100), mark: Score(200) };

/// The payments of an order for rounds one after the other, and the state after each.
fn play(terms: OrderTerms, amount: u128, rounds: &[Won]) -> Vec<(OrderPayment, OrderTerms, u128)> {
	let mut state = (terms, amount);
	let paid = rounds.iter().map(|(baseline, score)| {
		let (terms, left) = &mut state;
		let payment = terms.payment(*left, *score, *baseline);
		*left -= payment.total();
		terms.mark = payment.mark;
		(payment, *terms, *left)
	});
	paid.collect()
}

fn sum(payments: &[(OrderPayment, OrderTerms, u128)]) -> u128 {
	payments.iter().map(|(payment, _, _)| payment.total()).sum()
}

/// The most that an order pays, whatever the rounds.
fn bound(terms: OrderTerms) -> u128 {
	u128::from(terms.mark.0 - terms.target.0) * terms.price + terms.bonus
}

#[test]
fn pays_from_the_baseline_to_the_score() {
	let payment = TERMS.payment(10_000, Score(150), Some(Score(180)));
	assert_eq!(payment, OrderPayment { gain: 30, amount: 210, bonus: 0, mark: Score(150) });
	assert_eq!(payment.total(), 210);
}

#[test]
fn pays_from_the_mark_without_a_head_and_where_the_baseline_is_above() {
	for baseline in [None, Some(Score(200)), Some(Score(900))] {
		assert_eq!(TERMS.payment(10_000, Score(190), baseline).gain, 10);
	}
}

#[test]
fn a_score_above_the_mark_is_worth_nothing_and_does_not_raise_it() {
	for score in [200, 201, u64::MAX] {
		let payment = TERMS.payment(10_000, Score(score), None);
		assert_eq!(payment, OrderPayment { gain: 0, amount: 0, bonus: 0, mark: Score(200) });
	}
}

#[test]
fn what_is_below_the_target_is_not_paid_for() {
	let payment = TERMS.payment(10_000, Score(40), None);
	assert_eq!(payment, OrderPayment { gain: 100, amount: 700, bonus: 1_000, mark: Score(40) });
	assert!(OrderTerms { mark: payment.mark, ..TERMS }.is_fulfilled());
}

#[test]
fn the_bonus_is_set_aside_until_the_target_is_reached() {
	// The gains have used up all that the bonus leaves.
	let payment = TERMS.payment(1_100, Score(150), None);
	assert_eq!((payment.gain, payment.amount, payment.bonus), (50, 100, 0));
	let later = OrderTerms { mark: payment.mark, ..TERMS };
	let payment = later.payment(1_000, Score(100), None);
	assert_eq!((payment.gain, payment.amount, payment.bonus), (50, 0, 1_000));
}

#[test]
fn who_reaches_the_target_is_paid_the_bonus_even_if_the_head_seems_to_have_it() {
	let payment = TERMS.payment(10_000, Score(90), Some(Score(95)));
	assert_eq!((payment.gain, payment.amount, payment.bonus), (0, 0, 1_000));
}

#[test]
fn a_fulfilled_order_pays_no_more() {
	for mark in [100, 99, 0] {
		let fulfilled = OrderTerms { mark: Score(mark), ..TERMS };
		let payment = fulfilled.payment(10_000, Score(0), None);
		assert_eq!(payment, OrderPayment { gain: 0, amount: 0, bonus: 0, mark: Score(0) });
	}
}

#[test]
fn chance_is_not_paid_for_twice() {
	// The records of the third round are hard for all: the head is measured as it never was before.
	let rounds = [(None, Score(150)), (Some(Score(170)), Score(160)), (Some(Score(190)), Score(149))];
	let paid = play(TERMS, 10_000, &rounds);
	assert_eq!(paid.iter().map(|(payment, ..)| payment.gain).collect::<Vec<_>>(), [50, 0, 1]);
}

#[test]
fn the_largest_numbers_do_not_overflow() {
	let terms = OrderTerms { price: u128::MAX, bonus: 0, target: Score(0), mark: Score(u64::MAX) };
	let payment = terms.payment(u128::MAX, Score(1), None);
	assert_eq!((payment.gain, payment.amount), (u64::MAX - 1, u128::MAX));
	let terms = OrderTerms { bonus: u128::MAX, ..terms };
	let payment = terms.payment(u128::MAX, Score(0), None);
	assert_eq!((payment.amount, payment.bonus, payment.total()), (0, u128::MAX, u128::MAX));
	// An order with less than its bonus is not made. It pays what it has.
	let payment = terms.payment(5, Score(0), None);
	assert_eq!((payment.amount, payment.bonus), (0, 5));
}

/// Terms and the money for them, of which the bonus and one micro-unit can be paid at least.
fn orders() -> impl Strategy<Value = (OrderTerms, u128)> {
	let prices = prop_oneof![1..1_000u128, 1..u128::from(u64::MAX)];
	let bonuses = prop_oneof![Just(0u128), 1..1_000u128, 1..u128::from(u64::MAX)];
	let scores = (0..1_000u64, 1..1_000u64);
	(prices, bonuses, scores, prop_oneof![0..10_000u128, 0..1u128 << 80]).prop_map(
		|(price, bonus, (target, above), more)| {
			let terms = OrderTerms { price, bonus, target: Score(target), mark: Score(target + above) };
			(terms, price + bonus + more)
		},
	)
}

fn rounds() -> impl Strategy<Value = Vec<Won>> {
	let score = || (0..2_200u64).prop_map(Score);
	vec((prop::option::of(score()), score()), 0..30)
}

/// Rounds, and the same rounds in another order.
fn shuffled() -> impl Strategy<Value = (Vec<Won>, Vec<Won>)> {
	rounds().prop_flat_map(|rounds| (Just(rounds.clone()), Just(rounds).prop_shuffle()))
}

proptest! {
	#[test]
	fn payments_never_add_up_to_more_than_the_bound((terms, amount) in orders(), rounds in rounds()) {
		let paid = sum(&play(terms, amount, &rounds));
		prop_assert!(paid <= bound(terms));
		prop_assert!(paid <= amount);
	}

	#[test]
	fn the_order_of_rounds_does_not_raise_the_sum_above_the_bound(
		(terms, amount) in orders(),
		(rounds, shuffled) in shuffled(),
	) {
		for rounds in [rounds, shuffled] {
			prop_assert!(sum(&play(terms, amount, &rounds)) <= bound(terms).min(amount));
		}
	}

	#[test]
	fn the_mark_never_rises((terms, amount) in orders(), rounds in rounds()) {
		let mut before = terms.mark;
		for ((_, score), (_, terms, _)) in rounds.iter().zip(play(terms, amount, &rounds)) {
			prop_assert_eq!(terms.mark, before.min(*score));
			before = terms.mark;
		}
	}

	#[test]
	fn an_improvement_is_paid_for_once(
		(terms, amount) in orders(), baseline in 0..2_200u64, score in 0..2_200u64,
	) {
		let round = (Some(Score(baseline)), Score(score));
		let paid = play(terms, amount, &[round; 9]);
		for (payment, ..) in &paid[1..] {
			prop_assert_eq!((payment.gain, payment.total()), (0, 0));
		}
	}

	#[test]
	fn small_steps_earn_no_more_than_one_large_step(
		(terms, amount) in orders(), scores in vec(0..2_200u64, 1..20),
	) {
		let best = scores.iter().min().copied().unwrap_or_default();
		let steps: Vec<Won> = scores.into_iter().map(|score| (None, Score(score))).collect();
		let leap = sum(&play(terms, amount, &[(None, Score(best))]));
		prop_assert!(sum(&play(terms, amount, &steps)) <= leap);
	}

	#[test]
	fn nothing_is_paid_without_a_gain_but_the_bonus_at_the_target(
		(terms, amount) in orders(), rounds in rounds(),
	) {
		let mut before = terms;
		for ((_, score), (payment, terms, _)) in rounds.iter().zip(play(terms, amount, &rounds)) {
			let reaches = !before.is_fulfilled() && *score <= before.target;
			prop_assert_eq!(payment.bonus, if reaches { before.bonus } else { 0 });
			if payment.gain == 0 {
				prop_assert_eq!(payment.amount, 0);
			}
			prop_assert!(payment.amount <= u128::from(payment.gain) * before.price);
			before = terms;
		}
	}

	#[test]
	fn the_bonus_is_always_there_until_the_target_is_reached(
		(terms, amount) in orders(), rounds in rounds(),
	) {
		for (_, terms, left) in play(terms, amount, &rounds) {
			prop_assert!(terms.is_fulfilled() || left >= terms.bonus);
		}
	}

	#[test]
	fn any_numbers_are_paid_out_of_what_is_left(
		price: u128, bonus: u128, target: u64, mark: u64, left: u128, score: u64, baseline: Option<u64>,
	) {
		let terms = OrderTerms { price, bonus, target: Score(target), mark: Score(mark) };
		let payment = terms.payment(left, Score(score), baseline.map(Score));
		prop_assert!(payment.amount.checked_add(payment.bonus).is_some_and(|paid| paid <= left));
		prop_assert_eq!(payment.total(), payment.amount + payment.bonus);
		prop_assert!(payment.mark <= terms.mark);
	}
}
