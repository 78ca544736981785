//! The steps of a check: post, poll, attest, open.

use super::*;

#[test]
fn a_member_attests_what_its_evaluator_found() {
	let mut world = World::new(1);
	assert!(world.run(ASK - 1).is_empty());
	let sent = world.attest();
	assert_eq!((sent.attested().0, sent.attested().1), (0, 0));
	assert_eq!(world.include(ASK + 2, &sent), Ok(()));
	let check = world.chain.execute_with(|| Checks::<Test>::get(0, 0).unwrap());
	let kept = check.attempt.unwrap().attestation(MEMBER);
	assert_eq!(kept.map(|kept| kept.hash), Some(sent.attested().2));

	world.node.asked();
	for block in ASK + 2..OPEN - 1 {
		assert!(world.run(block).is_empty());
	}
	assert!(world.node.asked().is_empty());
}

#[test]
fn the_evaluator_is_told_all_that_it_needs() {
	let mut world = World::new(1);
	world.run(ASK);
	let asked = world.node.asked().pop().unwrap();
	assert_eq!((asked.method.as_str(), asked.content_type.as_str()), ("POST", "application/json"));
	assert_eq!(asked.url, "http://127.0.0.1:9977/v1/checks");
	assert_eq!(request(&asked), world.request(0, ASK));
	world.run(ASK + 1);
	let asked = world.node.asked().pop().unwrap();
	let job = world.request(0, ASK).id();
	assert_eq!(asked.url, format!("http://127.0.0.1:9977/v1/checks/{job:#x}"));
}

#[test]
fn verdicts_stay_shut_until_nobody_can_copy_them() {
	let mut world = World::new(1);
	let attestation = world.attest();
	world.include(ASK + 2, &attestation).unwrap();
	for block in ASK + 2..OPEN {
		assert!(world.run(block).is_empty(), "block {block}");
	}
	let opening = world.run(OPEN);
	assert_eq!(opening.len(), 1);
	let (proposal, shown, salt) = opening[0].opened();
	assert_eq!((proposal, shown), (0, FOUND));
	let hash = check_hash(world.genesis(), 0, 0, 1, 0, &world.key, &shown, &salt);
	assert_eq!(attestation.attested().2, hash);
	assert_eq!(world.include(OPEN + 1, &opening[0]), Ok(()));
	for block in OPEN + 1..AGAIN {
		assert!(world.run(block).is_empty());
	}
}

