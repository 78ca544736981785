//! A client for the evaluator beside this node that can't hold up the node. Every call has one deadline for
//! all of its parts, every answer a largest size, and a run a largest number of calls.

use alloc::{format, string::String, vec, vec::Vec};
use core::fmt;
use descent_protocol::evaluation::{DEFAULT_EVALUATOR, EVALUATOR_STORAGE_KEY};
use serde::{de::DeserializeOwned, Serialize};
use sp_core::offchain::{Duration, HttpError, StorageKind, Timestamp};
use sp_io::offchain;
use sp_runtime::offchain::http::{Error, Method, Request};

/// Longest time that one call may take, from the first byte sent to the last byte read.
const CALL_TIME: Duration = Duration::from_millis(500);
/// Largest number of calls in one run.
const MAX_CALLS: u32 = 16;
/// Largest answer that is read, in bytes. A job with a verdict on each of 64 candidates has some 9 KiB.
const MAX_ANSWER: usize = 64 * 1024;
/// Longest address, in bytes.
const MAX_ADDRESS: usize = 256;

/// An error of a call to the evaluator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
	/// The run has made all its calls, or has no time left.
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
	/// Returns true if the next call of this run would most likely end the same way.
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

/// Returns the evaluator's address as the operator configured it, or `Err` with a printable form if it can't
/// be used.
fn address() -> Result<String, String> {
	let Some(bytes) = offchain::local_storage_get(StorageKind::PERSISTENT, EVALUATOR_STORAGE_KEY) else {
		return Ok(String::from(DEFAULT_EVALUATOR));
	};
	let shown = || String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_ADDRESS)]).into_owned();
	let Ok(address) = core::str::from_utf8(&bytes) else {
		return Err(shown());
	};
	let host = address.strip_prefix("http://").unwrap_or_default();
	let usable =
		!host.is_empty() && !host.starts_with('/') && host.bytes().all(|byte| byte.is_ascii_graphic());
	if !usable || address.len() > MAX_ADDRESS {
		return Err(shown());
	}
	Ok(String::from(address.trim_end_matches('/')))
}

/// A client for the evaluator, for one run of the off-chain worker.
pub struct Client {
	address: Result<String, String>,
	until: Timestamp,
	calls: u32,
}

impl Client {
	/// Creates a client that makes no call after `until`.
	pub fn new(until: Timestamp) -> Self {
		Self { address: address(), until, calls: MAX_CALLS }
	}

	/// Returns the address in a form that can be shown.
	pub fn address(&self) -> &str {
		match &self.address {
			Ok(address) | Err(address) => address,
		}
	}

	/// Returns the number of calls that the run may still make.
	pub fn calls(&self) -> u32 {
		self.calls
	}

	/// Sends a request in JSON to a path of the evaluator, such as `/v1/evaluations`, and reads its answer.
	/// The caller has to check that it is an answer to this request, and returns [`CallError::Malformed`] if
	/// it is not.
	pub fn post<Answer: DeserializeOwned>(
		&mut self,
		path: &str,
		request: &impl Serialize,
	) -> Result<Answer, CallError> {
		let body = serde_json::to_vec(request).map_err(|_| CallError::Malformed)?;
		self.call(Method::Post, path, &body)
	}

	/// Reads the answer of the evaluator at a path.
	pub fn get<Answer: DeserializeOwned>(&mut self, path: &str) -> Result<Answer, CallError> {
		self.call(Method::Get, path, &[])
	}

	fn call<Answer: DeserializeOwned>(
		&mut self,
		method: Method,
		path: &str,
		body: &[u8],
	) -> Result<Answer, CallError> {
		let answer = self.answer(method, path, body);
		if answer.as_ref().is_err_and(CallError::is_lasting) {
			self.calls = 0;
		}
		serde_json::from_slice(&answer?).map_err(|_| CallError::Malformed)
	}

	/// Returns the body of a successful answer.
	fn answer(&mut self, method: Method, path: &str, body: &[u8]) -> Result<Vec<u8>, CallError> {
		let now = offchain::timestamp();
		self.calls = self.calls.checked_sub(1).filter(|_| now < self.until).ok_or(CallError::Exhausted)?;
		let address = self.address.as_ref().map_err(|_| CallError::Address)?;
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
