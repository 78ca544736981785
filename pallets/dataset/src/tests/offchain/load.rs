//! Many proposals: no run takes longer than it may, and none is left out.

use super::*;
use std::collections::BTreeSet;

#[test]
fn a_run_makes_a_bounded_number_of_calls_and_the_next_one_goes_on() {
	let mut world = World::new(32);
	let mut seen = BTreeSet::new();
	for block in ASK..ASK + 2 {
		world.node.set_script(|asked| job(id(asked), JobStatus::Running { measured: 0 }));
		world.run(block);
		let asked = world.node.asked();
		assert_eq!(asked.len(), 16);
		seen.extend(asked.iter().map(id));
	}
	assert_eq!(seen.len(), 32);
}

#[test]
fn a_group_with_many_proposals_does_not_keep_another_waiting() {
	let mut world = World::new(32);
	world.chain.execute_with(crate::mock::create_group);
	world.put_proposal(1, 0);
	world.node.set_script(|asked| job(id(asked), JobStatus::Running { measured: 0 }));
	world.run(ASK);
	world.node.asked();
	world.run(ASK + 1);
	assert!(world.node.asked().iter().any(|asked| request(asked).group == 1));
}

#[test]
fn a_dead_evaluator_costs_one_call_a_run() {
	for answer in [Answer::Silence, Answer::Refused] {
		let mut world = World::new(8);
		let script = answer.clone();
		world.node.set_script(move |_| script.clone());
		for block in ASK..ASK + 5 {
			let before = world.node.time();
			assert!(world.run(block).is_empty());
			assert_eq!(world.node.asked().len(), 1);
			assert!(world.node.time() - before <= 500);
		}
	}
}

#[test]
fn a_lazy_evaluator_cannot_hold_up_the_node() {
	let mut world = World::new(32);
	let node = world.node.clone();
	node.set_latency(400);
	world.run(ASK);
	let before = node.time();
	world.run(ASK + 1);
	assert!(node.time() - before <= 1_500);
	assert!(!node.asked().is_empty());
}

#[test]
fn one_check_that_hangs_does_not_keep_others_from_being_attested() {
	let mut world = World::new(3);
	let hangs = world.request(1, ASK).id();
	world.node.set_script(move |asked| match id(asked) == hangs {
		true => Answer::Silence,
		false => job(id(asked), done(FOUND)),
	});
	let sent: Vec<_> = (ASK..OPEN - 1).flat_map(|block| world.run(block)).collect();
	for proposal in [0, 2] {
		assert!(sent.iter().any(|sent| sent.attested().0 == proposal));
	}
	assert!(sent.iter().all(|sent| sent.attested().0 != 1));
}