#[test]
fn a_session_that_changes_does_not_silence_who_has_attested() {
	let mut world = World::new(1);
	let attestation = world.attest();
	world.include(ASK + 2, &attestation).unwrap();
	world.chain.execute_with(Evaluators::<Test>::kill);
	let opening = world.run(OPEN).pop().unwrap();
	assert_eq!(world.include(OPEN + 1, &opening), Ok(()));
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

/// Nothing but the data base and the keys outlives a run, so that each run is one after a restart. Here the
/// chain is another view of the same, too.
#[test]
fn a_restart_does_not_change_what_was_said() {
	let mut world = World::new(1);
	let first = world.attest();
	let mut again = World::new(1);
	again.node = world.node.clone();
	again.node.register(&mut again.chain);
	again.node.set_script(|_| panic!("what was checked is not checked again"));
	let second = again.run(ASK + 3);
	assert_eq!(second[0].attested(), first.attested());
	again.include(ASK + 4, &second[0]).unwrap();
	assert_eq!(again.run(OPEN)[0].opened().1, FOUND);
}

#[test]
fn the_next_attempt_is_asked_for_anew_and_hidden_anew() {
	let mut world = World::new(1);
	world.node.set_script(|asked| job(id(asked), done(DeltaVerdict::Unavailable)));
	let first = world.run(ASK).pop().unwrap();
	world.include(ASK + 1, &first).unwrap();
	let shown = world.run(OPEN).pop().unwrap();
	world.include(OPEN + 1, &shown).unwrap();
	assert_eq!(shown.opened().1, DeltaVerdict::Unavailable);

	let before = world.request(0, ASK).id();
	world.node.asked();
	world.node.set_script(check);
	assert!(world.run(AGAIN).is_empty());
	let asked = world.node.asked().pop().unwrap();
	assert_eq!((asked.method.as_str(), request(&asked).attempt), ("POST", 1));
	assert_ne!(id(&asked), before);
	let second = world.run(AGAIN + 1).pop().unwrap();
	assert_eq!(second.attested().1, 1);
	assert_ne!(second.attested().2, first.attested().2);
	assert_eq!(world.include(AGAIN + 2, &second), Ok(()));
	let again = world.run(76).pop().unwrap();
	assert_eq!(again.opened().1, FOUND);
	assert_ne!(again.opened().2, shown.opened().2);
}

#[test]
fn the_next_version_is_checked_anew() {
	let mut world = World::new(1);
	let first = world.attest();
	world.include(ASK + 2, &first).unwrap();
	world.chain.execute_with(|| {
		let proposal = Proposals::<Test>::get(0, 0).unwrap();
		let other = Proposal { delta: delta(99), ..proposal.clone() };
		assert_eq!(Dataset::apply(0, &other, report(1)), Some(2));
		System::set_block_number(ASK + 3);
		Dataset::begin_check(0, 0, &proposal, model());
	});
	world.node.asked();
	assert!(world.run(ASK + 3).is_empty());
	let asked = request(&world.node.asked()[0]);
	assert_eq!((asked.version, asked.deltas.len()), (2, 2));
	let second = world.run(ASK + 4).pop().unwrap();
	assert_ne!(second.attested().2, first.attested().2);
	assert_eq!(world.include(ASK + 5, &second), Ok(()));
}

#[test]
fn another_model_is_checked_anew_under_another_number() {
	let mut world = World::new(1);
	let first = world.attest();
	world.include(ASK + 2, &first).unwrap();
	world.chain.execute_with(|| {
		System::set_block_number(ASK + 3);
		let proposal = Proposals::<Test>::get(0, 0).unwrap();
		Dataset::begin_check(0, 0, &proposal, other_model());
	});
	world.node.asked();
	assert!(world.run(ASK + 3).is_empty());
	let asked = request(&world.node.asked()[0]);
	assert_eq!((asked.model, asked.version, asked.attempt), (other_model(), 1, 5));
	let second = world.run(ASK + 4).pop().unwrap();
	assert_eq!(second.attested().1, 5);
	assert_eq!(world.include(ASK + 5, &second), Ok(()));
	let shown = world.run(ASK + 3 + 12).pop().unwrap();
	assert_eq!(world.include(ASK + 3 + 13, &shown), Ok(()));
}

#[test]
fn a_verdict_does_not_speak_of_another_forks_delta() {
	let mut world = World::new(1);
	let sent = world.attest();
	world.chain.execute_with(|| {
		Proposals::<Test>::mutate(0, 0, |proposal| proposal.as_mut().unwrap().delta = delta(50));
	});
	world.node.asked();
	for block in ASK + 2..AGAIN {
		assert!(world.run(block).is_empty());
	}
	assert!(world.node.asked().is_empty(), "a second verdict would contradict the first");
	world.include(ASK + 4, &sent).unwrap();
	assert!(world.run(OPEN).is_empty());
}

#[test]
fn other_providers_do_not_silence_what_was_found() {
	let mut world = World::new(1);
	let sent = world.attest();
	world.include(ASK + 2, &sent).unwrap();
	world.chain.execute_with(|| {
		pallet_groups::Revisions::<Test>::mutate(0, 0, |rules| {
			rules.as_mut().unwrap().providers = Default::default();
		});
	});
	assert_eq!(world.run(OPEN).len(), 1);
}

#[test]
fn proposals_of_two_groups_are_checked_at_once() {
	let mut world = World::new(2);
	world.chain.execute_with(crate::mock::create_group);
	world.put_proposal(1, 0);
	assert!(world.run(ASK).is_empty());
	let sent = world.run(ASK + 1);
	let mut said: Vec<_> = sent
		.iter()
		.map(|sent| match sent.call() {
			Call::attest { group, proposal, .. } => (group, proposal),
			call => panic!("not an attestation: {call:?}"),
		})
		.collect();
	said.sort_unstable();
	assert_eq!(said, [(0, 0), (0, 1), (1, 0)]);
	for sent in &sent {
		world.include(ASK + 2, sent).unwrap();
	}
	assert_eq!(world.run(OPEN).len(), 3);
}

#[test]
fn a_later_proposal_at_the_same_place_is_checked_in_its_turn() {
	let mut world = World::new(1);
	world.attest();
	world.chain.execute_with(|| {
		Proposals::<Test>::remove(0, 0);
		Checks::<Test>::remove(0, 0);
		Open::<Test>::remove(0);
	});
	world.put_proposal(0, 1);
	assert!(world.run(ASK + 2).is_empty());
	assert_eq!(world.run(ASK + 3).pop().unwrap().attested().0, 1);
	// Back on a fork where the first is open: its record is gone.
	world.chain.execute_with(|| Open::<Test>::remove(0));
	world.put_proposal(0, 0);
	assert!((ASK + 4..OPEN - 1).all(|block| world.run(block).is_empty()));
}

#[test]
fn two_members_of_one_node_share_a_verdict_but_no_salt() {
	let mut world = World::new(1);
	let keystore = MemoryKeystore::new();
	let keys: Vec<AuthorityId> =
		["//A", "//B"].map(|seed| keystore.sr25519_generate_new(KEY_TYPE, Some(seed)).unwrap().into()).into();
	world.chain.register_extension(KeystoreExt::new(keystore));
	world.chain.execute_with(|| {
		let members = (1..).zip(&keys).map(|(name, key)| (account(name), key.clone()));
		Evaluators::<Test>::put(Committee::truncate_from(members.collect()));
	});
	world.run(ASK);
	let sent = world.run(ASK + 1);
	assert_eq!((sent.len(), world.node.asked().len()), (2, 2));
	for sent in &sent {
		world.include(ASK + 2, sent).unwrap();
	}
	let opened = world.run(OPEN);
	assert_eq!(opened.len(), 2);
	assert_ne!(opened[0].opened().2, opened[1].opened().2);
	for opened in &opened {
		world.include(OPEN + 1, opened).unwrap();
	}
	assert!(world.chain.execute_with(|| Proposals::<Test>::get(0, 0).is_none()));
}
