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
	world.node.set_script(|asked| job(id(asked), done(ballot())));
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
fn half_an_answer() {
	is_overcome(|asked| match job(id(asked), Status::Queued) {
		Answer::Whole(_, body) => Answer::Half(body),
		answer => answer,
	});
}

#[test]
fn an_answer_without_end() {
	is_overcome(|_| Answer::Endless);
}

#[test]
fn an_error_status() {
	for status in [100, 301, 400, 404, 429, 500, 503] {
		is_overcome(move |asked| match job(id(asked), done(ballot())) {
			Answer::Whole(_, body) => Answer::Whole(status, body),
			answer => answer,
		});
	}
}

#[test]
fn something_else_than_a_job() {
	for body in [
		"",
		"null",
		"<html>",
		"{\"id\":",
		"{}",
		"\u{0}\u{0}",
		"[[[[[[[[[[[[[[[[",
		r#"{"id":"0x00","status":{"state":"done","ballot":{"baseline":null,"verdicts":[]}}}"#,
	] {
		is_overcome(move |_| Answer::Whole(200, body.into()));
	}
	is_overcome(|_| Answer::Whole(200, "[".repeat(60_000).into_bytes()));
	is_overcome(|_| Answer::Whole(200, vec![0xff; 1_000]));
}

#[test]
fn somebody_elses_job() {
	is_overcome(|_| job(H256::repeat_byte(1), done(ballot())));
}

#[test]
fn more_verdicts_than_candidates() {
	is_overcome(|asked| {
		let ballot = Ballot { baseline: None, verdicts: vec![Verdict::Unavailable; 3].try_into().unwrap() };
		job(id(asked), done(ballot))
	});
}

#[test]
fn a_baseline_without_a_head() {
	is_overcome(|asked| {
		let ballot = Ballot { baseline: ballot().verdicts[0].measurement(), ..ballot() };
		job(id(asked), done(ballot))
	});
}

#[test]
fn more_verdicts_than_any_round_has_candidates() {
	is_overcome(|asked| {
		let verdicts = vec![r#"{"verdict":"invalid"}"#; 65].join(",");
		let ballot = format!(r#"{{"baseline":null,"verdicts":[{verdicts}]}}"#);
		let id = format!("{:#x}", id(asked));
		let body = format!(r#"{{"id":"{id}","status":{{"state":"done","ballot":{ballot}}}}}"#);
		Answer::Whole(200, body.into_bytes())
	});
}

#[test]
fn a_failed_evaluation_is_asked_for_again() {
	is_overcome(|asked| {
		assert_eq!(asked.method, "POST");
		let reason = "no \u{1b}[31m disk ".repeat(1_000);
		job(id(asked), Status::Failed { reason })
	});

	let mut world = World::new(1);
	world.run(ASK);
	let failed = |asked: &Asked| {
		let reason = "killed".into();
		job(id(asked), Status::Failed { reason })
	};
	world.node.set_script(failed);
	world.run(ASK + 1);
	world.node.set_script(measure);
	assert!(world.run(ASK + 2).is_empty());
	let methods: Vec<_> = world.node.asked().into_iter().map(|asked| asked.method).collect();
	assert_eq!(methods, ["POST", "GET", "POST"]);
	assert_eq!(world.run(ASK + 3).len(), 1);
}

#[test]
fn a_forgotten_evaluation_is_asked_for_at_once() {
	let mut world = World::new(1);
	world.run(ASK);
	world.node.set_script(|asked| match asked.method.as_str() {
		"GET" => Answer::Whole(404, Vec::new()),
		_ => job(id(asked), done(ballot())),
	});
	assert_eq!(world.run(ASK + 1).len(), 1);
}

#[test]
fn other_candidates_are_another_evaluation() {
	let mut world = World::new(1);
	world.run(ASK);
	let before = world.request(0);
	world.chain.execute_with(|| Reveals::<Test>::remove((0, 0), account(11)));
	assert!(world.run(ASK + 1).is_empty());
	let asked = world.node.asked();
	assert_eq!(asked.len(), 2);
	assert_eq!(asked[1].method, "POST");
	assert_ne!(id(&asked[1]), before.id());
	assert_eq!(world.run(ASK + 2).len(), 1);
}
