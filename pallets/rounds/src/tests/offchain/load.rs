//! Many groups: no run takes longer than it may, and no group is left out.

use super::*;
use std::collections::BTreeSet;

#[test]
fn a_run_makes_a_bounded_number_of_calls_and_the_next_one_goes_on() {
	let mut world = World::new(40);
	let mut seen = BTreeSet::new();
	for block in ASK..ASK + 3 {
		world.node.set_script(|asked| job(id(asked), Status::Running { measured: 0 }));
		world.run(block);
		let asked = world.node.asked();
		assert_eq!(asked.len(), 16);
		seen.extend(asked.iter().map(id));
	}
	assert_eq!(seen.len(), 40);
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
	let mut world = World::new(40);
	let node = world.node.clone();
	world.node.set_latency(400);
	world.run(ASK);
	let before = node.time();
	world.run(ASK + 1);
	assert!(node.time() - before <= 1_500);
	assert!(!node.asked().is_empty());
}

#[test]
fn one_evaluation_that_hangs_does_not_keep_others_from_being_attested() {
	let mut world = World::new(2);
	let hangs = world.request(0).id();
	world.node.set_script(move |asked| match id(asked) == hangs {
		true => Answer::Silence,
		false => job(id(asked), done(ballot())),
	});
	let sent: Vec<_> = (ASK..OPEN - 1).flat_map(|block| world.run(block)).collect();
	assert!(sent.iter().any(|sent| sent.attested().0 == 1));
	assert!(sent.iter().all(|sent| sent.attested().0 != 0));
}
