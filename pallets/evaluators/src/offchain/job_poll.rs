//! The polling of a job at an evaluator.

use super::{warn, CallError, Client, EVALUATOR};
use alloc::{format, string::String};
use codec::{Decode, Encode, Error, Input, Output};
use core::fmt;
use descent_protocol::evaluation::{Job, JobStatus};
use serde::{de::DeserializeOwned, Serialize};
use sp_core::H256;

/// Largest number of characters that are shown of an evaluator's reason.
const MAX_REASON: usize = 200;

/// The state of a job at the evaluators, from one run to the next.
///
/// A job is at one evaluator at a time. Its id says at which one it begins. An evaluator that can't be
/// reached, has no room, or has failed is passed over for the next, and after the last comes the first again.
/// One that has taken the job is passed over only if it can't be reached twice, and not for its slowness: the
/// next one would begin anew. Equal requests are one job, so an evaluator that gets a job back goes on where
/// it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobPoll {
	job: H256,
	/// True if the evaluator whose turn it is has taken the job.
	posted: bool,
	/// Number of evaluators that were passed over since it was the turn of the first one.
	passed: u8,
	/// True if an evaluator has failed, of which the operator has been told.
	failed: bool,
	/// One bit for each evaluator: set if it could not be used, of which the operator has been told.
	warned: u8,
}

/// Where [`JobPoll::passed`] begins in the byte that also holds [`JobPoll::posted`].
const PASSED: u8 = 1;
/// Where [`JobPoll::failed`] is in the same byte.
const FAILED: u8 = 4;

/// A job of a node with one evaluator that has not failed is encoded as in the records of the first runtimes:
/// the id and two booleans. So a node that is upgraded still knows what it has signed.
impl Encode for JobPoll {
	fn encode_to<T: Output + ?Sized>(&self, dest: &mut T) {
		let state = u8::from(self.posted) | (self.passed << PASSED) | (u8::from(self.failed) << FAILED);
		(self.job, state, self.warned).encode_to(dest);
	}
}

impl Decode for JobPoll {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		let (job, state, warned) = <(H256, u8, u8)>::decode(input)?;
		let failed = match state >> FAILED {
			0 => false,
			1 => true,
			_ => return Err("not the state of a job".into()),
		};
		Ok(Self { job, posted: state & 1 != 0, passed: (state >> PASSED) & 7, failed, warned })
	}
}

impl JobPoll {
	/// Posts a job to a path such as `/v1/evaluations`, or polls it if it was posted before. Returns its
	/// outcome once it is done.
	///
	/// `id` is the job's. `is_answer` returns true if an outcome can be an answer to the request at all.
	/// `subject` names the matter in messages to the operator.
	pub fn poll<Outcome: DeserializeOwned>(
		&mut self,
		client: &mut Client,
		path: &str,
		id: H256,
		request: &impl Serialize,
		subject: impl fmt::Display,
		is_answer: impl FnOnce(&Outcome) -> bool,
	) -> Option<Outcome> {
		if self.job != id {
			*self = Self { job: id, ..Self::default() };
		}
		let evaluator = self.evaluator(client)?;
		let known = self.posted.then(|| client.get(evaluator, &format!("{path}/{id:#x}")));
		let answer: Result<Job<Outcome>, _> = match known {
			// Never posted, or forgotten since.
			Some(Err(CallError::Status(404))) | None => client.post(evaluator, path, request),
			Some(answer) => answer,
		};
		let status = answer.and_then(|job| match job.status {
			_ if job.id != id => Err(CallError::Malformed),
			JobStatus::Done(outcome) if !is_answer(&outcome) => {
				self.posted = false;
				Err(CallError::Malformed)
			}
			status => Ok(status),
		});
		match status {
			Ok(JobStatus::Done(outcome)) => {
				log::debug!(target: EVALUATOR, "{subject}: done");
				return Some(outcome);
			}
			Ok(JobStatus::Queued | JobStatus::Running { .. }) => self.posted = true,
			Ok(JobStatus::Failed { reason }) => {
				self.posted = false;
				self.tell_failure(client, evaluator, subject, &reason);
				self.pass_over(client);
			}
			Err(CallError::Exhausted) => {}
			Err(problem) => {
				let again = self.note_problem(evaluator);
				if !again {
					tell_problem(client, evaluator, subject, &problem);
				}
				if again || !self.posted {
					self.pass_over(client);
				}
			}
		}
		None
	}

	/// Returns the evaluator whose turn it is. One that did not answer another job in this run is passed
	/// over, or waited for once if it has the job. Returns `None` if none is to be asked now.
	fn evaluator(&mut self, client: &Client) -> Option<u8> {
		let count = client.evaluators();
		for _ in 0..count {
			let first = self.job.as_bytes().first()?.checked_rem(count)?;
			let evaluator = first.saturating_add(self.passed).checked_rem(count)?;
			if !client.is_down(evaluator) {
				return Some(evaluator);
			}
			if self.posted && !self.note_problem(evaluator) {
				return None;
			}
			self.pass_over(client);
		}
		None
	}

	/// Takes note that an evaluator could not be used. Returns true if it could not be before.
	fn note_problem(&mut self, evaluator: u8) -> bool {
		let mask = 1u8.checked_shl(evaluator.into()).unwrap_or_default();
		let again = self.warned & mask != 0;
		self.warned |= mask;
		again
	}

	/// Gives the next evaluator its turn. One that is alone keeps the job.
	fn pass_over(&mut self, client: &Client) {
		let count = client.evaluators();
		if count > 1 {
			self.passed = self.passed.saturating_add(1).checked_rem(count).unwrap_or_default();
			self.posted = false;
		}
	}

	/// Warns of an evaluator that has failed: of the first failure of the job, and of the first of each
	/// evaluator that was of use before.
	fn tell_failure(&mut self, client: &Client, evaluator: u8, subject: impl fmt::Display, reason: &str) {
		let reason: String = reason.chars().take(MAX_REASON).collect();
		let again = self.note_problem(evaluator);
		if core::mem::replace(&mut self.failed, true) && again {
			log::debug!(
				target: EVALUATOR,
				"{subject}: the evaluator at {} has failed again: {reason:?}",
				client.address(evaluator),
			);
			return;
		}
		warn(
			EVALUATOR,
			format_args!(
				"{subject}: the evaluator at {} could not do its work: {reason:?}. See that it has disk and \
				memory left and reaches the providers. {} with every block while there is time",
				client.address(evaluator),
				next(client),
			),
		);
	}
}

/// Warns of an evaluator that can't be used.
fn tell_problem(client: &Client, evaluator: u8, subject: impl fmt::Display, problem: &CallError) {
	let effect = match client.evaluators() {
		1 => "this validator can't attest, as the evaluator",
		_ => "one of this validator's evaluators can't be used, the one",
	};
	warn(
		EVALUATOR,
		format_args!(
			"{subject}: {effect} at {:?} {problem}. {}. {} with every block while there is time",
			client.address(evaluator),
			problem.remedy(),
			next(client),
		),
	);
}

/// The evaluator that is asked after one that could not be used, as the beginning of a sentence.
fn next(client: &Client) -> &'static str {
	match client.evaluators() {
		1 => "It is asked again",
		_ => "The others are asked in turn",
	}
}
