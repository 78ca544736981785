//! One task, seen from a run of the off-chain worker.

use super::{is_due, may_open, state::Run, warn, Client, Record, SlashingProtection, TASKS};
use crate::{
	report::attested_hash, Attest, Attestation, Attestations, AuthorityId, Config, Opening, Pallet, Request,
	Tasks,
};
use alloc::vec::Vec;
use core::marker::PhantomData;
use descent_protocol::{
	evaluation::{Checked, Kept, Measured},
	Answer, BlockNumber, HiddenBallot, Salt, TaskId, TaskWindows,
};
use sp_core::H256;

/// A member of a task's committee whose key is one of this node's.
struct OwnSeat {
	member: u32,
	key: AuthorityId,
	/// The member's attestation on chain.
	attestation: Option<Attestation>,
}

/// Returns the answer to a round that a measurement is.
fn measured_answer(measured: Measured) -> Answer {
	let Measured { ballot, test_set } = measured;
	match test_set {
		Some(test_set) => Answer::Hidden(HiddenBallot { test_set, ballot }),
		None => Answer::Round(ballot),
	}
}

/// A task, seen from a block.
pub(super) struct TaskRun<T> {
	now: BlockNumber,
	genesis: H256,
	task: TaskId,
	windows: TaskWindows,
	subject: H256,
	is_unbound: bool,
	/// The members whose keys are this node's.
	seats: Vec<OwnSeat>,
	config: PhantomData<T>,
}

impl<T: Config> TaskRun<T> {
	/// Returns a task, if this node has something to say in it in the next block.
	pub(super) fn find(run: &Run, task: TaskId) -> Option<Self> {
		// A call that is sent now is in the next block at the earliest.
		let next = run.now.saturating_add(1);
		let windows = T::Tasks::windows(&task)?;
		if !windows.attest.contains(&next) && !windows.open.contains(&next) {
			return None;
		}
		let committee = Pallet::<T>::committee(&task)?;
		let seats = (0u32..)
			.zip(committee.members)
			.filter(|(_, member)| run.keys.contains(&member.key))
			.map(|(place, member)| OwnSeat {
				member: place,
				key: member.key,
				attestation: Attestations::<T>::get(task, place),
			})
			.collect();
		Some(Self {
			now: run.now,
			genesis: run.genesis,
			task,
			windows,
			subject: T::Tasks::subject(&task).or(committee.is_unbound.then(H256::zero))?,
			is_unbound: committee.is_unbound,
			seats,
			config: PhantomData,
		})
	}

	/// Takes the step that is still missing.
	pub(super) fn advance(self, run: &mut Run) {
		if self.windows.attest.contains(&self.now.saturating_add(1)) {
			self.attest(run);
		} else if may_open(&self.windows.open, self.now) {
			self.open(run);
		}
	}

	fn attest(mut self, run: &mut Run) {
		self.seats.retain(|seat| seat.attestation.is_none() && run.reports.can_attest(&seat.key));
		if self.seats.is_empty() {
			return;
		}
		let Some(mut stored) = self.load() else {
			return;
		};
		let record = &mut stored.record;
		if record.answer.is_none() {
			self.ask(record, &mut run.client);
		}
		let Some((_, answer)) = record.answer.clone() else {
			// Without the record, the next run only polls or warns once more.
			let _ = stored.save();
			return;
		};
		let mut attestations = Vec::new();
		for seat in &self.seats {
			let signer = record.signers.of(&seat.key);
			if is_due(signer.attested, self.now) {
				signer.attested = Some(self.now);
				let hash = self.hash(&seat.key, &answer, &signer.salt);
				attestations.push((seat, Attest { task: self.task, member: seat.member, hash }));
			}
		}
		if stored.save() {
			for (seat, attestation) in attestations {
				run.reports.attest(&seat.key, attestation);
			}
		}
	}

