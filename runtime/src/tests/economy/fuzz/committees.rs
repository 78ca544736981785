//! Moves of the members of committees, whatever their tasks are.

use super::machine::{now, Machine, Move};
use crate::{
	tests::economy::{
		actor::owner,
		calls::{self, Seat},
	},
	AccountId,
};
use descent_protocol::{Answer, TaskId};
use pallet_evaluators::Attestation;

/// Seats of committees, each with its member and what it attested to.
pub(super) type Seats = Vec<(Seat, AccountId, Option<Attestation>)>;

/// Returns the seats of the committees that attest now, or open, and whose tasks are these.
pub(super) fn seats(is_attesting: bool, is_meant: impl Fn(&TaskId) -> bool) -> Seats {
	let mut seats = calls::seats(now(), is_attesting);
	seats.retain(|(seat, _, _)| is_meant(&seat.task));
	seats
}

/// Has one of the members that have said nothing attest to its answer.
pub(super) fn attest(
	machine: &mut Machine,
	mut silent: Seats,
	answer: impl FnOnce(&mut Machine, Seat, &AccountId) -> Option<Answer>,
) -> Option<Move> {
	silent.retain(|(_, _, said)| said.is_none());
	let (seat, account, _) = machine.one_of(&silent)?;
	let by = owner(&account)?;
	let answer = answer(machine, seat, &account)?;
	let salt = machine.salt();
	let hash = seat.hash(by, &answer, &salt);
	machine.secrets.answers.insert(hash, (answer, salt));
	Move::authorized(seat.attest(by, hash))
}

/// Has one of the members that attested open its answer.
pub(super) fn open(machine: &mut Machine, seats: Seats) -> Option<Move> {
	let hidden = seats.into_iter().filter_map(|(seat, account, said)| {
		let said = said.filter(|said| said.answer.is_none())?;
		Some((seat, account, said.hash))
	});
	let (seat, account, hash) = machine.one_of(&hidden.collect::<Vec<_>>())?;
	let (answer, salt) = machine.secrets.answers.get(&hash)?.clone();
	Move::authorized(seat.open(owner(&account)?, answer, salt))
}
