//! A client for the evaluators beside this node that can't hold up the node. Every call has one deadline for
//! all of its parts, every answer a largest size, and a run a largest number of calls to all of them
//! together.

use super::addresses::addresses;
use alloc::{format, string::String, vec, vec::Vec};
use core::fmt;
use serde::{de::DeserializeOwned, Serialize};
use sp_core::offchain::{Duration, HttpError, Timestamp};
use sp_io::offchain;
use sp_runtime::offchain::http::{Error, Method, Request};

/// Longest time that one call may take, from the first byte sent to the last byte read.
const CALL_TIME: Duration = Duration::from_millis(500);
/// Largest number of calls in one run.
const MAX_CALLS: u32 = 16;
/// Largest answer that is read, in bytes. A job with a verdict on each of 64 candidates has some 9 KiB.
const MAX_ANSWER: usize = 64 * 1024;

/// An error of a call to an evaluator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
	/// The run has made all its calls, has no time left, or found before that this evaluator does not answer.
	Exhausted,
	/// The configured address can't be used.
	Address,
	/// The connection was refused, or it broke.
	Unreachable,
	/// There was no complete answer in time.
	Slow,
	/// The answer's HTTP status is not a success.
	Status(u16),
	/// The answer is larger than 64 KiB.
	TooLarge,
	/// The answer does not belong to the request.
	Malformed,
}

impl CallError {
	/// Returns true if the next call of this run to the same evaluator would most likely end the same way.
	fn is_lasting(&self) -> bool {
		matches!(self, Self::Address | Self::Unreachable | Self::Slow)
	}

	/// Returns the advice to the operator that belongs to the error.
	pub fn remedy(&self) -> &'static str {
		match self {
			Self::Exhausted => "Nothing has to be done",
			Self::Address => "Restart the node with --evaluator-url http://HOST:PORT",
			Self::Unreachable => {
				"Start `descent-worker evaluate` beside this node, or name its address with --evaluator-url"
			}
			Self::Slow => "Give the evaluator's machine more room: it has to answer while it measures",
			Self::Status(_) => "The evaluator's log says why",
			Self::TooLarge | Self::Malformed => {
				"Check that an evaluator of this node's version listens there, and nothing else"
			}
		}
	}
}

impl fmt::Display for CallError {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Exhausted => f.write_str("was asked often enough for one block"),
			Self::Address => f.write_str("has an address that is not http:// in UTF-8"),
			Self::Unreachable => f.write_str("does not accept the connection"),
			Self::Slow => write!(f, "does not answer within {} ms", CALL_TIME.millis()),
			Self::Status(code) => write!(f, "answers with HTTP status {code}"),
			Self::TooLarge => write!(f, "answers with more than {MAX_ANSWER} bytes"),
			Self::Malformed => f.write_str("answers with something else than what was asked for"),
		}
	}
}

impl From<HttpError> for CallError {
	fn from(error: HttpError) -> Self {
		match error {
			HttpError::DeadlineReached => Self::Slow,
			HttpError::IoError | HttpError::Invalid => Self::Unreachable,
		}
	}
}

impl From<Error> for CallError {
	fn from(error: Error) -> Self {
		match error {
			Error::DeadlineReached => Self::Slow,
			Error::IoError | Error::Unknown => Self::Unreachable,
		}
	}
}

/// An evaluator, as one run sees it.
struct Evaluator {
	/// Its address, or `Err` with a printable form if it can't be used.
	address: Result<String, String>,
	/// True if a call of this run has failed in a way that the next one would, too.
	is_down: bool,
}

/// A client for the evaluators, for one run of the off-chain worker. An evaluator is known by its place in
/// the order in which the operator named them.
pub struct Client {
	evaluators: Vec<Evaluator>,
	until: Timestamp,
	calls: u32,
}

impl Client {
	/// Creates a client that makes no call after `until`.
	pub fn new(until: Timestamp) -> Self {
		let evaluators = addresses().into_iter().map(|address| Evaluator { address, is_down: false });
		Self { evaluators: evaluators.collect(), until, calls: MAX_CALLS }
	}

