//! Messages to the operator.

use super::*;
use crate::offchain::testing;

/// Returns the warnings of one block's run.
fn warned(world: &mut World, block: u32) -> Vec<String> {
	testing::warnings();
	world.run(block);
	testing::warnings()
}

#[test]
fn a_dead_evaluator_is_reported_once_a_task_with_its_address_and_a_remedy() {
	for (kind, subject) in [(Kind::Round, "group 0, round 0"), (Kind::Delta, "group 0, delta proposal 0")] {
		let mut world = World::new(kind, 1);
		world.node.store(EVALUATOR_STORAGE_KEY, b"http://127.0.0.1:4242");
		world.node.set_script(|_| Reply::Refused);
		let warnings = warned(&mut world, ASK);
		assert_eq!(warnings.len(), 1);
		for part in [subject, "127.0.0.1:4242", "descent-worker evaluate", "--evaluator-url"] {
			assert!(warnings[0].contains(part), "{} says nothing of {part}", warnings[0]);
		}
		for block in ASK + 1..OPEN - 1 {
			assert!(warned(&mut world, block).is_empty());
		}
	}
}

#[test]
fn an_address_that_cannot_be_used_is_shown_without_its_control_characters() {
	let mut world = World::new(Kind::Round, 1);
	world.node.store(EVALUATOR_STORAGE_KEY, b"https://\x1b[31m\xff");
	let warnings = warned(&mut world, ASK);
	assert_eq!(warnings.len(), 1);
	assert!(warnings[0].contains("https://") && warnings[0].contains("--evaluator-url"));
	assert!(!warnings[0].contains('\u{1b}'));
}

#[test]
fn a_failed_job_is_reported_in_few_words() {
	let mut world = World::new(Kind::Delta, 1);
	world.node.set_script(|asked| job(asked, JobStatus::Failed { reason: "no disk\u{1b}\n".repeat(1_000) }));
	let warnings = warned(&mut world, ASK);
	assert_eq!(warnings.len(), 1);
	assert!(warnings[0].contains("no disk") && warnings[0].len() < 2_000);
	assert!(!warnings[0].contains(['\u{1b}', '\n']));
}

#[test]
fn an_attestation_from_elsewhere_is_reported() {
	let mut world = World::new(Kind::Round, 1);
	world.chain.execute_with(|| {
		let attestation = Attestation { hash: H256::repeat_byte(3), answer: None };
		Attestations::<Test>::insert(Kind::Round.task(0), MEMBER, attestation);
	});
	let warnings = warned(&mut world, OPEN);
	assert_eq!(warnings.len(), 1);
	assert!(warnings[0].contains("session key on one node only"));
}

#[test]
fn a_node_that_abstains_says_why() {
	for kind in KINDS {
		let mut world = World::new(kind, 1);
		world.attest();
		put_task(kind.task(0), TestTask { subject: H256::repeat_byte(9), ..TestTask::new(ASK + 1) });
		let warnings = warned(&mut world, ASK + 2);
		assert_eq!(warnings.len(), 1);
		assert!(warnings[0].contains("reorganised") && warnings[0].contains("group 0"));
		let key = world.place(kind.task(0));
		world.node.store(&key, &[7]);
		let warnings = warned(&mut world, ASK + 3);
		assert_eq!(warnings.len(), 1);
		assert!(warnings[0].contains("can't read its record"));
	}
}

#[test]
fn a_task_that_goes_well_says_nothing() {
	for kind in KINDS {
		let mut world = World::new(kind, 2);
		for block in ASK..OPEN + 4 {
			testing::warnings();
			for sent in world.run(block) {
				world.include(block + 1, &sent).unwrap();
			}
			assert!(testing::warnings().is_empty());
		}
		for number in 0..2 {
			assert_eq!(world.attested(kind.task(number)).unwrap().answer, Some(kind.answer()));
		}
	}
}
