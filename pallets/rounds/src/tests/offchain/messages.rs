//! Messages to the operator.

use super::*;
use pallet_evaluators::offchain::testing;

/// Returns the warnings of one block's run.
fn warned(world: &mut World, block: u32) -> Vec<String> {
	testing::warnings();
	world.run(block);
	testing::warnings()
}

#[test]
fn a_dead_evaluator_is_reported_once_a_round_with_its_address_and_a_remedy() {
	let mut world = World::new(1);
	world.node.store(EVALUATOR_STORAGE_KEY, b"http://127.0.0.1:4242");
	world.node.set_script(|_| Answer::Refused);
	let warnings = warned(&mut world, ASK);
	assert_eq!(warnings.len(), 1);
	for part in [
		"descent::evaluator: group 0, round 0",
		"127.0.0.1:4242",
		"descent-worker evaluate",
		"--evaluator-url",
	] {
		assert!(warnings[0].contains(part), "{} says nothing of {part}", warnings[0]);
	}
	for block in ASK + 1..OPEN - 1 {
		assert!(warned(&mut world, block).is_empty());
	}
}

#[test]
fn an_address_that_cannot_be_used_is_shown_without_its_control_characters() {
	let mut world = World::new(1);
	world.node.store(EVALUATOR_STORAGE_KEY, b"https://\x1b[31m\xff");
	let warnings = warned(&mut world, ASK);
	assert_eq!(warnings.len(), 1);
	assert!(warnings[0].contains("https://") && warnings[0].contains("--evaluator-url"));
	assert!(!warnings[0].contains('\u{1b}'));
}

#[test]
fn a_failed_evaluation_is_reported_in_few_words() {
	let mut world = World::new(1);
	world.node.set_script(|asked| {
		let reason = "no disk\u{1b}\n".repeat(1_000);
		job(id(asked), Status::Failed { reason })
	});
	let warnings = warned(&mut world, ASK);
	assert_eq!(warnings.len(), 1);
	assert!(warnings[0].contains("no disk") && warnings[0].len() < 2_000);
	assert!(!warnings[0].contains(['\u{1b}', '\n']));
}

#[test]
fn an_attestation_from_elsewhere_is_reported() {
	let mut world = World::new(1);
	world.chain.execute_with(|| {
		let said = Attestation { hash: H256::repeat_byte(3), ballot: None };
		Attestations::<Test>::insert((0, 0), MEMBER, said);
	});
	let warnings = warned(&mut world, OPEN);
	assert_eq!(warnings.len(), 1);
	assert!(warnings[0].contains("session key on one node only"));
}

#[test]
fn a_round_that_goes_well_says_nothing() {
	let mut world = World::new(1);
	for block in ASK..OPEN + 4 {
		assert!(warned(&mut world, block).is_empty());
	}
}
