//! Prints as JSON the costs on the chain of a round, of an order of improvement and of a released test set:
//! bytes, fees and weights. `scripts/bench verify` runs it.
//!
//! Each transaction is put into a block of the runtime, and the events of the chain tell its weight and its
//! fee. The fees are those of a chain whose blocks are not full.

mod chain;
mod game;

use anyhow::{Context, Result};
use chain::{apply, Cost};
use descent_protocol::{hash_chain_link, test_set_series, Score, MAX_RANKED_WINNERS};
use descent_runtime::{Groups, Rounds, Runtime, RuntimeBlockWeights, NRN};
use frame_support::dispatch::DispatchClass;
use game::{account, authorized, content, signed, Game, RoundCosts, BEST, GROUP, MEMBERS};
use pallet_emission::WeightInfo;
use pallet_groups::GroupRules;
use serde::Serialize;
use sp_core::H256;
use sp_io::TestExternalities;

/// Number of trainers of the round whose messages are measured, as in the book's example.
const TRAINERS: u32 = 8;

/// Costs of all that a client does with an order, and of what its winner does.
#[derive(Serialize)]
struct OrderCosts {
	order: Cost,
	cancel: Cost,
	refund: Cost,
	/// The claim of a winner.
	claim: Cost,
}

/// Costs of a series of hidden test sets.
#[derive(Serialize)]
struct SeriesCosts {
	open: Cost,
	release: Cost,
}

#[derive(Serialize)]
struct Report {
	/// Number of members of the committee.
	members: u32,
	trainers: u32,
	/// Picoseconds that the transactions of users may take of a block.
	room_picoseconds: u64,
	/// A transfer between two accounts.
	transfer: Cost,
	round: RoundCosts,
	orders: OrderCosts,
	series: SeriesCosts,
	/// Settlements of rounds with one candidate, two and so on, all of which win.
	settlements: Vec<Cost>,
	/// The part of each settlement in which orders pay, and winners and members are paid.
	payout: Cost,
}

fn main() -> Result<()> {
	let (round, orders) = TestExternalities::default().execute_with(order_and_round)?;
	let (transfer, series) = TestExternalities::default().execute_with(transfer_and_series)?;
	let paying = |winners| TestExternalities::default().execute_with(|| settlement(winners));
	let payout = pallet_emission::weights::SubstrateWeight::<Runtime>::round_settled(MEMBERS);
	let normal = RuntimeBlockWeights::get().get(DispatchClass::Normal).max_total;
	let report = Report {
		members: MEMBERS,
		trainers: TRAINERS,
		room_picoseconds: normal.context("transactions have no limit")?.ref_time(),
		transfer,
		round,
		orders,
		series,
		settlements: (1..=MAX_RANKED_WINNERS).map(paying).collect::<Result<_>>()?,
		payout: payout.into(),
	};
	println!("{}", serde_json::to_string(&report)?);
	Ok(())
}

/// Places an order of a thousandth and more, at the price of an NRN for each.
fn order(game: &Game) -> Result<Cost> {
	let order = pallet_emission::Call::<Runtime>::order {
		group: GROUP,
		amount: 20 * NRN,
		price: NRN / 1_000,
		bonus: NRN,
		from: Score(BEST.0 + 1_000),
		target: Score(0),
		rounds: 1_000,
		terms: <Groups as GroupRules<u128>>::terms(GROUP).unwrap_or_default(),
	};
	apply(signed(&game.client, order))
}

/// Plays a round with one winner, and the life of an order that pays for it.
fn order_and_round() -> Result<(RoundCosts, OrderCosts)> {
	let mut game = Game::new(TRAINERS, 1)?;
	let order = order(&game)?;
	let round = game.play()?;
	let claim = apply(signed(&game.trainers[0], pallet_emission::Call::<Runtime>::claim {}))?;
	let cancel = pallet_emission::Call::<Runtime>::cancel_order { group: GROUP };
	let cancel = apply(signed(&game.client, cancel))?;
	let orders = pallet_emission::Orders::<Runtime>::get(GROUP);
	let free = orders.first().context("the order is gone")?.end.free;
	game.chain.end();
	game.chain.begin_at(free)?;
	let client = account(&game.client);
	let refund = pallet_emission::Call::<Runtime>::refund_order { group: GROUP, client };
	let refund = apply(signed(&game.client, refund))?;
	Ok((round, OrderCosts { order, cancel, refund, claim }))
}

/// Plays a round with an order and so many candidates, all of which win. Returns the cost of its settlement.
fn settlement(winners: u8) -> Result<Cost> {
	let mut game = Game::new(winners.into(), winners)?;
	order(&game)?;
	Ok(game.play()?.settlement)
}

/// Transfers, opens a series with one test set, and releases its key.
fn transfer_and_series() -> Result<(Cost, SeriesCosts)> {
	let game = Game::new(1, 1)?;
	let dest = account(&game.trainers[0]).into();
	let transfer = pallet_balances::Call::<Runtime>::transfer_keep_alive { dest, value: NRN };
	let transfer = apply(signed(&game.client, transfer))?;
	let (manifest, value) = (content("manifest"), H256::repeat_byte(7));
	let anchor = hash_chain_link(value);
	let open = pallet_test_sets::Call::<Runtime>::open_series {
		manifest,
		providers: Default::default(),
		anchor,
		sets: 1,
		group: None,
	};
	let open = apply(signed(&game.client, open))?;
	let series = test_set_series(Rounds::genesis(), &account(&game.client), manifest, anchor);
	let release = apply(authorized(pallet_test_sets::Call::<Runtime>::release { series, value }))?;
	Ok((transfer, SeriesCosts { open, release }))
}
