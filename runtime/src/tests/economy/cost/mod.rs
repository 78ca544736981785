//! The cost of blocks and calls does not grow with the number of groups. Each call, and the blocks in which
//! something begins, is made in a group beside one other, beside a hundred and beside ten thousand: it reads
//! and writes as many keys on each. Only the proof of what it reads grows, as the trie gets deeper.

mod counter;
mod script;

use script::{Cost, Script};
use std::thread;

/// Numbers of other groups.
const OTHERS: [u32; 3] = [1, 100, 10_000];
/// Bytes that the proof of one read may take in addition with ten thousand groups: a few nodes of a deeper
/// trie, with the hashes of their children.
const DEEPER: usize = 2_000;

fn print(costs: &[Vec<Cost>]) {
	println!(
		"{:<34} {:^20} {:^20} {:^26}",
		"beside 1, 100, 10,000 groups", "reads", "writes", "proof, bytes"
	);
	for (place, cost) in costs[0].iter().enumerate() {
		let of = |what: fn(&Cost) -> usize| costs.iter().map(|costs| what(&costs[place])).collect::<Vec<_>>();
		let (reads, writes) = (of(|cost| cost.touched.reads), of(|cost| cost.touched.writes));
		let proof = of(|cost| cost.proof);
		println!(
			"{:<34} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>8} {:>8} {:>8}",
			cost.name,
			reads[0],
			reads[1],
			reads[2],
			writes[0],
			writes[1],
			writes[2],
			proof[0],
			proof[1],
			proof[2]
		);
	}
}

#[test]
fn nothing_costs_more_where_there_are_more_groups() {
	let threads = OTHERS.map(|others| thread::spawn(move || Script::new(others).play()));
	let costs = threads.map(|thread| thread.join().expect("the game is played"));
	print(&costs);
	let [few, some, many] = &costs;
	assert!(few.len() == some.len() && few.len() == many.len());
	for ((few, some), many) in few.iter().zip(some).zip(many) {
		assert_eq!(few.touched, some.touched, "{}", few.name);
		assert_eq!(few.touched, many.touched, "{}", few.name);
		let touched = few.touched.reads + few.touched.writes;
		assert!(
			many.proof <= few.proof + touched * DEEPER,
			"{}: {} and {} bytes",
			few.name,
			few.proof,
			many.proof
		);
	}
}
