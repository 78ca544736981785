//! Tasks, as the pallets that set them tell of them.

use crate::{Attestation, Member, Seat};
use alloc::vec::Vec;
use codec::Encode;
use descent_protocol::{
	evaluation::{CheckRequest, CustodyRequest, EvaluationRequest, PrefetchRequest},
	Answer, BlockNumber, Performance, TaskId, TaskWindows,
};
use frame_support::{pallet_prelude::DispatchError, weights::Weight};
use sp_core::H256;
use sp_io::hashing::blake2_256;

/// A member of a committee of an earlier runtime, with its attestation.
pub type UnboundSeat<AccountId> = (Member<AccountId>, Option<Attestation>);

/// The draw of a task's committee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
	/// The seed, which nobody knew before it was settled what the task is.
	pub seed: H256,
	/// The block whose evaluators are drawn from.
	pub block: BlockNumber,
	/// Number of seats.
	pub seats: u32,
}

/// The randomness of recent blocks.
pub trait BlockRandomness {
	/// Returns the randomness of a block, mixed with that of all blocks before it; `None` if it is not known
	/// yet, or not any more.
	fn randomness_at(block: BlockNumber) -> Option<[u8; 32]>;
}

/// No block has randomness.
impl BlockRandomness for () {
	fn randomness_at(_: BlockNumber) -> Option<[u8; 32]> {
		None
	}
}

/// Returns the seed that the randomness of a block draws for a task. `None` while it is not known. If it is
/// not kept any more, as nobody has attested for hours, the task alone is the seed.
pub fn task_seed<T: frame_system::Config<Hash = H256>, R: BlockRandomness>(
	domain: impl Encode,
	task: &TaskId,
	block: BlockNumber,
) -> Option<H256> {
	let randomness = R::randomness_at(block);
	if block >= descent_support::now::<T>() && randomness.is_none() {
		return None;
	}
	let bound = (domain, crate::genesis::<T>(), task, randomness.unwrap_or_default());
	Some(H256(bound.using_encoded(blake2_256)))
}

/// A request to the evaluator beside a node.
#[allow(clippy::large_enum_variant, reason = "requests are made one at a time")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
	/// To measure the candidates of a round.
	Evaluation(EvaluationRequest),
	/// To check a proposed delta.
	Check(CheckRequest),
	/// To fetch from keepers.
	Custody(CustodyRequest),
}

/// The place of a task's signing record in a node's local storage. A place is used by one task after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordPlace {
	/// The storage key.
	pub key: Vec<u8>,
	/// The order of the task among those that use the place.
	pub order: Vec<u32>,
}

/// A source of tasks. Every method returns nothing for a task that is not one of its own.
pub trait Tasks<AccountId> {
	/// Returns the windows of a task that waits to be decided.
	fn windows(task: &TaskId) -> Option<TaskWindows>;
	/// Returns the hash of all that is asked; `None` if nothing is.
	fn subject(task: &TaskId) -> Option<H256>;
	/// Returns the draw of a task's committee, once its seed is known.
	fn draw(task: &TaskId) -> Option<Draw>;
	/// Returns true if an answer can be one to this task.
	fn can_answer(task: &TaskId, answer: &Answer) -> bool;
	/// Decides a task by the answers that its committee has opened, and pays the members whose answers are
	/// sound. Returns the performance of each member, or nothing if there is nothing to be said of them.
	///
	/// # Errors
	/// Fails if there is no such task. Nothing is changed then.
	fn decide(task: &TaskId, seats: &[Seat<AccountId>]) -> Result<Vec<Performance>, DispatchError>;
	/// Returns the weight of [`Self::decide`] with this number of members.
	fn decide_weight(members: u32) -> Weight;
	/// Returns the tasks that may have a window at a block. Off-chain workers ask for them.
	fn ongoing(block: BlockNumber) -> Vec<TaskId>;
	/// Returns the request to the evaluator. Off-chain workers ask for it, and put it together for no block
	/// in which nothing is measured.
	fn request(task: &TaskId, block: BlockNumber) -> Option<Request>;
	/// Returns what evaluators can fetch before it is asked for. Off-chain workers ask for it.
	fn prefetches(_block: BlockNumber) -> Vec<PrefetchRequest> {
		Vec::new()
	}
	/// Returns the place of the task's signing record.
	fn record_place(task: &TaskId) -> Option<RecordPlace>;
	/// Makes an ongoing task for benchmarks, whose attest window, or else its open window, contains the next
	/// block. It has one seat less than a committee can have, so that the seats are drawn among as many
	/// evaluators as there can be, and the largest answer can be one to it.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_task(index: u32, is_attesting: bool) -> TaskId;
}

