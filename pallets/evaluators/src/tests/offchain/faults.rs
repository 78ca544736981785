//! Nodes that must sign nothing, and faults of a node.

use super::*;

fn stays_silent(world: &mut World) {
	for block in ASK - 3..OPEN + 5 {
		assert!(world.run(block).is_empty(), "block {block}");
	}
	assert!(world.node.asked().is_empty());
}

#[test]
fn a_node_that_is_not_a_validator_stays_silent() {
	let mut world = World::new(Kind::Round, 1);
	world.node.set_validator(false);
	stays_silent(&mut world);
}

#[test]
fn a_node_outside_of_the_committee_stays_silent() {
	let mut world = World::new(Kind::Round, 1);
	world.set_evaluators([1, 2, 3]);
	stays_silent(&mut world);
}

#[test]
fn a_node_without_keys_stays_silent() {
	let mut world = World::new(Kind::Round, 1);
	world.chain.register_extension(keystore(&[]));
	stays_silent(&mut world);
}

#[test]
fn nothing_is_asked_or_said_outside_of_the_windows() {
	let mut world = World::new(Kind::Round, 1);
	for block in [ASK - 1, OPEN - 1, OPEN, OPEN + 3, OPEN + 50] {
		assert!(world.run(block).is_empty());
		assert!(world.node.asked().is_empty(), "block {block}");
	}
	remove_task(&Kind::Round.task(0));
	stays_silent(&mut world);
}

#[test]
fn an_attestation_of_another_data_base_is_not_opened() {
	for kind in KINDS {
		let mut world = World::new(kind, 1);
		let sent = world.attest();
		world.include(ASK + 2, &sent).unwrap();
		let mut lost = World::new(kind, 1);
		lost.node.set_script(|_| panic!("nothing is measured in the open window"));
		lost.chain.execute_with(|| {
			let attestation = Attestation { hash: sent.attestations()[0].hash, answer: None };
			Attestations::<Test>::insert(kind.task(0), MEMBER, attestation);
		});
		for block in OPEN - 1..OPEN + 3 {
			assert!(lost.run(block).is_empty());
		}
	}
}

#[test]
fn a_record_that_cannot_be_read_is_never_contradicted() {
	for kind in KINDS {
		let mut world = World::new(kind, 1);
		let key = world.place(kind.task(0));
		for broken in [&[0, 0, 0, 0][..], &[0, 0, 0, 0, 1, 2, 3], &[7], &[9, 9, 9, 9, 9, 9]] {
			world.node.store(&key, broken);
			stays_silent(&mut world);
			assert_eq!(world.node.stored(&key).as_deref(), Some(broken));
		}
	}
}

#[test]
fn what_another_run_has_written_meanwhile_stands() {
	let mut world = World::new(Kind::Round, 1);
	let key = world.place(Kind::Round.task(0));
	world.run(ASK);
	let before = world.node.stored(&key).expect("the job is noted");
	let first = world.run(ASK + 1).pop().unwrap();
	let after = world.node.stored(&key).expect("the answer is noted");

	world.node.store(&key, &before);
	let (node, other) = (world.node.clone(), after.clone());
	let place = key.clone();
	world.node.set_script(move |asked| {
		node.store(&place, &other);
		let ballot = Ballot { baseline: None, verdicts: vec![Verdict::Invalid].try_into().unwrap() };
		done_with(id(asked), Answer::Round(ballot))
	});
	assert!(world.run(ASK + 2).is_empty(), "nothing is said that is not kept");
	assert_eq!(world.node.stored(&key), Some(after));
	let second = world.run(ASK + 4).pop().unwrap();
	assert_eq!(second.attestations(), first.attestations());
}
