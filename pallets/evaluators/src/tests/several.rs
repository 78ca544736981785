//! Jobs of a node with several evaluators.

use crate::{
	mock::new_test_ext,
	offchain::{
		testing::{warnings, Answer, Asked, Node},
		Client, JobPoll,
	},
};
use codec::{Decode, Encode};
use descent_protocol::evaluation::{EVALUATORS_STORAGE_KEY, EVALUATOR_STORAGE_KEY};
use sp_core::{offchain::Duration, H256};
use sp_io::offchain::timestamp;
use std::sync::{Arc, Mutex};

/// A job that begins at the evaluator of this number.
fn begins_at(evaluator: u8) -> H256 {
	H256::repeat_byte(evaluator + 3 * 7)
}

/// The state of an evaluator, as its answers tell.
#[derive(Clone, Copy, PartialEq)]
enum State {
	Refuses,
	Silent,
	Full,
	Fails,
	Works,
	/// Knows of no job that it was not sent since.
	Forgot,
	Done(u32),
}

#[derive(serde::Deserialize)]
struct Sum {
	sum: u32,
}

/// A node with three evaluators, at the ports 1 to 3.
struct World {
	node: Node,
	states: Arc<Mutex<[State; 3]>>,
}

impl World {
	fn new(states: [State; 3]) -> Self {
		let states = Arc::new(Mutex::new(states));
		let script = states.clone();
		let node = Node::new(move |asked: &Asked| answer(script.lock().unwrap()[port(asked) - 1], asked));
		node.store(EVALUATOR_STORAGE_KEY, b"http://127.0.0.1:1");
		node.store(EVALUATORS_STORAGE_KEY, b"http://127.0.0.1:1\nhttp://127.0.0.1:2\nhttp://127.0.0.1:3");
		Self { node, states }
	}

	fn set(&self, evaluator: usize, state: State) {
		self.states.lock().unwrap()[evaluator] = state;
	}

	/// Takes a step with each of the jobs, in one run. Returns the last answer, and the calls as method and
	/// evaluator.
	fn run(&self, jobs: &mut [(H256, JobPoll)]) -> (Option<u32>, String) {
		let mut chain = new_test_ext();
		self.node.register(&mut chain);
		let before = self.node.time();
		let sum = chain.execute_with(|| {
			let mut client = Client::new(timestamp().add(Duration::from_millis(1_500)));
			let mut poll = |(id, job): &mut (H256, JobPoll)| {
				// As from one run to the next, in the node's storage.
				*job = JobPoll::decode(&mut &job.encode()[..]).expect("it was encoded");
				let sum = job.poll(&mut client, "/v1/sums", *id, &(*id, [1, 2]), "the sum", |_: &Sum| true);
				sum.map(|answer| answer.sum)
			};
			jobs.iter_mut().map(&mut poll).last().flatten()
		});
		assert!(self.node.time() - before <= 1_500, "a run has an end");
		let asked = self.node.asked();
		let calls = asked.iter().map(|asked| format!("{} {}", asked.method, port(asked) - 1));
		(sum, calls.collect::<Vec<_>>().join(", "))
	}
}

fn port(asked: &Asked) -> usize {
	let (_, rest) = asked.url.split_once("127.0.0.1:").unwrap();
	rest[..1].parse().unwrap()
}

fn answer(state: State, asked: &Asked) -> Answer {
	let id: H256 = match &*asked.method {
		"POST" => serde_json::from_slice::<(H256, [u32; 2])>(&asked.body).unwrap().0,
		_ => asked.url.rsplit_once('/').unwrap().1.parse().unwrap(),
	};
	let job = |status: serde_json::Value| {
		let job = serde_json::json!({"id": id, "status": status});
		Answer::Whole(200, serde_json::to_vec(&job).unwrap())
	};
	match state {
		State::Refuses => Answer::Refused,
		State::Silent => Answer::Silence,
		State::Full => Answer::Whole(503, Vec::new()),
		State::Fails => job(serde_json::json!({"state": "failed", "reason": "no network"})),
		State::Forgot if asked.method == "GET" => Answer::Whole(404, Vec::new()),
		State::Works | State::Forgot => job(serde_json::json!({"state": "running", "measured": 1})),
		State::Done(sum) => job(serde_json::json!({"state": "done", "sum": sum})),
	}
}

fn job(evaluator: u8) -> [(H256, JobPoll); 1] {
	[(begins_at(evaluator), JobPoll::default())]
}

#[test]
fn jobs_are_spread_by_their_id() {
	let world = World::new([State::Works; 3]);
	let mut jobs = [0, 1, 2].map(|evaluator| (begins_at(evaluator), JobPoll::default()));
	assert_eq!(world.run(&mut jobs).1, "POST 0, POST 1, POST 2");
	assert_eq!(world.run(&mut jobs).1, "GET 0, GET 1, GET 2");
	assert!(warnings().is_empty());
}

