//! Moves of proposers, voters and committees around data sets.

use super::{
	committees::{self, Seats},
	groups::stakeholder,
	machine::{groups_count, Machine, Move},
	secrets::Quality,
};
use crate::{
	tests::economy::{actor::owner, calls::Seat},
	AccountId, Dataset, Runtime,
};
use descent_protocol::{
	announcement_hash, Answer, DeltaFault, DeltaReport, DeltaVerdict, GroupId, ProposalId, TaskId,
};
use pallet_dataset::{Announcements, Call, Open, Proposals};
use rand::Rng;
use sp_core::H256;

/// Returns the open proposals of all groups.
fn proposals() -> Vec<(GroupId, ProposalId)> {
	(0..groups_count())
		.flat_map(|group| Open::<Runtime>::get(group).into_iter().map(move |id| (group, id)))
		.collect()
}

pub(crate) fn announce(machine: &mut Machine) -> Option<Move> {
	let group = machine.group();
	let by = machine.somebody();
	let delta = if machine.chance(0.15) {
		// A file that somebody else has proposed.
		let (group, id) = machine.one_of(&proposals())?;
		Proposals::<Runtime>::get(group, id)?.delta
	} else if machine.chance(0.15) {
		// A file that somebody else is about to propose.
		let mut announced: Vec<_> = Announcements::<Runtime>::iter_prefix_values(group).collect();
		announced.sort_by_key(|announcement| announcement.hash);
		let hash = machine.one_of(&announced)?.hash;
		machine.secrets.contents.get(&hash)?.0
	} else {
		machine.secrets.file()
	};
	let quality = match machine.rng.random_range(0..20u32) {
		0..3 => Quality::Junk,
		3..11 => Quality::Unserved,
		_ => Quality::Valid,
	};
	machine.secrets.deltas.entry(delta.digest).or_insert(quality);
	let salt = machine.salt();
	let hash = announcement_hash(Dataset::genesis(), group, &by.account, delta.digest, &salt);
	machine.secrets.contents.insert(hash, (delta, salt));
	Move::signed(by, Call::<Runtime>::announce { group, hash })
}

pub(crate) fn propose(machine: &mut Machine) -> Option<Move> {
	let group = machine.group();
	let mut announced: Vec<_> = Announcements::<Runtime>::iter_prefix(group).collect();
	announced.sort_by(|(one, _), (other, _)| one.cmp(other));
	let (account, announcement) = machine.one_of(&announced)?;
	let (delta, salt) = *machine.secrets.contents.get(&announcement.hash)?;
	let base = Dataset::version(group) + u32::from(machine.chance(0.03));
	let call = Call::<Runtime>::propose {
		group,
		base,
		delta,
		providers: Default::default(),
		summary: b"more digits".to_vec().try_into().ok()?,
		salt,
	};
	Move::signed(owner(&account)?, call)
}

pub(crate) fn vote(machine: &mut Machine) -> Option<Move> {
	let (group, account) = stakeholder(machine)?;
	let proposal = machine.one_of(&Open::<Runtime>::get(group))?;
	Move::signed(owner(&account)?, Call::<Runtime>::vote { group, proposal })
}

pub(crate) fn withdraw_vote(machine: &mut Machine) -> Option<Move> {
	let (group, account) = stakeholder(machine)?;
	Move::signed(owner(&account)?, Call::<Runtime>::withdraw_vote { group })
}

pub(crate) fn withdraw_proposal(machine: &mut Machine) -> Option<Move> {
	let (group, proposal) = machine.one_of(&proposals())?;
	let proposer = Proposals::<Runtime>::get(group, proposal)?.proposer;
	Move::signed(owner(&proposer)?, Call::<Runtime>::withdraw_proposal { group, proposal })
}

/// The seats of the committees that check deltas now, with what each member attested to.
fn seats(is_attesting: bool) -> Seats {
	committees::seats(is_attesting, |task| matches!(task, TaskId::Delta { .. }))
}

pub(crate) fn attest(machine: &mut Machine) -> Option<Move> {
	committees::attest(machine, seats(true), |machine, seat, account| {
		Some(Answer::Delta(verdict(machine, seat, account)?))
	})
}

pub(crate) fn open(machine: &mut Machine) -> Option<Move> {
	committees::open(machine, seats(false))
}

/// Returns a member's verdict on a delta, true or false.
fn verdict(machine: &mut Machine, seat: Seat, account: &AccountId) -> Option<DeltaVerdict> {
	let TaskId::Delta { group, proposal, version, .. } = seat.task else {
		return None;
	};
	let delta = Proposals::<Runtime>::get(group, proposal)?.delta;
	let report = |salt: u8| {
		let input = [delta.digest.as_bytes(), &version.to_le_bytes(), &[salt]].concat();
		DeltaVerdict::Valid(DeltaReport {
			added: 10,
			removed: 0,
			records: 100,
			root: H256(sp_io::hashing::blake2_256(&input)),
		})
	};
	if machine.lies(account) {
		return Some(match machine.rng.random_range(0..4u32) {
			0 => DeltaVerdict::Unavailable,
			1 => DeltaVerdict::Invalid(DeltaFault::Empty),
			_ => report(1),
		});
	}
	Some(match machine.secrets.deltas.get(&delta.digest)? {
		Quality::Valid => report(0),
		Quality::Junk => DeltaVerdict::Invalid(DeltaFault::Malformed),
		Quality::Unserved => DeltaVerdict::Unavailable,
	})
}
