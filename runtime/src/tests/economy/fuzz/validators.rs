//! Moves of validators, and of accounts that want to be one.

use super::machine::{Machine, Move};
use crate::{
	tests::economy::{
		actor::{actors, owner, Actor},
		equivocation,
	},
	Runtime, Session,
};
use pallet_validators::{Call, Ledgers};
use rand::{seq::IndexedRandom, Rng};

/// The actors that would be validators.
const WOULD_BE: usize = 9;

fn would_be(machine: &mut Machine) -> &'static Actor {
	actors()[..WOULD_BE].choose(&mut machine.rng).expect("there are some")
}

/// Returns an actor that has bonded.
fn bonded(machine: &mut Machine) -> Option<&'static Actor> {
	let mut accounts: Vec<_> = Ledgers::<Runtime>::iter_keys().collect();
	accounts.sort();
	owner(&machine.one_of(&accounts)?)
}

pub(crate) fn bond(machine: &mut Machine) -> Option<Move> {
	let amount = machine.amount();
	Move::signed(would_be(machine), Call::<Runtime>::bond { amount })
}

pub(crate) fn unbond(machine: &mut Machine) -> Option<Move> {
	let by = bonded(machine)?;
	let bond = Ledgers::<Runtime>::get(&by.account).bond;
	let amount = match machine.rng.random_range(0..4u32) {
		0 => bond,
		1 => bond / 2,
		_ => machine.amount(),
	};
	Move::signed(by, Call::<Runtime>::unbond { amount })
}

pub(crate) fn withdraw(machine: &mut Machine) -> Option<Move> {
	Move::signed(bonded(machine)?, Call::<Runtime>::withdraw {})
}

pub(crate) fn chill(machine: &mut Machine) -> Option<Move> {
	Move::signed(bonded(machine)?, Call::<Runtime>::chill {})
}

pub(crate) fn validate(machine: &mut Machine) -> Option<Move> {
	Move::signed(bonded(machine)?, Call::<Runtime>::validate {})
}

pub(crate) fn set_keys(machine: &mut Machine) -> Option<Move> {
	let by = would_be(machine);
	let (keys, mut proof) = by.session_keys();
	if machine.chance(0.05) {
		proof.truncate(64);
	}
	Move::signed(by, pallet_session::Call::<Runtime>::set_keys { keys, proof })
}

pub(crate) fn purge_keys(machine: &mut Machine) -> Option<Move> {
	Move::signed(would_be(machine), pallet_session::Call::<Runtime>::purge_keys {})
}

/// Reports that a validator made two blocks in one slot.
pub(crate) fn equivocate(machine: &mut Machine) -> Option<Move> {
	let mut offenders = Session::validators();
	offenders.retain(|offender| *offender != actors()[0].account);
	let offender = machine.one_of(&offenders)?;
	Move::unsigned(equivocation::report(owner(&offender)?)?)
}
