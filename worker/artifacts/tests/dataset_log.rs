//! The data-set log as it is read from a node, checked entry by entry.

use descent_artifacts::dataset_log::{sources, DatasetLog};
use descent_protocol::ContentRef;
use descent_testing::FakeLog;

fn delta(number: u8) -> ContentRef {
	ContentRef::raw(&[number]).unwrap()
}

#[test]
fn grows_with_the_chain_and_follows_it_where_it_turns() {
	let log = FakeLog::default();
	let (_, first) = log.push(delta(1), vec![], None);
	let (_, second) = log.push(delta(2), vec!["http://a".into()], None);
	let mut read_log = DatasetLog::new(log.clone());
	assert_eq!(read_log.read(1, first).unwrap().len(), 1);
	let read = sources(read_log.read(2, second).unwrap());
	assert_eq!(read[1].providers, ["http://a"]);
	let (_, third) = log.push(delta(3), vec![], None);
	assert_eq!(read_log.read(3, third).unwrap().len(), 3);
	log.0.lock().unwrap().truncate(1);
	let (_, other) = log.push(delta(4), vec![], None);
	assert_eq!(read_log.read(2, other).unwrap()[1].delta, delta(4));
	let (_, next) = log.push(delta(5), vec![], None);
	log.0.lock().unwrap()[1].delta = delta(6);
	assert!(DatasetLog::new(log.clone()).read(3, next).is_err(), "an entry without its root");
	assert!(read_log.read(4, next).is_err(), "more than there is");
}
