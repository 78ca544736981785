use super::report::{ballot, verdict, DELTA, ROUND};
use crate::{
	mock::{evaluator, new_test_ext},
	offchain::{
		testing::{Answer as Reply, Asked, Node},
		Record, SlashingProtection,
	},
	tasks::RecordPlace,
};
use codec::Encode;
use descent_protocol::{Answer, Ballot, DeltaVerdict, TaskId};
use sp_core::{Pair, H256};

const KEY: &[u8] = b"test/record";

fn load(order: u32) -> Option<SlashingProtection> {
	SlashingProtection::load(&ROUND, RecordPlace { key: KEY.to_vec(), order: vec![order] })
}

fn with_node(test: impl FnOnce(&Node)) {
	let node = Node::new(|_: &Asked| Reply::Refused);
	let mut chain = new_test_ext();
	node.register(&mut chain);
	chain.execute_with(|| test(&node));
}

/// The answer of a record; none without verdicts.
fn answer(verdicts: usize) -> Option<(H256, Answer)> {
	(verdicts > 0).then(|| (H256::repeat_byte(8), ballot(verdicts)))
}

fn sign(order: u32, verdicts: usize) {
	let mut stored = load(order).expect("no newer record was signed");
	stored.record.answer = answer(verdicts);
	assert!(stored.save());
}

#[test]
fn a_stored_record_is_loaded_again() {
	with_node(|_| {
		assert_eq!(load(5).unwrap().record, Record::default());
		sign(5, 1);
		assert_eq!(load(5).unwrap().record.answer, answer(1));
	});
}

#[test]
fn the_newer_takes_the_place_of_the_older_and_never_the_other_way_round() {
	with_node(|_| {
		sign(5, 1);
		assert!(load(4).is_none());
		assert_eq!(load(6).unwrap().record, Record::default());
		assert_eq!(load(5).unwrap().record.answer, answer(1), "reading takes nobody's place");
		sign(6, 2);
		assert!(load(5).is_none());
	});
}

#[test]
fn an_older_one_takes_the_place_of_a_newer_one_that_has_signed_nothing() {
	with_node(|_| {
		sign(6, 0);
		assert_eq!(load(5).unwrap().record, Record::default());
		sign(5, 1);
		assert_eq!(load(5).unwrap().record.answer, answer(1));
		assert_eq!(load(6).unwrap().record, Record::default());
	});
}

#[test]
fn a_record_that_cannot_be_read_is_never_contradicted() {
	with_node(|node| {
		let five = 5u32.encode();
		let broken = [
			vec![7],
			five.clone(),
			[five.clone(), vec![40, 1]].concat(),
			[five.clone(), vec![0; 34], vec![2, 0]].concat(),
			[five, vec![0; 34], vec![0, 0, 9]].concat(),
		];
		for broken in broken {
			node.store(KEY, &broken);
			assert!(load(5).is_none(), "{broken:?}");
			assert!(load(4).is_none(), "{broken:?}");
		}
		node.store(KEY, &[4, 0, 0, 0, 255, 255]);
		assert!(load(5).is_some(), "an older record does not matter");
	});
}

#[test]
fn a_record_that_another_run_has_written_meanwhile_stands() {
	with_node(|_| {
		let (mut first, mut second) = (load(5).unwrap(), load(5).unwrap());
		first.record.answer = answer(1);
		second.record.answer = answer(2);
		assert!(first.save());
		assert!(!second.save());
		assert!(!second.save(), "nor is it kept the second time");
		assert_eq!(load(5).unwrap().record.answer, answer(1));
		first.record.signers.of(&evaluator(1).public());
		assert!(first.save(), "who wrote last may go on");
	});
}

/// A record as the runtimes before wrote it: the order, the job, the answer with the hash of its subject, and
/// the signers.
fn written_before<Found: Encode>(order: impl Encode, found: Found) -> Vec<u8> {
	let job = (H256::repeat_byte(1), true, false);
	let signers = vec![(evaluator(1).public(), [9u8; 32], Some(7u32), None::<u32>)];
	(order, job, Some((H256::repeat_byte(2), found)), signers).encode()
}

#[test]
fn what_was_signed_under_a_runtime_before_is_known() {
	with_node(|node| {
		let (Answer::Round(found), Answer::Delta(said)) = (ballot(2), verdict()) else { unreachable!() };
		let cases: [(TaskId, Vec<u32>, Vec<u8>, Answer); 2] = [
			(ROUND, vec![5], written_before::<Ballot>(5u32, found), ballot(2)),
			(DELTA, vec![3, 1, 0], written_before::<DeltaVerdict>((3u32, 1u32, 0u32), said), verdict()),
		];
		for (task, order, bytes, expected) in cases {
			node.store(KEY, &bytes);
			let place = RecordPlace { key: KEY.to_vec(), order };
			let mut stored = SlashingProtection::load(&task, place).expect("it can be read");
			assert_eq!(stored.record.answer, Some((H256::repeat_byte(2), expected)));
			let signer = stored.record.signers.known(&evaluator(1).public()).unwrap();
			assert_eq!((signer.salt, signer.attested, signer.opened), ([9; 32], Some(7), None));
			assert!(stored.save());
			assert_eq!(node.stored(KEY), Some(bytes), "it is written as it was");
		}
	});
}
