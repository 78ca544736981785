//! The checks of deltas: the tasks that they set, and their decisions.

use crate::{Check, Config, Error, Event, Open, OpenChecks, Pallet, Proposals, WeightInfo};
use alloc::{vec, vec::Vec};
use codec::Encode;
use descent_protocol::{
	check_performance, view::ProposalEnding, Answer, BlockNumber, ContentRef, DeltaVerdict, GroupId,
	Performance, ProposalId, TaskId, TaskWindows, Weighted,
};
use frame_support::pallet_prelude::{DispatchError, DispatchResult, Weight};
use pallet_evaluators::{sound, task_seed, tasks::Committees, Draw, RecordPlace, Request, Seat, Tasks};
use pallet_groups::{DatasetLog, GroupRules, Rewards};
use sp_core::H256;
use sp_io::hashing::blake2_256;

/// Prefix of the keys of signing records. It changes when their encoding does.
const RECORDS: &[u8] = b"descent/dataset/v1";

/// A task, if it is one of this pallet's.
struct Attempt {
	group: GroupId,
	proposal: ProposalId,
	version: u32,
	attempt: u32,
}

impl Attempt {
	fn new(task: &TaskId) -> Option<Self> {
		match *task {
			TaskId::Delta { group, proposal, version, attempt } => {
				Some(Self { group, proposal, version, attempt })
			}
			TaskId::Round { .. } | TaskId::Custody { .. } => None,
		}
	}

	/// Returns the check that the attempt belongs to.
	fn check<T: Config>(&self) -> Option<Check> {
		OpenChecks::<T>::get(self.group, self.proposal).filter(|check| check.version == self.version)
	}
}

impl<T: Config> Pallet<T> {
	/// Returns the number of the block that is being executed.
	pub(crate) fn now() -> BlockNumber {
		descent_support::now::<T>()
	}

	/// Returns the hash of the chain's first block, which every hash and signature contains.
	pub fn genesis() -> H256 {
		pallet_evaluators::genesis::<T>()
	}

	/// Stores a check and sets the alarm of its next attempt, if there is one.
	pub(crate) fn put_check(group: GroupId, proposal: ProposalId, check: Check) {
		let (version, attempt) = (check.version, check.attempt);
		if let Some(windows) = check.windows(attempt) {
			let task = TaskId::Delta { group, proposal, version, attempt };
			if !T::Committees::set_alarm(&task, windows.open.end) {
				Self::deposit_event(Event::AlarmMissing { group, proposal, attempt });
			}
		}
		OpenChecks::<T>::insert(group, proposal, check);
	}

	/// Marks the proposal valid, or ends it, as the verdict says.
	fn conclude(
		group: GroupId,
		id: ProposalId,
		version: u32,
		model: ContentRef,
		verdict: DeltaVerdict,
	) -> DispatchResult {
		Self::deposit_event(Event::Checked { group, proposal: id, version, verdict });
		let ending = Proposals::<T>::try_mutate(group, id, |proposal| {
			let proposal = proposal.as_mut().ok_or(Error::<T>::UnknownProposal)?;
			Ok::<_, DispatchError>(match verdict {
				DeltaVerdict::Valid(report) => {
					proposal.valid = Some((version, model, report));
					None
				}
				DeltaVerdict::Invalid(fault) if proposal.is_conflict(fault, version, &model) => {
					Some(ProposalEnding::Conflict { fault })
				}
				DeltaVerdict::Invalid(fault) => Some(ProposalEnding::Invalid { fault }),
				DeltaVerdict::Unavailable => Some(ProposalEnding::Unavailable),
			})
		})?;
		if let Some(ending) = ending {
			Self::end(group, id, ending);
		}
		Ok(())
	}
}

impl<T: Config> Tasks<T::AccountId> for Pallet<T> {
	fn windows(task: &TaskId) -> Option<TaskWindows> {
		let attempt = Attempt::new(task)?;
		attempt.check::<T>()?.windows(attempt.attempt)
	}

	/// Binds the delta, the version of the data set and the model.
	fn subject(task: &TaskId) -> Option<H256> {
		let attempt = Attempt::new(task)?;
		let check = attempt.check::<T>()?;
		let proposal = Proposals::<T>::get(attempt.group, attempt.proposal)?;
		let root = Self::root_of(attempt.group, check.version);
		Some(H256((proposal.delta, root, check.model).using_encoded(blake2_256)))
	}

