//! Many tasks: no run takes longer than it may, and no task is left out.

use super::*;
use std::collections::BTreeSet;

/// The tasks that a run asks for, in its order, of those of the first numbers.
fn asked(world: &mut World, block: u32, jobs: &[H256]) -> Vec<usize> {
	world.run(block);
	let asked = world.node.asked().into_iter();
	asked.map(|asked| jobs.iter().position(|job| *job == id(&asked)).unwrap()).collect()
}

/// The jobs of the first tasks.
fn jobs(world: &mut World, kind: Kind, tasks: u32) -> Vec<H256> {
	let jobs = (0..tasks).map(|number| world.job(kind.task(number))).collect();
	world.requests();
	jobs
}

#[test]
fn a_run_makes_a_bounded_number_of_calls_and_the_next_one_goes_on_behind_the_last() {
	for kind in KINDS {
		let mut world = World::new(kind, 40);
		world.node.set_script(|asked| job(asked, JobStatus::Running { measured: 0 }));
		let jobs = jobs(&mut world, kind, 40);
		for (block, first) in [(ASK, 0), (ASK + 1, 16), (ASK + 2, 32), (ASK + 3, 8)] {
			let expected: Vec<_> = (first..first + 16).map(|task| task % 40).collect();
			assert_eq!(asked(&mut world, block, &jobs), expected);
			assert_eq!(world.requests(), 16, "none is put together for a task that is not asked for");
		}
	}
}

#[test]
fn a_run_that_is_out_of_time_ends_and_the_next_one_goes_on() {
	let mut world = World::new(Kind::Round, 9);
	world.node.set_script(|asked| job(asked, JobStatus::Running { measured: 0 }));
	world.node.set_latency(400);
	let jobs = jobs(&mut world, Kind::Round, 9);
	for (block, expected) in [(ASK, [0, 1, 2, 3]), (ASK + 1, [4, 5, 6, 7]), (ASK + 2, [8, 0, 1, 2])] {
		let before = world.node.time();
		assert_eq!(asked(&mut world, block, &jobs), expected);
		assert_eq!(world.node.time() - before, 1_500);
	}
}

#[test]
fn a_report_has_no_more_than_it_may_and_the_next_one_the_rest() {
	let tasks = MAX_REPORTED + 9;
	let mut world = World::new(Kind::Round, tasks);
	world.node.set_script(done);
	let mut said = BTreeSet::new();
	for block in ASK..ASK + 4 {
		for sent in world.run(block) {
			let attestations = sent.attestations();
			assert!(attestations.len() <= 32);
			said.extend(attestations.iter().map(|attestation| attestation.task));
			assert_eq!(world.include(block + 1, &sent), Ok(()));
		}
	}
	assert_eq!(said.len(), 41);
	let opened: Vec<_> = [OPEN, OPEN + 1]
		.into_iter()
		.flat_map(|block| {
			let sent = world.run(block);
			sent.iter().for_each(|sent| assert_eq!(world.include(block + 1, sent), Ok(())));
			sent
		})
		.map(|sent| sent.openings().len())
		.collect();
	assert_eq!(opened, [32, 9]);
}

#[test]
fn a_dead_evaluator_costs_one_call_a_run() {
	for reply in [Reply::Silence, Reply::Refused] {
		let mut world = World::new(Kind::Delta, 8);
		let script = reply.clone();
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
	let mut world = World::new(Kind::Round, 40);
	let node = world.node.clone();
	world.node.set_latency(400);
	world.run(ASK);
	let before = node.time();
	world.run(ASK + 1);
	assert!(node.time() - before <= 1_500);
	assert!(!node.asked().is_empty());
}

#[test]
fn one_job_that_hangs_does_not_keep_others_from_being_attested() {
	let mut world = World::new(Kind::Round, 2);
	world.run(ASK);
	let hangs = id(&world.node.asked()[0]);
	world.node.set_script(move |asked| match id(asked) == hangs {
		true => Reply::Silence,
		false => done(asked),
	});
	let sent: Vec<_> = (ASK + 1..OPEN - 1).flat_map(|block| world.run(block)).collect();
	let attested: BTreeSet<_> = sent.iter().flat_map(Sent::attestations).map(|said| said.task).collect();
	assert_eq!(attested.into_iter().collect::<Vec<_>>(), [Kind::Round.task(1)]);
}

#[test]
fn overlapping_runs_take_turns() {
	use codec::Encode;
	let mut world = World::new(Kind::Round, 1);
	world.node.set_script(done);
	let lock = b"descent/evaluators/lock";
	let until = world.node.time() + 4_000;
	world.node.store(lock, &until.encode());
	assert!(world.run(ASK).is_empty());
	world.node.pass(4_001);
	assert_eq!(world.run(ASK).len(), 1, "a dead run's lock ends");
	assert_eq!(world.node.stored(lock), None, "a run that has ended leaves no lock");
}
