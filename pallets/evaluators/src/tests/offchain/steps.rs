//! The steps of a task: post, poll, attest, open.

use super::*;

#[test]
fn a_job_is_asked_for_once_and_then_polled() {
	for kind in KINDS {
		let mut world = World::new(kind, 1);
		assert!(world.run(ASK).is_empty());
		let asked = world.node.asked();
		assert_eq!((asked.len(), &*asked[0].method, &*asked[0].url), (1, "POST", kind.path()));
		assert_eq!(asked[0].content_type, "application/json");
		let job_id = id(&asked[0]);
		world.node.set_script(|asked| job(asked, JobStatus::Running { measured: 1 }));
		for block in ASK + 1..ASK + 4 {
			assert!(world.run(block).is_empty());
			let asked = world.node.asked();
			assert_eq!((asked.len(), &*asked[0].method, asked[0].body.is_empty()), (1, "GET", true));
			assert_eq!(asked[0].url, format!("{}/{job_id:#x}", kind.path()));
		}
	}
}

#[test]
fn the_chain_takes_the_attestation_and_gets_it_once() {
	for kind in KINDS {
		let mut world = World::new(kind, 1);
		let sent = world.attest();
		let [Attest { task, member, hash }] = sent.attestations()[..] else { panic!("one") };
		assert_eq!((task, member), (kind.task(0), MEMBER));
		assert_eq!(world.include(ASK + 2, &sent), Ok(()));
		assert_eq!(world.attested(task).map(|kept| kept.hash), Some(hash));
		world.node.asked();
		for block in ASK + 2..OPEN - 1 {
			assert!(world.run(block).is_empty());
		}
		assert!(world.node.asked().is_empty());
	}
}

#[test]
fn the_evaluator_may_be_done_at_once() {
	let mut world = World::new(Kind::Round, 1);
	world.node.set_script(done);
	let sent = world.run(ASK);
	assert_eq!(world.include(ASK + 1, &sent[0]), Ok(()));
}

#[test]
fn answers_stay_shut_until_nobody_can_copy_them() {
	for kind in KINDS {
		let mut world = World::new(kind, 1);
		let attestation = world.attest();
		world.include(ASK + 2, &attestation).unwrap();
		for block in ASK + 2..OPEN {
			assert!(world.run(block).is_empty(), "block {block}");
		}
		world.requests();
		let opening = world.run(OPEN);
		let [Opening { task, member, answer, salt }] = &opening[0].openings()[..] else { panic!("one") };
		assert_eq!((*task, *member, answer), (kind.task(0), MEMBER, &kind.answer()));
		let (genesis, subject) = (world.chain.execute_with(Pallet::genesis), TestTask::new(0).subject);
		let hash = answer_hash(genesis, task, subject, &world.key, answer, salt);
		assert_eq!(attestation.attestations()[0].hash, hash);
		assert_eq!(world.include(OPEN + 1, &opening[0]), Ok(()));
		for block in OPEN + 1..OPEN + 6 {
			assert!(world.run(block).is_empty());
		}
		assert_eq!(world.requests(), 0, "no request is put together only to open");
	}
}

#[test]
fn an_open_window_of_three_blocks_is_used_from_its_first() {
	let mut world = World::new(Kind::Round, 1);
	let mut task = TestTask::new(ASK + 1);
	task.windows.open.end = task.windows.open.start + 3;
	put_task(Kind::Round.task(0), task);
	let attestation = world.attest();
	world.include(ASK + 2, &attestation).unwrap();
	let opening = world.run(OPEN - 1);
	assert_eq!(world.include(OPEN, &opening[0]), Ok(()));
}

#[test]
fn what_got_lost_is_sent_again_and_says_the_same() {
	for kind in KINDS {
		let mut world = World::new(kind, 1);
		let first = world.attest();
		assert!(world.run(ASK + 1).is_empty(), "once at a height");
		let second = world.run(ASK + 2).pop().unwrap();
		assert_eq!(second.attestations(), first.attestations());
		world.include(ASK + 3, &second).unwrap();
		let first = world.run(OPEN).pop().unwrap();
		assert!(world.run(OPEN).is_empty(), "once at a height");
		let second = world.run(OPEN + 1).pop().unwrap();
		assert_eq!(second.openings(), first.openings());
		assert_eq!(world.include(OPEN + 2, &second), Ok(()));
	}
}

#[test]
fn a_full_pool_is_tried_again() {
	let mut world = World::new(Kind::Round, 1);
	world.node.set_pool_refuses(true);
	world.run(ASK);
	assert!(world.run(ASK + 1).is_empty());
	world.node.set_pool_refuses(false);
	assert_eq!(world.run(ASK + 2).len(), 1);
}

/// Nothing but the data base and the keys outlives a run, so that each run is one after a restart. Here the
/// chain is another view of the same, too.
#[test]
fn a_restart_does_not_change_what_was_said() {
	for kind in KINDS {
		let mut world = World::new(kind, 1);
		let first = world.attest();
		let mut again = world.fork(kind, 1);
		again.node.set_script(|_| panic!("what was answered is not asked again"));
		let second = again.run(ASK + 3).pop().unwrap();
		assert_eq!(second.attestations(), first.attestations());
		again.include(ASK + 4, &second).unwrap();
		assert_eq!(again.run(OPEN)[0].openings()[0].answer, kind.answer());
	}
}

