#![allow(clippy::arithmetic_side_effects, clippy::as_conversions)]

use crate::{
	mock::{account, providers, run_to, signed, Custody, Evaluators, RuntimeEvent, System, Test, LENGTH},
	Error, Event, Keepers,
};
use descent_protocol::{Answer, CustodyBallot, TaskId};
use frame_support::{assert_noop, assert_ok};
use pallet_evaluators::{tasks::Committees, Seat};
use sp_core::H256;
use sp_runtime::DispatchResult;

mod check;
mod crowd;
mod keep;
mod tasks;
mod views;

/// Has an account keep group 0 with a deposit.
fn keep(number: u8, deposit: u128) -> DispatchResult {
	Custody::keep(signed(number), 0, providers(number), deposit)
}

/// Opens a check of group 0, and returns its task.
fn open() -> TaskId {
	assert_ok!(Custody::check(signed(40), 0));
	TaskId::Custody { group: 0, check: crate::CheckCount::<Test>::get(0) }
}

/// Stores the answers of the four members, each of weight 1, and lets the check be decided. `None` is a hash
/// that nobody has, and a missing answer a member that says nothing.
fn answer(task: TaskId, answers: [Option<&[Option<u64>]>; 4]) {
	let opened = System::block_number();
	run_to(opened + 4);
	let seats = Evaluators::seats(&task);
	assert_eq!(seats.len(), 4);
	let seats = seats.into_iter().zip(answers).map(|(mut seat, answer): (Seat<_>, _)| {
		seat.member.weight = 1;
		seat.attested = answer.is_some();
		seat.answer = answer.map(|hashes| Answer::Custody(ballot(hashes)));
		seat
	});
	Evaluators::put(&task, seats.collect());
	run_to(opened + LENGTH);
}

fn ballot(hashes: &[Option<u64>]) -> CustodyBallot {
	let hashes: Vec<_> = hashes.iter().map(|hash| hash.map(H256::from_low_u64_be)).collect();
	hashes.try_into().unwrap()
}

/// Opens a check and has all members say the same.
fn checked(hashes: &[Option<u64>]) {
	answer(open(), [Some(hashes); 4]);
}

/// The accounts of the keepers, in order.
fn keepers() -> Vec<u8> {
	Keepers::<Test>::get(0).iter().map(|keeper| crate::mock::number(&keeper.account)).collect()
}

/// The events of the pallet, and forgets them.
fn events() -> Vec<Event<Test>> {
	let events = System::events().into_iter().filter_map(|record| match record.event {
		RuntimeEvent::Custody(event) => Some(event),
		_ => None,
	});
	let events = events.collect();
	System::reset_events();
	events
}

fn joined(number: u8, deposit: u128) -> Event<Test> {
	Event::KeeperJoined { group: 0, account: account(number), deposit }
}

fn left(number: u8, returned: u128) -> Event<Test> {
	Event::KeeperLeft { group: 0, account: account(number), returned }
}

#[test]
fn errors_change_nothing() {
	crate::mock::build_and_execute(|| {
		assert_noop!(Custody::check(signed(1), 0), Error::<Test>::NoKeepers);
		assert_noop!(Custody::check(signed(1), 9), Error::<Test>::UnknownGroup);
		assert_noop!(Custody::leave(signed(1), 0), Error::<Test>::NotKeeper);
	});
}
