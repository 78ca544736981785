//! The polling of a job at the evaluator.

use super::{warn, CallError, Client, EVALUATOR};
use alloc::{format, string::String};
use codec::{Decode, Encode};
use core::fmt;
use descent_protocol::evaluation::{Job, JobStatus};
use serde::{de::DeserializeOwned, Serialize};
use sp_core::H256;

/// Largest number of characters that are shown of an evaluator's reason.
const MAX_REASON: usize = 200;

/// The state of a job at the evaluator, from one run to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct JobPoll {
	job: H256,
	/// True if the evaluator has taken the job.
	posted: bool,
	/// True if the operator has been told that the evaluator can't be used.
	warned: bool,
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
		self.posted &= self.job == id;
		self.job = id;
		let known = self.posted.then(|| client.get(&format!("{path}/{id:#x}")));
		let answer: Result<Job<Outcome>, _> = match known {
			// Never posted, or forgotten since.
			Some(Err(CallError::Status(404))) | None => client.post(path, request),
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
				let reason: String = reason.chars().take(MAX_REASON).collect();
				warn(
					EVALUATOR,
					format_args!(
						"{subject}: the evaluator at {} could not do its work: {reason:?}. It is asked \
						again with the next block; see that it has disk and memory left and reaches the \
						providers",
						client.address(),
					),
				);
			}
			Err(CallError::Exhausted) => {}
			Err(problem) => {
				if !core::mem::replace(&mut self.warned, true) {
					warn(
						EVALUATOR,
						format_args!(
							"{subject}: this validator can't attest, as the evaluator at {:?} {problem}. {}. \
							It is asked again with every block while there is time",
							client.address(),
							problem.remedy(),
						),
					);
				}
			}
		}
		None
	}
}
