//! Moves of accounts that earn and pay.

use super::machine::{Machine, Move};
use crate::{
	constants::NRN,
	tests::economy::actor::{actors, owner},
	AccountId, Balances, Emission, Runtime, Treasury,
};
use pallet_emission::{Accrued, Call, Fundings};
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