#[test]
fn all_that_is_due_is_one_report_of_each_key() {
	let mut world = World::new(Kind::Round, 3);
	put_task(Kind::Delta.task(0), TestTask::new(ASK + 1));
	let sent = world.attest();
	assert_eq!(sent.attestations().len(), 4);
	world.include(ASK + 2, &sent).unwrap();
	// Later tasks are attested to while these are opened.
	put_task(Kind::Round.task(9), TestTask::new(OPEN));
	world.run(OPEN - 1);
	let sent = world.run(OPEN);
	assert_eq!(sent.len(), 1);
	assert_eq!((sent[0].openings().len(), sent[0].attestations().len()), (4, 1));
	assert_eq!(world.include(OPEN + 1, &sent[0]), Ok(()));
}

#[test]
fn a_node_speaks_for_each_of_its_keys_in_every_task() {
	for kind in KINDS {
		let mut world = World::new(kind, 2);
		world.chain.register_extension(keystore(&[OWN, 21]));
		world.set_evaluators([OWN, 2, 21]);
		world.run(ASK);
		let sent = world.run(ASK + 1);
		assert_eq!((sent.len(), world.node.asked().len()), (2, 4), "each task is asked and polled once");
		let mut hashes: Vec<_> = sent.iter().flat_map(Sent::attestations).map(|said| said.hash).collect();
		hashes.sort();
		hashes.dedup();
		assert_eq!(hashes.len(), 4);
		for sent in &sent {
			assert_eq!(world.include(ASK + 2, sent), Ok(()));
		}
		let sent = world.run(OPEN);
		let opened: Vec<_> = sent.iter().flat_map(Sent::openings).collect();
		assert_eq!((sent.len(), opened.len()), (2, 4));
		for (one, opening) in opened.iter().enumerate() {
			assert!(opened[..one].iter().all(|other| other.salt != opening.salt), "none tells of another");
		}
		for sent in &sent {
			assert_eq!(world.include(OPEN + 1, sent), Ok(()));
		}
	}
}

#[test]
fn two_forks_at_one_height_get_the_same() {
	for kind in KINDS {
		let mut world = World::new(kind, 1);
		let mut fork = world.fork(kind, 1);
		world.node.set_script(|asked| job(asked, JobStatus::Queued));
		world.run(ASK);
		assert!(fork.run(ASK).is_empty());
		world.node.set_script(work);
		let first = world.run(ASK + 1).pop().unwrap();
		assert!(fork.run(ASK + 1).is_empty(), "the pool holds it for both");
		world.include(ASK + 2, &first).unwrap();
		let second = fork.run(ASK + 3).pop().unwrap();
		assert_eq!(second.attestations(), first.attestations());
		// The first one is good on the other fork, too.
		assert_eq!(fork.include(ASK + 4, &first), Ok(()));
		let opened = [world.run(OPEN), fork.run(OPEN + 1)].map(|sent| sent[0].openings());
		assert_eq!(opened[0], opened[1]);
	}
}

#[test]
fn a_reorganised_chain_that_asks_for_something_else_is_not_answered() {
	for kind in KINDS {
		let mut world = World::new(kind, 1);
		let sent = world.attest();
		let other = TestTask { subject: H256::repeat_byte(9), ..TestTask::new(ASK + 1) };
		put_task(kind.task(0), other.clone());
		world.node.set_script(|_| panic!("a second answer would contradict the first"));
		assert!(world.run(ASK + 3).is_empty());
		// The attestation gets there by the transaction pool. What was measured of the other subject would be
		// held against the member.
		world.include(ASK + 4, &sent).unwrap();
		for block in OPEN - 1..OPEN + 4 {
			assert!(world.run(block).is_empty());
		}
		// On the first chain it goes on.
		put_task(kind.task(0), TestTask::new(ASK + 1));
		assert_eq!(world.run(OPEN + 1).len(), 1);
	}
}

/// The task of the same kind that comes next at the place of the first one.
fn next(kind: Kind) -> TaskId {
	match kind {
		Kind::Round => TaskId::Round { group: 0, round: 1 },
		Kind::Delta => TaskId::Delta { group: 0, proposal: 0, version: 1, attempt: 1 },
		Kind::Custody => TaskId::Custody { group: 0, check: 1 },
	}
}

#[test]
fn the_next_task_at_a_place_is_asked_anew_and_hidden_anew() {
	for kind in KINDS {
		let mut world = World::new(kind, 1);
		let first = world.attest();
		remove_task(&kind.task(0));
		put_task(next(kind), TestTask::new(ASK + 4));
		world.node.asked();
		assert!(world.run(ASK + 3).is_empty());
		let asked = world.node.asked();
		assert_eq!((&*asked[0].method, id(&asked[0])), ("POST", world.job(next(kind))));
		let second = world.run(ASK + 4).pop().unwrap();
		assert_eq!(second.attestations()[0].task, next(kind));
		assert_ne!(second.attestations()[0].hash, first.attestations()[0].hash);
		assert_eq!(world.include(ASK + 5, &second), Ok(()));
		// Back on a fork with the first one: its record is gone, and nothing is signed in its place.
		remove_task(&next(kind));
		put_task(kind.task(0), TestTask::new(ASK + 1));
		world.node.set_script(|_| panic!("a second answer could contradict the first"));
		for block in ASK + 3..OPEN + 4 {
			assert!(world.run(block).is_empty());
		}
	}
}

#[test]
fn a_task_that_a_fork_has_asked_for_before_is_answered() {
	for kind in KINDS {
		let mut world = World::new(kind, 0);
		put_task(next(kind), TestTask::new(ASK));
		// The later one is asked for, but nothing is signed of it.
		assert!(world.run(ASK - 1).is_empty());
		assert_eq!(world.node.asked().len(), 1);
		remove_task(&next(kind));
		put_task(kind.task(0), TestTask::new(ASK + 1));
		assert_eq!(world.attest().attestations()[0].task, kind.task(0));
	}
}
