//! Earnings of a machine on this chain.

use crate::{
	fit::{percent, Fit},
	simulation::{outlook, NRN},
};
use descent_protocol::{Share, Shares};

/// Years of a machine's life, as in the paper.
pub(crate) const YEARS: u32 = 3;
/// Years between two halvings.
const ERA: u32 = 4;
/// Tokens that the sale has sold.
const SOLD: u128 = 1_000_000_000 * NRN;
/// Rounds of ten minutes in a year.
const ROUNDS: f64 = 52_560.0;
/// Fees in NRN, as `scripts/bench verify --json` has them: of a commitment, of what it stores for ever, and
/// of a reveal.
const FEES: [f64; 3] = [0.0089, 0.04, 0.0162];

/// The machines that share what the chain pays, and the price of a token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Market {
	/// Number of machines. All are alike, and each commits in every round of ten minutes.
	pub machines: u32,
	/// Price of a token in USD.
	pub price: f64,
}

impl Default for Market {
	fn default() -> Self {
		Self { machines: 1_000, price: 0.1 }
	}
}

/// The shares of a group by default.
pub(crate) fn default_shares() -> Shares {
	Shares { validators: Share::percent(20), keepers: Share::percent(5) }
}

/// The winners' part of the trainers' stream in the first three years of an era, in NRN.
pub(crate) fn winners(era: u32, shares: Shares) -> f64 {
	let stream = outlook(SOLD, era * ERA + YEARS).eras.last().map_or(0, |era| era.income[0]);
	shares.split(stream).winner as f64 / NRN as f64
}

/// Fees of a machine in three years, in NRN.
pub(crate) fn fees() -> f64 {
	f64::from(YEARS) * ROUNDS * FEES.iter().sum::<f64>()
}

/// Earnings of one of so many machines in the first three years of an era less its fees, in NRN.
pub(crate) fn earnings(machines: u32, era: u32, shares: Shares) -> f64 {
	winners(era, shares) / f64::from(machines) - fees()
}

impl Market {
	/// The return of a machine of the paper in percent, bought at the chain's beginning.
	pub(crate) fn percent(&self, fit: &Fit, electricity: f64, shares: Shares) -> f64 {
		let earnings = earnings(self.machines, 0, shares) * self.price;
		percent(earnings, fit.machine.hardware() + fit.energy * electricity)
	}
}