/// The tasks of two sources.
impl<AccountId, One: Tasks<AccountId>, Other: Tasks<AccountId>> Tasks<AccountId> for (One, Other) {
	fn windows(task: &TaskId) -> Option<TaskWindows> {
		One::windows(task).or_else(|| Other::windows(task))
	}

	fn subject(task: &TaskId) -> Option<H256> {
		One::subject(task).or_else(|| Other::subject(task))
	}

	fn draw(task: &TaskId) -> Option<Draw> {
		One::draw(task).or_else(|| Other::draw(task))
	}

	fn can_answer(task: &TaskId, answer: &Answer) -> bool {
		One::can_answer(task, answer) || Other::can_answer(task, answer)
	}

	fn decide(task: &TaskId, seats: &[Seat<AccountId>]) -> Result<Vec<Performance>, DispatchError> {
		match One::windows(task) {
			Some(_) => One::decide(task, seats),
			None => Other::decide(task, seats),
		}
	}

	fn decide_weight(members: u32) -> Weight {
		One::decide_weight(members).max(Other::decide_weight(members))
	}

	fn ongoing(block: BlockNumber) -> Vec<TaskId> {
		let mut tasks = One::ongoing(block);
		tasks.extend(Other::ongoing(block));
		tasks
	}

	fn request(task: &TaskId, block: BlockNumber) -> Option<Request> {
		One::request(task, block).or_else(|| Other::request(task, block))
	}

	fn prefetches(block: BlockNumber) -> Vec<PrefetchRequest> {
		let mut prefetches = One::prefetches(block);
		prefetches.extend(Other::prefetches(block));
		prefetches
	}

	fn record_place(task: &TaskId) -> Option<RecordPlace> {
		One::record_place(task).or_else(|| Other::record_place(task))
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_task(index: u32, is_attesting: bool) -> TaskId {
		One::benchmark_task(index, is_attesting)
	}
}

/// The committees of tasks, as the pallets that set tasks see them.
pub trait Committees<AccountId> {
	/// Returns the seats of a task's committee, and how far each member got. There are none if the committee
	/// is not known yet, or not any more.
	fn seats(task: &TaskId) -> Vec<Seat<AccountId>>;
	/// Takes the seats of a task away from the state. The task is decided, or given up.
	fn take(task: &TaskId) -> Vec<Seat<AccountId>>;
	/// Returns the weight of [`Self::take`] with this number of members.
	fn take_weight(members: u32) -> Weight;
	/// Takes note of the performance of a decided task's members. Returns the weight of all that follows.
	fn observed(performance: &[(AccountId, Performance)]) -> Weight;
	/// Returns the largest weight of [`Self::observed`] with this number of members.
	fn observed_weight(members: u32) -> Weight;
	/// Sets the alarm with which Root decides a task. Returns false if that is not possible: then any account
	/// can decide it.
	fn set_alarm(task: &TaskId, due: BlockNumber) -> bool;
	/// Stores the committee of a task that an earlier runtime has begun, with what its members have attested
	/// to and opened. Their hashes bind no subject.
	fn put_unbound(task: &TaskId, committee: Vec<UnboundSeat<AccountId>>);
	/// Stores a committee whose members have attested or opened this.
	#[cfg(any(feature = "std", feature = "runtime-benchmarks"))]
	fn put(task: &TaskId, seats: Vec<Seat<AccountId>>);
}

impl Request {
	/// Returns the path.
	pub fn path(&self) -> &'static str {
		match self {
			Self::Evaluation(_) => "/v1/evaluations",
			Self::Check(_) => "/v1/checks",
			Self::Custody(_) => "/v1/custody-checks",
		}
	}

	/// Returns the id of its job.
	pub fn id(&self) -> H256 {
		match self {
			Self::Evaluation(request) => request.id(),
			Self::Check(request) => request.id(),
			Self::Custody(request) => request.id(),
		}
	}
}
