//! Orders: a client's payment for measured improvement of a group's model.

use crate::Score;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The terms on which a client pays for improvement.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct OrderTerms {
	/// The amount paid for each micro-unit of improvement.
	pub price: u128,
	/// The amount paid in addition when the target is reached.
	pub bonus: u128,
	/// The score with which the order is fulfilled.
	pub target: Score,
	/// The high-water mark: the best score that a winner has had so far, at first the score from which on the
	/// client pays.
	pub mark: Score,
}

/// The payment of an order for a round that was won.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderPayment {
	/// The improvement that is paid for, in micro-units.
	pub gain: u64,
	/// The amount paid for it.
	pub amount: u128,
	/// The bonus, if it is due.
	pub bonus: u128,
	/// The mark after the round. It is never above the mark before.
	pub mark: Score,
}

impl OrderPayment {
	/// Returns all that is paid.
	pub fn total(&self) -> u128 {
		self.amount.saturating_add(self.bonus)
	}
}

impl OrderTerms {
	/// Returns true if a winner has had the target's score: the order pays no more.
	pub fn is_fulfilled(&self) -> bool {
		self.mark <= self.target
	}

	/// Returns the payment for a round that was won with `score`, out of the money that is `left`. `baseline`
	/// is the measured score of the head on the same records, if there was a head.
	///
	/// The gain begins at the baseline or at the mark, whichever is lower, and ends at the score or at the
	/// target, whichever is higher. Records are drawn anew for each round, so scores vary by chance as well.
	/// An improvement below the mark is paid for once and never again, so all payments of an order add up to
	/// no more than its price from the first mark down to the target, and the bonus. The bonus is set aside
	/// until the target is reached: payments for gains leave it.
	///
	/// ```
	/// use descent_protocol::{OrderTerms, Score};
	///
	/// let terms = OrderTerms { price: 5, bonus: 100, target: Score(200), mark: Score(300) };
	/// let payment = terms.payment(1_000, Score(280), Some(Score(290)));
	/// assert_eq!((payment.gain, payment.amount, payment.bonus), (10, 50, 0));
	///
	/// let terms = OrderTerms { mark: payment.mark, ..terms };
	/// let payment = terms.payment(950, Score(190), Some(Score(285)));
	/// assert_eq!((payment.gain, payment.amount, payment.bonus), (80, 400, 100));
	/// ```
	pub fn payment(&self, left: u128, score: Score, baseline: Option<Score>) -> OrderPayment {
		let mark = self.mark.min(score);
		if self.is_fulfilled() {
			return OrderPayment { gain: 0, amount: 0, bonus: 0, mark };
		}
		let begin = baseline.map_or(self.mark, |baseline| baseline.min(self.mark));
		let gain = begin.0.saturating_sub(score.max(self.target).0);
		let amount = u128::from(gain).saturating_mul(self.price).min(left.saturating_sub(self.bonus));
		let rest = left.saturating_sub(amount);
		let bonus = if score <= self.target { self.bonus.min(rest) } else { 0 };
		OrderPayment { gain, amount, bonus, mark }
	}
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
