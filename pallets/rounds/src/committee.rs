//! The committee of a round: the task that the round sets.

use crate::{Config, Error, Pallet, Rounds, Subject, Subjects, Unsettled};
use alloc::{vec, vec::Vec};
use codec::Encode;
use descent_protocol::{
	tally, Answer, Ballot, BlockNumber, ContentRef, GroupId, Performance, RoundIndex, Tally, TaskId,
	TaskWindows, Verdict, Weighted,
};
use frame_support::pallet_prelude::{DispatchError, Weight};
use pallet_evaluators::{BlockRandomness, Draw, RecordPlace, Request, Seat, Tasks};
use pallet_groups::GroupRules;
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::SaturatedConversion;

/// Prefix of the keys of signing records. It changes when their encoding does.
const RECORDS: &[u8] = b"descent/rounds/v1";

/// Returns the group and the round of a task, if it is one of this pallet's.
fn round_of(task: &TaskId) -> Option<(GroupId, RoundIndex)> {
	match *task {
		TaskId::Round { group, round } => Some((group, round)),
		TaskId::Delta { .. } => None,
	}
}

/// Returns the ballots of a committee. Where an account is given of each candidate in rank order, the verdict
/// of a member on its own candidate does not count.
pub(crate) fn ballots<AccountId: PartialEq>(
	seats: &[Seat<AccountId>],
	candidates: &[&AccountId],
) -> Vec<Weighted<Ballot>> {
	let ballot = |seat: &Seat<AccountId>| {
		let mut ballot = seat.answer.clone()?.ballot()?;
		for (verdict, account) in ballot.verdicts.iter_mut().zip(candidates) {
			if **account == seat.member.account {
				*verdict = Verdict::Abstained;
			}
		}
		Some(ballot)
	};
	seats.iter().map(|seat| Weighted { weight: seat.member.weight, answer: ballot(seat) }).collect()
}

/// Returns the tallies of the candidates in rank order, up to the last that a member looked at.
pub(crate) fn tallies(committee: &[Weighted<Ballot>]) -> Vec<Tally> {
	let depth = committee.iter().flat_map(|member| &member.answer).map(|ballot| ballot.verdicts.len()).max();
	(0..depth.unwrap_or_default()).map(|rank| tally(committee, rank)).collect()
}

impl<T: Config> Pallet<T> {
	/// Returns the task of a round.
	pub fn task(group: GroupId, round: RoundIndex) -> TaskId {
		TaskId::Round { group, round }
	}

	/// Has the subject of a round bind one more candidate. The first reveal binds the seed, by which all are
	/// measured, and the head.
	pub(crate) fn bind(
		group: GroupId,
		round: RoundIndex,
		first: impl FnOnce() -> (H256, Option<ContentRef>),
		candidate: impl Encode,
	) {
		Subjects::<T>::mutate((group, round), |subject| {
			let Subject { hash, reveals } = subject.unwrap_or_else(|| {
				let bound = (b"descent/subject/v1", first());
				Subject { hash: H256(bound.using_encoded(blake2_256)), reveals: 0 }
			});
			let hash = H256((hash, candidate).using_encoded(blake2_256));
			*subject = Some(Subject { hash, reveals: reveals.saturating_add(1) });
		});
	}
}

impl<T: Config> Tasks<T::AccountId> for Pallet<T> {
	fn windows(task: &TaskId) -> Option<TaskWindows> {
		let (group, round) = round_of(task)?;
		if !Unsettled::<T>::get(group).contains(&round) {
			return None;
		}
		let windows = Self::windows(group, round)?;
		Some(TaskWindows { attest: windows.attest, open: windows.open })
	}

	/// Binds the seed, the head, and the candidates with their claims.
	fn subject(task: &TaskId) -> Option<H256> {
		Subjects::<T>::get(round_of(task)?).map(|subject| subject.hash)
	}

	fn draw(task: &TaskId) -> Option<Draw> {
		let (group, round) = round_of(task)?;
		let entered = Rounds::<T>::get(group, round).filter(|round| round.settled.is_none())?;
		let seed = entered.seed?;
		let rules = T::Groups::rules(group, round)?;
		let block = rules.clock.windows(round)?.seed;
		Some(Draw { seed, block, seats: rules.committee_seats() })
	}

	/// A ballot has a verdict on each candidate at most.
	fn can_answer(task: &TaskId, answer: &Answer) -> bool {
		let (Some(key), Answer::Round(ballot)) = (round_of(task), answer) else {
			return false;
		};
		let revealed = Subjects::<T>::get(key).map_or(0, |subject| subject.reveals);
		ballot.verdicts.len() <= revealed.saturated_into()
	}

	/// Rounds are decided by their settlement.
	fn decide(_: &TaskId, _: &[Seat<T::AccountId>]) -> Result<Vec<Performance>, DispatchError> {
		Err(Error::<T>::WrongPhase.into())
	}

	fn decide_weight(_: u32) -> Weight {
		Weight::zero()
	}

	fn ongoing(block: BlockNumber) -> Vec<TaskId> {
		let rounds = Unsettled::<T>::iter();
		let tasks = rounds.flat_map(|(group, unsettled)| {
			unsettled.into_iter().filter_map(move |round| {
				let windows = Self::windows(group, round)?;
				let is_ongoing = windows.attest.contains(&block) || windows.open.contains(&block);
				is_ongoing.then_some(TaskId::Round { group, round })
			})
		});
		tasks.collect()
	}

	fn request(task: &TaskId, _: BlockNumber) -> Option<Request> {
		let (group, round) = round_of(task)?;
		Self::evaluation_request(group, round).map(Request::Evaluation)
	}

	/// A group has two places, one for even rounds and one for odd ones, as two rounds can be unsettled at a
	/// time.
	fn record_place(task: &TaskId) -> Option<RecordPlace> {
		let (group, round) = round_of(task)?;
		let key = (RECORDS, Self::genesis(), group, round & 1).encode();
		Some(RecordPlace { key, order: vec![round] })
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_task(_: u32, is_attesting: bool) -> TaskId {
		crate::benchmarking::task::<T>(is_attesting)
	}
}

impl<T: Config> BlockRandomness for Pallet<T> {
	fn randomness_at(block: BlockNumber) -> Option<[u8; 32]> {
		Self::kept_randomness(block)
	}
}
