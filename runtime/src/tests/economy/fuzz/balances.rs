//! Moves of accounts that earn and pay.

use super::machine::{Machine, Move};
use crate::{
	constants::NRN,
	tests::economy::actor::{actors, owner},
	AccountId, Balances, Emission, Runtime, Treasury,
};
use descent_protocol::Score;
use pallet_emission::{Accrued, Call, Fundings, Orders};
use pallet_rounds::Heads;
use rand::Rng;

pub(crate) fn claim(machine: &mut Machine) -> Option<Move> {
	let mut earned: Vec<_> = Accrued::<Runtime>::iter_keys().collect();
	earned.sort();
	let by = match machine.one_of(&earned) {
		Some(account) if machine.chance(0.9) => owner(&account)?,
		_ => machine.somebody(),
	};
	Move::signed(by, Call::<Runtime>::claim {})
}

pub(crate) fn fund(machine: &mut Machine) -> Option<Move> {
	let (group, amount) = (machine.group(), machine.amount());
	let per_round = match machine.rng.random_range(0..4u32) {
		0 => machine.amount(),
		1 => amount / 2,
		_ => machine.rng.random_range(1..20) * NRN,
	};
	let call = Call::<Runtime>::fund { group, amount, per_round, terms: crate::tests::terms(group) };
	Move::signed(machine.somebody(), call)
}

/// Returns a client of some group.
fn client(machine: &mut Machine) -> Option<(u32, &'static crate::tests::economy::actor::Actor)> {
	let group = machine.group();
	let clients: Vec<_> = Fundings::<Runtime>::get(group).into_iter().map(|funding| funding.client).collect();
	Some((group, owner(&machine.one_of(&clients)?)?))
}

pub(crate) fn stop_funding(machine: &mut Machine) -> Option<Move> {
	let (group, by) = client(machine)?;
	Move::signed(by, Call::<Runtime>::stop_funding { group })
}

pub(crate) fn refund(machine: &mut Machine) -> Option<Move> {
	let (group, by) = client(machine)?;
	Move::signed(by, Call::<Runtime>::refund { group })
}

/// Orders improvement from about the head's score on. The target is within reach of one round, beyond that of
/// any, or no target at all; the price uses up the money at the first gain, lets it last, or is anything.
pub(crate) fn order(machine: &mut Machine) -> Option<Move> {
	let (group, amount) = (machine.group(), machine.amount());
	let heads = Heads::<Runtime>::iter_prefix_values(group).map(|head| head.score.0);
	let head = heads.min().unwrap_or(2_000_000);
	let from = machine.rng.random_range(head / 2..=head + head / 8 + 1);
	let target = match machine.rng.random_range(0..8u32) {
		0 => from,
		1..4 => 0,
		_ => from - from / 16,
	};
	let price = match machine.rng.random_range(0..4u32) {
		0 => amount,
		1 => machine.amount(),
		_ => amount / 100_000,
	};
	let call = Call::<Runtime>::order {
		group,
		amount,
		price,
		bonus: if machine.chance(0.5) { 0 } else { amount / 4 },
		from: Score(from),
		target: Score(target),
		rounds: machine.rng.random_range(0..8),
		terms: crate::tests::terms(group),
	};
	Move::signed(machine.somebody(), call)
}

/// Returns the client of some order.
fn orderer(machine: &mut Machine) -> Option<(u32, AccountId)> {
	let group = machine.group();
	let clients: Vec<_> = Orders::<Runtime>::get(group).into_iter().map(|order| order.client).collect();
	Some((group, machine.one_of(&clients)?))
}

pub(crate) fn cancel_order(machine: &mut Machine) -> Option<Move> {
	let (group, client) = orderer(machine)?;
	Move::signed(owner(&client)?, Call::<Runtime>::cancel_order { group })
}

pub(crate) fn refund_order(machine: &mut Machine) -> Option<Move> {
	let (group, client) = orderer(machine)?;
	Move::signed(machine.somebody(), Call::<Runtime>::refund_order { group, client })
}

fn transfer_to(machine: &mut Machine, to: AccountId) -> Option<Move> {
	let value = machine.amount();
	let call = pallet_balances::Call::<Runtime>::transfer_allow_death { dest: to.into(), value };
	Move::signed(machine.somebody(), call)
}

pub(crate) fn transfer(machine: &mut Machine) -> Option<Move> {
	// An actor that has nothing left gets something, so that the run goes on.
	let poorest = actors().iter().min_by_key(|actor| Balances::free_balance(&actor.account))?;
	let to = match machine.rng.random_range(0..3u32) {
		0 => poorest.account.clone(),
		1 => AccountId::new(machine.rng.random()),
		_ => machine.somebody().account.clone(),
	};
	transfer_to(machine, to)
}

/// Gives tokens of an actor to accounts that only hold those of others.
pub(crate) fn donate(machine: &mut Machine) -> Option<Move> {
	let to = if machine.chance(0.5) { Emission::account_id() } else { Treasury::account_id() };
	transfer_to(machine, to)
}

/// Transfers all that an account can.
pub(crate) fn transfer_all(machine: &mut Machine) -> Option<Move> {
	let call = pallet_balances::Call::<Runtime>::transfer_all {
		dest: machine.somebody().account.clone().into(),
		keep_alive: false,
	};
	Move::signed(machine.somebody(), call)
}

/// Tries to burn tokens, which is forbidden.
pub(crate) fn burn(machine: &mut Machine) -> Option<Move> {
	let call = pallet_balances::Call::<Runtime>::burn { value: machine.amount(), keep_alive: false };
	Move::signed(machine.somebody(), call)
}
