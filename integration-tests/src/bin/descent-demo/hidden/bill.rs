//! The bill of the client, reckoned by the terms of its order and not by the chain.

use descent_protocol::{view::OrderView, OrderPayment, OrderTerms, RoundIndex, Score};
use std::ops::Range;

/// The money of an order.
#[derive(Clone, Debug)]
pub(super) struct Bill {
	/// Amount that was paid in.
	pub(super) amount: u128,
	/// Total paid for rounds.
	pub(super) paid: u128,
	/// Rest of the amount.
	pub(super) left: u128,
	terms: OrderTerms,
	/// The rounds that are paid for.
	rounds: Range<RoundIndex>,
}

impl Bill {
	/// Returns the bill of an order that has paid for nothing yet.
	pub(super) fn new(order: &OrderView) -> Self {
		let OrderView { left, price, bonus, target, mark, since, until, .. } = *order;
		let terms = OrderTerms { price, bonus, target, mark };
		Self { amount: left, paid: 0, left, terms, rounds: since..until }
	}

	/// Takes what a round costs that was won with a score against a baseline.
	pub(super) fn charge(
		&mut self,
		round: RoundIndex,
		score: Score,
		baseline: Option<Score>,
	) -> OrderPayment {
		if !self.rounds.contains(&round) {
			return OrderPayment { gain: 0, amount: 0, bonus: 0, mark: self.terms.mark };
		}
		let payment = self.terms.payment(self.left, score, baseline);
		self.terms.mark = payment.mark;
		self.left = self.left.saturating_sub(payment.total());
		self.paid = self.paid.saturating_add(payment.total());
		payment
	}

	/// Best score that was paid for.
	pub(super) fn mark(&self) -> Score {
		self.terms.mark
	}

	/// Returns true if the target is reached, so that the rest can be claimed.
	pub(super) fn is_fulfilled(&self) -> bool {
		self.terms.is_fulfilled()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::AccountId;

	fn bill() -> Bill {
		Bill::new(&OrderView {
			client: AccountId::new([1; 32]),
			left: 1_000,
			price: 5,
			bonus: 100,
			target: Score(200),
			mark: Score(300),
			since: 1,
			until: 9,
			free: 400,
			paused: false,
		})
	}

	#[test]
	fn all_that_is_paid_comes_out_of_what_was_paid_in() {
		let mut bill = bill();
		assert_eq!(bill.charge(0, Score(10), None).total(), 0, "the order begins with round 1");
		assert_eq!(bill.charge(1, Score(280), None).total(), 100);
		assert_eq!(bill.charge(2, Score(285), Some(Score(295))).total(), 0, "the mark is 280");
		assert_eq!((bill.paid, bill.left, bill.mark()), (100, 900, Score(280)));
		assert_eq!(bill.charge(3, Score(190), Some(Score(300))).total(), 400 + 100);
		assert_eq!((bill.paid, bill.left, bill.is_fulfilled()), (600, 400, true));
		assert_eq!(bill.charge(4, Score(100), Some(Score(190))).total(), 0);
	}
}