#[test]
fn an_evaluator_that_cannot_take_a_job_is_passed_over_at_the_next_poll() {
	for state in [State::Refuses, State::Silent, State::Full, State::Fails] {
		let world = World::new([State::Works, state, State::Works]);
		let mut job = job(1);
		assert_eq!(world.run(&mut job).1, "POST 1");
		assert_eq!(world.run(&mut job).1, "POST 2");
		world.set(2, State::Done(3));
		assert_eq!(world.run(&mut job), (Some(3), "GET 2".into()));
		let warnings = warnings();
		assert_eq!(warnings.len(), 1);
		assert!(warnings[0].contains("127.0.0.1:2") && warnings[0].contains("others"), "{}", warnings[0]);
	}
}

#[test]
fn an_evaluator_that_dies_with_a_job_gets_another_chance_and_is_then_passed_over() {
	let world = World::new([State::Works; 3]);
	let mut job = job(0);
	world.run(&mut job);
	world.set(0, State::Silent);
	assert_eq!(world.run(&mut job).1, "GET 0");
	world.set(0, State::Works);
	assert_eq!(world.run(&mut job).1, "GET 0", "it was only slow once");
	world.set(0, State::Refuses);
	assert_eq!(world.run(&mut job).1, "GET 0");
	assert_eq!(world.run(&mut job).1, "POST 1");
	world.set(0, State::Done(9));
	world.set(1, State::Done(3));
	assert_eq!(world.run(&mut job), (Some(3), "GET 1".into()), "only one is asked");
	assert_eq!(warnings().len(), 1, "the operator is told once of each evaluator");
}

#[test]
fn an_evaluator_that_has_started_again_gets_the_job_again() {
	let world = World::new([State::Works; 3]);
	let mut job = job(2);
	world.run(&mut job);
	world.set(2, State::Forgot);
	assert_eq!(world.run(&mut job).1, "GET 2, POST 2");
}

#[test]
fn after_the_last_evaluator_comes_the_first_again() {
	let world = World::new([State::Full, State::Fails, State::Refuses]);
	let mut job = job(1);
	let calls: Vec<_> = (0..7).map(|_| world.run(&mut job).1).collect();
	assert_eq!(calls, ["POST 1", "POST 2", "POST 0", "POST 1", "POST 2", "POST 0", "POST 1"]);
	let warnings = warnings();
	assert_eq!(warnings.len(), 3, "{warnings:?}");
	world.set(2, State::Done(3));
	assert_eq!(world.run(&mut job), (Some(3), "POST 2".into()));
}

#[test]
fn an_evaluator_that_is_down_holds_up_nobody_elses_job() {
	let world = World::new([State::Works; 3]);
	let mut jobs: Vec<_> = [0, 0, 0, 1].map(|at| (begins_at(at), JobPoll::default())).into();
	for (number, (id, _)) in (0..).zip(&mut jobs) {
		id.0[31] = number;
	}
	assert_eq!(world.run(&mut jobs).1, "POST 0, POST 0, POST 0, POST 1");
	world.set(0, State::Silent);
	assert_eq!(world.run(&mut jobs).1, "GET 0, GET 1", "what does not answer is called once in a run");
	assert_eq!(world.run(&mut jobs).1, "GET 0, POST 1, POST 1, GET 1");
	assert_eq!(world.run(&mut jobs).1, "POST 1, GET 1, GET 1, GET 1");
}

#[test]
fn silent_evaluators_cost_a_run_no_more_than_its_time() {
	let world = World::new([State::Silent; 3]);
	let mut jobs = [0, 1, 2].map(|evaluator| (begins_at(evaluator), JobPoll::default()));
	for _ in 0..4 {
		world.run(&mut jobs);
	}
	world.set(1, State::Works);
	let calls = (0..4).map(|_| world.run(&mut jobs).1).last().unwrap();
	assert_eq!(calls, "GET 1, GET 1, GET 1", "all jobs end where somebody answers");
}

#[test]
fn a_record_of_a_runtime_that_knew_one_evaluator_is_read_as_it_was() {
	for (posted, warned) in [(false, false), (true, false), (true, true)] {
		let old = (begins_at(1), posted, warned).encode();
		let read = JobPoll::decode(&mut &old[..]).unwrap();
		assert_eq!(read.encode(), old);
		let world = World::new([State::Works; 3]);
		let expected = if posted { "GET 1" } else { "POST 1" };
		assert_eq!(world.run(&mut [(begins_at(1), read)]).1, expected);
	}
	assert!(JobPoll::decode(&mut &(begins_at(1), 0x91u8, 0u8).encode()[..]).is_err());
}
