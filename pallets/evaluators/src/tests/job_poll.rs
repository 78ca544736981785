use crate::{
	mock::new_test_ext,
	offchain::{
		testing::{warnings, Answer, Asked, Node},
		Client, JobPoll,
	},
};
use sp_core::{offchain::Duration, H256};
use sp_io::offchain::timestamp;

const JOB: H256 = H256::repeat_byte(7);

fn job(id: H256, status: serde_json::Value) -> Answer {
	let job = serde_json::json!({"id": id, "status": status});
	Answer::Whole(200, serde_json::to_vec(&job).unwrap())
}

#[derive(serde::Deserialize)]
struct Sum {
	sum: u32,
}

/// One step towards a sum, in a run of its own.
fn ask(node: &Node, job_poll: &mut JobPoll, id: H256) -> Option<u32> {
	let mut chain = new_test_ext();
	node.register(&mut chain);
	chain.execute_with(|| {
		let mut client = Client::new(timestamp().add(Duration::from_millis(1_500)));
		let sum =
			job_poll.poll(&mut client, "/v1/sums", id, &[1, 2], "the sum", |answer: &Sum| answer.sum < 10);
		sum.map(|answer| answer.sum)
	})
}

fn methods(node: &Node) -> Vec<String> {
	node.asked().into_iter().map(|asked| asked.method).collect()
}

#[test]
fn a_job_is_asked_for_once_and_then_polled() {
	let node = Node::new(|_: &Asked| job(JOB, serde_json::json!({"state": "queued"})));
	let mut job_poll = JobPoll::default();
	assert_eq!(ask(&node, &mut job_poll, JOB), None);
	node.set_script(|_| job(JOB, serde_json::json!({"state": "running", "measured": 1})));
	assert_eq!(ask(&node, &mut job_poll, JOB), None);
	node.set_script(|_| job(JOB, serde_json::json!({"state": "done", "sum": 3})));
	assert_eq!(ask(&node, &mut job_poll, JOB), Some(3));
	let asked = node.asked();
	assert_eq!(asked[2].url, format!("http://127.0.0.1:9977/v1/sums/{:#x}", JOB));
	let methods: Vec<_> = asked.iter().map(|asked| &*asked.method).collect();
	assert_eq!(methods, ["POST", "GET", "GET"]);
	assert!(warnings().is_empty());
}

#[test]
fn what_failed_or_was_forgotten_is_asked_for_again() {
	let node = Node::new(|asked: &Asked| match &*asked.method {
		"GET" => Answer::Whole(404, Vec::new()),
		_ => job(JOB, serde_json::json!({"state": "queued"})),
	});
	let mut job_poll = JobPoll::default();
	ask(&node, &mut job_poll, JOB);
	ask(&node, &mut job_poll, JOB);
	assert_eq!(methods(&node), ["POST", "GET", "POST"]);
	let reason = "no \u{1b}[31m disk\n".repeat(1_000);
	node.set_script(move |_| job(JOB, serde_json::json!({"state": "failed", "reason": reason})));
	ask(&node, &mut job_poll, JOB);
	ask(&node, &mut job_poll, JOB);
	assert_eq!(methods(&node), ["GET", "POST"]);
	let warnings = warnings();
	assert_eq!(warnings.len(), 1, "the operator is told once");
	assert!(warnings[0].contains("disk") && warnings[0].len() < 1_000);
	assert!(!warnings[0].contains(['\u{1b}', '\n']));
}

#[test]
fn another_job_is_asked_for_at_once() {
	let node = Node::new(|_: &Asked| job(JOB, serde_json::json!({"state": "queued"})));
	let mut job_poll = JobPoll::default();
	ask(&node, &mut job_poll, JOB);
	ask(&node, &mut job_poll, H256::zero());
	assert_eq!(methods(&node), ["POST", "POST"]);
}

#[test]
fn what_cannot_be_an_answer_is_none() {
	let done = |sum: u32| serde_json::json!({"state": "done", "sum": sum});
	for answer in
		[job(H256::zero(), done(3)), job(JOB, done(10)), job(JOB, serde_json::json!({"state": "done"}))]
	{
		let node = Node::new(move |_: &Asked| answer.clone());
		let mut job_poll = JobPoll::default();
		for _ in 0..3 {
			assert_eq!(ask(&node, &mut job_poll, JOB), None);
		}
		let warnings = warnings();
		assert_eq!(warnings.len(), 1, "the operator is told once");
		assert!(warnings[0].contains("the sum") && warnings[0].contains("127.0.0.1:9977"));
		node.set_script(move |_| job(JOB, done(3)));
		assert_eq!(ask(&node, &mut job_poll, JOB), Some(3));
	}
}
