//! A node for the tests of off-chain workers. Its clock only moves when something waits, and a script of the
//! test answers its calls in place of an evaluator.

#![allow(clippy::arithmetic_side_effects)]

use sp_core::{
	offchain::{
		testing::{TestOffchainExt, TestPersistentOffchainDB},
		Externalities, HttpError, HttpRequestId, HttpRequestStatus, OffchainDbExt, OffchainStorage,
		OffchainWorkerExt, OpaqueNetworkState, Timestamp, TransactionPool, TransactionPoolExt,
	},
	OpaquePeerId,
};
use sp_io::TestExternalities;
use std::{
	collections::BTreeMap,
	sync::{Arc, Mutex},
};

/// Takes the warnings of this thread's runs since the last call.
pub fn warnings() -> Vec<String> {
	super::report::warnings()
}

/// The evaluator's answer to a call.
#[derive(Clone, Debug)]
pub enum Answer {
	/// The connection is refused.
	Refused,
	/// The connection is accepted, and nothing follows.
	Silence,
	/// A status and a whole body.
	Whole(u16, Vec<u8>),
	/// A status 200 and the beginning of a body, and nothing follows.
	Half(Vec<u8>),
	/// A status 200 and a body without end.
	Endless,
}

/// A call as it reached the evaluator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
	/// `GET` or `POST`.
	pub method: String,
	/// The whole URL.
	pub url: String,
	/// The `content-type` header.
	pub content_type: String,
	/// The body, empty if there is none.
	pub body: Vec<u8>,
}

type Script = Box<dyn FnMut(&Asked) -> Answer + Send>;

struct State {
	validator: bool,
	time: u64,
	latency: u64,
	seeds: u8,
	script: Script,
	asked: Vec<Asked>,
	pool: Vec<Vec<u8>>,
	pool_refuses: bool,
	open: BTreeMap<u16, (Asked, Option<Answer>, usize)>,
}

/// A node, as a test sees it.
#[derive(Clone)]
pub struct Node {
	state: Arc<Mutex<State>>,
	db: TestPersistentOffchainDB,
}

impl Node {
	/// Creates a validator's node with an empty local storage, whose evaluator answers by the script.
	pub fn new(script: impl FnMut(&Asked) -> Answer + Send + 'static) -> Self {
		let state = State {
			validator: true,
			time: 1_000_000,
			latency: 0,
			seeds: 0,
			script: Box::new(script),
			asked: Vec::new(),
			pool: Vec::new(),
			pool_refuses: false,
			open: BTreeMap::new(),
		};
		Self { state: Arc::new(Mutex::new(state)), db: TestPersistentOffchainDB::new() }
	}

	/// Registers the node's off-chain extensions with a chain.
	pub fn register(&self, chain: &mut TestExternalities) {
		let (db, _) = TestOffchainExt::with_offchain_db(self.db.clone());
		chain.register_extension(OffchainDbExt::new(db));
		chain.register_extension(OffchainWorkerExt::new(self.clone()));
		chain.register_extension(TransactionPoolExt::new(self.clone()));
	}

	/// Makes the node run with or without `--validator`.
	pub fn set_validator(&self, validator: bool) {
		self.state.lock().unwrap().validator = validator;
	}

	/// Replaces the script of the evaluator.
	pub fn set_script(&self, script: impl FnMut(&Asked) -> Answer + Send + 'static) {
		self.state.lock().unwrap().script = Box::new(script);
	}

	/// Takes the calls since it was asked last.
	pub fn asked(&self) -> Vec<Asked> {
		core::mem::take(&mut self.state.lock().unwrap().asked)
	}

	/// Takes the transactions since it was asked last.
	pub fn sent(&self) -> Vec<Vec<u8>> {
		core::mem::take(&mut self.state.lock().unwrap().pool)
	}

	/// Makes the transaction pool refuse every transaction, or none.
	pub fn set_pool_refuses(&self, refuses: bool) {
		self.state.lock().unwrap().pool_refuses = refuses;
	}

	/// Returns the value of a key in the node's local storage.
	pub fn stored(&self, key: &[u8]) -> Option<Vec<u8>> {
		self.db.get(key)
	}

	/// Sets the value of a key in the node's local storage.
	pub fn store(&self, key: &[u8], value: &[u8]) {
		self.db.clone().set(b"", key, value);
	}

	/// Returns the node's clock in milliseconds.
	pub fn time(&self) -> u64 {
		self.state.lock().unwrap().time
	}

	/// Sets the time that the evaluator takes to answer, in milliseconds.
	pub fn set_latency(&self, latency: u64) {
		self.state.lock().unwrap().latency = latency;
	}

	/// Advances the clock.
	pub fn pass(&self, milliseconds: u64) {
		self.state.lock().unwrap().time += milliseconds;
	}
}