	/// Returns the number of evaluators, from 1 to [`MAX_EVALUATORS`](super::MAX_EVALUATORS).
	pub fn evaluators(&self) -> u8 {
		u8::try_from(self.evaluators.len()).unwrap_or(u8::MAX)
	}

	/// Returns an evaluator's address in a form that can be shown.
	pub fn address(&self, evaluator: u8) -> &str {
		match self.evaluators.get(usize::from(evaluator)).map(|evaluator| &evaluator.address) {
			Some(Ok(address) | Err(address)) => address,
			None => "",
		}
	}

	/// Returns true if this run has found that an evaluator does not answer, and calls it no more.
	pub fn is_down(&self, evaluator: u8) -> bool {
		self.evaluators.get(usize::from(evaluator)).is_none_or(|evaluator| evaluator.is_down)
	}

	/// Returns the number of calls that the run may still make; none if no evaluator answers.
	pub fn calls(&self) -> u32 {
		if self.evaluators.iter().all(|evaluator| evaluator.is_down) {
			return 0;
		}
		self.calls
	}

	/// Sends a request in JSON to a path of an evaluator, such as `/v1/evaluations`, and reads its answer.
	/// The caller has to check that it is an answer to this request, and returns [`CallError::Malformed`] if
	/// it is not.
	pub fn post<Answer: DeserializeOwned>(
		&mut self,
		evaluator: u8,
		path: &str,
		request: &impl Serialize,
	) -> Result<Answer, CallError> {
		let body = serde_json::to_vec(request).map_err(|_| CallError::Malformed)?;
		self.call(evaluator, Method::Post, path, &body)
	}

	/// Reads the answer of an evaluator at a path.
	pub fn get<Answer: DeserializeOwned>(&mut self, evaluator: u8, path: &str) -> Result<Answer, CallError> {
		self.call(evaluator, Method::Get, path, &[])
	}

	fn call<Answer: DeserializeOwned>(
		&mut self,
		evaluator: u8,
		method: Method,
		path: &str,
		body: &[u8],
	) -> Result<Answer, CallError> {
		let answer = self.answer(evaluator, method, path, body);
		let called = self.evaluators.get_mut(usize::from(evaluator));
		if let (Some(called), Err(error)) = (called, &answer) {
			called.is_down |= error.is_lasting();
		}
		serde_json::from_slice(&answer?).map_err(|_| CallError::Malformed)
	}

	/// Returns the body of a successful answer.
	fn answer(
		&mut self,
		evaluator: u8,
		method: Method,
		path: &str,
		body: &[u8],
	) -> Result<Vec<u8>, CallError> {
		let now = offchain::timestamp();
		let evaluator = self.evaluators.get(usize::from(evaluator)).filter(|evaluator| !evaluator.is_down);
		let evaluator = evaluator.ok_or(CallError::Exhausted)?;
		self.calls = self.calls.checked_sub(1).filter(|_| now < self.until).ok_or(CallError::Exhausted)?;
		let address = evaluator.address.as_ref().map_err(|_| CallError::Address)?;
		let url = format!("{address}{path}");
		let deadline = now.add(CALL_TIME).min(self.until);

		let chunks = if body.is_empty() { vec![] } else { vec![body] };
		let pending = Request::post(&url, chunks)
			.method(method)
			.add_header("content-type", "application/json")
			.deadline(deadline)
			.send()?;
		let response = pending.try_wait(deadline).map_err(|_| CallError::Slow)??;
		if !(200..300).contains(&response.code) {
			return Err(CallError::Status(response.code));
		}

		let mut answer = Vec::new();
		let mut buffer = [0; 4096];
		loop {
			let read = offchain::http_response_read_body(response.id, &mut buffer, Some(deadline))?;
			let Some(part) = usize::try_from(read).ok().and_then(|read| buffer.get(..read)) else {
				return Err(CallError::Unreachable);
			};
			if part.is_empty() {
				return Ok(answer);
			}
			if answer.len().saturating_add(part.len()) > MAX_ANSWER {
				return Err(CallError::TooLarge);
			}
			answer.extend_from_slice(part);
		}
	}
}