	/// The seed is the randomness of the block before the attest window, which nobody knew when the delta was
	/// proposed.
	fn draw(task: &TaskId) -> Option<Draw> {
		let attempt = Attempt::new(task)?;
		let windows = Self::windows(task)?;
		let block = windows.attest.start.checked_sub(1)?;
		let seed = task_seed::<T, T::Randomness>(b"descent/check-seed/v1", task, block)?;
		let rules = T::Groups::rules(attempt.group, T::Groups::boundary(attempt.group)?)?;
		Some(Draw { seed, block, seats: rules.committee_seats() })
	}

	fn can_answer(task: &TaskId, answer: &Answer) -> bool {
		Attempt::new(task).is_some() && matches!(answer, Answer::Delta(_))
	}

	fn decide(task: &TaskId, seats: &[Seat<T::AccountId>]) -> Result<Vec<Performance>, DispatchError> {
		let Attempt { group, proposal, attempt, .. } =
			Attempt::new(task).ok_or(Error::<T>::UnknownProposal)?;
		let check = Attempt::new(task).and_then(|attempt| attempt.check::<T>());
		let mut check = check.ok_or(Error::<T>::UnknownProposal)?;
		frame_support::ensure!(check.attempt == attempt, Error::<T>::AttemptOverdue);
		let committee: Vec<_> = seats
			.iter()
			.map(|seat| Weighted {
				weight: seat.member.weight,
				answer: seat.answer.clone().and_then(Answer::verdict),
			})
			.collect();
		let decided = descent_protocol::decide(&committee, attempt);
		check.attempt = attempt.saturating_add(1);
		let Some(verdict) = decided else {
			Self::put_check(group, proposal, check);
			return Ok(Vec::new());
		};
		// It has begun if this alarm was late.
		let version = check.version;
		T::Committees::take(&TaskId::Delta { group, proposal, version, attempt: check.attempt });
		check.is_decided = true;
		let model = check.model;
		OpenChecks::<T>::insert(group, proposal, check);
		let performance = check_performance(&committee, verdict);
		let members = seats.iter().map(|seat| seat.member.account.clone());
		let members: Vec<_> = members.zip(performance.iter().copied()).collect();
		T::Rewards::delta_checked(group, &sound(&members));
		Self::conclude(group, proposal, version, model, verdict)?;
		Ok(performance)
	}

	fn decide_weight(members: u32) -> Weight {
		T::WeightInfo::decide(members)
			.saturating_add(T::Rewards::delta_checked_weight(members))
			.saturating_add(T::Committees::take_weight(members))
	}

	fn ongoing(block: BlockNumber) -> Vec<TaskId> {
		let groups = Open::<T>::iter();
		let tasks = groups.flat_map(|(group, open)| {
			open.into_iter().filter_map(move |proposal| {
				let check = OpenChecks::<T>::get(group, proposal)?;
				let attempt = check.phase(block)?.attempt;
				Some(TaskId::Delta { group, proposal, version: check.version, attempt })
			})
		});
		tasks.collect()
	}

	fn request(task: &TaskId, block: BlockNumber) -> Option<Request> {
		let attempt = Attempt::new(task)?;
		let request = Self::check_request(attempt.group, attempt.proposal, block)?;
		let is_same = (request.version, request.attempt) == (attempt.version, attempt.attempt);
		is_same.then_some(Request::Check(request))
	}

	/// A group has as many places as it can have open proposals. A later proposal gets a place only when the
	/// one before has ended. So no proposal makes a node forget the verdict that it signed on another.
	fn record_place(task: &TaskId) -> Option<RecordPlace> {
		let Attempt { group, proposal, version, attempt } = Attempt::new(task)?;
		let place = Proposals::<T>::get(group, proposal)?.place;
		let key = (RECORDS, Self::genesis(), group, place).encode();
		Some(RecordPlace { key, order: vec![proposal, version, attempt] })
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_task(_index: u32, is_attesting: bool) -> TaskId {
		crate::benchmarking::task::<T>(is_attesting)
	}
}
