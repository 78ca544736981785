//! Moves of keepers, and of the committees that ask them for what they keep.

use super::{
	committees::{self, Seats},
	machine::{groups_count, Machine, Move},
};
use crate::{
	constants::NRN,
	tests::economy::{
		actor::{actors, owner},
		calls::Seat,
	},
	AccountId, Runtime,
};
use descent_protocol::{Answer, CustodyBallot, GroupId, TaskId};
use pallet_custody::{Call, Event, Keepers};
use rand::Rng;
use sp_core::H256;

/// Returns the keepers of all groups.
fn keepers() -> Vec<(GroupId, AccountId)> {
	(0..groups_count())
		.flat_map(|group| {
			Keepers::<Runtime>::get(group).into_iter().map(move |keeper| (group, keeper.account))
		})
		.collect()
}

pub(crate) fn keep(machine: &mut Machine) -> Option<Move> {
	let (by, group) = (machine.somebody(), machine.group());
	let deposit = match machine.chance(0.1) {
		true => machine.amount(),
		false => machine.rng.random_range(4..9) * NRN,
	};
	let address = match machine.chance(0.03) {
		true => b"gopher://a".to_vec(),
		false => b"http://127.0.0.1:8080".to_vec(),
	};
	let providers = vec![address.try_into().ok()?].try_into().ok()?;
	Move::signed(by, Call::<Runtime>::keep { group, providers, deposit })
}

pub(crate) fn leave(machine: &mut Machine) -> Option<Move> {
	let (group, account) = machine.one_of(&keepers())?;
	let by = if machine.chance(0.1) { machine.somebody() } else { owner(&account)? };
	Move::signed(by, Call::<Runtime>::leave { group })
}

pub(crate) fn check(machine: &mut Machine) -> Option<Move> {
	let (group, _) = machine.one_of(&keepers())?;
	Move::signed(machine.somebody(), Call::<Runtime>::check { group })
}

/// The seats of the committees that ask keepers now, with what each member attested to.
fn seats(is_attesting: bool) -> Seats {
	committees::seats(is_attesting, |task| matches!(task, TaskId::Custody { .. }))
}

pub(crate) fn attest(machine: &mut Machine) -> Option<Move> {
	committees::attest(machine, seats(true), |machine, seat, account| {
		Some(Answer::Custody(ballot(machine, seat, account)?))
	})
}

pub(crate) fn open(machine: &mut Machine) -> Option<Move> {
	committees::open(machine, seats(false))
}

/// Returns what a member has fetched of each keeper, or says that it has.
fn ballot(machine: &mut Machine, seat: Seat, account: &AccountId) -> Option<CustodyBallot> {
	let TaskId::Custody { group, check } = seat.task else {
		return None;
	};
	let asked: Vec<_> =
		Keepers::<Runtime>::get(group).into_iter().filter(|keeper| keeper.since <= check).collect();
	let lies = machine.lies(account);
	let fetched = asked.iter().map(|keeper| {
		let hash = H256(sp_io::hashing::blake2_256(keeper.account.as_ref()));
		match lies {
			true => machine.chance(0.5).then(|| H256(machine.rng.random())),
			false => serves(&keeper.account).then_some(hash),
		}
	});
	fetched.collect::<Vec<_>>().try_into().ok()
}

/// Returns true if this keeper serves: every third actor does not.
fn serves(account: &AccountId) -> bool {
	actors().iter().position(|actor| actor.account == *account).is_none_or(|place| place % 3 != 0)
}

pub(super) fn kinds(event: &Event<Runtime>) -> Vec<&'static str> {
	match event {
		Event::KeeperDisplaced { .. } => vec!["keeper displaced"],
		Event::KeeperSlashed { .. } => vec!["keeper slashed"],
		Event::CheckMissed { .. } => vec!["check missed"],
		Event::Checked { served, .. } if *served > 0 => vec!["keepers served"],
		_ => vec![],
	}
}