impl State {
	/// Waits in vain until the deadline.
	fn starve(&mut self, deadline: Option<Timestamp>) {
		let deadline = deadline.expect("a call without a deadline could hold up the node for ever");
		self.time = self.time.max(deadline.unix_millis());
	}
}

impl TransactionPool for Node {
	fn submit_transaction(&mut self, transaction: Vec<u8>) -> Result<(), ()> {
		let mut state = self.state.lock().unwrap();
		if state.pool_refuses {
			return Err(());
		}
		state.pool.push(transaction);
		Ok(())
	}
}

impl Externalities for Node {
	fn is_validator(&self) -> bool {
		self.state.lock().unwrap().validator
	}

	fn network_state(&self) -> Result<OpaqueNetworkState, ()> {
		Err(())
	}

	fn timestamp(&mut self) -> Timestamp {
		Timestamp::from_unix_millis(self.time())
	}

	fn sleep_until(&mut self, _: Timestamp) {
		panic!("the off-chain worker must not sleep");
	}

	/// Returns another seed every time, as on a real node.
	fn random_seed(&mut self) -> [u8; 32] {
		let mut state = self.state.lock().unwrap();
		state.seeds += 1;
		[state.seeds; 32]
	}

	fn http_request_start(&mut self, method: &str, url: &str, _: &[u8]) -> Result<HttpRequestId, ()> {
		let mut state = self.state.lock().unwrap();
		let id = u16::try_from(state.open.len()).unwrap();
		let asked = Asked { method: method.into(), url: url.into(), ..Asked::default() };
		state.open.insert(id, (asked, None, 0));
		Ok(HttpRequestId(id))
	}

	fn http_request_add_header(&mut self, id: HttpRequestId, name: &str, value: &str) -> Result<(), ()> {
		let mut state = self.state.lock().unwrap();
		let (asked, ..) = state.open.get_mut(&id.0).ok_or(())?;
		if name == "content-type" {
			asked.content_type = value.into();
		}
		Ok(())
	}

	fn http_request_write_body(
		&mut self,
		id: HttpRequestId,
		chunk: &[u8],
		deadline: Option<Timestamp>,
	) -> Result<(), HttpError> {
		assert!(deadline.is_some());
		let mut state = self.state.lock().unwrap();
		let state = &mut *state;
		let (asked, answer, _) = state.open.get_mut(&id.0).ok_or(HttpError::Invalid)?;
		asked.body.extend(chunk);
		if chunk.is_empty() {
			*answer = Some((state.script)(asked));
			state.asked.push(asked.clone());
		}
		Ok(())
	}

	fn http_response_wait(
		&mut self,
		ids: &[HttpRequestId],
		deadline: Option<Timestamp>,
	) -> Vec<HttpRequestStatus> {
		let mut state = self.state.lock().unwrap();
		let mut wait = |id: &HttpRequestId| {
			let status = match state.open.get(&id.0) {
				Some((_, Some(Answer::Whole(status, _)), _)) => *status,
				Some((_, Some(Answer::Half(_) | Answer::Endless), _)) => 200,
				Some((_, Some(Answer::Silence), _)) => {
					state.starve(deadline);
					return HttpRequestStatus::DeadlineReached;
				}
				Some((_, Some(Answer::Refused), _)) => return HttpRequestStatus::IoError,
				Some((_, None, _)) | None => return HttpRequestStatus::Invalid,
			};
			let answered = state.time + state.latency;
			if deadline.is_some_and(|deadline| deadline.unix_millis() < answered) {
				state.starve(deadline);
				return HttpRequestStatus::DeadlineReached;
			}
			state.time = answered;
			HttpRequestStatus::Finished(status)
		};
		ids.iter().map(&mut wait).collect()
	}

	fn http_response_headers(&mut self, _: HttpRequestId) -> Vec<(Vec<u8>, Vec<u8>)> {
		Vec::new()
	}

	fn http_response_read_body(
		&mut self,
		id: HttpRequestId,
		buffer: &mut [u8],
		deadline: Option<Timestamp>,
	) -> Result<usize, HttpError> {
		let mut state = self.state.lock().unwrap();
		let state = &mut *state;
		let (_, answer, read) = state.open.get_mut(&id.0).ok_or(HttpError::Invalid)?;
		let (body, ends) = match answer {
			Some(Answer::Whole(_, body)) => (&body[*read..], true),
			Some(Answer::Half(body)) => (&body[*read..], false),
			Some(Answer::Endless) => (&[b' '; 1024][..], false),
			_ => return Err(HttpError::Invalid),
		};
		let length = body.len().min(buffer.len());
		buffer[..length].copy_from_slice(&body[..length]);
		*read += length;
		if length == 0 && !ends {
			state.starve(deadline);
			return Err(HttpError::DeadlineReached);
		}
		Ok(length)
	}

	fn set_authorized_nodes(&mut self, _: Vec<OpaquePeerId>, _: bool) {
		panic!("the off-chain worker has nothing to say about the network");
	}
}
