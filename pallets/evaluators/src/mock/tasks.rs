use crate::{Draw, RecordPlace, Request, Seat, Tasks};
use codec::Encode;
use descent_protocol::{
	evaluation::{CheckRequest, CustodyRequest, DeltaSource, EvaluationRequest, KeptLeaf},
	Answer, BlockNumber, ContentRef, EvaluationPolicy, Metric, Performance, TaskId, TaskWindows,
};
use frame_support::{
	pallet_prelude::{DispatchError, Weight},
	parameter_types,
};
use sp_core::H256;
use sp_runtime::{AccountId32, SaturatedConversion};
use std::{cell::RefCell, collections::BTreeMap};

/// A task of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestTask {
	/// Its windows.
	pub windows: TaskWindows,
	/// The hash of all that it asks.
	pub subject: H256,
	/// Number of its seats.
	pub seats: u32,
	/// The most verdicts that a ballot on it has.
	pub candidates: u32,
	/// The answers that its committee had opened, once it is decided.
	pub decided: Option<Vec<Option<Answer>>>,
}

impl TestTask {
	/// A task with four seats whose members attest in blocks `start` to `start + 5`, and open in the four
	/// blocks after these.
	pub fn new(start: BlockNumber) -> Self {
		let middle = start.saturating_add(6);
		Self {
			windows: TaskWindows { attest: start..middle, open: middle..middle.saturating_add(4) },
			subject: H256::repeat_byte(8),
			seats: 4,
			candidates: 2,
			decided: None,
		}
	}
}

thread_local! {
	static TASKS: RefCell<BTreeMap<TaskId, TestTask>> = const { RefCell::new(BTreeMap::new()) };
}

parameter_types! {
	/// Number of requests that were put together.
	pub static Requests: u32 = 0;
}

/// Removes all tasks.
pub fn reset_tasks() {
	TASKS.with_borrow_mut(BTreeMap::clear);
	Requests::set(0);
}

/// Sets a task.
pub fn put_task(id: TaskId, task: TestTask) {
	TASKS.with_borrow_mut(|tasks| tasks.insert(id, task));
}

/// Removes a task.
pub fn remove_task(id: &TaskId) {
	TASKS.with_borrow_mut(|tasks| tasks.remove(id));
}

/// Returns a task.
pub fn task(id: &TaskId) -> Option<TestTask> {
	TASKS.with_borrow(|tasks| tasks.get(id).cloned())
}

/// The tasks of a test.
pub struct TestTasks;

impl Tasks<AccountId32> for TestTasks {
	fn windows(id: &TaskId) -> Option<TaskWindows> {
		task(id).filter(|task| task.decided.is_none()).map(|task| task.windows)
	}

	fn subject(id: &TaskId) -> Option<H256> {
		task(id).map(|task| task.subject)
	}

	fn draw(id: &TaskId) -> Option<Draw> {
		let task = task(id)?;
		let block = task.windows.attest.start.saturating_sub(1);
		Some(Draw { seed: H256(id.using_encoded(sp_io::hashing::blake2_256)), block, seats: task.seats })
	}

	fn can_answer(id: &TaskId, answer: &Answer) -> bool {
		match (id, answer) {
			(TaskId::Round { .. }, Answer::Round(ballot)) => {
				let candidates = task(id).map_or(0, |task| task.candidates);
				ballot.verdicts.len() <= candidates.saturated_into()
			}
			(TaskId::Delta { .. }, Answer::Delta(_)) => true,
			(TaskId::Custody { .. }, Answer::Custody(ballot)) => ballot.len() == 1,
			_ => false,
		}
	}

	/// All members who have opened did sound work.
	fn decide(id: &TaskId, seats: &[Seat<AccountId32>]) -> Result<Vec<Performance>, DispatchError> {
		let mut decided = task(id).ok_or("no such task")?;
		let answers: Vec<_> = seats.iter().map(|seat| seat.answer.clone()).collect();
		let performance = answers.iter().map(|answer| match answer {
			Some(_) => Performance::Sound,
			None => Performance::Absent,
		});
		let performance = performance.collect();
		decided.decided = Some(answers);
		put_task(*id, decided);
		Ok(performance)
	}

	fn decide_weight(members: u32) -> Weight {
		Weight::from_parts(members.into(), 0)
	}

	fn ongoing(block: BlockNumber) -> Vec<TaskId> {
		let has_window =
			|task: &TestTask| task.windows.attest.contains(&block) || task.windows.open.contains(&block);
		TASKS.with_borrow(|tasks| {
			tasks.iter().rev().filter(|(_, task)| has_window(task)).map(|(id, _)| *id).collect()
		})
	}

	fn request(id: &TaskId, _block: BlockNumber) -> Option<Request> {
		Requests::mutate(|requests| *requests = requests.saturating_add(1));
		let content = ContentRef::raw(b"descent")?;
		Some(match *id {
			TaskId::Round { group, round } => Request::Evaluation(EvaluationRequest {
				genesis: crate::genesis::<super::Test>(),
				group,
				round,
				model: content,
				deltas: Vec::new(),
				metric: Metric::Loss,
				policy: EvaluationPolicy::Training { records: 4 },
				seed: H256::repeat_byte(9),
				tolerance: None,
				providers: Vec::new(),
				peers: Vec::new(),
				head: None,
				fetch_ms: 9_000,
				candidates: Vec::new(),
				winners: 1,
				test_set: None,
				replays: None,
			}),
			TaskId::Delta { group, proposal, version, attempt } => Request::Check(CheckRequest {
				genesis: crate::genesis::<super::Test>(),
				group,
				proposal,
				version,
				attempt,
				model: content,
				providers: Vec::new(),
				deltas: Vec::new(),
				proposed: DeltaSource { delta: content, providers: Vec::new() },
				fetch_ms: 9_000,
			}),
			TaskId::Custody { group, check } => Request::Custody(CustodyRequest {
				genesis: crate::genesis::<super::Test>(),
				group,
				check,
				leaves: vec![KeptLeaf {
					keeper: AccountId32::new([7; 32]),
					providers: Vec::new(),
					content,
					leaf: 0,
				}],
				gateways: Vec::new(),
				fetch_ms: 9_000,
			}),
		})
	}

	/// Tasks of a group share a place.
	fn record_place(id: &TaskId) -> Option<RecordPlace> {
		Some(match *id {
			TaskId::Round { group, round } => {
				RecordPlace { key: (b"test/round", group).encode(), order: vec![round] }
			}
			TaskId::Delta { group, proposal, version, attempt } => {
				RecordPlace { key: (b"test/delta", group).encode(), order: vec![proposal, version, attempt] }
			}
			TaskId::Custody { group, check } => {
				RecordPlace { key: (b"test/custody", group).encode(), order: vec![check] }
			}
		})
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_task(index: u32, is_attesting: bool) -> TaskId {
		use descent_protocol::{MAX_CANDIDATES, MAX_COMMITTEE};
		let id = TaskId::Round { group: index, round: 0 };
		let next = super::System::block_number().saturating_add(1);
		let open = TaskWindows { attest: 0..next, open: next..next.saturating_add(4) };
		let attest = TestTask::new(next).windows;
		put_task(
			id,
			TestTask {
				windows: if is_attesting { attest } else { open },
				seats: MAX_COMMITTEE.saturating_sub(1),
				candidates: MAX_CANDIDATES,
				..TestTask::new(next)
			},
		);
		id
	}
}