	fn open(mut self, run: &mut Run) {
		self.seats.retain(|seat| {
			let attested = seat.attestation.as_ref();
			attested.is_some_and(|attested| attested.answer.is_none()) && run.reports.can_open(&seat.key)
		});
		if self.seats.is_empty() {
			return;
		}
		let Some(mut stored) = self.load() else {
			return;
		};
		let mut openings = Vec::new();
		for seat in &self.seats {
			let record = &mut stored.record;
			let Some((answer, salt)) = self.attested(seat, record) else {
				warn(
					TASKS,
					format_args!(
						"{}: member {}'s attestation was not made with this node's data base and can't be \
						opened here. Use a session key on one node only, and keep the node's data",
						self.task, seat.member,
					),
				);
				continue;
			};
			let signer = record.signers.of(&seat.key);
			if is_due(signer.opened, self.now) {
				signer.opened = Some(self.now);
				openings.push((seat, Opening { task: self.task, member: seat.member, answer, salt }));
			}
		}
		if !openings.is_empty() && stored.save() {
			for (seat, opening) in openings {
				run.reports.open(&seat.key, opening);
			}
		}
	}

	/// Loads the signing record of the task. Returns `None` if the node must not sign anything in the task:
	/// an answer is about the subject that it was found for, and a second one would contradict it.
	fn load(&self) -> Option<SlashingProtection> {
		let place = T::Tasks::record_place(&self.task)?;
		let Some(stored) = SlashingProtection::load(&self.task, place) else {
			warn(
				TASKS,
				format_args!(
					"{}: this node has signed an answer to a later one, or can't read its record of this \
					one; it abstains from it. Nothing has to be done",
					self.task,
				),
			);
			return None;
		};
		let answered = stored.record.answer.as_ref().map(|(subject, _)| *subject);
		if !self.is_unbound && answered.is_some_and(|subject| subject != self.subject) {
			warn(
				TASKS,
				format_args!(
					"{}: the chain was reorganised after this node had its answer, and asks for something \
					else now; this node abstains from it. Nothing has to be done",
					self.task,
				),
			);
			return None;
		}
		Some(stored)
	}

	/// Returns the answer and the salt behind a member's attestation on chain, if the record has them.
	fn attested(&self, seat: &OwnSeat, record: &Record) -> Option<(Answer, Salt)> {
		let (_, answer) = record.answer.clone()?;
		let salt = record.signers.known(&seat.key)?.salt;
		let hash = self.hash(&seat.key, &answer, &salt);
		let is_attested = seat.attestation.as_ref().is_some_and(|attested| attested.hash == hash);
		is_attested.then_some((answer, salt))
	}

	fn hash(&self, key: &AuthorityId, answer: &Answer, salt: &Salt) -> H256 {
		attested_hash(self.genesis, &self.task, self.subject, self.is_unbound, key, answer, salt)
	}

	/// Polls the evaluator for an answer. The request is put together only if the evaluator can be asked.
	fn ask(&self, record: &mut Record, client: &mut Client) {
		if client.calls() == 0 {
			return;
		}
		let Some(request) = T::Tasks::request(&self.task, self.now.saturating_add(1)) else {
			return;
		};
		let (path, id, task) = (request.path(), request.id(), &self.task);
		let answer = match request {
			Request::Evaluation(request) => {
				let is_answer = |measured: &Measured| {
					let known = measured.ballot.baseline.is_none() || request.head.is_some();
					known && T::Tasks::can_answer(task, &measured_answer(measured.clone()))
				};
				let measured: Option<Measured> = record.job.poll(client, path, id, &request, task, is_answer);
				measured.map(measured_answer)
			}
			Request::Check(request) => {
				let checked: Option<Checked> = record.job.poll(client, path, id, &request, task, |_| true);
				checked.map(|Checked { checked }| Answer::Delta(checked))
			}
			Request::Custody(request) => {
				let is_answer = |kept: &Kept| kept.kept.len() == request.leaves.len();
				let kept: Option<Kept> = record.job.poll(client, path, id, &request, task, is_answer);
				kept.map(|Kept { kept }| Answer::Custody(kept))
			}
		};
		record.answer = answer.map(|answer| (self.subject, answer));
	}
}
