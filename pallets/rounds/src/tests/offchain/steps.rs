//! The steps of a round: post, poll, attest, open.

use super::*;

#[test]
fn an_evaluation_is_asked_for_once_and_then_polled() {
	let mut world = World::new(1);
	let request = world.request(0);
	assert_eq!(request.candidates.len(), 2);
	assert_eq!(request.candidates[0].checkpoint, content(12), "the lower claim comes first");

	assert!(world.run(ASK).is_empty());
	let asked = world.node.asked();
	assert_eq!(asked.len(), 1);
	assert_eq!(asked[0].method, "POST");
	assert_eq!(asked[0].url, "http://127.0.0.1:9977/v1/evaluations");
	assert_eq!(asked[0].content_type, "application/json");
	assert_eq!(serde_json::from_slice::<EvaluationRequest>(&asked[0].body).unwrap(), request);

	world.node.set_script(|asked| job(id(asked), Status::Running { measured: 1 }));
	for block in ASK + 1..ASK + 4 {
		assert!(world.run(block).is_empty());
		let asked = world.node.asked();
		assert_eq!(asked.len(), 1);
		assert_eq!(asked[0].method, "GET");
		assert!(asked[0].body.is_empty());
		let url = format!("http://127.0.0.1:9977/v1/evaluations/{:#x}", request.id());
		assert_eq!(asked[0].url, url);
	}
}

#[test]
fn the_chain_takes_the_attestation_and_hears_it_once() {
	let mut world = World::new(1);
	let sent = world.attest();
	let Call::attest { group, round, member, hash, .. } = sent.call() else {
		panic!("not an attestation");
	};
	assert_eq!((group, round, member), (0, 0, MEMBER));
	assert_eq!(world.include(ASK + 2, &sent), Ok(()));
	let kept = world.chain.execute_with(|| Attestations::<Test>::get((0, 0), MEMBER));
	assert_eq!(kept.map(|kept| kept.hash), Some(hash));

	world.node.asked();
	for block in ASK + 2..OPEN - 1 {
		assert!(world.run(block).is_empty());
	}
	assert!(world.node.asked().is_empty());
}

#[test]
fn the_evaluator_may_be_done_at_once() {
	let mut world = World::new(1);
	world.node.set_script(|asked| job(id(asked), done(ballot())));
	let sent = world.run(ASK);
	assert_eq!(sent.len(), 1);
	assert_eq!(world.include(ASK + 1, &sent[0]), Ok(()));
}

#[test]
fn ballots_stay_shut_until_nobody_can_copy_them() {
	let mut world = World::new(1);
	let attestation = world.attest();
	world.include(ASK + 2, &attestation).unwrap();
	for block in ASK + 2..OPEN {
		assert!(world.run(block).is_empty(), "block {block}");
	}
	let opening = world.run(OPEN);
	assert_eq!(opening.len(), 1);
	let (group, shown, salt) = opening[0].opened();
	assert_eq!((group, &shown), (0, &ballot()));
	let hash = attestation_hash(world.request(0).genesis, 0, 0, &world.key, &shown, &salt);
	assert_eq!(attestation.attested(), (0, hash));
	assert_eq!(world.include(OPEN + 1, &opening[0]), Ok(()));
	for block in OPEN + 1..OPEN + 6 {
		assert!(world.run(block).is_empty());
	}
}

#[test]
fn an_open_window_of_three_blocks_is_used_from_its_first() {
	let mut world = World::new(1);
	world.chain.execute_with(|| {
		change(0, |rules| rules.clock.open = 3);
	});
	let attestation = world.attest();
	world.include(ASK + 2, &attestation).unwrap();
	let opening = world.run(OPEN - 1);
	assert_eq!(opening.len(), 1);
	assert_eq!(world.include(OPEN, &opening[0]), Ok(()));
}

#[test]
fn what_got_lost_is_sent_again_and_says_the_same() {
	let mut world = World::new(1);
	let first = world.attest();
	assert!(world.run(ASK + 1).is_empty(), "once at a height");
	let second = world.run(ASK + 2);
	assert_eq!(second.len(), 1);
	assert_eq!(second[0].attested(), first.attested());
	world.include(ASK + 3, &second[0]).unwrap();

	let first = world.run(OPEN);
	assert!(world.run(OPEN).is_empty(), "once at a height");
	let second = world.run(OPEN + 1);
	assert_eq!(second[0].opened(), first[0].opened());
	assert_eq!(world.include(OPEN + 2, &second[0]), Ok(()));
}

#[test]
fn a_full_pool_is_tried_again() {
	let mut world = World::new(1);
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
	let mut world = World::new(1);
	let first = world.attest();
	let mut again = World::new(1);
	again.node = world.node.clone();
	again.node.register(&mut again.chain);
	again.node.set_script(|_| panic!("what was measured is not measured again"));
	let second = again.run(ASK + 3);
	assert_eq!(second.len(), 1);
	assert_eq!(second[0].attested(), first.attested());
	again.include(ASK + 4, &second[0]).unwrap();
	assert_eq!(again.run(OPEN)[0].opened().1, ballot());
}

#[test]
fn two_forks_at_one_height_hear_the_same() {
	let mut world = World::new(1);
	let mut fork = World::new(1);
	fork.node = world.node.clone();
	fork.node.register(&mut fork.chain);

	world.node.set_script(|asked| job(id(asked), Status::Queued));
	world.run(ASK);
	assert!(fork.run(ASK).is_empty());
	world.node.set_script(measure);
	let first = world.run(ASK + 1);
	assert_eq!(first.len(), 1);
	assert!(fork.run(ASK + 1).is_empty(), "the pool holds it for both");
	world.include(ASK + 2, &first[0]).unwrap();
	let second = fork.run(ASK + 3);
	assert_eq!(second[0].attested(), first[0].attested());
}

