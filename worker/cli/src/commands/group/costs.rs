//! The costs of creating a group.

use crate::{output::Output, table::fields};
use descent_client::format_amount;

/// Costs of a new group for its creator's account, in the token's smallest unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Costs {
	/// Held for as long as the group exists.
	pub deposit: u128,
	/// Held as the creator's stake, which it can take out.
	pub stake: u128,
	/// Paid.
	pub fee: u128,
	/// Amount that the account can spend now.
	pub free: u128,
}

impl Costs {
	/// The part of the account that is held or paid.
	fn total(&self) -> u128 {
		self.deposit.saturating_add(self.stake).saturating_add(self.fee)
	}

	/// The costs for people, a line each.
	pub(super) fn text(&self, output: &Output) -> String {
		let has = match self.free.checked_sub(self.total()) {
			Some(_) => format_amount(self.free),
			None => format!("{}, which is not enough", format_amount(self.free)),
		};
		fields(
			output,
			&[
				("deposit", format!("{}, held while the group exists", format_amount(self.deposit))),
				("stake", format!("{}, held; it stays yours", format_amount(self.stake))),
				("fee", format_amount(self.fee)),
				("in all", format_amount(self.total())),
				("you have", has),
			],
		)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::UNIT;

	#[test]
	fn costs_are_added_up_and_compared_with_what_there_is() {
		let costs = Costs { deposit: 100 * UNIT, stake: 50 * UNIT, fee: UNIT / 2, free: 200 * UNIT };
		let text = costs.text(&Output::new(true));
		assert!(text.contains("in all    150.5 NRN\nyou have  200 NRN"), "{text}");
		let poor = Costs { free: 150 * UNIT, ..costs };
		assert!(poor.text(&Output::new(true)).ends_with("you have  150 NRN, which is not enough"));
	}
}
