use crate::{
	mock::{new_test_ext, Test},
	offchain::{
		testing::{Answer, Asked, Node},
		Run, Worker,
	},
	KEY_TYPE,
};
use codec::Encode;
use descent_protocol::GroupId;
use sp_io::TestExternalities;
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};

const WORKER: Worker = Worker { target: "test", lock: b"test/lock", turn: b"test/turn" };

/// A validator's node with one evaluator key.
fn world() -> (Node, TestExternalities) {
	let node = Node::new(|_: &Asked| Answer::Whole(200, b"3".to_vec()));
	let mut chain = new_test_ext();
	node.register(&mut chain);
	let keystore = MemoryKeystore::new();
	keystore.sr25519_generate_new(KEY_TYPE, Some("//Own")).expect("the keystore is in memory");
	chain.register_extension(KeystoreExt::new(keystore));
	(node, chain)
}

/// The groups that a run visits out of four.
fn visited(chain: &mut TestExternalities, mut visit: impl FnMut(&mut Run, GroupId)) -> Vec<GroupId> {
	let mut visited = Vec::new();
	chain.execute_with(|| {
		WORKER.run::<Test>(
			7,
			|| vec![3, 0, 2, 1],
			|run, group| {
				assert_eq!((run.now, run.keys.len()), (7, 1));
				visited.push(group);
				visit(run, group);
			},
		)
	});
	visited
}

#[test]
fn a_run_visits_every_group_in_order() {
	let (_, mut chain) = world();
	for _ in 0..2 {
		assert_eq!(visited(&mut chain, |_, _| {}), [0, 1, 2, 3]);
	}
}

#[test]
fn a_node_that_cannot_sign_visits_nobody() {
	let (node, mut chain) = world();
	node.set_validator(false);
	assert!(visited(&mut chain, |_, _| {}).is_empty());
	node.set_validator(true);
	chain.register_extension(KeystoreExt::new(MemoryKeystore::new()));
	assert!(visited(&mut chain, |_, _| {}).is_empty());
}

#[test]
fn the_next_run_begins_behind_the_group_that_was_asked_for_last() {
	let (node, mut chain) = world();
	let ask = |run: &mut Run, group| {
		if group == 1 {
			assert_eq!(run.client.get::<u32>(0, "/"), Ok(3));
		}
	};
	assert_eq!(visited(&mut chain, ask), [0, 1, 2, 3]);
	assert_eq!(visited(&mut chain, |_, _| {}), [2, 3, 0, 1]);
	assert_eq!(node.asked().len(), 1);
}

#[test]
fn a_run_that_is_out_of_time_ends_and_the_next_one_goes_on() {
	let (node, mut chain) = world();
	let slow = |_: &mut Run, _| node.pass(1_000);
	assert_eq!(visited(&mut chain, slow), [0, 1]);
	assert_eq!(visited(&mut chain, slow), [2, 3]);
	assert_eq!(visited(&mut chain, slow), [0, 1]);
}

#[test]
fn overlapping_runs_take_turns() {
	let (node, mut chain) = world();
	let until = node.time() + 4_000;
	node.store(WORKER.lock, &until.encode());
	assert!(visited(&mut chain, |_, _| {}).is_empty());
	node.pass(4_001);
	assert_eq!(visited(&mut chain, |_, _| {}).len(), 4, "a dead run's lock ends");
	assert_eq!(node.stored(WORKER.lock), None, "a run that has ended leaves no lock");
}
