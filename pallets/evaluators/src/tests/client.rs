use crate::{
	mock::new_test_ext,
	offchain::{
		testing::{Answer, Asked, Node},
		CallError, Client,
	},
};
use descent_protocol::evaluation::{DEFAULT_EVALUATOR, EVALUATORS_STORAGE_KEY, EVALUATOR_STORAGE_KEY};
use sp_core::offchain::Duration;
use sp_io::offchain::timestamp;

/// Runs a test with a client of the node, which has 1.5 s for all of its calls.
fn with_client<R>(node: &Node, test: impl FnOnce(&mut Client) -> R) -> R {
	let mut chain = new_test_ext();
	node.register(&mut chain);
	chain.execute_with(|| test(&mut Client::new(timestamp().add(Duration::from_millis(1_500)))))
}

fn fails(answer: Answer, error: CallError) {
	let node = Node::new(move |_: &Asked| answer.clone());
	let before = node.time();
	let answer = with_client(&node, |client| client.post::<u32>(0, "/v1/sums", &[1, 2]));
	assert_eq!(answer, Err(error.clone()));
	assert!(node.time() - before <= 500, "{error:?} took longer than a call may");
	assert!(!error.remedy().is_empty() && !error.to_string().is_empty());
}

#[test]
fn a_request_is_sent_in_json_and_its_answer_read() {
	let node = Node::new(|_: &Asked| Answer::Whole(200, b"3".to_vec()));
	with_client(&node, |client| {
		assert_eq!(client.post::<u32>(0, "/v1/sums", &[1, 2]), Ok(3));
		assert_eq!(client.get::<u32>(0, "/v1/sums/7"), Ok(3));
		assert_eq!(client.calls(), 14);
	});
	let [post, get] = &node.asked()[..] else { panic!("two were sent") };
	assert_eq!((&*post.method, &*post.body), ("POST", &b"[1,2]"[..]));
	assert_eq!(post.url, "http://127.0.0.1:9977/v1/sums");
	assert_eq!(post.content_type, "application/json");
	assert_eq!((&*get.method, get.body.is_empty()), ("GET", true));
	assert_eq!(get.url, "http://127.0.0.1:9977/v1/sums/7");
}

#[test]
fn a_call_ends_whatever_the_evaluator_does() {
	fails(Answer::Refused, CallError::Unreachable);
	fails(Answer::Silence, CallError::Slow);
	fails(Answer::Half(b"3".to_vec()), CallError::Slow);
	fails(Answer::Endless, CallError::TooLarge);
}

#[test]
fn an_answer_has_a_largest_size() {
	let padded = |length| {
		let mut body = b"3".to_vec();
		body.resize(length, b' ');
		Answer::Whole(200, body)
	};
	let node = Node::new(move |_: &Asked| padded(64 * 1024));
	let answer = with_client(&node, |client| client.get::<u32>(0, "/"));
	assert_eq!(answer, Ok(3));
	fails(padded(64 * 1024 + 1), CallError::TooLarge);
}

#[test]
fn only_a_success_is_an_answer() {
	for status in [100, 199, 300, 301, 400, 404, 429, 500, 503] {
		fails(Answer::Whole(status, b"3".to_vec()), CallError::Status(status));
	}
	for body in ["", "null", "<html>", "{", "3 4", "-1", "\u{0}", "[[[[[["] {
		fails(Answer::Whole(200, body.into()), CallError::Malformed);
	}
	fails(Answer::Whole(200, "[".repeat(60_000).into_bytes()), CallError::Malformed);
	fails(Answer::Whole(200, vec![0xff; 1_000]), CallError::Malformed);
}

#[test]
fn a_run_has_a_largest_number_of_calls() {
	let node = Node::new(|_: &Asked| Answer::Whole(500, Vec::new()));
	with_client(&node, |client| {
		for _ in 0..16 {
			assert_eq!(client.get::<u32>(0, "/"), Err(CallError::Status(500)));
		}
		assert_eq!(client.get::<u32>(0, "/"), Err(CallError::Exhausted));
	});
	assert_eq!(node.asked().len(), 16);
}

#[test]
fn a_run_has_an_end() {
	let node = Node::new(|_: &Asked| Answer::Whole(200, b"3".to_vec()));
	with_client(&node, |client| {
		node.pass(1_499);
		assert_eq!(client.get::<u32>(0, "/"), Ok(3));
		node.set_latency(100);
		let before = node.time();
		assert_eq!(client.get::<u32>(0, "/"), Err(CallError::Slow));
		assert_eq!(node.time() - before, 1, "no call lasts longer than the run it is part of");
	});
	let late = Node::new(|_: &Asked| panic!("the time is over"));
	with_client(&late, |client| {
		late.pass(1_500);
		assert_eq!(client.get::<u32>(0, "/"), Err(CallError::Exhausted));
	});
}

#[test]
fn what_would_fail_again_is_not_tried_again() {
	for answer in [Answer::Refused, Answer::Silence] {
		let node = Node::new(move |_: &Asked| answer.clone());
		with_client(&node, |client| {
			assert!(client.get::<u32>(0, "/").is_err());
			assert_eq!(client.get::<u32>(0, "/"), Err(CallError::Exhausted));
		});
		assert_eq!(node.asked().len(), 1);
	}
}

