//! Committees: their draw, and what their members have attested and opened.

use crate::{
	tasks::UnboundSeat, Attestation, Attestations, Call, Committee, Committees, Config, CurrentEvaluators,
	Evaluator, EvaluatorSet, Member, Members, Pallet, PerformanceObserver, PreviousEvaluators, Seat, Tasks,
	WeightInfo,
};
use alloc::vec::Vec;
use codec::Encode;
use descent_protocol::{committee_weights, BlockNumber, Performance, TaskId};
use descent_support::set_alarm;
use frame_support::weights::Weight;
use sp_io::hashing::blake2_256;

/// Priority of decisions in the scheduler. In a block they come with the settlements of rounds, before the
/// closes of voting periods.
const PRIORITY: u8 = 63;

impl<T: Config> Pallet<T> {
	/// Returns the number of the block that is being executed.
	pub(crate) fn now() -> BlockNumber {
		descent_support::now::<T>()
	}

	/// Returns the evaluators of the session to which a block belonged; those of the session before the
	/// current one if it is too long ago.
	pub fn evaluators_of(block: BlockNumber) -> Vec<Evaluator<T::AccountId>> {
		let current = CurrentEvaluators::<T>::get();
		let set = match PreviousEvaluators::<T>::get() {
			Some(previous) if block < current.since => previous,
			_ => current,
		};
		set.evaluators.into_inner()
	}

	/// Returns the committee of a task: the one that is stored, or that the task's seed draws.
	pub fn committee(task: &TaskId) -> Option<Committee<T::AccountId>> {
		Committees::<T>::get(task).or_else(|| Self::drawn(task))
	}

	/// Draws the committee of a task.
	fn drawn(task: &TaskId) -> Option<Committee<T::AccountId>> {
		let draw = T::Tasks::draw(task)?;
		let evaluators = Self::evaluators_of(draw.block);
		let bonds: Vec<_> = evaluators.iter().map(|evaluator| evaluator.bond).collect();
		let weights = committee_weights(draw.seed, &bonds, draw.seats);
		let members = evaluators
			.into_iter()
			.zip(weights)
			.filter(|(_, weight)| *weight > 0)
			.map(|(Evaluator { account, key, .. }, weight)| Member { account, key, weight })
			.collect();
		Some(Committee { members: Members::truncate_from(members), is_unbound: false })
	}

	/// Returns the seats of a committee, and how far each member got.
	fn seats_of(task: &TaskId, committee: Committee<T::AccountId>) -> Vec<Seat<T::AccountId>> {
		(0u32..)
			.zip(committee.members)
			.map(|(place, member)| {
				let attestation = Attestations::<T>::get(task, place);
				let attested = attestation.is_some();
				Seat { member, attested, answer: attestation.and_then(|attestation| attestation.answer) }
			})
			.collect()
	}

	/// Replaces the evaluators by those of a session that begins.
	pub(crate) fn put_evaluators(evaluators: Vec<Evaluator<T::AccountId>>) {
		let since = Self::now().saturating_add(1);
		let evaluators = frame_support::BoundedVec::truncate_from(evaluators);
		let before = CurrentEvaluators::<T>::get();
		// A session that begins in the same block as another has had no block of its own.
		if before.since < since {
			PreviousEvaluators::<T>::put(before);
		}
		CurrentEvaluators::<T>::put(EvaluatorSet { since, evaluators });
	}
}

impl<T: Config> crate::tasks::Committees<T::AccountId> for Pallet<T> {
	fn seats(task: &TaskId) -> Vec<Seat<T::AccountId>> {
		Self::committee(task).map(|committee| Self::seats_of(task, committee)).unwrap_or_default()
	}

	fn take(task: &TaskId) -> Vec<Seat<T::AccountId>> {
		let Some(committee) = Self::committee(task) else {
			return Vec::new();
		};
		let seats = Self::seats_of(task, committee);
		Committees::<T>::remove(task);
		for (place, seat) in (0u32..).zip(&seats) {
			if seat.attested {
				Attestations::<T>::remove(task, place);
			}
		}
		seats
	}

	fn take_weight(members: u32) -> Weight {
		T::WeightInfo::take(members)
	}

	fn observed(performance: &[(T::AccountId, Performance)]) -> Weight {
		T::Performance::observed(performance)
	}

	fn observed_weight(members: u32) -> Weight {
		T::Performance::observed_weight(members)
	}

	fn set_alarm(task: &TaskId, due: BlockNumber) -> bool {
		let call = Call::decide { task: *task };
		let name = blake2_256(&(b"descent/decide/v1", task).encode());
		set_alarm::<T, T::Scheduler>(PRIORITY, name, call.into(), due)
	}

	fn put_unbound(task: &TaskId, committee: Vec<UnboundSeat<T::AccountId>>) {
		let (members, attestations): (Vec<_>, Vec<_>) = committee.into_iter().unzip();
		for (place, attestation) in (0u32..).zip(attestations) {
			if let Some(attestation) = attestation {
				Attestations::<T>::insert(task, place, attestation);
			}
		}
		let members = Members::truncate_from(members);
		Committees::<T>::insert(task, Committee { members, is_unbound: true });
	}

	#[cfg(any(feature = "std", feature = "runtime-benchmarks"))]
	fn put(task: &TaskId, seats: Vec<Seat<T::AccountId>>) {
		for (place, seat) in (0u32..).zip(&seats) {
			if seat.attested {
				let attestation = Attestation { hash: Default::default(), answer: seat.answer.clone() };
				Attestations::<T>::insert(task, place, attestation);
			}
		}
		let members = seats.into_iter().map(|seat| seat.member).collect();
		let members = Members::truncate_from(members);
		Committees::<T>::insert(task, Committee { members, is_unbound: false });
	}
}
