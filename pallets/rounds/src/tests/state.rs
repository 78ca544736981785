//! The size of the state that settled rounds leave behind.

use super::{ballot, measurement, Round};
use crate::mock::{build_and_execute, Retention, Rounds as Pallet, IMPROVEMENT};
use descent_protocol::Verdict;
use frame_support::traits::StorageInfoTrait;
use std::{collections::BTreeMap, ops::Range};

/// The trainers of every round.
const TRAINERS: Range<u8> = 1..9;

/// Sizes of the state: number of keys, and bytes of keys and values together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
	keys: u64,
	bytes: u64,
}

/// The sizes by pallet and storage entry, without those of the system, which differ from block to block.
fn sizes() -> BTreeMap<Vec<u8>, Size> {
	let mut sizes = BTreeMap::<Vec<u8>, Size>::new();
	let mut key = Vec::new();
	while let Some(next) = sp_io::storage::next_key(&key) {
		key = next;
		let entry = key.get(..32).unwrap_or(&key).to_vec();
		if entry.starts_with(&sp_io::hashing::twox_128(b"System")) {
			continue;
		}
		let value = sp_io::storage::get(&key).unwrap_or_default();
		let size = sizes.entry(entry).or_default();
		size.keys += 1;
		size.bytes += u64::try_from(key.len() + value.len()).unwrap();
	}
	sizes
}

fn total() -> Size {
	sizes()
		.values()
		.fold(Size::default(), |sum, size| Size { keys: sum.keys + size.keys, bytes: sum.bytes + size.bytes })
}

/// The size of one storage entry of the pallet.
fn size_of(entry: &str) -> Size {
	let prefix = [sp_io::hashing::twox_128(b"Rounds"), sp_io::hashing::twox_128(entry.as_bytes())].concat();
	sizes().remove(&prefix).unwrap_or_default()
}

/// Plays a round in which all trainers reveal and one beats the head.
fn play(index: u32) {
	let best = |round: u32| 1_000_000_000 - u64::from(round) * IMPROVEMENT;
	let claims: Vec<_> = TRAINERS.map(|number| (number, best(index) + u64::from(number) - 1)).collect();
	let found = Verdict::Match(measurement(best(index)));
	let baseline = index.checked_sub(1).map(best);
	let round = Round::number(index)
		.commits(&TRAINERS.collect::<Vec<_>>())
		.reveals(&claims)
		.votes(&vec![ballot(baseline, &[found]); 3])
		.settles();
	assert!(round.stored().settled.is_some(), "round {index} is not settled");
}

/// A round that goes out of the ring leaves one digest for each reveal, for which the fees of its commitments
/// have paid, and nothing else.
#[test]
fn a_settled_round_of_eight_trainers_leaves_less_than_a_kilobyte() {
	const ROUNDS: u32 = 1_000;
	build_and_execute(|| {
		let kept = Retention::get();
		(0..kept).for_each(play);
		let before = total();
		(kept..kept + ROUNDS).for_each(play);
		let after = total();
		let trainers = u64::try_from(TRAINERS.len()).unwrap();
		assert_eq!(after.keys - before.keys, trainers * u64::from(ROUNDS), "one digest for each reveal");
		let grown = (after.bytes - before.bytes) / u64::from(ROUNDS);
		assert!(grown < 1_024, "{grown} bytes a round");
		assert_eq!(grown, 768, "the book says so");
	});
}

/// The table of the book's page on money. A change of it is one of the book, too.
#[test]
fn the_book_says_what_a_round_of_eight_trainers_keeps() {
	const SHARED: u64 = 32;
	build_and_execute(|| {
		(0..2).for_each(play);
		let largest: BTreeMap<_, _> = Pallet::storage_info()
			.into_iter()
			.map(|info| (String::from_utf8(info.storage_name).unwrap(), info.max_size.unwrap()))
			.collect();
		let typical = |entry| {
			let Size { keys, bytes } = size_of(entry);
			bytes / keys - SHARED
		};
		let table = ["Rounds", "Reveals", "Tallies", "Kept", "UsedDigests", "Standings", "Heads"]
			.map(|entry| (entry, largest[entry], typical(entry)));
		let book = [
			("Rounds", 7_954, 1_005),
			("Reveals", 1_154, 130),
			("Tallies", 1_298, 37),
			("Kept", 28, 28),
			("UsedDigests", 64, 64),
			("Standings", 113, 102),
			("Heads", 1_232, 135),
		];
		assert_eq!(table, book);
		assert_eq!(
			(largest["Recordings"], size_of("Recordings").keys),
			(231, 0),
			"nothing is recorded in it"
		);
	});
}
