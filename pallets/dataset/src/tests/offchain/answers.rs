//! Answers of the evaluator, and their effect.

use super::*;

/// Checks that a call with this answer sends nothing to the chain and ends in time, and that the next block
/// repairs it.
fn is_overcome(answer: impl Fn(&Asked) -> Answer + Send + 'static) {
	let mut world = World::new(1);
	world.node.set_script(answer);
	for block in ASK..ASK + 3 {
		let before = world.node.time();
		assert!(world.run(block).is_empty());
		assert_eq!(world.node.asked().len(), 1);
		assert!(world.node.time() - before <= 500);
	}
	world.node.set_script(|asked| job(id(asked), done(FOUND)));
	let sent = world.run(ASK + 3);
	assert_eq!(sent.len(), 1);
	assert_eq!(world.include(ASK + 4, &sent[0]), Ok(()));
}

#[test]
fn nobody_listens() {
	is_overcome(|_| Answer::Refused);
}

#[test]
fn no_answer() {
	is_overcome(|_| Answer::Silence);
}

#[test]
fn an_error_status() {
	is_overcome(|asked| match job(id(asked), done(FOUND)) {
		Answer::Whole(_, body) => Answer::Whole(503, body),
		answer => answer,
	});
}

#[test]
fn something_else_than_a_verdict() {
	for outcome in [
		r#"{"state":"done"}"#,
		r#"{"state":"done","checked":{"verdict":"perfect"}}"#,
		r#"{"state":"done","checked":{"verdict":"invalid"}}"#,
		r#"{"state":"done","ballot":{"baseline":null,"verdicts":[]}}"#,
	] {
		is_overcome(move |asked| {
			let body = format!(r#"{{"id":"{:#x}","status":{outcome}}}"#, id(asked));
			Answer::Whole(200, body.into_bytes())
		});
	}
}

#[test]
fn the_verdict_on_something_else() {
	is_overcome(|_| job(H256::repeat_byte(1), done(FOUND)));
}

#[test]
fn a_failure_is_no_verdict() {
	is_overcome(|asked| {
		let reason = String::from("no disk");
		job(id(asked), JobStatus::Failed { reason })
	});
}

#[test]
fn a_job_that_takes_long_is_waited_for() {
	is_overcome(|asked| job(id(asked), JobStatus::Running { measured: 0 }));
}

#[test]
fn a_job_that_the_evaluator_forgot_is_asked_for_again() {
	let mut world = World::new(1);
	world.run(ASK);
	world.node.asked();
	world.node.set_script(|asked| match asked.method.as_str() {
		"GET" => Answer::Whole(404, Vec::new()),
		_ => job(id(asked), done(FOUND)),
	});
	assert_eq!(world.run(ASK + 1).len(), 1);
	let asked: Vec<_> = world.node.asked().into_iter().map(|asked| asked.method).collect();
	assert_eq!(asked, ["GET", "POST"]);
}
