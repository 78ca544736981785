//! The calls of committee members.

use super::actor::Actor;
use crate::{AccountId, BlockNumber, Evaluators, Runtime, RuntimeCall, System};
use descent_protocol::{answer_hash, Answer, Salt, TaskId};
use pallet_evaluators::{
	report_payload, Attest, Attestation, Attestations, AuthoritySignature, Opening, Report, Tasks,
};
use sp_core::{Pair, H256};

/// The tasks of the runtime.
type RuntimeTasks = <Runtime as pallet_evaluators::Config>::Tasks;

/// A member's seat in the committee of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seat {
	pub(crate) task: TaskId,
	pub(crate) member: u32,
}

impl Seat {
	/// The hash that hides an answer.
	pub(crate) fn hash(self, by: &Actor, answer: &Answer, salt: &Salt) -> H256 {
		let subject = RuntimeTasks::subject(&self.task).unwrap_or_default();
		answer_hash(Evaluators::genesis(), &self.task, subject, &by.evaluator(), answer, salt)
	}

	/// Returns the report of an attestation with this hash.
	pub(crate) fn attest(self, by: &Actor, hash: H256) -> RuntimeCall {
		let Self { task, member } = self;
		report(by, |report| {
			report.attestations.try_push(Attest { task, member, hash }).expect("it is the first");
		})
	}

	/// Returns the report of the opening of an answer.
	pub(crate) fn open(self, by: &Actor, answer: Answer, salt: Salt) -> RuntimeCall {
		let Self { task, member } = self;
		report(by, |report| {
			report.openings.try_push(Opening { task, member, answer, salt }).expect("it is the first");
		})
	}
}

/// Returns the report of a member, signed.
fn report(by: &Actor, say: impl FnOnce(&mut Report)) -> RuntimeCall {
	let mut report = Report::new(System::block_number());
	say(&mut report);
	let payload = report_payload(Evaluators::genesis(), &report);
	let signature = AuthoritySignature::from(by.pair.sign(&payload));
	pallet_evaluators::Call::report { key: by.evaluator(), report, signature }.into()
}

/// Returns the seats of the committees in whose attest windows, or open windows, a block is, with the member
/// and its attestation.
pub(crate) fn seats(block: BlockNumber, is_attesting: bool) -> Vec<(Seat, AccountId, Option<Attestation>)> {
	let mut tasks = RuntimeTasks::ongoing(block);
	tasks.sort_unstable();
	tasks.retain(|task| {
		let windows = RuntimeTasks::windows(task);
		windows.is_some_and(|windows| {
			if is_attesting {
				windows.attest.contains(&block)
			} else {
				windows.open.contains(&block)
			}
		})
	});
	let seats = tasks.into_iter().flat_map(|task| {
		let committee = Evaluators::committee(&task).unwrap_or_default();
		(0u32..).zip(committee.members).map(move |(member, seated)| {
			let attestation = Attestations::<Runtime>::get(task, member);
			(Seat { task, member }, seated.account, attestation)
		})
	});
	seats.collect()
}
