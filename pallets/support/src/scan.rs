//! Reads of a map that end, however large the map is.

use alloc::vec::Vec;
use codec::FullCodec;
use frame_support::storage::IterableStorageDoubleMap;
use sp_runtime::SaturatedConversion;

/// The most entries that one read looks at.
pub const MAX_SCANNED: u32 = 1_000;

/// Returns the entries of a group in a map, in their order: all of them, or those from the place of an
/// account on, which may have none.
pub fn entries_from<Map, Group, Account, Value>(
	group: Group,
	from: Option<Account>,
) -> impl Iterator<Item = (Account, Value)>
where
	Map: IterableStorageDoubleMap<Group, Account, Value>,
	Group: FullCodec + Copy,
	Account: FullCodec,
	Value: FullCodec,
{
	let (first, rest) = match from {
		None => (None, Map::iter_prefix(group)),
		Some(from) => {
			let key = Map::hashed_key_for(group, &from);
			let value = Map::try_get(group, &from).ok();
			(value.map(|value| (from, value)), Map::iter_prefix_from(group, key))
		}
	};
	first.into_iter().chain(rest)
}

/// Returns the items that `pick` makes of entries of a map in their order, at most `limit` of them, and the
/// key of the first entry that was not looked at: the next page begins there. Looks at [`MAX_SCANNED`]
/// entries at most, so a page may have fewer items, or none, and still not be the last.
pub fn scan<Key, Value, Item>(
	entries: impl IntoIterator<Item = (Key, Value)>,
	limit: u32,
	mut pick: impl FnMut(&Key, Value) -> Option<Item>,
) -> (Vec<Item>, Option<Key>) {
	let (limit, end): (usize, usize) = (limit.saturated_into(), MAX_SCANNED.saturated_into());
	let mut items = Vec::new();
	for (read, (key, value)) in entries.into_iter().enumerate() {
		if items.len() >= limit || read >= end {
			return (items, Some(key));
		}
		items.extend(pick(&key, value));
	}
	(items, None)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn even(_: &u32, value: u32) -> Option<u32> {
		value.is_multiple_of(2).then_some(value)
	}

	#[test]
	fn a_page_ends_with_its_limit_or_with_the_map() {
		let map = || (0..7).map(|number| (number, number));
		assert_eq!(scan(map(), 2, even), (alloc::vec![0, 2], Some(3)));
		assert_eq!(scan(map(), 3, even), (alloc::vec![0, 2, 4], Some(5)));
		assert_eq!(scan(map(), 100, even), (alloc::vec![0, 2, 4, 6], None));
		assert_eq!(scan(map(), 0, even), (alloc::vec![], Some(0)));
	}

	#[test]
	fn a_read_of_a_large_map_ends() {
		let map = (0u32..).map(|number| (number, number));
		assert_eq!(scan(map, 100, |_, _| None::<u32>), (alloc::vec![], Some(MAX_SCANNED)));
	}
}
