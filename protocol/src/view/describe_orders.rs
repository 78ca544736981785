//! Events of orders in words.

use super::{ChainEvent, EventFormat, Tone};
use crate::{format_amount, Score};
use alloc::{format, string::String};

impl ChainEvent {
	/// Says what happened to an order; nothing for another event.
	pub(super) fn describe_order(&self, format: &impl EventFormat) -> String {
		match self {
			Self::Ordered { amount, from, target, .. } => {
				format!("pays up to {} for scores from {from} down to {target}", format_amount(*amount))
			}
			Self::OrderPaid { round, gain, amount, bonus, left, .. } => {
				let paid = format_amount(amount.saturating_add(*bonus));
				let gain = Score(*gain);
				format!("paid {paid} for round {round}, better by {gain}; {} is left", format_amount(*left))
			}
			Self::OrderCancelled { until, .. } => format!("was cancelled and ends before round {until}"),
			Self::OrderPaused { until, .. } => {
				format!("is paused as the rules change and ends before round {until}")
			}
			Self::OrderDisplaced { until, .. } => {
				format!("gives way to one with more money and ends before round {until}")
			}
			Self::OrderSpent { .. } => "is used up".into(),
			Self::OrderFulfilled { refunded, .. } => {
				let fulfilled = format.result(Tone::Good, "is fulfilled".into());
				format!("{fulfilled}; {} can be claimed", format_amount(*refunded))
			}
			Self::OrderRefunded { amount, .. } => format!("ended; {} is returned", format_amount(*amount)),
			_ => String::new(),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::UNIT;
	use sp_core::crypto::AccountId32;

	/// Names accounts by their first byte.
	struct Plain;

	impl EventFormat for Plain {
		fn account(&self, account: &AccountId32) -> String {
			let [first, ..]: &[u8; 32] = account.as_ref();
			format!("account {first}")
		}
	}

	#[test]
	fn what_happens_to_orders_is_a_sentence_each() {
		let (group, account) = (0, || AccountId32::new([7; 32]));
		let ordered = ChainEvent::Ordered {
			group,
			account: account(),
			amount: 100 * UNIT,
			price: 1,
			bonus: 0,
			from: Score(2_300_000),
			target: Score(2_000_000),
			until: 9,
		};
		let paid = ChainEvent::OrderPaid {
			group,
			round: 3,
			account: account(),
			gain: 20_000,
			amount: 8 * UNIT,
			bonus: 2 * UNIT,
			left: 90 * UNIT,
		};
		let (until, free) = (5, 77);
		for (event, text) in [
			(ordered, "of account 7 pays up to 100 NRN for scores from 2.300000 down to 2.000000"),
			(paid, "of account 7 paid 10 NRN for round 3, better by 0.020000; 90 NRN is left"),
			(
				ChainEvent::OrderCancelled { group, account: account(), until, free },
				"of account 7 was cancelled and ends before round 5",
			),
			(
				ChainEvent::OrderPaused { group, account: account(), until, free },
				"of account 7 is paused as the rules change and ends before round 5",
			),
			(ChainEvent::OrderSpent { group, account: account() }, "of account 7 is used up"),
			(
				ChainEvent::OrderFulfilled { group, account: account(), refunded: UNIT },
				"of account 7 is fulfilled; 1 NRN can be claimed",
			),
			(
				ChainEvent::OrderRefunded { group, account: account(), amount: UNIT },
				"of account 7 ended; 1 NRN is returned",
			),
		] {
			assert_eq!((event.subject().as_str(), event.describe(&Plain).as_str()), ("order", text));
		}
	}
}