#[test]
fn the_evaluator_is_where_the_operator_says() {
	for address in ["http://10.0.0.7:81", "http://10.0.0.7:81/", "http://[::1]:81/behind/"] {
		let node = Node::new(|_: &Asked| Answer::Whole(200, b"3".to_vec()));
		node.store(EVALUATOR_STORAGE_KEY, address.as_bytes());
		let shown = with_client(&node, |client| {
			assert_eq!(client.get::<u32>(0, "/v1/sums"), Ok(3));
			client.address(0).to_string()
		});
		assert_eq!(shown, address.trim_end_matches('/'));
		assert_eq!(node.asked()[0].url, format!("{shown}/v1/sums"));
	}
}

#[test]
fn an_address_that_is_not_plain_http_is_not_called() {
	let long = [b"http://".to_vec(), vec![b'a'; 250]].concat();
	let addresses: [&[u8]; 9] = [
		b"https://127.0.0.1:9977",
		b"file:///etc/passwd",
		b"127.0.0.1:9977",
		b"http://",
		b"http:///v1",
		b"http://127.0.0.1:9977 ",
		b"http://127.0.0.1\r\nx: y",
		b"http://\xff\xfe",
		&long,
	];
	for address in addresses {
		let node = Node::new(|_: &Asked| Answer::Refused);
		node.store(EVALUATOR_STORAGE_KEY, address);
		let answer = with_client(&node, |client| client.get::<u32>(0, "/"));
		assert_eq!(answer, Err(CallError::Address));
		assert!(node.asked().is_empty(), "{address:?}");
	}
}

/// The addresses that a client calls with these values under the two keys.
fn called(first: &[u8], all: &[u8]) -> Vec<String> {
	let node = Node::new(|_: &Asked| Answer::Whole(200, b"3".to_vec()));
	node.store(EVALUATOR_STORAGE_KEY, first);
	node.store(EVALUATORS_STORAGE_KEY, all);
	with_client(&node, |client| {
		(0..client.evaluators()).map(|evaluator| client.address(evaluator).to_string()).collect()
	})
}

#[test]
fn a_node_has_the_evaluators_that_the_operator_names() {
	let (one, two) = ("http://127.0.0.1:1", "http://127.0.0.1:2");
	let both = b"http://127.0.0.1:1\nhttp://127.0.0.1:2";
	assert_eq!(called(one.as_bytes(), both), [one, two]);
	let eight: Vec<_> = (1..=9).map(|port| format!("http://127.0.0.1:{port}")).collect();
	assert_eq!(called(one.as_bytes(), eight.join("\n").as_bytes()), eight[..8]);
	let none = Node::new(|_: &Asked| Answer::Refused);
	none.store(EVALUATORS_STORAGE_KEY, both);
	let default = with_client(&none, |client| (client.evaluators(), client.address(0).to_string()));
	assert_eq!(default, (1, DEFAULT_EVALUATOR.into()));
}

#[test]
fn what_an_older_node_left_does_not_count() {
	let both = b"http://127.0.0.1:1\nhttp://127.0.0.1:2";
	assert_eq!(called(b"http://127.0.0.1:2", both), ["http://127.0.0.1:2"]);
	assert_eq!(called(b"http://127.0.0.1:2", b""), ["http://127.0.0.1:2"]);
}

#[test]
fn evaluators_that_do_not_answer_leave_the_others_their_calls_within_the_bounds() {
	let node = Node::new(|asked: &Asked| match asked.url.starts_with("http://127.0.0.1:2/") {
		true => Answer::Whole(500, Vec::new()),
		false => Answer::Silence,
	});
	node.store(EVALUATOR_STORAGE_KEY, b"http://127.0.0.1:1");
	node.store(EVALUATORS_STORAGE_KEY, b"http://127.0.0.1:1\nhttp://127.0.0.1:2\nftp://x");
	with_client(&node, |client| {
		assert_eq!(client.get::<u32>(0, "/"), Err(CallError::Slow));
		assert_eq!(client.get::<u32>(0, "/"), Err(CallError::Exhausted));
		assert_eq!(client.get::<u32>(2, "/"), Err(CallError::Address));
		assert_eq!(client.get::<u32>(3, "/"), Err(CallError::Exhausted), "there is no such evaluator");
		assert_eq!((0..4).map(|at| client.is_down(at)).collect::<Vec<_>>(), [true, false, true, true]);
		assert_eq!(client.calls(), 14);
		for _ in 0..14 {
			assert_eq!(client.get::<u32>(1, "/"), Err(CallError::Status(500)));
		}
		assert_eq!(client.get::<u32>(1, "/"), Err(CallError::Exhausted));
	});
	assert_eq!(node.asked().len(), 15);
}

#[test]
fn a_run_in_which_no_evaluator_answers_has_no_calls_left() {
	let node = Node::new(|_: &Asked| Answer::Refused);
	node.store(EVALUATOR_STORAGE_KEY, b"http://127.0.0.1:1");
	node.store(EVALUATORS_STORAGE_KEY, b"http://127.0.0.1:1\nhttp://127.0.0.1:2");
	with_client(&node, |client| {
		assert_eq!(client.get::<u32>(1, "/"), Err(CallError::Unreachable));
		assert!(client.calls() > 0);
		assert_eq!(client.get::<u32>(0, "/"), Err(CallError::Unreachable));
		assert_eq!(client.calls(), 0);
	});
}