#[test]
fn a_ballot_does_not_speak_of_another_forks_candidates() {
	let mut world = World::new(1);
	let sent = world.attest();
	world.include(ASK + 2, &sent).unwrap();
	world.chain.execute_with(|| {
		Attestations::<Test>::remove((0, 0), MEMBER);
		Reveals::<Test>::mutate((0, 0), account(11), |reveal| reveal.as_mut().unwrap().claim = Score(1));
	});
	world.node.asked();
	for block in ASK + 3..OPEN + 4 {
		assert!(world.run(block).is_empty());
	}
	assert!(world.node.asked().is_empty(), "a second ballot would contradict the first");
	world.include(ASK + 4, &sent).unwrap();
	assert!(world.run(OPEN).is_empty());
}

#[test]
fn a_ballot_does_not_speak_of_another_forks_head() {
	let mut world = World::new(1);
	let sent = world.attest();
	world.include(ASK + 2, &sent).unwrap();
	world.chain.execute_with(|| {
		let head = Head {
			round: 0,
			account: account(11),
			checkpoint: content(99),
			score: Score(1),
			policy: EvaluationPolicy::Training { records: 100 },
			dataset_version: 1,
			providers: Default::default(),
		};
		Heads::<Test>::insert(0, 0, head);
	});
	assert!(world.run(OPEN).is_empty(), "what it measured of the other would be held against it");
}

#[test]
fn two_groups_are_served_at_once() {
	let mut world = World::new(2);
	assert!(world.run(ASK).is_empty());
	let sent = world.run(ASK + 1);
	let mut groups: Vec<_> = sent.iter().map(|sent| sent.attested().0).collect();
	groups.sort_unstable();
	assert_eq!(groups, [0, 1]);
	assert_ne!(sent[0].attested().1, sent[1].attested().1);
	for sent in &sent {
		world.include(ASK + 2, sent).unwrap();
	}
	assert_eq!(world.run(OPEN).len(), 2);
}

#[test]
fn two_members_of_one_node_share_a_measurement_but_no_salt() {
	let mut world = World::new(1);
	let keystore = MemoryKeystore::new();
	let keys: Vec<AuthorityId> =
		["//A", "//B"].map(|seed| keystore.sr25519_generate_new(KEY_TYPE, Some(seed)).unwrap().into()).into();
	world.chain.register_extension(KeystoreExt::new(keystore));
	world.chain.execute_with(|| {
		let committee: Vec<_> = (1..).zip(&keys).map(|(name, key)| (account(name), key.clone())).collect();
		Committees::<Test>::insert((0, 0), Committee::truncate_from(committee));
	});
	world.run(ASK);
	let sent = world.run(ASK + 1);
	assert_eq!(sent.len(), 2);
	assert_eq!(world.node.asked().len(), 2);
	for sent in &sent {
		world.include(ASK + 2, sent).unwrap();
	}
	let opened = world.run(OPEN);
	assert_eq!(opened.len(), 2);
	assert_ne!(opened[0].opened().2, opened[1].opened().2);
	for opened in &opened {
		world.include(OPEN + 1, opened).unwrap();
	}
}

#[test]
fn a_later_round_is_served_in_its_turn() {
	let mut world = World::new(1);
	world.attest();
	world.chain.execute_with(|| {
		for round in 1..3 {
			Rounds::<Test>::insert(0, round, Rounds::<Test>::get(0, 0).unwrap());
			Committees::<Test>::insert((0, round), Committees::<Test>::get((0, 0)).unwrap());
			let reveal = Reveals::<Test>::get((0, 0), account(11)).unwrap();
			Reveals::<Test>::insert((0, round), account(11), reveal);
		}
		Unsettled::<Test>::insert(0, BoundedVec::truncate_from(vec![1, 2]));
	});
	for round in 1..3 {
		assert!(world.run(ASK + round * CLOCK.length).is_empty());
		let sent = world.run(ASK + round * CLOCK.length + 1);
		assert_eq!(sent.len(), 1);
		assert_eq!(world.include(ASK + round * CLOCK.length + 2, &sent[0]), Ok(()));
	}
	world.chain.execute_with(|| {
		Unsettled::<Test>::insert(0, BoundedVec::truncate_from(vec![0]));
	});
	for block in ASK + 3..ASK + 6 {
		assert!(world.run(block).is_empty(), "what was said of round 0 is not known any more");
	}
}

#[test]
fn a_round_that_a_fork_has_asked_for_before_is_served() {
	let mut world = World::new(1);
	world.chain.execute_with(|| {
		Rounds::<Test>::insert(0, 2, Rounds::<Test>::get(0, 0).unwrap());
		Committees::<Test>::insert((0, 2), Committees::<Test>::get((0, 0)).unwrap());
		let reveal = Reveals::<Test>::get((0, 0), account(11)).unwrap();
		Reveals::<Test>::insert((0, 2), account(11), reveal);
		Unsettled::<Test>::insert(0, BoundedVec::truncate_from(vec![2]));
	});
	// The later round is asked for, but nothing is said of it.
	assert!(world.run(ASK + 2 * CLOCK.length).is_empty());
	assert_eq!(world.node.asked().len(), 1);
	world.chain.execute_with(|| {
		Unsettled::<Test>::insert(0, BoundedVec::truncate_from(vec![0]));
	});
	assert_eq!(world.attest().attested().0, 0);
}
