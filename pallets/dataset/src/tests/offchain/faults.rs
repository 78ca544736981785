//! Nodes that must sign nothing, and faults of a node.

use super::*;

fn stays_silent(world: &mut World) {
	for block in ASK - 3..AGAIN + 5 {
		assert!(world.run(block).is_empty(), "block {block}");
	}
	assert!(world.node.asked().is_empty());
}

#[test]
fn a_node_that_is_not_a_validator_stays_silent() {
	let mut world = World::new(1);
	world.node.set_validator(false);
	stays_silent(&mut world);
}

#[test]
fn a_node_outside_of_the_committee_stays_silent() {
	let mut world = World::new(1);
	world.chain.execute_with(|| {
		Evaluators::<Test>::mutate(|members| members.remove(MEMBER as usize));
	});
	stays_silent(&mut world);
}

#[test]
fn a_node_without_keys_stays_silent() {
	let mut world = World::new(1);
	world.chain.register_extension(KeystoreExt::new(MemoryKeystore::new()));
	stays_silent(&mut world);
}

#[test]
fn a_group_without_open_proposals_is_left_alone() {
	stays_silent(&mut World::new(0));
}

#[test]
fn a_check_that_is_decided_is_left_alone() {
	let mut world = World::new(1);
	world.change_check(|check| check.is_decided = true);
	stays_silent(&mut world);
}

#[test]
fn a_check_whose_attempts_are_over_is_left_alone() {
	let mut world = World::new(1);
	world.change_check(|check| check.since = 0);
	let over = (ASK..).find(|block| world.run_is_over(*block)).unwrap();
	world.node.asked();
	for block in over..over + 3 {
		assert!(world.run(block).is_empty());
	}
	assert!(world.node.asked().is_empty());
}

impl World {
	fn run_is_over(&mut self, block: u32) -> bool {
		let check = self.chain.execute_with(|| Checks::<Test>::get(0, 0).unwrap());
		check.phase(block + 1).is_none()
	}
}

#[test]
fn an_attestation_of_another_data_base_is_not_opened() {
	let mut world = World::new(1);
	world.node.set_script(|_| panic!("nothing is checked in the open window"));
	world.put_attestation(H256::repeat_byte(3));
	for block in OPEN - 1..AGAIN {
		assert!(world.run(block).is_empty());
	}
}

#[test]
fn an_attestation_to_something_else_is_not_opened() {
	let mut world = World::new(1);
	world.attest();
	world.put_attestation(H256::repeat_byte(3));
	for block in OPEN - 1..AGAIN {
		assert!(world.run(block).is_empty());
	}
}

#[test]
fn a_record_that_cannot_be_read_is_never_contradicted() {
	let mut world = World::new(1);
	let key = place_of_first(&mut world);
	for broken in [&[7][..], &[9; 20], &(0u32, 1u32, 0u32, 3u8).encode()] {
		world.node.store(&key, broken);
		for block in ASK..AGAIN {
			assert!(world.run(block).is_empty(), "block {block}");
		}
		assert_eq!(world.node.stored(&key).as_deref(), Some(broken));
	}
}

#[test]
fn what_another_run_has_written_meanwhile_stands() {
	let mut world = World::new(1);
	let key = place_of_first(&mut world);
	world.run(ASK);
	let before = world.node.stored(&key).expect("the job is noted");
	let first = world.run(ASK + 1).pop().unwrap();
	let after = world.node.stored(&key).expect("the verdict is noted");

	world.node.store(&key, &before);
	let (node, other, place) = (world.node.clone(), after.clone(), key.clone());
	world.node.set_script(move |asked| {
		node.store(&place, &other);
		job(id(asked), done(DeltaVerdict::Unavailable))
	});
	assert!(world.run(ASK + 2).is_empty(), "nothing is said that is not kept");
	assert_eq!(world.node.stored(&key), Some(after));
	let second = world.run(ASK + 4).pop().unwrap();
	assert_eq!(second.attested(), first.attested());
}

#[test]
fn the_data_base_does_not_grow_with_the_proposals() {
	let mut world = World::new(0);
	for id in 0..40 {
		world.chain.execute_with(|| {
			Open::<Test>::remove(0);
			let _ = Proposals::<Test>::clear_prefix(0, 64, None);
		});
		world.put_proposal(0, id);
		let place = world.chain.execute_with(|| Proposals::<Test>::get(0, id).unwrap().place);
		assert_eq!(place, 0);
		world.run(ASK);
		let key = place_of_first(&mut world);
		let record = world.node.stored(&key);
		assert!(record.is_some_and(|record| record.starts_with(&id.encode()) && record.len() < 300));
	}
}
