//! Answers of the evaluator, and their effect.

use super::*;

/// Checks that a call with this reply sends nothing to the chain and ends in time, and that the next block
/// repairs it.
fn is_overcome(kind: Kind, reply: impl Fn(&Asked) -> Reply + Send + 'static) {
	let mut world = World::new(kind, 1);
	world.node.set_script(reply);
	for block in ASK..ASK + 3 {
		let before = world.node.time();
		assert!(world.run(block).is_empty());
		assert_eq!(world.node.asked().len(), 1);
		assert!(world.node.time() - before <= 500);
	}
	world.node.set_script(done);
	let sent = world.run(ASK + 3);
	assert_eq!(world.include(ASK + 4, &sent[0]), Ok(()));
}

#[test]
fn nobody_listens_or_says_only_half_or_never_ends() {
	for kind in KINDS {
		is_overcome(kind, |_| Reply::Refused);
		is_overcome(kind, |_| Reply::Silence);
		is_overcome(kind, |_| Reply::Endless);
		is_overcome(kind, |asked| match job(asked, JobStatus::Queued) {
			Reply::Whole(_, body) => Reply::Half(body),
			reply => reply,
		});
	}
}

#[test]
fn an_error_status() {
	for status in [100, 301, 400, 404, 429, 500, 503] {
		is_overcome(Kind::Round, move |asked| match done(asked) {
			Reply::Whole(_, body) => Reply::Whole(status, body),
			reply => reply,
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
		is_overcome(Kind::Round, move |_| Reply::Whole(200, body.into()));
	}
	for kind in KINDS {
		is_overcome(kind, |_| Reply::Whole(200, "[".repeat(60_000).into_bytes()));
		is_overcome(kind, |_| Reply::Whole(200, vec![0xff; 1_000]));
		is_overcome(kind, move |_| done_with(H256::repeat_byte(1), kind.answer()));
	}
}

#[test]
fn the_answer_to_another_kind_of_task() {
	is_overcome(Kind::Round, |asked| done_with(id(asked), Kind::Delta.answer()));
	is_overcome(Kind::Delta, |asked| done_with(id(asked), Kind::Round.answer()));
}

#[test]
fn a_ballot_that_can_be_none() {
	// More verdicts than candidates, a baseline without a head, more verdicts than any round has.
	is_overcome(Kind::Round, |asked| {
		let verdicts = vec![Verdict::Unavailable; 3].try_into().unwrap();
		done_with(id(asked), Answer::Round(Ballot { baseline: None, verdicts }))
	});
	is_overcome(Kind::Round, |asked| {
		let Answer::Round(ballot) = Kind::Round.answer() else { unreachable!() };
		let baseline = ballot.verdicts[0].measurement();
		done_with(id(asked), Answer::Round(Ballot { baseline, ..ballot }))
	});
	is_overcome(Kind::Round, |asked| {
		let verdicts = vec![r#"{"verdict":"invalid"}"#; 65].join(",");
		let ballot = format!(r#"{{"baseline":null,"verdicts":[{verdicts}]}}"#);
		let id = format!("{:#x}", id(asked));
		let body = format!(r#"{{"id":"{id}","status":{{"state":"done","ballot":{ballot}}}}}"#);
		Reply::Whole(200, body.into_bytes())
	});
}

#[test]
fn a_failed_job_is_asked_for_again_and_a_forgotten_one_at_once() {
	for kind in KINDS {
		is_overcome(kind, |asked| {
			assert_eq!(asked.method, "POST");
			job(asked, JobStatus::Failed { reason: "no \u{1b}[31m disk ".repeat(1_000) })
		});
		let mut world = World::new(kind, 1);
		world.run(ASK);
		world.node.set_script(|asked| match asked.method.as_str() {
			"GET" => Reply::Whole(404, Vec::new()),
			_ => done(asked),
		});
		assert_eq!(world.run(ASK + 1).len(), 1);
	}
}
