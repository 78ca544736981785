//! The costs on the chain, as the runtime's example `round_costs` prints them.

use anyhow::{ensure, Context, Result};
use serde::{Deserialize, Serialize};
use std::io::IsTerminal;

/// The cost of a transaction, or of what the chain does by itself.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Cost {
	/// Length of the transaction in bytes; 0 where there is none.
	pub(crate) bytes: u64,
	/// Fee in units of the token, of which an NRN has 10^12.
	pub(crate) fee: u64,
	/// Time of the weight, in picoseconds.
	pub(crate) picoseconds: u64,
	/// Size of the weight's proof, in bytes.
	pub(crate) proof_bytes: u64,
}

/// Costs of one message of each kind in a round, and of its settlement.
#[derive(Deserialize, Serialize)]
pub(crate) struct RoundCosts {
	pub(crate) commitment: Cost,
	pub(crate) reveal: Cost,
	pub(crate) attestation: Cost,
	pub(crate) opening: Cost,
	pub(crate) settlement: Cost,
	/// Length of a block's header with its seal, in bytes.
	pub(crate) header_bytes: u64,
}

/// Costs of an order, and of the claim of a winner.
#[derive(Deserialize, Serialize)]
pub(crate) struct OrderCosts {
	pub(crate) order: Cost,
	pub(crate) cancel: Cost,
	pub(crate) refund: Cost,
	pub(crate) claim: Cost,
}

/// Costs of a series of hidden test sets.
#[derive(Deserialize, Serialize)]
pub(crate) struct SeriesCosts {
	pub(crate) open: Cost,
	pub(crate) release: Cost,
}

/// All costs on the chain.
#[derive(Deserialize, Serialize)]
pub(crate) struct ChainCosts {
	/// Number of members of the committee.
	pub(crate) members: u64,
	pub(crate) trainers: u64,
	/// Picoseconds that the transactions of users may take of a block.
	pub(crate) room_picoseconds: u64,
	pub(crate) transfer: Cost,
	pub(crate) round: RoundCosts,
	pub(crate) orders: OrderCosts,
	pub(crate) series: SeriesCosts,
	/// Settlements of rounds with one candidate, two and so on, all of which win.
	pub(crate) settlements: Vec<Cost>,
	/// The part of each settlement that pays.
	pub(crate) payout: Cost,
}

impl Cost {
	/// Milliseconds of the weight.
	pub(crate) fn ms(&self) -> f64 {
		self.picoseconds as f64 / 1e9
	}

	/// The fee in NRN.
	pub(crate) fn nrn(&self) -> f64 {
		self.fee as f64 / 1e12
	}
}

impl ChainCosts {
	/// Reads the costs from standard input.
	pub(crate) fn read() -> Result<Self> {
		let input = std::io::stdin();
		ensure!(!input.is_terminal(), "the costs on the chain are missing: run scripts/bench verify");
		serde_json::from_reader(input.lock()).context("standard input has not the costs on the chain")
	}

	/// The sum of one of their parts over all messages of a round, each of which is a transaction.
	pub(crate) fn of_round(&self, part: impl Fn(&Cost) -> u64) -> u64 {
		let RoundCosts { commitment, reveal, attestation, opening, settlement, .. } = &self.round;
		self.trainers * (part(commitment) + part(reveal))
			+ self.members * (part(attestation) + part(opening))
			+ part(settlement)
	}
}
