//! The commands `descent order ..`.

pub(crate) mod cancel;
pub(crate) mod create;
mod plan;
pub(crate) mod refund;
pub(crate) mod show;
mod with_group;

use crate::{args::Global, output::Output};
use anyhow::Result;
use clap::Subcommand;
use descent_protocol::{view::OrderView, BlockNumber};

#[derive(Debug, Subcommand)]
pub(crate) enum OrderCommand {
	/// Pay for each thousandth by which a group's score gets better
	Create(Box<create::Create>),
	/// Show the orders of a group's model
	Show(show::Show),
	/// Pay for no more rounds than have begun
	Cancel(cancel::Cancel),
	/// Return the rest of an order that is over to its client
	Refund(refund::Refund),
}

impl OrderCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Create(command) => command.run(global, output).await,
			Self::Show(command) => command.run(global, output).await,
			Self::Cancel(command) => command.run(global, output).await,
			Self::Refund(command) => command.run(global, output).await,
		}
	}
}

/// Micro-units of a score in a thousandth.
const THOUSANDTH: u128 = 1_000;

/// The rounds that an order pays for: `5 to 204`.
fn rounds(order: &OrderView) -> String {
	match order.until.checked_sub(1) {
		Some(last) if last > order.since => format!("{} to {last}", order.since),
		Some(last) if last == order.since => last.to_string(),
		_ => "none".into(),
	}
}

/// The block from which the rest of an order can be returned: `at block 120, in 20 blocks (1m)`.
fn free(order: &OrderView, now: BlockNumber) -> String {
	if order.free > now {
		crate::format::due(order.free, now)
	} else {
		"now".into()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::{AccountId, UNIT};
	use descent_protocol::Score;

	/// An order that has paid for something.
	pub(super) fn order() -> OrderView {
		OrderView {
			client: AccountId::new([1; 32]),
			left: 900 * UNIT,
			price: 4 * UNIT / THOUSANDTH,
			bonus: 100 * UNIT,
			target: Score(2_000_000),
			mark: Score(2_275_000),
			since: 5,
			until: 205,
			free: 41_000,
			paused: false,
		}
	}

	#[test]
	fn says_for_which_rounds_it_is_and_when_the_rest_is_free() {
		let mut order = order();
		assert_eq!(rounds(&order), "5 to 204");
		assert_eq!(free(&order, 40_980), "at block 41000, in 20 blocks (1m)");
		assert_eq!(free(&order, 41_000), "now");
		order.until = 6;
		assert_eq!(rounds(&order), "5");
		order.until = 5;
		assert_eq!(rounds(&order), "none");
	}
}
