use super::{warn, CallError, Client, EVALUATOR};
use alloc::{format, string::String};
use codec::{Decode, Encode};
use core::fmt;
use descent_protocol::evaluation::{Job, JobStatus};
use serde::{de::DeserializeOwned, Serialize};
use sp_core::H256;

/// The most characters shown of an evaluator's reason.
const MAX_REASON: usize = 200;

/// What is remembered of a job that the evaluator is asked for, from one run to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Inquiry {
	/// The job that was asked for last.
	job: H256,
	/// Whether the evaluator knows of it.
	posted: bool,
	/// Whether the operator has been told that the evaluator can't be used.
	warned: bool,
}

impl Inquiry {
	/// One step towards what comes of a job: asks for it at a path such as `/v1/evaluations`, or how far it is if it was
	/// asked for before. `id` is the job's, `is_answer` says whether what came of it can be an answer to the request at all,
	/// and `subject` is what messages to the operator are about.
	pub fn ask<Outcome: DeserializeOwned>(
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
			// Never asked, or forgotten since.
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
						"{subject}: the evaluator at {} could not do its work: {reason:?}. It is asked again with the \
						next block; see that it has disk and memory left and reaches the providers",
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
							"{subject}: this validator can't attest, as the evaluator at {:?} {problem}. {}. It is asked \
							again with every block while there is time",
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
