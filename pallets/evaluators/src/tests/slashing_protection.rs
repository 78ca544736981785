use crate::{
	mock::new_test_ext,
	offchain::{
		testing::{Answer, Asked, Node},
		SigningRecord, SlashingProtection,
	},
};
use codec::Encode;

impl SigningRecord for Vec<u8> {
	fn has_signed(&self) -> bool {
		!self.is_empty()
	}
}

type Note = SlashingProtection<u32, Vec<u8>>;

const KEY: &[u8] = b"test/note";

fn load(order: u32) -> Option<Note> {
	SlashingProtection::load(KEY.to_vec(), order)
}

fn with_node(test: impl FnOnce(&Node)) {
	let node = Node::new(|_: &Asked| Answer::Refused);
	let mut chain = new_test_ext();
	node.register(&mut chain);
	chain.execute_with(|| test(&node));
}

fn sign(order: u32, finding: &[u8]) {
	let mut note = load(order).expect("no newer record was signed");
	note.record = finding.to_vec();
	assert!(note.save());
}

#[test]
fn a_stored_record_is_loaded_again() {
	with_node(|_| {
		assert!(load(5).unwrap().record.is_empty());
		sign(5, b"five");
		assert_eq!(load(5).unwrap().record, b"five");
	});
}

#[test]
fn the_newer_takes_the_place_of_the_older_and_never_the_other_way_round() {
	with_node(|_| {
		sign(5, b"five");
		assert!(load(4).is_none());
		assert!(load(6).unwrap().record.is_empty());
		assert_eq!(load(5).unwrap().record, b"five", "reading takes nobody's place");
		sign(6, b"six");
		assert!(load(5).is_none());
	});
}

#[test]
fn an_older_one_takes_the_place_of_a_newer_one_that_has_signed_nothing() {
	with_node(|_| {
		sign(6, b"");
		assert!(load(5).unwrap().record.is_empty());
		sign(5, b"five");
		assert_eq!(load(5).unwrap().record, b"five");
		assert!(load(6).unwrap().record.is_empty());
	});
}

#[test]
fn a_record_that_cannot_be_read_is_never_contradicted() {
	with_node(|node| {
		let five = 5u32.encode();
		for broken in
			[vec![7], five.clone(), [five.clone(), vec![40, 1]].concat(), [five, vec![0, 9]].concat()]
		{
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
		first.record = b"first".to_vec();
		second.record = b"second".to_vec();
		assert!(first.save());
		assert!(!second.save());
		assert!(!second.save(), "nor is it kept the second time");
		assert_eq!(load(5).unwrap().record, b"first");
		first.record = b"again".to_vec();
		assert!(first.save(), "who wrote last may go on");
		assert_eq!(load(5).unwrap().record, b"again");
	});
}
