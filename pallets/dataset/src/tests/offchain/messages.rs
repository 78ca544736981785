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
fn a_dead_evaluator_is_reported_once_an_attempt() {
	let mut world = World::new(1);
	world.node.set_script(|_| Answer::Refused);
	let warnings = warned(&mut world, ASK);
	assert_eq!(warnings.len(), 1);
	assert!(warnings[0].contains("descent::evaluator: group 0, delta proposal 0, attempt 0"));
	for block in ASK + 1..OPEN - 1 {
		assert!(warned(&mut world, block).is_empty());
	}
}

#[test]
fn an_attestation_from_elsewhere_is_reported() {
	let mut world = World::new(1);
	world.put_attestation(H256::repeat_byte(3));
	let warnings = warned(&mut world, OPEN);
	assert_eq!(warnings.len(), 1);
	assert!(warnings[0].contains("session key on one node only"));
}

#[test]
fn another_delta_under_the_same_number_is_reported() {
	let mut world = World::new(1);
	world.attest();
	world.chain.execute_with(|| {
		Proposals::<Test>::mutate(0, 0, |proposal| proposal.as_mut().unwrap().delta = delta(50));
	});
	let warnings = warned(&mut world, ASK + 2);
	assert_eq!(warnings.len(), 1);
	assert!(warnings[0].contains("reorganised"));
}

#[test]
fn a_check_that_goes_well_says_nothing() {
	let mut world = World::new(2);
	for block in ASK..AGAIN {
		testing::warnings();
		for sent in world.run(block) {
			world.include(block + 1, &sent).unwrap();
		}
		assert!(testing::warnings().is_empty());
	}
}
