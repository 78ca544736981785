//! An upgrade of the runtime in the middle of a task: what the node has signed under the runtime before.

use super::*;
use crate::{tasks::Committees as _, Member};
use descent_protocol::{attestation_hash, check_hash};

const SALT: [u8; 32] = [9; 32];
/// The kinds of tasks that the runtime before had.
const KINDS: [Kind; 2] = [Kind::Round, Kind::Delta];

/// The record of the first task as the runtime before has written it, byte by byte: after the order of the
/// task, the job with two booleans, the answer with the hash of its subject, and the signers.
fn record(kind: Kind, key: &AuthorityId) -> Vec<u8> {
	let (order, answer): (&[u8], Vec<u8>) = match kind {
		// No baseline, one verdict: a match, with the score 71,234 and the root.
		Kind::Round => {
			let verdict = [&[0, 4, 0, 0x42, 0x16, 1, 0, 0, 0, 0, 0][..], &[7; 32]].concat();
			(&[0, 0, 0, 0], verdict)
		}
		// Proposal 0, version 1, attempt 0; unavailable.
		Kind::Delta => (&[0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], vec![2]),
		Kind::Custody => unreachable!("the runtime before had no keepers"),
	};
	let job = [&[1; 32][..], &[1, 0]].concat();
	let subject = [&[1][..], &[2; 32]].concat();
	// One signer, which has sent its attestation with block 34.
	let signers = [&[4][..], key.as_ref(), &SALT, &[1, 34, 0, 0, 0], &[0]].concat();
	[order, &job, &subject, &answer, &signers].concat()
}

/// The hash that the runtime before had its members attest to.
fn hash(genesis: H256, kind: Kind, key: &AuthorityId) -> H256 {
	match (kind.task(0), kind.answer()) {
		(TaskId::Round { group, round }, Answer::Round(ballot)) => {
			attestation_hash(genesis, group, round, key, &ballot, &SALT)
		}
		(TaskId::Delta { group, proposal, version, attempt }, Answer::Delta(verdict)) => {
			check_hash(genesis, group, proposal, version, attempt, key, &verdict, &SALT)
		}
		_ => unreachable!(),
	}
}

/// A chain that was upgraded after the node had signed its answer. `has_attested` says whether the chain had
/// taken it by then.
fn upgraded(kind: Kind, has_attested: bool) -> World {
	let mut world = World::new(kind, 1);
	world.node.set_script(|_| panic!("a second answer would contradict the first"));
	let (place, key) = (world.place(kind.task(0)), world.key.clone());
	world.node.store(&place, &record(kind, &key));
	world.chain.execute_with(|| {
		let hash = hash(Pallet::genesis(), kind, &key);
		let own = has_attested.then_some(Attestation { hash, answer: None });
		let committee = [(1, None), (OWN, own), (3, None)].map(|(validator, attestation)| {
			let member =
				Member { account: account(validator), key: evaluator(validator).public(), weight: 1 };
			(member, attestation)
		});
		Pallet::put_unbound(&kind.task(0), committee.into());
	});
	world
}

#[test]
fn what_was_attested_to_under_the_runtime_before_is_opened() {
	for kind in KINDS {
		let mut world = upgraded(kind, true);
		assert!(world.run(ASK + 3).is_empty());
		let sent = world.run(OPEN).pop().unwrap();
		let [Opening { member, answer, salt, .. }] = &sent.openings()[..] else { panic!("one") };
		assert_eq!((*member, answer, *salt), (MEMBER, &kind.answer(), SALT));
		assert_eq!(world.include(OPEN + 1, &sent), Ok(()));
		assert_eq!(world.attested(kind.task(0)).unwrap().answer, Some(kind.answer()));
	}
}

#[test]
fn what_was_signed_but_not_taken_before_the_upgrade_is_attested_to_in_the_same_words() {
	for kind in KINDS {
		let mut world = upgraded(kind, false);
		let sent = world.run(ASK + 3).pop().unwrap();
		let genesis = world.chain.execute_with(Pallet::genesis);
		assert_eq!(sent.attestations()[0].hash, hash(genesis, kind, &world.key));
		assert_eq!(world.include(ASK + 4, &sent), Ok(()));
		let sent = world.run(OPEN).pop().unwrap();
		assert_eq!(world.include(OPEN + 1, &sent), Ok(()));
	}
}

/// The committee was not drawn before the upgrade, so that its hashes bind subjects. A record of before knows
/// of none of them.
#[test]
fn an_answer_of_before_does_not_count_where_subjects_are_bound() {
	for kind in KINDS {
		let mut world = upgraded(kind, false);
		world.chain.execute_with(|| Pallet::take(&kind.task(0)));
		for block in ASK..OPEN + 4 {
			assert!(world.run(block).is_empty());
		}
	}
}
